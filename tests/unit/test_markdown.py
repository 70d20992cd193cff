"""Markdown as a tree: shapes, line numbers, words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.content.markdown import DEEPEST, MOST_PARTS, TooManyPartsError, parse, parsed
from broadsheet.content.node import Node

MARKS = st.text(alphabet="аx \n\t>-*_~`#|[]()!^:<&\\1.{}\"'", max_size=200)


def shape(node: Node) -> tuple[Any, ...]:
    """A node as (kind, text or shapes of its children)."""
    return (node.kind, *([node.text] if node.text else []), *(shape(child) for child in node.children))


def shapes(text: str) -> list[tuple[Any, ...]]:
    return [shape(node) for node in parse(text)]


def depth(node: Node) -> int:
    levels, below = 0, [node]
    while below:
        levels, below = levels + 1, [child for parent in below for child in parent.children]
    return levels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Plain words.", [("paragraph", ("text", "Plain words."))]),
        ("*wholly*", [("paragraph", ("emphasis", ("text", "wholly")))]),
        ("**wholly**", [("paragraph", ("strong", ("text", "wholly")))]),
        ("~~gone~~", [("paragraph", ("deleted", ("text", "gone")))]),
        ("`a < b`", [("paragraph", ("code", "a < b"))]),
        ("one\ntwo", [("paragraph", ("text", "one"), ("soft-break",), ("text", "two"))]),
        ("one  \ntwo", [("paragraph", ("text", "one"), ("hard-break",), ("text", "two"))]),
        ("one\\\ntwo", [("paragraph", ("text", "one"), ("hard-break",), ("text", "two"))]),
        ("> quoted", [("quote", ("paragraph", ("text", "quoted")))]),
        ("- one\n- two", [("list", ("item", ("text", "one")), ("item", ("text", "two")))]),
        ("    words\n", [("paragraph", ("text", "words"))]),
        ("***", [("rule",)]),
        ("<div>raw</div>", [("paragraph", ("text", "raw"))]),
        ("<p>raw</p>", [("html-block", ("html", "<p>"), ("text", "raw"), ("html", "</p>"))]),
        ("- [x] done", [("list", ("item", ("text", "☑ "), ("text", "done")))]),
        ("- [ ] to do", [("list", ("item", ("text", "☐ "), ("text", "to do")))]),
        ("{{< x >}} {% y %}", [("paragraph", ("text", "{{"), ("text", "<"), ("text", " x >}} {% y %}"))]),
        (
            "a <b>c</b>",
            [("paragraph", ("text", "a "), ("html", "<b>"), ("text", "c"), ("html", "</b>"))],
        ),
    ],
)
def test_each_form_has_its_kind(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert shapes(text) == expected


def test_a_node_knows_its_kind_line_words_and_attributes() -> None:
    assert parse("## Адносіны\n\n[сайт](https://example.org/ 'Дом')\n") == (
        Node("heading", 1, "", (Node("text", 1, "Адносіны"),), {"level": 2}),
        Node(
            "paragraph",
            3,
            "",
            (
                Node(
                    "link", 3, "", (Node("text", 3, "сайт"),), {"url": "https://example.org/", "title": "Дом"}
                ),
            ),
        ),
    )


def test_a_picture_has_its_source_its_words_and_its_caption() -> None:
    (paragraph,) = parse('![A stone *bridge*](images/bridge.png "Drawing: ours")')
    (image,) = paragraph.children
    assert (image.kind, image.plain(), image.attributes) == (
        "image",
        "A stone bridge",
        {"url": "images/bridge.png", "title": "Drawing: ours"},
    )


def test_lines_are_counted_in_lines_and_not_in_bytes() -> None:
    blocks = parse(
        "Доўгі радок па-беларуску.\nЯшчэ адзін — «ў двукоссі».\n\n## Тэма\n\n😀\n\n### Загаловак\n"
    )
    assert [(block.kind, block.line) for block in blocks] == [
        ("paragraph", 1),
        ("heading", 4),
        ("paragraph", 6),
        ("heading", 8),
    ]


def test_a_table_has_a_head_rows_and_alignments() -> None:
    (table,) = parse("| Што | Колькі |\n|:--|--:|\n| навес | 20 % |\n| лямпа | 3 % |\n")
    assert table.attributes == {"alignments": ("Left", "Right")}
    assert [(row.kind, row.line, [cell.plain() for cell in row.children]) for row in table.children] == [
        ("table-head", 1, ["Што", "Колькі"]),
        ("table-row", 3, ["навес", "20 %"]),
        ("table-row", 4, ["лямпа", "3 %"]),
    ]


def test_an_ordered_list_knows_where_it_starts_and_a_plain_one_does_not() -> None:
    assert [node.attributes for node in parse("3. three\n4. four\n\n- dash\n")] == [
        {"start": 3, "mark": "3"},
        {"start": None, "mark": "-"},
    ]


def test_a_footnote_is_a_mark_in_the_text_and_a_block_of_its_own() -> None:
    assert shapes("The fee.[^fee]\n\n[^fee]: A price.\n") == [
        ("paragraph", ("text", "The fee."), ("footnote-mark", "fee")),
        ("footnote", ("paragraph", ("text", "A price."))),
    ]
    assert parse("[^fee]: A price.\n")[0].attributes == {"name": "fee"}


def test_a_mark_without_its_footnote_is_just_text() -> None:
    (paragraph,) = parse("The fee.[^fee]\n")
    assert paragraph.plain() == "The fee.[^fee]"


def test_plain_words_leave_html_and_footnote_marks_out() -> None:
    (paragraph, _) = parse("One <b>two</b>\nthree[^n] *four* `five` ![six](images/6.png)\n\n[^n]: note\n")
    assert paragraph.plain() == "One two three four five six"


def test_walk_yields_every_node_in_reading_order() -> None:
    (paragraph,) = parse("a *b **c*** d")
    words = [node.text for node in paragraph.walk() if node.kind == "text"]
    assert words == ["a ", "b ", "c", " d"]


@pytest.mark.parametrize(
    "text",
    ["> " * 5000 + "x", "- " * 5000 + "x", "*" * 5000 + "x" + "*" * 5000, "![" * 5000 + "x" + "](a)" * 5000],
)
def test_nesting_without_end_is_flattened_and_its_words_stay(text: str) -> None:
    blocks = parse(text)
    assert max(depth(block) for block in blocks) <= DEEPEST + 5
    assert "".join(block.plain() for block in blocks).strip("![]* >-") == "x"


@given(st.text() | MARKS)
def test_any_text_parses_and_gives_its_words(text: str) -> None:
    last_line = text.count("\n") + 1
    for block in parse(text):
        assert isinstance(block.plain(), str)
        assert all(1 <= node.line <= last_line for node in block.walk())


@given(st.lists(st.sampled_from(["адзін", "two", "три", "слово", "word"]), min_size=1, max_size=30))
def test_the_words_of_a_paragraph_come_back_as_they_were(words: list[str]) -> None:
    (paragraph,) = parse(" ".join(words))
    assert paragraph.plain().split() == words


def hidden(text: str, lines_above: int = 0) -> list[tuple[int, str]]:
    """The line of each misreading, and its tag or else its rule."""
    return [(line, values.get("tag", rule)) for line, rule, values in parsed(text, lines_above).misreadings]


@pytest.mark.parametrize(
    ("text", "words", "names"),
    [
        ("a <b>b</b> c", "a b c", []),
        ("a <b>b c", "a b c", ["b"]),
        ("a </b> c", "a  c", []),
        ("a <b>b <i>c</b> d</i>", "a b c d", ["i"]),
        ("<!-- note --> a", "a", []),
        ("a <!-- note --> b", "a  b", []),
        ("a <script>x()</script> b", "a  b", ["script"]),
        ("a <script> b", "a  b", ["script"]),
        ("a <img src=x onerror=y> b", "a  b", ["img"]),
        ("<div onclick=x>one</div>", "one", ["div"]),
        ("<?php echo 1 ?>", "", ["<?php echo 1 ?>"]),
        ("<table><tr><td>&amp; one</td></tr></table>", "& one", []),
        ("1 < 2 <p>x</p>", "1 < 2 x", []),
    ],
)
def test_html_keeps_its_words_and_only_tags_in_pairs(text: str, words: str, names: list[str]) -> None:
    assert "".join(block.plain() for block in parse(text)) == words
    assert [name for _, name in hidden(text)] == names


@pytest.mark.parametrize(
    "opening",
    [
        *("<style>", "<script>", "<iframe>", "<!--", "<textarea>", "<title>", "<noscript>", "<plaintext>"),
        *("<pre>", "<?", "<![CDATA[", "<!DOCTYPE", "<style type='text/css'", "<xmp>", "<svg>", "<template>"),
    ],
)
@pytest.mark.parametrize("before", ["", "a ", "  ", "> ", "- "])
def test_unclosed_html_swallows_no_text(opening: str, before: str) -> None:
    blocks = parse(f"{before}{opening}\n\n# Heading\n\nThe *rest*.\n")
    assert [(block.kind, block.line, block.plain()) for block in blocks[-2:]] == [
        ("heading", 3, "Heading"),
        ("paragraph", 5, "The rest."),
    ]


@pytest.mark.parametrize("opening", ["<script", "<style", "<pre", "<textarea"])
def test_text_beside_an_unclosed_tag_stays(opening: str) -> None:
    assert [block.plain().strip() for block in parse(f"{opening} some words\n\nmore")] == [
        "some words",
        "more",
    ]


def test_html_that_is_not_shown_is_reported_with_its_line() -> None:
    text = "a\n\nb <u>c\n\n<!--\n\n<div>\n\n<style>\n\nd"
    assert hidden(text) == [(3, "u"), (5, "comment-unclosed"), (7, "div"), (9, "style")]
    assert hidden(text, lines_above=10)[0] == (13, "u")


def test_html_within_code_stays_as_it_is() -> None:
    assert shapes("`<b>` and\n\n```\n<style>\n```\n") == [
        ("paragraph", ("code", "<b>"), ("text", " and")),
        ("code-block", ("text", "<style>\n")),
    ]
    assert hidden("`<b>` and\n\n```\n<style>\n```\n") == []


@pytest.mark.parametrize("tag", ["<a title='", '<a href="x', "<b x='"])
def test_a_quote_that_is_open_within_a_tag_hides_no_words(tag: str) -> None:
    text = f"<div>\n{tag}>kept</div>\n\nalso kept"
    assert "kept" in parse(text)[0].plain()
    assert not any(
        "title" in n.text or "href" in n.text for b in parse(text) for n in b.walk() if n.kind == "html"
    )


def test_lines_can_be_counted_from_within_a_file() -> None:
    assert [block.line for block in parse("a\n\nb", lines_above=4)] == [5, 7]


def test_the_line_where_a_text_nests_too_deeply_is_known() -> None:
    assert hidden("a\n\n" + "> " * 150 + "x") == [(3, "nested-too-deeply")]
    assert hidden("> " * 50 + "x") == []


def test_a_text_of_too_many_parts_is_refused() -> None:
    with pytest.raises(TooManyPartsError):
        parse("*a* " * MOST_PARTS)


def test_a_tree_can_be_changed_without_touching_the_rest() -> None:
    first, second = parse("one *two*\n\nthree")
    changed = first.mapped(lambda n: Node("text", n.line, "2") if n.kind == "emphasis" else n)
    assert (changed.plain(), first.plain()) == ("one 2", "one two")
    assert second.mapped(lambda node: node) is second


@given(
    st.lists(
        st.sampled_from(
            ["<b>", "</b>", "<i>", "<script>", "</script>", "<!--", "-->", "a", " ", "\n\n", "<style>"]
        )
    )
)
def test_tags_that_reach_the_tree_are_in_pairs(parts: list[str]) -> None:
    for block in parse("".join(parts)):
        for node in block.walk():
            tags = [child.text.strip("</>") for child in node.children if child.kind == "html"]
            assert all(tags.count(tag) % 2 == 0 and tag in ("b", "i") for tag in tags)

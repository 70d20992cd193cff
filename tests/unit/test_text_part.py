"""The text part of a mail."""

import textwrap
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.content.markdown import parse
from broadsheet.content.node import Node
from broadsheet.rendering.text import WIDTH, to_text, wrapped

LONG = "Слова за словам цягнецца радок, пакуль не скончыцца ліст, і ніхто не ведае, дзе ён скончыцца."
TAGS = (
    *("b", "br", "div", "i", "li", "ol", "p", "pre", "section", "span", "sup", "table", "td", "th", "tr"),
    *("ul", "blockquote", "figure", "h3", "hr"),
)
FORMS = st.sampled_from(
    [
        "x" * 200,
        f"```\n{'code ' * 30}\n\tx\n```",
        f"| {LONG} | b |\n|---|--:|\n| c | {'w' * 90} |",
        "> " * 40 + LONG,
        "- " * 40 + LONG,
        f"<ul><li>{LONG}</li></ul>",
        LONG,
        f"- {LONG}\n  - {LONG}",
        f"7. {LONG}",
        f"> {LONG}\n>\n> - {LONG}",
        f"## {LONG}",
        "a[^1]",
        f"[^1]: {LONG}",
    ]
)


def text(markdown: str) -> str:
    return to_text(parse(markdown))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("", ""),
        ("One.\n\nTwo.", "One.\n\nTwo."),
        ("a *b* **c** ~~d~~ `e`", "a b c ~~d~~ e"),
        ("one\ntwo  \nthree", "one two\nthree"),
        ("extra\u00adordinary", "extraordinary"),
        ("one&#8232;two", "one two"),
        ("- [x] done\n- [ ] not yet", "- ☑ done\n- ☐ not yet"),
        ("1 < 2 &amp; “3”", "1 < 2 & “3”"),
        ("#### A heading", "A heading\n---------"),
        ("#### From 5 mW to 10 µg", "From 5 mW to 10 µg\n------------------"),
        ("- one\n- two", "- one\n- two"),
        ("9. nine\n10. ten", "9. nine\n10. ten"),
        ("- a *b* c\n  - d\n  - e\n- f", "- a b c\n  - d\n  - e\n- f"),
        ("- one\n\n  more\n\n- two", "- one\n\n  more\n- two"),
        ("> one\n>\n> two", "> one\n>\n> two"),
        ("> one\n>\n> > two", "> one\n>\n>> two"),
        ("> - one\n>   > two", "> - one\n>   > two"),
        ("## <https://a.example/b> is up", "https://a.example/b is up\n-------------------------"),
        ("```\ncode  here\n\n  x\n```", "    code  here\n\n      x"),
        ("***", "* * *"),
        ("| a | b |\n|---|---|\n| *c* | d |", "a | b\n--+--\nc | d"),
        (
            "| What | How much |\n|---|--:|\n| Lamp | 9% |",
            "What | How much\n-----+---------\nLamp |       9%",
        ),
        ("| a | b |\n|---|---|", "a | b\n--+--"),
        ("![alt](images/a.png 'A caption')", "(A caption)"),
        ("![alt](images/a.png)", "(alt)"),
        ("{{name}}", "{{name}}"),
    ],
)
def test_each_form_reads_well_without_signs(markdown: str, expected: str) -> None:
    assert text(markdown) == expected


def test_links_are_numbered_once_each_and_listed_below() -> None:
    assert text(
        "[One](https://a.example/), [two](https://b.example/) and [one](https://a.example/) again."
    ) == ("One [1], two [2] and one [1] again.\n\n[1] https://a.example/\n[2] https://b.example/")


def test_an_address_that_is_its_own_words_is_not_repeated() -> None:
    assert text("<https://a.example/> or <desk@example.org>") == "https://a.example/ or desk@example.org"


def test_links_point_to_where_the_mail_says() -> None:
    written = to_text(parse("[Here](b.html)"), lambda url: f"https://news.example.org/en/{url}")
    assert written == "Here [1]\n\n[1] https://news.example.org/en/b.html"


def test_footnotes_and_links_share_one_sequence_of_numbers() -> None:
    assert text(
        "Fee[^1] and [guide](https://a.example/) and tax[^tax].\n\n[^1]: A price.\n\n[^tax]: Another."
    ) == ("Fee[1] and guide [2] and tax[3].\n\n[1] A price.\n[2] https://a.example/\n[3] Another.")


def test_a_note_may_refer_to_others() -> None:
    assert text("One[^a].\n\n[^a]: See [this](https://a.example/) and[^b].\n\n[^b]: The end.") == (
        "One[1].\n\n[1] See this [2] and[3].\n[2] https://a.example/\n[3] The end."
    )


def test_a_footnote_without_a_reference_is_not_listed() -> None:
    assert text("One.\n\n[^a]: Two.") == "One."


def test_several_texts_of_a_mail_share_the_numbers() -> None:
    numbers = count(1)
    texts = [to_text(parse(f"[{name}](https://{name}.example/)"), numbers=numbers) for name in ("a", "b")]
    assert texts == ["a [1]\n\n[1] https://a.example/", "b [2]\n\n[2] https://b.example/"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc"]
)
def test_a_link_that_could_do_harm_leaves_its_words_alone(url: str) -> None:
    assert text(f"[words](<{url}>) and <a href='{url}'>more</a>") == "words and more"
    assert text(f"<p><a href='{url}'>more</a></p>") == "more"


def test_a_picture_that_is_a_link_has_one_number() -> None:
    block = Node(
        "link", 1, "", (Node("link", 1, "", (Node("text", 1, "inner"),), {"url": "https://b.example/"}),)
    )
    outer = Node("paragraph", 1, "", (Node("link", 1, "", block.children, {"url": "https://a.example/"}),))
    assert to_text([outer]) == "inner [1]\n\n[1] https://a.example/"


def test_a_table_that_is_too_wide_is_written_row_by_row() -> None:
    cell = "a cell with a good many words in it, so that two of them do not fit"
    assert text(f"| Place | What |\n|---|---|\n| Minsk | {cell} |\n| | {cell} |") == (
        "Place: Minsk\n"
        "What: a cell with a good many words in it, so that two of them do not\n"
        "  fit\n\n"
        "What: a cell with a good many words in it, so that two of them do not\n"
        "  fit"
    )


def test_lines_hang_below_their_mark() -> None:
    assert text(f"- {LONG}\n\n1. {LONG}\n\n> {LONG}\n\nx[^n]\n\n[^n]: {LONG}") == (
        "- Слова за словам цягнецца радок, пакуль не скончыцца ліст, і ніхто не\n"
        "  ведае, дзе ён скончыцца.\n\n"
        "1. Слова за словам цягнецца радок, пакуль не скончыцца ліст, і ніхто не\n"
        "   ведае, дзе ён скончыцца.\n\n"
        "> Слова за словам цягнецца радок, пакуль не скончыцца ліст, і ніхто не\n"
        "> ведае, дзе ён скончыцца.\n\n"
        "x[1]\n\n"
        "[1] Слова за словам цягнецца радок, пакуль не скончыцца ліст, і ніхто не\n"
        "    ведае, дзе ён скончыцца."
    )


def test_a_long_address_is_not_broken() -> None:
    address = f"https://a.example/{'x-y/' * 30}"
    assert text(f"See <{address}> now.") == f"See\n{address}\nnow."


@settings(deadline=None)
@given(st.lists(FORMS, max_size=6).map("\n\n".join))
def test_no_line_is_longer_than_a_mail_s_line(markdown: str) -> None:
    lines = text(markdown).split("\n")
    assert all(len(line) <= WIDTH for line in lines if "code code" not in line and "x-y/" not in line)


def test_code_is_never_wrapped_or_joined() -> None:
    bridge = "obfs4 192.0.2.7:443 " + "A1B2C3D4E5" * 4 + " cert=" + "Zz9" * 30 + " iat-mode=0"
    assert text(f"Use it:\n\n```\n{bridge}\n```") == f"Use it:\n\n    {bridge}"
    key = "K7" * 60
    assert text(f"Or this key: `{key}`.") == f"Or this key:\n{key}."
    command = "ssh -p 22  -o Option=value somebody@host.example -- a command that goes on and on"
    assert command in text(f"Type this, then press the key and wait: `{command}` and so on.").split("\n")
    assert key in text(f"| a | b |\n|---|---|\n| `{key}` | c |").replace("\n", " ")


def test_what_was_struck_out_reads_as_struck_out() -> None:
    assert text("He is ~~not~~ guilty, <del>not</del> <s>at</s> all.") == (
        "He is ~~not~~ guilty, ~~not~~ ~~at~~ all."
    )


def test_a_bare_address_is_not_listed_a_second_time() -> None:
    assert text("[www.a.example](https://www.a.example) [b](https://b.example)") == (
        "www.a.example b [1]\n\n[1] https://b.example/"
    )


def test_words_without_end_are_cut_and_addresses_are_not() -> None:
    address = f"https://a.example/{'x' * 100}"
    assert text("x" * 100) == "x" * 72 + "\n" + "x" * 28
    assert text(f"[here]({address})") == f"here [1]\n\n[1] {address}"
    assert text(f"{'x' * 70}@a.example.org") == f"{'x' * 70}@a.example.org"


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("a <b>c</b> d", "a c d"),
        ("a c<br> d", "a c\nd"),
        ("<div class='x'>a c d</div>", "a c d"),
        ("a <!-- gone -->c d", "a c d"),
        ("<script>gone()</script>\n\na c d", "a c d"),
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "- one\n- two"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>", "a | b\nc | d"),
        (
            "<p>See <a href='https://a.example/?a=1&amp;b=2'>this</a>.</p>",
            "See this [1].\n\n[1] https://a.example/?a=1&b=2",
        ),
        ("See <a href='https://a.example/'>this</a>.", "See this [1].\n\n[1] https://a.example/"),
        ("10<sup>6</sup> of H<sub>2</sub>O, the 1<sup>st</sup>", "10⁶ of H₂O, the 1st"),
        ("x<sup>a+1</sup> and 2<sub>*10*</sub>", "x^a+1 and 2₁₀"),
        ("<p>10<sup>6</sup></p><hr><p>b</p>", "10⁶\n\n* * *\n\nb"),
        ("<pre>one\n  two</pre>", "one\n  two"),
    ],
)
def test_html_leaves_its_words_its_links_and_its_shape(markdown: str, expected: str) -> None:
    assert text(markdown) == expected


@settings(deadline=None)
@given(
    st.text()
    | st.text(alphabet="а \n>-*`#|[]()!^:<1.", max_size=80)
    | st.lists(
        st.sampled_from([*(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), "words ", "\n"])
    ).map("".join)
)
def test_any_text_can_be_mailed_and_no_line_ends_in_a_blank(markdown: str) -> None:
    written = text(markdown)
    assert [line for line in written.split("\n") if line != line.rstrip()] == []


@given(
    st.text(st.sampled_from("ab б-  \t\xa0\u2003\r\x0b"), max_size=60),
    st.integers(4, 20),
    st.sampled_from(("", "> ")),
)
def test_a_line_is_cut_where_textwrap_cuts_it(line: str, width: int, below: str) -> None:
    cut = textwrap.wrap(
        line.strip(), width, break_long_words=False, break_on_hyphens=False, subsequent_indent=below
    )
    pieces = [part[at : at + width] for part in cut or [""] for at in range(0, max(1, len(part)), width)]
    assert wrapped(line, width, below) == "\n".join(pieces)

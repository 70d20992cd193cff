"""What an author wrote stays what it is: labels of their commentary, numbers of a list, fences, indents."""

import pytest

from broadsheet.content.findings import Finding, UnpublishableError
from broadsheet.content.issue import Commentary
from broadsheet.content.read import read_issue
from broadsheet.rendering.html import to_html
from broadsheet.rendering.text import to_text
from tests.builders import ISSUE_ID, a_newsletter

HEAD = "---\ntitle: A title\nsummary: A summary.\n---\n"


def commentaries(body: str) -> tuple[Commentary, ...]:
    content = (HEAD + body).encode()
    return read_issue(ISSUE_ID, "en", content, frozenset(), a_newsletter()).issue.commentaries


def page(body: str) -> list[str]:
    return [str(to_html(piece.blocks, prefix=piece.name)) for piece in commentaries(body)]


def mail(body: str) -> list[str]:
    return [to_text(piece.blocks) for piece in commentaries(body)]


def rules(body: str, *, lenient: bool = False, accepted: bool = False) -> list[tuple[int, str, bool]]:
    """Line within the body, rule, whether it is an error."""
    found: tuple[Finding, ...]
    content = (HEAD + body).encode()
    try:
        found = read_issue(
            ISSUE_ID, "en", content, frozenset(), a_newsletter(), lenient=lenient, accepted=accepted
        ).warnings
    except UnpublishableError as error:
        found = error.findings
    return [(f.line - HEAD.count("\n"), f.rule, f.is_error) for f in found]


def two(first: str, second: str) -> str:
    return f"## Security issues\n\n### One\n\n{first}\n\n## Belarus-West relations\n\n### Two\n\n{second}\n"


def test_each_commentary_has_its_own_footnotes_whatever_others_call_theirs() -> None:
    body = two("A.[^1]\n\n[^1]: First, with[^b].\n\n[^b]: In it.", "B.[^1]\n\n[^1]: Second.")
    first, second = page(body)
    assert "First" in first
    assert "In it" in first
    assert "Second" in second
    assert "First" not in second
    assert [("First" in text, "Second" in text) for text in mail(body)] == [(True, False), (False, True)]
    assert rules(body) == []


def test_footnotes_at_the_end_of_the_file_serve_every_commentary() -> None:
    body = two("A.[^1]", "B.[^2]\n\n[^1]: First.\n[^2]: Second.")
    assert ["First" in text for text in page(body)] == [True, False]
    assert rules(body) == []


def test_labels_of_footnotes_match_without_case() -> None:
    assert "Words." in page(two("A.[^Note]\n\n[^note]: Words.", "B."))[0]


def test_two_footnotes_of_one_label_in_one_commentary_are_an_error() -> None:
    body = two("A.[^1] B.[^1]\n\n[^1]: First.\n\n[^1]: Second.", "B.")
    assert rules(body) == [(9, "footnote-twice", True)]
    assert rules(body, lenient=True) == [(9, "footnote-twice", False)]
    assert rules(two("A.[^1]\n\n[^1]: Same.\n\n[^1]: Same.", "B.")) == [(9, "footnote-unused", False)]


def test_a_mark_that_takes_the_footnote_of_another_commentary_is_reported() -> None:
    assert rules(two("A.[^1]\n\n[^1]: First.", "B.[^1]")) == [(13, "footnote-shared", False)]


def test_an_ambiguous_footnote_mark_is_an_error() -> None:
    body = two("A.[^1]\n\n[^1]: First.", "B.[^1]\n\n[^1]: Second.") + "\n### Three\n\nC.[^1]\n"
    assert rules(body) == [(19, "footnote-in-doubt", True)]


def test_each_commentary_has_its_own_addresses_of_links() -> None:
    body = two("[See][1].\n\n[1]: https://a.example/ 'T'", "[See][1] and [1].\n\n[1]: <https://b.example/>")
    first, second = page(body)
    assert first.count("https://a.example/") == 1
    assert second.count("https://b.example/") == 2
    assert rules(body) == []


def test_addresses_at_the_end_of_the_file_serve_every_commentary() -> None:
    body = two("[See][law].", "[It][LAW].\n\n[law]: https://a.example/")
    assert ["https://a.example/" in text for text in page(body)] == [True, True]
    assert rules(body) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("[A b][1].\n\n[1]: https://a.example/\n[1]: https://b.example/", "B.", [(8, "label-twice", True)]),
        ("[A b][1].\n\n[1]: https://a.example/", "[C d][1].", [(13, "label-shared", False)]),
        ("[A b][law].\n\n[law]: https://a.example/", "[C d][law].", []),
        ("```\n[1]: https://a.example/\n```\n", "[C d][1].\n\n[1]: https://b.example/", []),
    ],
)
def test_a_link_whose_label_is_ambiguous_is_reported(
    first: str, second: str, expected: list[tuple[int, str, bool]]
) -> None:
    assert rules(two(first, second)) == expected


def test_an_ambiguous_link_is_an_error() -> None:
    body = two("[A b][x].\n\n[x]: https://a.example/", "[C d][x].\n\n[x]: https://b.example/")
    assert rules(body + "\n### Three\n\n[E f][x].\n") == [(19, "label-in-doubt", True)]


@pytest.mark.parametrize(
    ("written", "html", "text"),
    [
        (
            "1991. A\n1994. B\n1995. C",
            '<ol start="1991"><li>A</li><li value="1994">B</li><li>C</li></ol>',
            "1994.",
        ),
        ("3) A\n7) B", '<ol start="3"><li>A</li><li value="7">B</li></ol>', "7."),
        ("3. A\n2. B\n1. C", '<ol start="3"><li>A</li><li value="2">B</li><li value="1">C</li></ol>', "1. C"),
        ("1. A\n5. B\n3. C", '<ol start="1"><li>A</li><li value="5">B</li><li value="3">C</li></ol>', "3. C"),
        ("1986. A\n1986. B", '<ol start="1986"><li>A</li><li value="1986">B</li></ol>', "1986. B"),
        ("1. A\n1. B\n1. C", '<ol start="1"><li>A</li><li>B</li><li>C</li></ol>', "3. C"),
        ("1. A\n2. B", '<ol start="1"><li>A</li><li>B</li></ol>', "2. B"),
        ("> 7. A\n> 9. B", '<ol start="7"><li>A</li><li value="9">B</li></ol>', "9. B"),
    ],
)
def test_the_numbers_of_a_list_are_those_that_were_written(written: str, html: str, text: str) -> None:
    body = two(written, "B.")
    assert html in page(body)[0]
    assert text in mail(body)[0]
    assert rules(body) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("```\ncode\n\nText.", [(5, "fence-unclosed", True)]),
        ("~~~~ txt\ncode\n~~~\n\nText.", [(5, "fence-unclosed", True)]),
        ("```\ncode\n``` end\n", [(5, "fence-unclosed", True)]),
        ("```\ncode\n```\n\nText.", []),
        ("> ```\n> code\n\nText.", [(5, "fence-unclosed-end", False)]),
        ("```\n## a comment\n### in a script\n```\n", [(5, "fence-heading", False)]),
        ("```\na = 1 ## a comment\n```\n", []),
        ("```\na\n\n### Lost\n\n```\nb\n```\n", [(5, "fence-heading", False), (12, "fence-unclosed", True)]),
    ],
)
def test_a_fence_that_contains_too_much_is_reported_at_its_line(
    written: str, expected: list[tuple[int, str, bool]]
) -> None:
    assert rules(two(written, "B.")) == expected


def test_a_fence_that_is_open_at_the_very_end_is_reported() -> None:
    assert rules(two("A.", "B.\n\n```\ncode")) == [(13, "fence-unclosed-end", False)]


def test_a_text_that_was_published_before_is_read_although_a_later_rule_would_stop_it() -> None:
    body = two("```\ncode\n\nText.", "B.")
    assert rules(body, accepted=True) == [(5, "fence-unclosed", False)]


@pytest.mark.parametrize("indent", ["\t", "    ", "\t\t", "      ", "                        "])
def test_a_paragraph_that_begins_with_a_tab_or_blanks_is_a_paragraph(indent: str) -> None:
    body = two(f"{indent}One, with a [word of it](https://a.example/).\n\n{indent}*Two*.", "B.")
    assert page(body)[0] == (
        '<p>One, with a <a href="https://a.example/">word of it</a>.</p><p><em>Two</em>.</p>'
    )
    assert rules(body) == []


def test_an_indented_paragraph_stays_in_its_quotation_and_in_its_list() -> None:
    quoted = page(two(">     Words, *set in*.", "B."))[0]
    assert quoted == "<blockquote><p>Words, <em>set in</em>.</p></blockquote>"
    listed = page(two("- An item\n\n\t\tits second *paragraph*\n\nBelow.", "B."))[0]
    assert "<p>its second <em>paragraph</em></p></li></ul><p>Below.</p>" in listed


def test_an_indented_listing_within_a_fence_is_left_alone() -> None:
    assert "<pre><code>    a\n\tb\n</code></pre>" in page(two("```\n    a\n\tb\n```", "B."))[0]

"""The text part of a mail."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.issues.markdown import parse
from broadsheet.mailings.text import WIDTH, to_text

LONG = "Слова за словам цягнецца радок, пакуль не скончыцца ліст, і ніхто не ведае, дзе ён скончыцца."
FORMS = st.sampled_from(
    [
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
        ("a *b* **c** ~~d~~ `e`", "a b c d e"),
        ("one\ntwo  \nthree", "one two\nthree"),
        ("1 < 2 &amp; “3”", "1 < 2 & “3”"),
        ("#### A heading", "A HEADING"),
        ("- one\n- two", "- one\n- two"),
        ("9. nine\n10. ten", "9. nine\n10. ten"),
        ("- a *b* c\n  - d\n  - e\n- f", "- a b c\n  - d\n  - e\n- f"),
        ("- one\n\n  more\n\n- two", "- one\n\n  more\n- two"),
        ("> one\n>\n> two", "> one\n> \n> two"),
        ("```\ncode  here\n\n  x\n```", "    code  here\n\n      x"),
        ("***", "* * *"),
        ("| a | b |\n|---|---|\n| *c* | d |", "a | b\nc | d"),
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


def test_links_lead_where_the_mail_says() -> None:
    written = to_text(parse("[Here](b.html)"), lambda url: f"https://news.example.org/en/{url}")
    assert written == "Here [1]\n\n[1] https://news.example.org/en/b.html"


def test_footnotes_and_links_share_one_sequence_of_numbers() -> None:
    assert text(
        "Fee[^1] and [guide](https://a.example/) and tax[^tax].\n\n[^1]: A price.\n\n[^tax]: Another."
    ) == ("Fee[1] and guide [2] and tax[3].\n\n[1] A price.\n\n[3] Another.\n\n[2] https://a.example/")


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
    assert all(len(line) <= WIDTH for line in text(markdown).split("\n"))


@pytest.mark.parametrize(
    "markdown",
    [
        "a <b>c</b> d",
        "a c<br> d",
        "<div class='x'>a c d</div>",
        "a <!-- gone -->c d",
        "<script>gone()</script>\n\na c d",
    ],
)
def test_html_does_not_stand_in_a_text(markdown: str) -> None:
    assert text(markdown) == "a c d"


@settings(deadline=None)
@given(st.text() | st.text(alphabet="а \n>-*`#|[]()!^:<1.", max_size=80))
def test_any_text_can_be_mailed(markdown: str) -> None:
    assert isinstance(text(markdown), str)

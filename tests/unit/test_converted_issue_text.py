"""What a post says is what an issue says: no sign in a title, a name or a text means anything else there."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from conversion.facts import shown_words
from conversion.issue_text import Piece, article, gathered_text
from tests.builders import ISSUE_ID, a_newsletter
from tests.effort import tries

TOPIC = "Security issues"
SIGNS = (
    "*a* _b_",
    "`a`",
    "[a](https://b.example)",
    "a & b &amp; c &#65;",
    "<b>a</b> < b",
    "# a #",
    "~~a~~",
)
TRICKY = (
    *SIGNS,
    'a "b" c',
    "a: b",
    "'a'",
    "- a",
    "!!a",
    "&a",
    "a # b",
    "[a, b]",
    "{a}",
    "|",
    ">",
    "1. a",
    "\\",
    "a\\",
)


def read(text: str, **changes: str) -> Issue:
    return read_issue(
        ISSUE_ID, "en", text.encode(), frozenset({"images/a.png"}), a_newsletter(**changes)
    ).issue


def a_piece(**changes: object) -> Piece:
    return Piece(**{"title": "A title", "summary": "A summary.", "markdown": "Words.", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("words", TRICKY)
def test_the_words_of_a_title_a_summary_and_a_name_stay_as_they_were(words: str) -> None:
    issue = read(article(a_piece(title=words, summary=words, authors=(words, "B. Author"))))
    assert (issue.title, issue.summary, issue.authors) == (words, words, (words, "B. Author"))
    (piece,) = read(gathered_text([a_piece(title=words, authors=(words,), topic=TOPIC)], None)).commentaries
    assert (piece.headline, piece.byline) == (words, words)


LINE = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=60)
    .map(lambda text: unicodedata.normalize("NFC", shown_words(text)))
    .filter(bool)
)


@given(LINE)
@settings(max_examples=tries(150, proof=5_000), deadline=None)
def test_any_words_of_a_title_stay_as_they_were(words: str) -> None:
    assert read(article(a_piece(title=words))).title == words
    (piece,) = read(gathered_text([a_piece(title=words, topic=TOPIC)], None)).commentaries
    assert piece.headline == words


def test_a_title_never_shows_the_marks_of_a_comment() -> None:
    assert read(article(a_piece(title=shown_words("On <!-- comments -->")))).title == "On comments"


def test_an_article_is_a_text_without_commentaries_and_is_never_emailed() -> None:
    issue = read(article(a_piece(authors=("A. Author",))))
    assert (issue.title, issue.summary, issue.authors) == ("A title", "A summary.", ("A. Author",))
    assert (issue.commentaries, issue.mail) == ((), False)


def test_the_commentaries_of_a_week_are_below_their_topics_and_are_never_emailed() -> None:
    pieces = [
        a_piece(title="One", topic=TOPIC, authors=("A. Author", "B. Author")),
        a_piece(title="Two", topic=TOPIC),
        a_piece(title="Three", topic="Belarus-West relations"),
    ]
    issue = read(gathered_text(pieces, None))
    assert (issue.title, issue.summary, issue.mail) == ("One", "Two · Three", False)
    assert [(each.name, each.headline, each.byline) for each in issue.commentaries] == [
        ("security-1", "One", "A. Author, B. Author"),
        ("security-2", "Two", ""),
        ("belarus-west-1", "Three", ""),
    ]


def test_a_week_of_a_newsletter_without_weeks_says_its_days() -> None:
    issue = read(gathered_text([a_piece(topic=TOPIC)], date(2016, 12, 5)), cadence="free")
    assert (str(issue.first_day), str(issue.last_day)) == ("2016-12-05", "2016-12-11")


def test_an_issue_of_one_commentary_has_its_summary() -> None:
    assert read(gathered_text([a_piece(topic=TOPIC)], None)).summary == "A summary."


@pytest.mark.parametrize(
    "markdown",
    [
        "*A lead in italics.*\n\nWords.",
        "**A lead in bold.**\n\nWords.",
        "***Both*** \n\nWords.",
        "**_Both_**\n\nWords.",
        "<em>Tags</em>\n\nWords.",
        "![A bridge](images/a.png)\n\n*A lead in italics.*\n\nWords.",
        "*A lead with [a link](https://a.example).*\n\nWords.",
        "*A lead of\ntwo lines.*",
    ],
)
def test_a_lead_that_is_set_off_becomes_neither_a_trend_nor_a_byline(markdown: str) -> None:
    (piece,) = read(gathered_text([a_piece(markdown=markdown, topic=TOPIC)], None)).commentaries
    assert (piece.trend, piece.byline) == (None, "")
    first = piece.blocks[0].plain()
    assert any(word in first for word in ("lead", "Both", "Tags"))


def test_a_paragraph_that_begins_and_ends_set_off_is_left_as_it_is() -> None:
    markdown = "*One* and *two*.\n\nWords."
    assert f"\n{markdown}\n" in gathered_text([a_piece(markdown=markdown, topic=TOPIC)], None)


def test_titles_that_are_too_long_are_cut_between_words() -> None:
    long = " ".join(["word"] * 100)
    issue = read(gathered_text([a_piece(title=long, topic=TOPIC)], None))
    assert len(issue.title) <= 300
    assert len(issue.commentaries[0].headline) <= 220
    assert issue.commentaries[0].headline.endswith("word…")


def test_a_post_without_title_and_summary_is_named_by_its_beginning() -> None:
    issue = read(
        article(a_piece(title="", summary="", markdown="![A](images/a.png)\n\nIt *begins* so. And ends."))
    )
    assert (issue.title, issue.summary) == ("It begins so. And ends.", "It begins so. And ends.")

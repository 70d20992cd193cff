"""The commentaries in an editor's file, recognised by their form."""

import pytest

from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from tests.builders import ISSUE_ID, a_newsletter


def read(body: str, edition: str = "en") -> Issue:
    text = f"---\ntitle: A title\nsummary: A summary.\n---\n{body}"
    return read_issue(ISSUE_ID, edition, text.encode(), frozenset(), a_newsletter()).issue


def pieces(body: str, edition: str = "en") -> list[tuple[str, str, str | None]]:
    return [(piece.name, piece.headline, piece.trend) for piece in read(body, edition).commentaries]


def test_two_commentaries_of_one_topic_are_numbered_in_their_order() -> None:
    body = (
        "## Security issues\n\n### First\n\nText.\n\n### Second\n\nText.\n\n"
        "## Belarus-West relations\n\n### Third\n\nText.\n\n## Security issues\n\n### Fourth\n\nText.\n"
    )
    assert pieces(body) == [
        ("security-1", "First", None),
        ("security-2", "Second", None),
        ("belarus-west-1", "Third", None),
        ("security-3", "Fourth", None),
    ]


@pytest.mark.parametrize(
    ("topic", "edition"),
    [
        ("security", "en"),
        ("SECURITY  Issues", "en"),
        ("Security issues.", "en"),
        ("Secu\u00adrity\u00a0issues", "en"),
        ("Пытанні бяспекі", "be"),
        ("Вопросы *безопасности*", "ru"),
        ("security", "ru"),
    ],
)
def test_a_topic_is_named_by_its_id_or_by_the_edition_s_words(topic: str, edition: str) -> None:
    assert pieces(f"## {topic}\n\n### A headline\n\nText.\n", edition) == [("security-1", "A headline", None)]


@pytest.mark.parametrize("hyphen", ["-", "\u2011", "\u2013"])
def test_hyphens_of_any_kind_name_a_topic(hyphen: str) -> None:
    assert pieces(f"## Belarus{hyphen}West relations\n\n### H\n\nText.\n") == [("belarus-west-1", "H", None)]


@pytest.mark.parametrize(
    ("phrase", "edition", "trend"),
    [
        ("*The situation got worse*", "en", "worse"),
        ("_the situation has gotten better._", "en", "better"),
        ("*The situ\u00adation\u00a0got worse*", "en", "worse"),
        ("*Сітуацыя не змянілася*", "be", "same"),
    ],
)
def test_a_trend_is_a_phrase_of_the_edition_in_italics(phrase: str, edition: str, trend: str) -> None:
    assert pieces(f"## security\n\n### A headline\n\n{phrase}\n\nText.\n", edition) == [
        ("security-1", "A headline", trend)
    ]


def test_a_headline_has_no_soft_hyphens_and_single_spaces() -> None:
    assert pieces("## security\n\n### A\u00a0head\u00adline  here\n\nText.\n") == [
        ("security-1", "A headline here", None)
    ]


def test_italics_and_bold_below_the_first_paragraph_are_text() -> None:
    (piece,) = read("## security\n\n### H\n\nText.\n\n*Italics*\n\n**Bold**\n").commentaries
    assert (piece.trend, piece.byline) == (None, "")
    assert [block.plain() for block in piece.blocks] == ["Text.", "Italics", "Bold"]


def test_a_footnote_goes_where_its_mark_is_wherever_it_was_written() -> None:
    text = "Intro.[^a]\n\n## security\n\n### H\n\nOne.[^b]\n\n### I\n\nTwo.\n\n"
    body = f"{text}[^a]: First note.\n\n[^b]: Second note, see[^c].\n\n[^c]: Third note.\n"
    issue = read(body)
    assert [
        [block.plain() for block in blocks]
        for blocks in (issue.intro, *(c.blocks for c in issue.commentaries))
    ] == [
        ["Intro.", "First note."],
        ["One.", "Second note, see.", "Third note."],
        ["Two."],
    ]


def test_a_newsletter_without_topics_has_articles_with_headings_of_any_level() -> None:
    text = b"---\ntitle: A title\nsummary: A summary.\n---\n## One\n\n### Two\n\nText.\n"
    issue = read_issue(ISSUE_ID, "en", text, frozenset(), a_newsletter(topics=(), trends=())).issue
    assert [block.kind for block in issue.intro] == ["heading", "heading", "paragraph"]

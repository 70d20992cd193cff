"""What is wrong with the text of an editor's file: line, rule, and what its sentences say."""

import pytest

from broadsheet.content.findings import Finding, UnpublishableError
from broadsheet.content.read import read_issue
from tests.builders import ISSUE_ID, a_newsletter

FILE = "issues/2016-12-05/en.md"
TRENDS = "The situation has not changed; The situation got worse; The situation has gotten better"
TOPICS = "Security issues; Belarus-West relations"


def found(text: str, *, lenient: bool = False) -> tuple[Finding, ...]:
    pictures = frozenset({"images/bridge.jpg", "images/plan.svg"})
    try:
        return read_issue(ISSUE_ID, "en", text.encode(), pictures, a_newsletter(), lenient=lenient).warnings
    except UnpublishableError as error:
        return error.findings


def found_in_body(*lines: str, lenient: bool = False) -> tuple[Finding, ...]:
    """The findings where these lines begin in the file's fifth."""
    return found("---\ntitle: A title\nsummary: A summary.\n---\n" + "\n".join(lines) + "\n", lenient=lenient)


def rules(*lines: str, lenient: bool = False) -> list[tuple[int, str, bool]]:
    return [(f.line, f.rule, f.is_error) for f in found_in_body(*lines, lenient=lenient)]


@pytest.mark.parametrize(
    ("written", "rule", "values"),
    [
        ("Пытанні бяспекі", "topic-unknown", {}),
        ("Security isues", "topic-near", {"nearest": "Security issues"}),
        ("Belarus-West relation", "topic-near", {"nearest": "Belarus-West relations"}),
    ],
)
def test_a_topic_that_the_edition_does_not_have(written: str, rule: str, values: dict[str, str]) -> None:
    assert found_in_body("", f"## {written}", "", "### A headline", "", "Text.") == (
        Finding(FILE, 6, rule, {"topic": written, "known": TOPICS, **values}),
    )


@pytest.mark.parametrize(
    ("written", "rule", "values"),
    [
        ("Rain is coming", "trend-unknown", {}),
        ("The situation got worst", "trend-near", {"nearest": "The situation got worse"}),
    ],
)
def test_a_trend_that_the_edition_does_not_have(written: str, rule: str, values: dict[str, str]) -> None:
    assert found_in_body("## Security issues", "### A headline", "", f"*{written}*", "", "Text.") == (
        Finding(FILE, 8, rule, {"trend": written, "known": TRENDS, **values}),
    )


def test_an_import_keeps_unknown_topics_and_trends_as_headings_and_text() -> None:
    lines = ("## Weather", "### Rain", "", "Wet.", "## security", "### H", "*It rains*", "", "Text.")
    assert rules(*lines, lenient=True) == [(5, "topic-plain", False), (11, "trend-plain", False)]
    text = "---\ntitle: A\nsummary: B\n---\n" + "\n".join(lines)
    issue = read_issue(ISSUE_ID, "en", text.encode(), frozenset(), a_newsletter(), lenient=True).issue
    assert [block.plain() for block in issue.intro] == ["Weather", "Rain", "Wet."]
    assert [[block.plain() for block in c.blocks] for c in issue.commentaries] == [["It rains", "Text."]]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("## security", "", f"### {'é' * 221}", "", "Text."), [(7, "headline-too-long", True)]),
        (("## security", "", f"### {'é' * 211}", "", "Text."), [(7, "headline-long", False)]),
        (("## security", "", f"### {'é' * 210}", "", "Text."), []),
        (("## security", "### H", "", "Text.", "", "###"), [(10, "headline-empty", True)]),
        (("## security", "### H", "*The situation got worse*", "", "**A**"), [(6, "commentary-empty", True)]),
        (("## security", "### H", "", "- a list"), []),
        (("## security", "", "Lost.", "", "### H", "", "Text."), [(7, "text-before-headline", True)]),
        (("## security", "", "###", "", "a", "", "b", "", "c"), [(7, "headline-empty", True)]),
        (("## security", "", "One.", "", "Two.", "", "### H", "", "T."), [(7, "text-before-headline", True)]),
        (("## security", "", "###A headline", "", "Text."), [(7, "heading-no-space", True)]),
        (("## security", "### H", "", "T.", "", "###B", "", "T."), [(10, "heading-no-space", False)]),
        (("##Nothing of ours", "", "Text."), [(5, "heading-no-space", False)]),
        (("Intro.", "", "### H", "", "Text."), [(7, "headline-without-topic", True)]),
        (("## Security issues", "", "Meant as a commentary."), [(5, "topic-without-headline", True)]),
        (("## Insecurity", "", "issues"), []),
        (("Text.[^a]", "", "[^a]: Used.", "", "[^b]: Lost."), [(9, "footnote-unused", False)]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_s_shape(
    lines: tuple[str, ...], expected: list[tuple[int, str, bool]]
) -> None:
    assert rules(*lines) == expected


@pytest.mark.parametrize("above", ["", "Intro.\n", "Intro.\n\n"])
def test_a_topic_without_a_space_after_its_signs_is_read_as_meant(above: str) -> None:
    text = f"---\ntitle: A\nsummary: B\n---\n{above}##Security issues\n### H\n\nText.\n"
    reading = read_issue(ISSUE_ID, "en", text.encode(), frozenset(), a_newsletter())
    assert ([c.topic for c in reading.issue.commentaries], reading.warnings) == (["security"], ())
    assert [block.plain() for block in reading.issue.intro] == (["Intro."] if above else [])


SAME = "The situation has not changed"


@pytest.mark.parametrize(
    ("text", "byline", "blocks"),
    [
        (f"*{SAME}*\nText.", "", ["Text."]),
        (f"*{SAME}*  \nText.", "", ["Text."]),
        (f"**A. Author**\n*{SAME}*\n\nText.", "A. Author", ["Text."]),
        (f"**A. Author**\n\n*{SAME}*\nText.", "A. Author", ["Text."]),
        (f"Text.\n\n*{SAME}*\n\nMore.", "", ["Text.", "More."]),
        (f"{SAME}\n\nText.", "", ["Text."]),
        (f"**{SAME}**\n\nText.", "", ["Text."]),
    ],
)
def test_a_trend_in_the_wrong_place_is_taken_where_it_can_be_nothing_else(
    text: str, byline: str, blocks: list[str]
) -> None:
    whole = f"---\ntitle: A\nsummary: B\n---\n## security\n\n### H\n\n{text}\n"
    reading = read_issue(ISSUE_ID, "en", whole.encode(), frozenset(), a_newsletter())
    (piece,) = reading.issue.commentaries
    assert (piece.trend, piece.byline, [b.plain() for b in piece.blocks]) == ("same", byline, blocks)
    assert reading.warnings == ()


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        ((SAME, "since May."), 9),
        (("Text.", f"*{SAME}*", "more."), 10),
        (("Text.", "", SAME, "", "More."), 11),
        ((f"*{SAME}*", "", "Text.", "", "*The situation got worse*", "", "More."), 13),
    ],
)
def test_a_trend_that_may_be_a_sentence_stays_one_and_is_reported(lines: tuple[str, ...], at: int) -> None:
    assert rules("## security", "", "### H", "", *lines) == [(at, "trend-misplaced", False)]


def test_a_flood_of_commentaries_or_footnotes_is_refused() -> None:
    assert rules("## security", "", *(["### H", "", "Text.", ""] * 201)) == [
        (807, "too-many-commentaries", True)
    ]
    chain = [f"[^{number}]: See[^{number + 1}]\n" for number in range(8000)]
    assert (1006, "too-many-footnotes", True) in rules("Text.[^0]", *chain)
    assert rules("## security", "", *(["### H", "", "Text.", ""] * 200)) == []


@pytest.mark.parametrize("shape", [f"## security\n\n### {'word ' * 60}\n\nText.", "Intro.\n\n### H\n\nText."])
def test_an_import_s_shape_is_a_warning(shape: str) -> None:
    assert [finding.is_error for finding in found_in_body(shape, lenient=True)] == [False]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (('Some <b>bold</b> and H<sub>2</sub>O, a <a href="https://example.org">link</a><br>',), []),
        (("<!-- a note to ourselves -->", "Text."), []),
        (("Text.", "", "<iframe src=x></iframe>"), [(7, "raw-html", False)]),
        (("Text <b>never closed",), [(5, "raw-html", False)]),
        (("<div>", "", "Text.", "", "</div>"), [(5, "raw-html", False)]),
        (("Text.", "", "<!-- never closed", "", "More."), [(7, "comment-unclosed", True)]),
        (("> " * 150 + "x",), [(5, "nested-too-deeply", True)]),
        (("> " * 50 + "x",), []),
        (("a *b* " * 20_000,), [(5, "too-many-parts", True)]),
    ],
)
def test_html_and_nesting(lines: tuple[str, ...], expected: list[tuple[int, str, bool]]) -> None:
    assert rules(*lines) == expected


def test_a_file_with_one_mistake_a_thousand_times_gives_a_short_report() -> None:
    assert len(found_in_body("[here](javascript:x)\n\n" * 1000)) == 25


def test_all_findings_are_reported_at_once_in_the_order_of_the_lines() -> None:
    text = (
        "---\nsend_at: soon\ntitle: x\nperiod: then\n---\n## Weather\n\n### A headline\n\n*Rain*\n\n"
        "![](a.png)\n\n### Another\n"
    )
    assert [(finding.line, finding.rule, finding.is_error) for finding in found(text)] == [
        (1, "summary-missing", True),
        (2, "send-at-unreadable", True),
        (4, "period-unreadable", True),
        (6, "topic-unknown", True),
        (8, "commentary-empty", True),
        (10, "trend-unknown", True),
        (12, "alt-missing", False),
        (12, "picture-elsewhere", True),
        (14, "commentary-empty", True),
    ]

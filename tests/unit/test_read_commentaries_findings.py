"""What is wrong with the text of an editor's file: where, what, why, and how to mend it."""

import pytest

from broadsheet.issues.findings import Finding, UnpublishableError
from broadsheet.issues.read import read_issue
from tests.builders import ISSUE_ID, a_newsletter

FILE = "issues/2016-12-05/en.md"


def found(text: str) -> list[Finding]:
    with pytest.raises(UnpublishableError) as caught:
        read_issue(
            ISSUE_ID, "en", text.encode(), frozenset({"images/bridge.jpg", "images/plan.svg"}), a_newsletter()
        )
    return caught.value.findings


def found_in_body(*lines: str) -> list[Finding]:
    """The findings where these lines begin in the file's fifth."""
    return found("---\ntitle: A title\nsummary: A summary.\n---\n" + "\n".join(lines) + "\n")


def test_a_topic_that_the_edition_does_not_have() -> None:
    assert found_in_body("", "## Пытанні бяспекі", "", "### A headline", "", "Text.") == [
        Finding(
            FILE,
            6,
            "“Пытанні бяспекі” is not one of this edition's topics.",
            "Known are: Security issues; Belarus-West relations.",
            "Correct its spelling, or add the topic to newsletter.toml.",
        )
    ]


def test_a_trend_that_the_edition_does_not_have() -> None:
    assert found_in_body(
        "## Security issues", "### A headline", "", "*The situation got terrible*", "", "Text."
    ) == [
        Finding(
            FILE,
            8,
            "“The situation got terrible” is not one of this edition's trends.",
            "A line in italics below a headline is its trend; known are: The situation has not changed; "
            "The situation got worse; The situation has gotten better.",
            "Use one of these phrases, or take the italics away.",
        )
    ]


@pytest.mark.parametrize("name", ["images/brigde.jpg", "images/Bridge.jpg", "images/../images/bridge.jpg"])
def test_a_picture_that_is_not_there(name: str) -> None:
    assert found_in_body("Text.", "", f"Here: ![A bridge]({name}) it is.") == [
        Finding(
            FILE,
            7,
            f"The picture “{name}” is missing.",
            "There is no such file beside the text.",
            "Upload it, or correct the name; capital letters count.",
        )
    ]


@pytest.mark.parametrize(
    "source",
    ["https://example.org/bridge.jpg", "bridge.jpg", "/images/bridge.jpg", "data:image/png;base64,AA"],
)
def test_a_picture_that_lies_elsewhere(source: str) -> None:
    assert found_in_body("## security", "### A headline", "", f"![A bridge]({source})", "", "Text.") == [
        Finding(
            FILE,
            8,
            f"The picture “{source}” is not in images/.",
            "Pages load nothing from elsewhere.",
            "Upload it to the folder images/ beside the text and write images/name.jpg.",
        )
    ]


def test_a_picture_of_a_kind_that_can_hold_scripts() -> None:
    assert [(finding.line, finding.what) for finding in found_in_body("![A plan](images/plan.svg)")] == [
        (5, "“images/plan.svg” is not a picture that we can show.")
    ]


def test_a_headline_that_is_too_long() -> None:
    assert found_in_body("## security", "", f"### {'ё' * 221}", "", "Text.") == [
        Finding(
            FILE, 7, "The headline has 221 characters.", "Lists and mails take at most 220.", "Shorten it."
        )
    ]


def test_a_commentary_without_text() -> None:
    assert found_in_body(
        "## security", "### A headline", "", "*The situation got worse*", "", "**By A. Author**"
    ) == [
        Finding(
            FILE,
            6,
            "The commentary “A headline” has no text.",
            "Its first paragraph is its summary.",
            "Write at least one paragraph below the headline.",
        )
    ]


def test_a_text_between_a_topic_and_its_headline() -> None:
    assert found_in_body("## security", "", "Lost.", "", "### A headline", "", "Text.") == [
        Finding(
            FILE,
            7,
            "A text stands between a topic and its headline.",
            "It would belong to no commentary.",
            "Put a line “### headline” above it.",
        )
    ]


def test_a_headline_before_the_first_topic() -> None:
    assert [
        (finding.line, finding.what) for finding in found_in_body("Intro.", "", "### A headline", "", "Text.")
    ] == [(7, "A headline stands before the first topic.")]


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = (
        "---\nsend_at: soon\ntitle: x\nperiod: then\n---\n## Weather\n\n### A headline\n\n*Rain*\n\n"
        "![a](a.png)\n\n### Another\n"
    )
    assert [(finding.line, finding.what) for finding in found(text)] == [
        (1, "“summary” is missing."),
        (2, "“soon” is not a time."),
        (4, "The period “then” can't be read."),
        (6, "“Weather” is not one of this edition's topics."),
        (8, "The commentary “A headline” has no text."),
        (10, "“Rain” is not one of this edition's trends."),
        (12, "The picture “a.png” is not in images/."),
        (14, "The commentary “Another” has no text."),
    ]


def test_a_finding_fits_on_a_line_of_a_terminal() -> None:
    finding = Finding(
        FILE, 7, "The headline has 221 characters.", "Lists and mails take at most 220.", "Shorten it."
    )
    assert str(finding) == (
        "issues/2016-12-05/en.md:7: error: The headline has 221 characters. "
        "Lists and mails take at most 220. Shorten it."
    )


def test_a_topic_without_any_headline_is_no_plain_article() -> None:
    assert found_in_body("## Security issues", "", "A text that was meant as a commentary.") == [
        Finding(
            FILE,
            5,
            "The topic “Security issues” has no headline.",
            "A commentary begins with a headline below its topic.",
            "Put a line “### headline” below it.",
        )
    ]

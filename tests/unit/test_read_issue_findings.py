"""What is wrong with an editor's file as a whole: where, what, why, and how to mend it."""

import pytest

from broadsheet.issues.findings import Finding, UnpublishableError
from broadsheet.issues.read import LONGEST_FILE_BYTES, read_issue
from tests.builders import ISSUE_ID, a_newsletter

FILE = "issues/2016-12-05/en.md"


def found(text: str | bytes) -> list[Finding]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(UnpublishableError) as caught:
        read_issue(
            ISSUE_ID, "en", content, frozenset({"images/bridge.jpg", "images/plan.svg"}), a_newsletter()
        )
    return caught.value.findings


def found_in_head(line: str) -> list[Finding]:
    """The findings where the third line of the file is this one."""
    return found(f"---\ntitle: A title\n{line}\nsummary: A summary.\n---\nText.\n")


def test_an_unknown_key() -> None:
    assert found_in_head("subtitle: More") == [
        Finding(
            FILE,
            3,
            "“subtitle” is not a key that we know.",
            "Known are title, summary, period, authors, send_at.",
            "Correct its spelling or delete the line.",
        )
    ]


def test_a_head_that_is_not_yaml() -> None:
    assert [(finding.line, finding.what) for finding in found_in_head("authors: [A, B")] == [
        (4, "The front matter can't be read.")
    ]


def test_a_missing_title_and_an_empty_summary() -> None:
    why = "Lists, feeds and the mail show it."
    assert found("---\nauthors: A\nsummary: ' '\n---\nText.\n") == [
        Finding(FILE, 1, "“title” is missing.", why, "Add a line “title: …” between the lines of “---”."),
        Finding(FILE, 3, "“summary” is missing.", why, "Add a line “summary: …” between the lines of “---”."),
    ]


@pytest.mark.parametrize(
    "period", ["2016-12-05", "5.12.2016/11.12.2016", "2016-12-05/2016-12-32", "2016-12-05/2016-12-11/x"]
)
def test_a_period_that_is_not_two_days(period: str) -> None:
    assert found_in_head(f"period: {period}") == [
        Finding(
            FILE,
            3,
            f"The period “{period}” can't be read.",
            "It is two days with a slash between.",
            "Write it like 2016-12-05/2016-12-11, or delete the line to take the folder's week.",
        )
    ]


def test_a_period_that_ends_before_it_begins() -> None:
    assert found_in_head("period: 2016-12-11/2016-12-05") == [
        Finding(
            FILE,
            3,
            "The period ends before it begins.",
            "2016-12-11 is later than 2016-12-05.",
            "Swap the two days.",
        )
    ]


@pytest.mark.parametrize(
    "time", ["tomorrow", "2016-12-12T25:00", "12.12.2016 08:00", "0001-01-01T00:00+05:00"]
)
def test_a_time_of_sending_that_is_none(time: str) -> None:
    assert found_in_head(f"send_at: {time}") == [
        Finding(
            FILE,
            3,
            f"“{time}” is not a time.",
            "The mailing would not know when to start.",
            "Write it like 2016-12-12T08:00.",
        )
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [("---\ntitle: x\nsummary: Сёння\n---\n".encode("cp1251"), 3), ("---\ntitle: x".encode("utf-16"), 1)],
    ids=["cp1251", "UTF-16"],
)
def test_a_file_that_is_not_utf_8(content: bytes, line: int) -> None:
    assert found(content) == [
        Finding(
            FILE,
            line,
            "The file is not UTF-8.",
            "We can't tell which letters its bytes mean.",
            "Save it again with the encoding UTF-8.",
        )
    ]


def test_a_file_that_is_too_large() -> None:
    assert [(finding.line, finding.what) for finding in found(b"x" * (LONGEST_FILE_BYTES + 1))] == [
        (1, "The file is too large.")
    ]


def test_a_file_without_text() -> None:
    assert found("---\ntitle: A title\nsummary: A summary.\n---\n\n") == [
        Finding(
            FILE,
            4,
            "There is no text below the front matter.",
            "An empty page would be published and mailed.",
            "Write the text, or take the file away until there is one.",
        )
    ]


def test_a_title_that_no_list_could_show() -> None:
    title = "a" * 301
    assert found(f"---\ntitle: {title}\nsummary: A summary.\n---\nText.\n") == [
        Finding(FILE, 2, "The title has 301 characters.", "Lists and mails take at most 300.", "Shorten it.")
    ]

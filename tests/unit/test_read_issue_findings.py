"""What is wrong with an editor's file as a whole, and what an import may do all the same."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broadsheet.content.decode import LONGEST_FILE_BYTES
from broadsheet.content.findings import Finding, UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.read import CheckedIssue, read_issue
from broadsheet.newsletter import Newsletter
from tests.builders import ISSUE_ID, a_newsletter

FILE = "issues/2016-12-05/en.md"
A_TEXT = "---\ntitle: A title\nsummary: A summary.\n---\nText.\n"


def read(text: str | bytes, **changes: Any) -> CheckedIssue:
    content = text if isinstance(text, bytes) else text.encode()
    newsletter: Newsletter = a_newsletter(**changes.pop("newsletter", {}))
    pictures = frozenset({"images/bridge.jpg"})
    return read_issue(
        changes.pop("issue_id", ISSUE_ID),
        changes.pop("edition", "en"),
        content,
        pictures,
        newsletter,
        **changes,
    )


def found(text: str | bytes, **changes: Any) -> tuple[Finding, ...]:
    try:
        return read(text, **changes).warnings
    except UnpublishableError as error:
        return error.findings


def test_a_file_is_refused_only_with_an_error() -> None:
    with pytest.raises(UnpublishableError) as caught:
        read(b"---\ntitle: TK\n---\n")
    assert {finding.is_error for finding in caught.value.findings} == {True, False}


def rules(text: str | bytes, **changes: Any) -> list[tuple[int, str, bool]]:
    return [(finding.line, finding.rule, finding.is_error) for finding in found(text, **changes)]


def in_head(line: str, **changes: Any) -> list[tuple[int, str, bool]]:
    """The findings where the third line of the file is this one."""
    return rules(f"---\ntitle: A title\n{line}\nsummary: A summary.\n---\nText.\n", **changes)


def imported(text: str, issue_id: str = ISSUE_ID) -> Issue:
    return read(text, issue_id=issue_id, lenient=True).issue


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ({"issue_id": "december"}, "folder-not-a-day"),
        ({"issue_id": "2016-12-5"}, "folder-near-a-day"),
        ({"issue_id": "05.12.2016"}, "folder-near-a-day"),
        ({"issue_id": "2016-12-06"}, "folder-not-monday"),
        ({"issue_id": "2016-12-06", "newsletter": {"cadence": "free"}}, None),
        ({"issue_id": "1016-12-05", "newsletter": {"cadence": "free"}}, "year-unlikely"),
        ({"issue_id": "9999-12-31", "newsletter": {"cadence": "free"}}, "year-unlikely"),
        ({"edition": "fr"}, "edition-unknown"),
        ({"issue_id": "2016-12-26"}, None),
    ],
)
def test_the_path_of_a_file_says_what_it_is(place: dict[str, Any], rule: str | None) -> None:
    assert rules(A_TEXT, **place) == ([(1, rule, True)] if rule else [])


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("subtitle: More", "key-unknown"),
        ("autors: A. Author", "key-near"),
        ("Period: 2016-12-05/2016-12-11", "key-near"),
        ("authors: [A, B", "list-unreadable"),
        ("authors:\n  name: A", "authors-unreadable"),
        (f"authors: {'A' * 301}", "authors-unreadable"),
        ("authors: [A, B]", None),
        ("period: 2016-12-05", "period-unreadable"),
        ("period: 5.12.2016/11.12.2016", "period-unreadable"),
        ("period: 2016-12-05/2016-12-32", "period-unreadable"),
        ("period: 2016-12-05/2016-12-11/x", "period-unreadable"),
        ("period: 0016-12-05/2016-12-11", "period-unreadable"),
        ("period: 2016-12-11/2016-12-05", "period-backwards"),
        ("period: 2016-12-05/2016-12-10", "period-not-a-week"),
        ("period: 2016-12-06/2016-12-12", "period-not-a-week"),
        ("period: 2016-12-05/2017-12-11", "period-too-long"),
        ("period: 2016-12-05/2016-12-11", None),
        ("period: 2016-12-05 – 2016-12-11", None),
        ("period: 2016-11-28/2016-12-04", None),
        ("send_at: tomorrow", "send-at-unreadable"),
        ("send_at: 2016-12-12T25:00", "send-at-unreadable"),
        ("send_at: 12.12.2016 08:00", "send-at-unreadable"),
        ("send_at: 0001-01-01T00:00+05:00", "send-at-unreadable"),
        ("send_at: [2016-12-12T08:00]", "send-at-unreadable"),
        ("send_at: 2016-12-12", "send-at-no-hour"),
        ("send_at: 2016-12-12T08", None),
        ("mail: soon", "mail-unreadable"),
        ("mail: [yes]", "mail-unreadable"),
        ("mail: 1", "mail-unreadable"),
        ("mail:", "mail-unreadable"),
        ("mail: yes", None),
        ("mail:no", None),
    ],
)
def test_a_line_of_the_front_matter(line: str, rule: str | None) -> None:
    found_rules = [(at, name) for at, name, is_error in in_head(line) if is_error]
    assert found_rules[:1] == ([(3, rule)] if rule else [])


def test_a_period_far_from_its_folder_is_reported_as_a_warning() -> None:
    assert in_head("period: 2015-12-07/2015-12-13") == [(3, "period-far", False)]


def test_the_nearest_key_is_named() -> None:
    (finding,) = found("---\ntitle: A\nsumary: B\nsummary: C\n---\nText.\n")
    assert finding.values["nearest"] == "summary"
    assert "…" not in "".join(vars(finding.text("en")).values())


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        ("title: *a\nsummary: B", "front-matter-reference"),
        ("title: A\nsummary: &b", "front-matter-reference"),
        ("title: A\nsummary: B\nauthors: [A, B", "list-unreadable"),
        ("title: A\nsummary: B\nperiod: [A, B", "list-unreadable"),
        ("title: A\nsummary: B\nsend_at: [A, B", "list-unreadable"),
    ],
)
def test_a_value_that_can_not_be_read_is_reported_once(head: str, rule: str) -> None:
    assert [name for _, name, _ in rules(f"---\n{head}\n---\nText.\n")] == [rule]


@pytest.mark.parametrize(
    ("key", "length", "expected"),
    [
        ("title", 301, ("title-too-long", True)),
        ("title", 121, ("title-long", False)),
        ("title", 120, None),
        ("summary", 301, ("summary-too-long", True)),
        ("summary", 201, ("summary-long", False)),
        ("summary", 200, None),
    ],
)
def test_lengths_that_mailbox_lists_can_show(
    key: str, length: int, expected: tuple[str, bool] | None
) -> None:
    other = "summary" if key == "title" else "title"
    text = f"---\n{key}: {'a' * length}\n{other}: x\n---\nText.\n"
    assert rules(text) == ([(2, *expected)] if expected else [])


def test_a_missing_title_and_an_empty_summary() -> None:
    assert rules("---\nauthors: A\nsummary: ' '\n---\nText.\n") == [
        (1, "title-missing", True),
        (3, "summary-missing", True),
    ]
    assert rules("---\ntitle:\n- A\nsummary: x\n---\nText.\n") == [
        (2, "value-not-text", True),
    ]


@pytest.mark.parametrize("body", ["", "\n\n", "<!-- nothing yet -->\n", "***\n", "<style>p {}</style>"])
def test_a_file_without_text(body: str) -> None:
    assert (4, "text-missing", True) in rules(f"---\ntitle: A title\nsummary: A summary.\n---\n{body}")


def test_a_picture_alone_is_a_text() -> None:
    assert rules(A_TEXT.replace("Text.", "![A bridge](images/bridge.jpg)")) == []


def test_errors_come_with_the_warnings_found_along() -> None:
    assert rules("---\ntitle: A\nsummary: TK\nperiod: then\n---\nText.\n") == [
        (3, "mark-left", False),
        (4, "period-unreadable", True),
    ]


def test_findings_carry_the_name_that_they_are_given() -> None:
    assert [finding.file for finding in found(b"x", file="somewhere/else.md")] == ["somewhere/else.md"]
    assert [finding.file for finding in found(b"x")] == [FILE]


def test_an_import_needs_no_front_matter() -> None:
    issue = imported("# The week in short\n\nFirst paragraph, *short*.\n\nSecond.\n")
    assert (issue.title, issue.summary) == ("The week in short", "First paragraph, short.")
    assert [block.plain() for block in issue.intro] == ["First paragraph, short.", "Second."]
    assert imported("Just words.\n", "2016-12-05-some-words").title == "2016-12-05-some-words"


def test_an_import_reports_what_it_generated() -> None:
    assert rules("# A title\n\nText.\n", lenient=True) == [
        (1, "front-matter-missing", False),
        (1, "title-made", False),
        (1, "summary-made", False),
    ]


def test_an_import_takes_other_programs_keys() -> None:
    text = (
        '+++\ntitle = "A: title"\ndate = 2016-12-05T10:00:00Z\ndescription = "What it says."\n'
        'author = "A. Author"\ntags = ["a", "b"]\ndraft = false\n[params]\nx = 1\n+++\n\nText.\n'
    )
    issue = imported(text)
    assert (issue.title, issue.summary, issue.authors) == ("A: title", "What it says.", ("A. Author",))
    assert [f.values["key"] for f in found(text, lenient=True)] == ["tags", "draft", "params"]
    yaml = "---\nlayout: post\ntitle: A\nexcerpt: B\nauthors:\n  - A. Author\n  - B. Author\n---\nText.\n"
    assert (imported(yaml).summary, imported(yaml).authors) == ("B", ("A. Author", "B. Author"))


KEPT_OUT = (
    *("draft: true", "published: false", "Draft: yes", 'draft: "True"', "status: draft", "Status: hidden"),
    *("status: pending", "post_status: future", "visibility: private", "visibility: members", "hidden: true"),
    *(
        "unlisted: 1",
        "publish: no",
        "publish: false",
        "tags: [news, draft]",
        "tags: a, draft",
        "headless: true",
    ),
    *("password: s3cret", "date: 2031-01-01", "publishDate: 2030-06-01T08:00:00+03:00", "state: draft"),
    *("expiryDate: 2017-01-01", "eleventyExcludeFromCollections: true", "status: whatever they call it"),
    *("audience: only_paid", "permalink: false", "archived: true", "noindex: true", "done: false"),
    *("final: false", "publication: draft", "email_only: true", "draft:", "draft: ~", "published:"),
    *("robots: noindex, follow", "audience: founding"),
    *("status: чарнавік", "draft: ні", "published: не", "_build:\n  render: never", "params:\n  draft: true"),
)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def at_import(head: str) -> tuple[list[tuple[str, bool]], bool]:
    """The rules, and whether the text can be published, some years on."""
    text = f"---\ntitle: A\n{head}\n---\nText.\n".encode()
    try:
        reading = read_issue(ISSUE_ID, "en", text, frozenset(), a_newsletter(), lenient=True, now=NOW)
    except UnpublishableError as error:
        return [(f.rule, f.is_error) for f in error.findings if f.rule == "is-draft"], False
    return [(f.rule, f.is_error) for f in reading.warnings if f.rule == "is-draft"], True


@pytest.mark.parametrize("line", KEPT_OUT)
def test_a_text_that_another_program_would_not_show_is_left_out_with_a_warning(line: str) -> None:
    assert at_import(line) == ([("is-draft", False)], False)


@pytest.mark.parametrize(
    "line",
    [
        *("draft: false", "published: true", "status: publish", "Status: Published", "visibility: public"),
        *("hidden: no", "tags: [drafting, news]", "date: 2016-12-05", "state: Minsk", "type: post"),
        *("audience: everyone", "permalink: /draft/", "archived: false", "final: true", "publication: Times"),
        *(
            "published: 2016-12-05",
            "password:",
            "expiryDate: 2040-01-01",
            "published: ні",
            "params:\n  draft: false",
        ),
    ],
)
def test_what_another_program_shows_is_imported(line: str) -> None:
    assert at_import(line) == ([], True)


def test_of_a_text_that_is_left_out_only_errors_are_reported() -> None:
    text = b"---\ndraft: true\nlayout: post\n---\nText, TODO. <!-- open\n"
    with pytest.raises(UnpublishableError) as caught:
        read_issue("2016-12-06", "en", text, frozenset(), a_newsletter(), lenient=True)
    assert [f.rule for f in caught.value.findings] == ["is-draft", "comment-shown"]


@pytest.mark.parametrize(
    "text",
    [
        "Title: A\nStatus: draft\n\nText.",
        "Status: draft\nTitle: A\n\nText.",
        '{\n "title": "A",\n "draft": true\n}\n\nText.',
        '{"title": "A", "params": {"private": true}}\nText.',
        '+++\ntitle = "A"\nDraft = true\n+++\nText.',
        '+++\ntitle = "A"\n[extra]\nhidden = true\n+++\nText.',
        "<!--\n.. title: A\n.. status: private\n-->\n\nText.",
        "<!-- .. title: A\n.. tags: draft\n-->\n\nText.",
        ".. title: A\n.. status: draft\n\nText.",
    ],
)
def test_a_draft_is_recognised_in_every_supported_front_matter(text: str) -> None:
    with pytest.raises(UnpublishableError) as caught:
        read_issue(ISSUE_ID, "en", text.encode(), frozenset(), a_newsletter(), lenient=True)
    assert [f.is_error for f in caught.value.findings if f.rule == "is-draft"] == [False]


def test_front_matter_in_json_gives_its_title_and_only_the_text_below_it_is_text() -> None:
    issue = imported('{\n "title": "A title",\n "draft": false\n}\n\nText.\n')
    assert (issue.title, [block.plain() for block in issue.intro]) == ("A title", ["Text."])


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("period: 2016-12-01/2016-12-09", "period-not-a-week"),
        ("period: then", "period-unreadable"),
        ("authors: {name: A}", None),
    ],
)
def test_an_import_is_not_stopped_by_its_front_matter(line: str, rule: str | None) -> None:
    assert in_head(line, lenient=True) == ([(3, rule, False)] if rule else [])


def test_an_import_may_be_of_any_day() -> None:
    assert rules(A_TEXT, issue_id="2016-12-07", lenient=True) == [(1, "folder-not-monday", False)]


@pytest.mark.parametrize(
    "text",
    [
        A_TEXT.encode("utf-16"),
        A_TEXT.replace("Text", "Тэкст").encode("cp1251"),
        b"x" * (LONGEST_FILE_BYTES + 1),
        b"---\ntitle: A\ntitle: B\n---\nText.",
        b"---\na: &a [x]\nb: [*a, *a]\ntitle: *a\n---\nText.",
        ("> " * 1000 + "x").encode(),
        b"---\ntitle: A\nsend_at: soon\n---\nText.",
        b"",
    ],
    ids=["UTF-16", "cp1251", "too large", "key twice", "anchors", "nesting", "send_at", "empty"],
)
def test_unsafe_or_ambiguous_text_stops_an_import(text: bytes) -> None:
    assert any(is_error for _, _, is_error in rules(text, lenient=True))


JUNK = st.text() | st.text(alphabet="аяіўx \n\t>-*_~`#|[]()!^:<&\\/1.{}\"'@%+=\u00ad\u00a0", max_size=200)


@settings(deadline=None)
@given(JUNK, st.booleans(), st.sampled_from(["", "---\ntitle: t\nsummary: s\n---\n", "---\n", "+++\n"]))
@example("&#55296; <b>&#xd800;</b>", True, "---\ntitle: t\nsummary: s\n---\n")
@example('title: "\\ud800"\n---\nx', False, "---\n")
@example("[x](//[)", False, "---\ntitle: t\nsummary: s\n---\n")
@example("[x](http://[::1)", True, "---\ntitle: t\nsummary: s\n---\n")
def test_any_text_is_read_or_refused_with_findings(text: str, lenient: bool, head: str) -> None:  # noqa: FBT001  # a case's column
    findings = found((head + text).encode(), lenient=lenient)
    lines = (head + text).replace("\r", "\n").count("\n") + 2
    assert all(1 <= finding.line <= lines and finding.text("en").what for finding in findings)


@settings(deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused_with_findings(content: bytes, lenient: bool) -> None:  # noqa: FBT001  # a case's column
    assert all(str(finding) for finding in found(content, lenient=lenient))

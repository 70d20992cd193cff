"""Findings about the time of a mailing, and about a mail that shows less than the page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broadsheet.content.checks.sending import (
    due_findings,
    kept_findings,
    send_at_findings,
    shortened_findings,
)
from broadsheet.content.findings import Finding
from broadsheet.mailings.mailing import MailingState
from broadsheet.publishing.proofread import CheckContext, Proof, Proofreader
from broadsheet.publishing.report import Report, reports_of
from tests.builders import ISSUE_ID, a_mailing, a_newsletter, a_published_edition, a_record
from tests.fakes.issues import FakeDesk

FOLDER = f"issues/{ISSUE_ID}"
FILE = f"{FOLDER}/be.md"
AT = datetime(2016, 12, 12, 6, 0, tzinfo=UTC)  # eight in Vilnius
TEXTS = {"en": "Text.", "be": "Ўсё добра, нічога не здарылася.", "ru": "Всё хорошо, ничего не случилось."}


def a_file(edition: str, *lines: str) -> bytes:
    head = "\n".join(["title: A title", "summary: A summary.", *lines])
    return f"---\n{head}\n---\n{TEXTS[edition]}\n".encode()


def at(time: str) -> str:
    return f"send_at: {time}"


def found(edition: str, **texts: bytes) -> list[Finding]:
    return send_at_findings(f"{FOLDER}/{edition}.md", edition, texts, a_newsletter())


def proofs(now: datetime | None = None, *, thorough: bool = True, **texts: bytes) -> dict[str, Proof]:
    files = FakeDesk({f"{FOLDER}/{edition}.md": text for edition, text in texts.items()}).files(FOLDER)
    context = CheckContext(now=now)
    proofreader = Proofreader(FOLDER, ISSUE_ID, files, a_newsletter(), context, thorough=thorough)
    return {edition: proofreader.proof(edition) for edition in texts}


def rules(proof: Proof | Report) -> list[tuple[str, bool]]:
    return [(f.rule, f.is_error) for f in proof.findings if f.rule.startswith("send-at")]


# -- one time for one audience


def test_editions_of_one_audience_with_two_times_are_reported_in_both_files() -> None:
    be, ru = a_file("be", at("2016-12-12T08:00")), a_file("ru", "# a note", at("2016-12-12T09:00"))
    values = {"time": "2016-12-12 08:00", "others": "ru.md: 2016-12-12 09:00"}
    assert found("be", be=be, ru=ru) == [Finding(FILE, 4, "send-at-differs", values)]
    values = {"time": "2016-12-12 09:00", "others": "be.md: 2016-12-12 08:00"}
    assert found("ru", be=be, ru=ru) == [Finding(f"{FOLDER}/ru.md", 5, "send-at-differs", values)]


def test_a_time_in_one_file_and_none_in_the_other_are_two_times() -> None:
    be, ru = a_file("be"), a_file("ru", at("2016-12-12T09:00"))
    (finding,) = found("be", be=be, ru=ru)
    assert finding.line == 1
    assert finding.values == {"time": "–", "others": "ru.md: 2016-12-12 09:00"}


@pytest.mark.parametrize(
    "texts",
    [
        {"be": a_file("be"), "ru": a_file("ru")},
        {"be": a_file("be", at("2016-12-12T08:00")), "ru": a_file("ru", at("2016-12-12 09:00+03:00"))},
        {"be": a_file("be", at("2016-12-12T08:00"))},
        {"be": a_file("be", at("2016-12-12T08:00")), "en": a_file("en", at("2016-12-12T09:00"))},
        {"be": a_file("be", at("2016-12-12T08:00")), "ru": b"no head"},
        {"be": a_file("be", at("2016-12-12T08:00")), "ru": b"\xff\xfe"},
        {"be": a_file("be", at("2016-12-12T08:00")), "ru": a_file("ru", at("tomorrow"))},
        {"be": a_file("be", at("tomorrow")), "ru": a_file("ru", at("2016-12-12T08:00"))},
    ],
)
def test_the_same_time_other_readers_and_what_cannot_be_read_are_no_finding(texts: dict[str, bytes]) -> None:
    assert found("be", **texts) == []


@pytest.mark.parametrize("thorough", [True, False])
def test_two_times_keep_both_files_from_being_published_whatever_else_is_looked_for(
    *, thorough: bool
) -> None:
    made = proofs(
        thorough=thorough,
        be=a_file("be", at("2016-12-12T08:00")),
        en=a_file("en", at("2016-12-12T10:00")),
        ru=a_file("ru", at("2016-12-12T09:00")),
    )
    assert [proof.issue is None for proof in made.values()] == [True, False, True]
    assert [rules(proof) for proof in made.values()] == [
        [("send-at-differs", True)],
        [],
        [("send-at-differs", True)],
    ]


def test_of_an_import_it_is_a_warning() -> None:
    texts = {"be": a_file("be", at("2016-12-12T08:00")), "ru": a_file("ru")}
    (finding,) = send_at_findings(FILE, "be", texts, a_newsletter(), lenient=True)
    assert not finding.is_error


# -- a time that has passed


def test_a_time_that_has_passed_is_a_warning() -> None:
    text = a_file("be", at("2016-12-12T08:00"))
    expected = [Finding(FILE, 4, "send-at-past", {"time": "2016-12-12 08:00"}, is_error=False)]
    assert due_findings(FILE, text, AT, a_newsletter(), AT) == expected
    assert due_findings(FILE, text, AT, a_newsletter(), AT - timedelta(seconds=1)) == []
    assert due_findings(FILE, text, AT, a_newsletter(), None) == []
    assert due_findings(FILE, text, None, a_newsletter(), AT) == []


def test_a_time_that_is_far_away_is_a_warning_with_the_days_until_then() -> None:
    text = a_file("be", at("2016-12-12T08:00"))
    for days, expected in ((13, []), (14, ["14"]), (365, ["365"])):
        found = due_findings(FILE, text, AT, a_newsletter(), AT - timedelta(days=days))
        assert [finding.values["days"] for finding in found] == expected
        assert [finding.is_error for finding in found] == [False] * len(expected)


def test_a_time_of_day_is_shown_as_a_clock_shows_it() -> None:
    text = a_file("en", at("2016-12-12T08:00"))
    assert rules(proofs(AT, en=text)["en"]) == [("send-at-past", False)]
    assert rules(proofs(None, en=text)["en"]) == []


# -- in the report


def reported(now: datetime, *lines: str, corrected: bool = False, **mailing: Any) -> Report:
    proof = proofs(now, en=a_file("en", *lines))["en"]
    entry = a_published_edition(revision=proof.revision)
    if corrected:
        entry = replace(entry, changed_at=entry.first_published_at + timedelta(minutes=5))
    record = a_record(editions={"en": entry})
    (report,) = reports_of(record, [proof], [a_mailing(**mailing)], a_newsletter())
    return report


def test_the_report_of_a_correction_with_another_time_says_that_the_mailing_keeps_its_own() -> None:
    report = reported(AT - timedelta(days=1), at("2016-12-12T09:00"), corrected=True, due_at=AT)
    (finding,) = [f for f in report.findings if f.rule == "send-at-kept"]
    assert finding == Finding(
        f"{FOLDER}/en.md",
        4,
        "send-at-kept",
        {"time": "2016-12-12 09:00", "due": "2016-12-12 08:00"},
        is_error=False,
    )


@pytest.mark.parametrize(
    ("lines", "corrected", "mailing"),
    [
        ([at("2016-12-12T08:00")], True, {"due_at": AT}),
        ([at("2016-12-12T09:00")], False, {"due_at": AT}),
        ([], True, {"due_at": AT}),
        ([at("2016-12-12T09:00")], True, {"due_at": AT, "state": MailingState.SENDING}),
        ([at("2016-12-12T09:00")], True, {"due_at": AT, "audience": "be-ru"}),
    ],
)
def test_if_nothing_is_skipped_nothing_is_reported(
    lines: list[str], *, corrected: bool, mailing: dict[str, Any]
) -> None:
    assert rules(reported(AT - timedelta(days=1), *lines, corrected=corrected, **mailing)) == []


def test_once_the_mailing_has_begun_its_time_is_no_matter_any_more() -> None:
    line = at("2016-12-12T08:00")
    assert rules(reported(AT + timedelta(days=1), line, due_at=AT)) == [("send-at-past", False)]
    assert rules(reported(AT + timedelta(days=1), line, due_at=AT, state=MailingState.DONE)) == []


def test_findings_about_the_time_do_not_change_the_outcome_of_a_file() -> None:
    line = at("2016-12-12T09:00")
    early = reported(AT - timedelta(days=1), line, due_at=AT)
    late = reported(AT + timedelta(days=1), line, due_at=AT, corrected=True)
    assert rules(late) == [("send-at-past", False), ("send-at-kept", False)]
    assert early.digest == late.digest


def test_a_difference_of_microseconds_is_not_another_time() -> None:
    text = a_file("be", at("2016-12-12T08:00"))
    assert kept_findings(FILE, text, AT, a_newsletter(), AT + timedelta(microseconds=4)) == []


# -- the mail's size


def test_a_mail_that_shows_less_than_the_page_is_reported() -> None:
    def rules(summarised: int, *, is_cut: bool = False) -> list[Finding]:
        return shortened_findings(FILE, summarised, 90_000, is_cut=is_cut)

    assert rules(0) == []
    assert rules(3) == [Finding(FILE, 1, "mail-shortened", {"count": "3", "limit": "90"}, is_error=False)]
    assert [f.rule for f in rules(3, is_cut=True)] == ["mail-shortened", "mail-cut"]


def test_the_report_of_a_large_issue_says_what_the_mail_leaves_out() -> None:
    piece = f"\n### A headline\n\nA summary.\n\n{'word ' * 8_000}\n"
    proof = proofs(en=a_file("en") + f"\n## security\n{piece * 3}".encode())["en"]
    assert proof.issue is not None
    assert [(f.rule, f.values["count"]) for f in proof.findings if f.rule.startswith("mail-")] == [
        ("mail-shortened", "1")
    ]


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (None, ""),
        (datetime(2016, 12, 12, 9, tzinfo=UTC), ""),  # after it
        (datetime(2016, 12, 2, 9, tzinfo=UTC), ""),  # next week's
        (datetime(2016, 11, 14, 23, 30, tzinfo=UTC), ""),  # 20 days: it is the 15th already in Vilnius
        (datetime(2016, 11, 14, 9, tzinfo=UTC), "21"),
        (datetime(2015, 12, 6, 9, tzinfo=UTC), "365"),  # a mistyped year
    ],
)
def test_an_issue_of_a_week_far_ahead_is_a_warning_for_its_folder_may_be_mistyped(
    now: datetime | None, days: str
) -> None:
    proof = proofs(now, en=a_file("en"))["en"]
    told = [
        (f.values["first"], f.values["days"], f.is_error) for f in proof.findings if f.rule == "week-ahead"
    ]
    assert told == ([("2016-12-05", days, False)] if days else [])
    assert proof.issue is not None

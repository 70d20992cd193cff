"""What `ReportCounts` promises, kept by the fake and by DynamoDB."""

from datetime import timedelta

import pytest

from broadsheet.aws.report_counts import DynamoDBReportCounts
from broadsheet.publishing.report_mailer import NAMED_IN_A_DIGEST, ReportCounts, WithheldReports
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.desk import FakeReportCounts
from tests.from_template import create_tables

HOUR = MONDAY_MORNING.replace(minute=0, second=0, microsecond=0)
NEXT = HOUR + timedelta(hours=1)
MOST = 2


@pytest.fixture(params=["fake", "DynamoDB"])
def counts(request: pytest.FixtureRequest) -> ReportCounts:
    """Nothing was reported yet."""
    if request.param == "fake":
        return FakeReportCounts()
    tables = create_tables(request.getfixturevalue("aws"), ["RegisterTable"])
    return DynamoDBReportCounts(tables["RegisterTable"])


def taken(counts: ReportCounts, number: int) -> list[bool]:
    return [counts.take(HOUR, f"report {n}", MOST) for n in range(number)]


def test_an_hour_has_a_limit_of_reports_and_the_others_are_withheld(counts: ReportCounts) -> None:
    assert taken(counts, 4) == [True, True, False, False]
    assert counts.held(HOUR) == WithheldReports(("report 2", "report 3"), 2)
    assert counts.held(NEXT) is None
    assert counts.take(NEXT, "another", MOST)
    assert counts.held(NEXT) == WithheldReports((), 0)


def test_a_few_withheld_reports_are_kept_by_subject_and_all_are_counted(counts: ReportCounts) -> None:
    taken(counts, MOST + NAMED_IN_A_DIGEST + 30)
    held = counts.held(HOUR)
    assert held
    assert (len(held.subjects), held.subjects[0], held.number) == (
        NAMED_IN_A_DIGEST,
        f"report {MOST}",
        NAMED_IN_A_DIGEST + 30,
    )


def test_an_editor_is_claimed_once_and_again_once_released(counts: ReportCounts) -> None:
    taken(counts, MOST + 1)
    assert [counts.claim(HOUR, editor) for editor in (0, 1, 0)] == [True, True, False]
    counts.release(HOUR, 0)
    assert [counts.claim(HOUR, editor) for editor in (1, 0)] == [False, True]


def test_an_hour_that_held_nothing_or_is_ended_has_nobody_to_mail(counts: ReportCounts) -> None:
    taken(counts, MOST)
    assert not counts.claim(HOUR, 0)
    taken(counts, 1)
    counts.end(HOUR)
    counts.end(HOUR)
    counts.release(HOUR, 0)
    assert (counts.held(HOUR), counts.claim(HOUR, 0)) == (None, False)


def test_the_hours_that_are_not_ended_are_reported_the_oldest_first(counts: ReportCounts) -> None:
    hours = [HOUR + timedelta(hours=more) for more in (30, 0, 7)]
    for hour in hours:
        counts.take(hour, "One", 20)
    assert counts.hours() == sorted(hours)
    counts.end(HOUR)
    assert counts.hours() == sorted(hours)[1:]

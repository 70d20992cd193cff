"""What the sweep reports about sign-ups: each hour how many wait, once a day how many there were."""

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.signup_counts import DynamoDBSignupCounts
from broadsheet.subscribers.signup_report import report_signups
from tests.from_template import create_tables

DAY = datetime(2016, 12, 12, tzinfo=UTC)


class ReportedSignups:
    """Counts in a table of moto, and what was reported about them."""

    def __init__(self, aws: dict[str, object]) -> None:
        self.table = create_tables(aws, ["LimitsTable"])["LimitsTable"]
        self.limits, self.counts = DynamoDBLimits(self.table), DynamoDBSignupCounts(self.table)
        self.metrics: list[tuple[str, int]] = []
        self.codes: list[str] = []

    def sweep(self, at: datetime) -> None:
        report_signups(self.counts, lambda *metric: self.metrics.append(metric), self.codes.append, at)

    def mails(self, hour: datetime, number: int) -> None:
        for _ in range(number):
            self.limits.take(hour, 1_000, 1, None)


@pytest.fixture
def reported(aws: dict[str, object]) -> ReportedSignups:
    return ReportedSignups(aws)


def test_the_number_that_waited_is_reported_once_when_the_hour_is_over(reported: ReportedSignups) -> None:
    for _ in range(5):
        reported.limits.count_waiting(DAY, "")
    reported.sweep(DAY + timedelta(minutes=59))
    assert reported.metrics == []
    for minute in range(60, 70):
        reported.sweep(DAY + timedelta(minutes=minute))
    assert reported.metrics == [("SignupsWaiting", 2)]  # each is counted again a quarter of an hour later
    assert reported.codes == []


def test_the_reason_why_ses_refused_mail_is_reported_with_the_hour(reported: ReportedSignups) -> None:
    reported.limits.count_waiting(DAY, "NOT_VERIFIED")
    reported.sweep(DAY + timedelta(hours=1, minutes=3))
    assert (reported.metrics, reported.codes) == ([("SignupsWaiting", 1)], ["NOT_VERIFIED"])


def test_the_mails_of_a_day_are_reported_once_when_it_is_over(reported: ReportedSignups) -> None:
    for hour in range(24):
        reported.mails(DAY + timedelta(hours=hour), hour % 3)
        for minute in range(4):
            reported.sweep(DAY + timedelta(hours=hour + 1, minutes=minute))
    assert reported.metrics == [("SignupMails", 24)]


def test_a_day_without_a_sign_up_reveals_nothing_and_leaves_nothing(reported: ReportedSignups) -> None:
    for hour in range(1, 25):
        reported.sweep(DAY + timedelta(hours=hour))
    assert reported.metrics == []
    assert reported.table.scan()["Items"] == []

"""Report sign-ups to operators: each hour how many wait and why, each day how many mails were sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

WAITS_AN_HOUR = 4  # a waiting message is enqueued again each quarter of an hour, and counted each time
MINUTES_OF_REPORTING = 5  # some sweeps may be missed


@dataclass(frozen=True)
class HourOfSignups:
    """The mails sent, how often messages waited, and SES's last code if it accepted no mail."""

    mailed: int
    waited: int = 0
    not_taken: str = ""


class SignupCounts(Protocol):
    """The counts of past hours and days; each is given once."""

    def take_hour(self, hour: datetime) -> HourOfSignups | None:
        """The counts of an hour; None on a second call, or if there are none."""

    def take_day(self, day: datetime) -> int | None:
        """The mails of a day; None on a second call, or if there were none."""


def report_signups(
    counts: SignupCounts, count: Callable[[str, int], None], warn: Callable[[str], None], now: datetime
) -> None:
    """In the first minutes of an hour report the hour before, and after midnight (UTC) the day before.

    `count` takes a metric and its number, `warn` the code with which SES refused a mail. A second call
    reports nothing again; an hour is not reported if all those minutes are missed.
    """
    if now.minute >= MINUTES_OF_REPORTING:
        return
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    counted = counts.take_hour(hour)
    if counted and counted.waited:
        count("SignupsWaiting", -(-counted.waited // WAITS_AN_HOUR))
    if counted and counted.not_taken:
        warn(counted.not_taken)
    if now.hour == 0 and (mails := counts.take_day(hour)):
        count("SignupMails", mails)

"""What operators are told of sign-ups: by the hour that some wait and why, once a day how many there were."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

WAITS_AN_HOUR = 4  # a message that waits is sent again each quarter of an hour, and counted each time
MINUTES_OF_TELLING = 5  # some sweeps may be missed


@dataclass(frozen=True)
class HourOfSignups:
    """Mails that went, how often messages waited, and SES's last code if it took no mail."""

    mailed: int
    waited: int = 0
    not_taken: str = ""


class SignupCounts(Protocol):
    """The counts of ended hours and days; each is given once."""

    def take_hour(self, hour: datetime) -> HourOfSignups | None:
        """That hour's; None a second time, or if there is nothing to tell."""

    def take_day(self, day: datetime) -> int | None:
        """That day's mails; None a second time, or if there were none."""


def report_signups(
    counts: SignupCounts,
    count: Callable[[str, int], None],
    warn: Callable[[str], None],
    now: datetime,
) -> None:
    """In the first minutes of an hour tell of the one before, and after midnight (UTC) of the day before.

    `count` takes a metric and its number, `warn` the code by which SES took no mail. A second call tells
    nothing again; where all those minutes are missed, an hour is not told.
    """
    if now.minute >= MINUTES_OF_TELLING:
        return
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    told = counts.take_hour(hour)
    if told and told.waited:
        count("SignupsWaiting", -(-told.waited // WAITS_AN_HOUR))
    if told and told.not_taken:
        warn(told.not_taken)
    if now.hour == 0 and (mails := counts.take_day(hour)):
        count("SignupMails", mails)

"""A clock that only the test moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2016, 12, 12, 6, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """`Clock`: returns `now`."""

    now: datetime = MONDAY_MORNING

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.now += by

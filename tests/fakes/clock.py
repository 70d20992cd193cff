"""A clock that stands still until a test moves it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2016, 12, 12, 6, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """`Clock`: gives `now`."""

    now: datetime = MONDAY_MORNING

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by

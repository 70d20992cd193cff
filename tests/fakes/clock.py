"""A clock that only the test moves, and one that no test moves."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2016, 12, 12, 6, 0, tzinfo=UTC)
UNMOVED = time.perf_counter  # for threads, which wait for real seconds while a test travels
HUNG_SECONDS = 60.0  # after which a test that waits for a thread gives up


@dataclass
class FakeClock:
    """`Clock`: returns `now`."""

    now: datetime = MONDAY_MORNING

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.now += by

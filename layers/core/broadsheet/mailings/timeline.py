"""The timeline of a mailing: how many were accepted by when, in few steps however long it took."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MOST_BINS = 24
_WIDTHS_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400)  # each fits into the next
_THEN = 2  # the factor after that


@dataclass(frozen=True)
class TimelineStep:
    """`count` were accepted until `until`, the last of them after `after`."""

    after: datetime
    until: datetime
    count: int


@dataclass
class Timeline:
    """Counts by the time of their call, in at most `MOST_BINS` bins, which widen as needed."""

    width_seconds: int = _WIDTHS_SECONDS[0]
    bins: Counter[int] = field(default_factory=Counter)

    def add(self, at: datetime, count: int) -> None:
        """Add a count at a time, in any order."""
        if count:
            self.bins[int(at.timestamp()) // self.width_seconds] += count
        while self.bins and max(self.bins) - min(self.bins) >= MOST_BINS:
            self._widen()

    @property
    def begins_at(self) -> datetime:
        """The start of the first bin."""
        return self._at(min(self.bins, default=0))

    def steps(self, fewest: int) -> list[TimelineStep]:
        """Cumulative counts, each step by at least `fewest` so that no report shows fewer; else empty."""
        total, steps, seen = self.bins.total(), list[TimelineStep](), 0
        for number, count in sorted(self.bins.items()):
            seen += count
            before = steps[-1].count if steps else 0
            if seen - before >= fewest and (seen == total or total - seen >= fewest):
                steps.append(TimelineStep(self._at(number), self._at(number + 1), seen))
        return steps

    def _at(self, number: int) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=number * self.width_seconds)

    def _widen(self) -> None:
        wider = next((width for width in _WIDTHS_SECONDS if width > self.width_seconds), 0)
        times = (wider or self.width_seconds * _THEN) // self.width_seconds
        self.width_seconds *= times
        merged: Counter[int] = Counter()
        for number, count in self.bins.items():
            merged[number // times] += count
        self.bins = merged

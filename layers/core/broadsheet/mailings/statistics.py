"""The statistics of a mailing: counts and timeline."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from broadsheet.mailings.mailing import Chunk, Mailing
from broadsheet.mailings.ports import Ledger

MOST_BINS = 24
_WIDTHS_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400)  # each fits into the next
_FURTHER_FACTOR = 2  # for still wider bins
CHUNKS_AT_ONCE = 100  # so that memory stays flat, whatever the list
STATUS_COUNTS = ("members", "waiting", "in_doubt", "accepted", "refused", "skipped")
COUNTS = (*STATUS_COUNTS, "delivered", "bounced", "complained", "expired", "chunks")


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
        times = (wider or self.width_seconds * _FURTHER_FACTOR) // self.width_seconds
        self.width_seconds *= times
        merged: Counter[int] = Counter()
        for number, count in self.bins.items():
            merged[number // times] += count
        self.bins = merged


@dataclass(frozen=True)
class MailingStatistics:
    """`counts`: `STATUS_COUNTS` balance over the chunks claimed so far, `chunks` of them.

    Delivered: with a delivery event and without a hard bounce. `timeline` is of the accepted, by the time of
    their chunk's last call; empty once the times are deleted. `chunk_count` counts the parts of split chunks
    that the sweep has not planned yet as well. `claimed` is the share of all ids in the claimed chunks.
    """

    counts: dict[str, int]
    chunk_count: int
    claimed: float
    timeline: Timeline = field(default_factory=Timeline)

    @property
    def are_of_everybody(self) -> bool:
        """Whether all chunks were claimed, and every member has a final status."""
        is_open = self.counts.get("waiting", 0) or self.counts.get("in_doubt", 0)
        return not is_open and self.counts.get("chunks", 0) == self.chunk_count


def chunks_in_parts(mailing_id: str, ledger: Ledger, numbers: range) -> Iterator[Chunk]:
    """The claimed chunks with these numbers, in order, read `CHUNKS_AT_ONCE`."""
    for first in numbers[::CHUNKS_AT_ONCE]:
        yield from ledger.chunks(mailing_id, first, first + CHUNKS_AT_ONCE)


def statistics_of(mailing: Mailing, ledger: Ledger) -> MailingStatistics:
    """The statistics now, from all chunks."""
    found: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    timeline, plan, claimed = Timeline(), mailing.plan, list[int]()
    for chunk in chunks_in_parts(mailing.id, ledger, range(mailing.chunk_count)):
        counts, plan = chunk.counts, plan.split(chunk.number, chunk.parts)
        claimed.append(chunk.number)
        found.update({**counts, **_event_counts(chunk), "expired": chunk.timed_out, "chunks": 1})
        if chunk.called_at:
            timeline.add(chunk.called_at, counts["accepted"])
    is_known = timeline.bins.total() == found["accepted"]
    share = sum(plan.share(number, number + 1) for number in claimed)
    return MailingStatistics(dict(found), plan.count, share, timeline if is_known else Timeline())


def _event_counts(chunk: Chunk) -> dict[str, int]:
    events = [its_events for member, its_events in chunk.events.items() if member in (chunk.members or {})]
    return {
        "delivered": sum("delivery" in its_events and "bounce" not in its_events for its_events in events),
        "bounced": sum("bounce" in its_events for its_events in events),
        "complained": sum("complaint" in its_events for its_events in events),
    }

"""The statistics of a mailing: counts, timeline, current rate and time left."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from broadsheet.mailings.mailing import MEMBERS_A_CHUNK, Chunk, Mailing, MailingState
from broadsheet.mailings.ports import Ledger

MOST_BINS = 24
_WIDTHS_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400)  # each fits into the next
_FURTHER_FACTOR = 2  # for still wider bins
CHUNKS_AT_ONCE = 100  # so that memory stays flat, whatever the list
STATUS_COUNTS = ("members", "waiting", "in_doubt", "accepted", "refused", "skipped")
MINUTE = timedelta(minutes=1)
RECENTLY_CLOSED = 100  # chunks below the watermark that may have been mailed within the last minute
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
    their chunk's last call; empty once the times are deleted.
    """

    counts: dict[str, int]
    timeline: Timeline = field(default_factory=Timeline)


def chunks_in_parts(mailing_id: str, ledger: Ledger, numbers: range) -> Iterator[Chunk]:
    """The claimed chunks with these numbers, in order, read `CHUNKS_AT_ONCE`."""
    for first in numbers[::CHUNKS_AT_ONCE]:
        yield from ledger.chunks(mailing_id, first, first + CHUNKS_AT_ONCE)


def statistics_of(mailing: Mailing, ledger: Ledger) -> MailingStatistics:
    """The statistics now, from all chunks."""
    found: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    timeline = Timeline()
    for chunk in chunks_in_parts(mailing.id, ledger, range(mailing.chunk_count)):
        counts = chunk.counts
        found.update({**counts, **_event_counts(chunk), "expired": chunk.timed_out, "chunks": 1})
        if chunk.called_at:
            timeline.add(chunk.called_at, counts["accepted"])
    is_known = timeline.bins.total() == found["accepted"]
    return MailingStatistics(dict(found), timeline if is_known else Timeline())


def _event_counts(chunk: Chunk) -> dict[str, int]:
    events = [its_events for member, its_events in chunk.events.items() if member in (chunk.members or {})]
    return {
        "delivered": sum("delivery" in its_events and "bounce" not in its_events for its_events in events),
        "bounced": sum("bounce" in its_events for its_events in events),
        "complained": sum("complaint" in its_events for its_events in events),
    }


@dataclass(frozen=True)
class Progress:
    """A mailing now; `expected` is the total of members, an estimate until all chunks are claimed."""

    mailing: Mailing
    counts: dict[str, int]
    expected: int
    per_second: float

    @property
    def processed(self) -> int:
        """Members with a final status."""
        return self.counts["members"] - self.counts["waiting"] - self.counts["in_doubt"]

    @property
    def is_over(self) -> bool:
        """Whether nothing changes without a command."""
        return self.mailing.state in (MailingState.DONE, MailingState.CANCELLED, MailingState.WITHDRAWN)

    @property
    def left(self) -> timedelta | None:
        """The time left at this rate; None if nothing is being sent."""
        if self.is_over or not self.per_second:
            return None
        return timedelta(seconds=math.ceil(max(0, self.expected - self.processed) / self.per_second))


def progress_of(mailing: Mailing, ledger: Ledger, now: datetime) -> Progress:
    """The progress, from the open and the recently closed chunks; the others are in the totals."""
    first = max(0, mailing.watermark - RECENTLY_CLOSED)
    chunks = ledger.chunks(mailing.id, first) if mailing.chunk_count else []
    counts = Counter({name: mailing.totals.get(name, 0) for name in STATUS_COUNTS})
    for chunk in chunks:
        if chunk.number >= mailing.watermark:
            counts.update(chunk.counts)
    claimed = mailing.watermark + sum(chunk.number >= mailing.watermark for chunk in chunks)
    members = counts["members"] / claimed if claimed else MEMBERS_A_CHUNK
    expected = counts["members"] + round(members * (mailing.chunk_count - claimed))
    return Progress(mailing, dict(counts), expected, _per_second(mailing, chunks, now))


def _per_second(mailing: Mailing, chunks: list[Chunk], now: datetime) -> float:
    """The rate of the chunks that had a call within the last minute.

    Only a chunk's last call has a time; at low rates its first was long before. So their time counts from the
    last call of the other chunks, or from when the mailing began or was resumed.
    """
    called = [(chunk.called_at, chunk.counts["accepted"]) for chunk in chunks if chunk.called_at]
    lately = sum(count for at, count in called if now - at <= MINUTE)
    before = [at for at, _ in called if now - at > MINUTE]
    began = before or [mailing.due_at, *(at for _, at in mailing.dispatches[:1])]
    begun_at = max((at for at in [*began, mailing.moved_at] if at and at <= now), default=now - MINUTE)
    return lately / max(1.0, (now - begun_at).total_seconds())

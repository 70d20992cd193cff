"""How far a mailing is: counts, the rate of late, and the time that is left."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.mailings.mailing import MEMBERS_A_CHUNK, Mailing, State
from broadsheet.mailings.ports import ChunkState, Ledger
from broadsheet.mailings.results import STANDINGS

MINUTE = timedelta(minutes=1)
CLOSED_LATELY = 100  # chunks below the frontier that may have been mailed within the last minute


@dataclass(frozen=True)
class Progress:
    """A mailing as it is now; `expected` members in all are an estimate until all chunks are claimed."""

    mailing: Mailing
    counts: dict[str, int]
    expected: int
    per_second: float

    @property
    def settled(self) -> int:
        """How many have got an answer, or never will."""
        return self.counts["members"] - self.counts["waiting"] - self.counts["in_doubt"]

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more without a command."""
        return self.mailing.state in (State.DONE, State.CANCELLED, State.WITHDRAWN)

    @property
    def left(self) -> timedelta | None:
        """How long it will take at this rate; unknown if nothing moves."""
        if self.is_over or not self.per_second:
            return None
        return timedelta(seconds=math.ceil(max(0, self.expected - self.settled) / self.per_second))


def progress_of(mailing: Mailing, ledger: Ledger, now: datetime) -> Progress:
    """Look at the chunks that are not closed yet, and at the last that were; the rest is in the totals."""
    first = max(0, mailing.frontier - CLOSED_LATELY)
    chunks = ledger.chunks(mailing.id, first) if mailing.chunk_count else []
    counts = Counter({name: mailing.totals.get(name, 0) for name in STANDINGS})
    for chunk in chunks:
        if chunk.number >= mailing.frontier:
            counts.update(chunk.counts)
    claimed = mailing.frontier + sum(chunk.number >= mailing.frontier for chunk in chunks)
    members = counts["members"] / claimed if claimed else MEMBERS_A_CHUNK
    expected = counts["members"] + round(members * (mailing.chunk_count - claimed))
    return Progress(mailing, dict(counts), expected, _per_second(mailing, chunks, now))


def _per_second(mailing: Mailing, chunks: list[ChunkState], now: datetime) -> float:
    """The rate of the chunks that had a call within the last minute.

    A chunk keeps the time of its last call alone, and where SES grants little its first was long before: so
    their time began with the last call of the other chunks, or when the mailing began or went on.
    """
    called = [(chunk.called_at, chunk.counts["accepted"]) for chunk in chunks if chunk.called_at]
    lately = sum(count for at, count in called if now - at <= MINUTE)
    before = [at for at, _ in called if now - at > MINUTE]
    began = before or [mailing.due_at, *(at for _, at in mailing.releases[:1])]
    begun_at = max((at for at in [*began, mailing.moved_at] if at and at <= now), default=now - MINUTE)
    return lately / max(1.0, (now - begun_at).total_seconds())

"""How far a mailing is, in numbers that only get better from one look to the next.

The total is known from the start and never below what was mailed; who was mailed stays mailed; the time left
follows from the rate that SES grants. If nothing happens, that is said instead of a time.
"""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.mailings.chunk_plan import MEMBERS_A_CHUNK
from broadsheet.mailings.mailing import (
    OUTCOME_TIMEOUT,
    Chunk,
    DeliveryStatus,
    Mailing,
    MailingState,
    status_counts,
    status_from_events,
)
from broadsheet.mailings.ports import Ledger
from broadsheet.mailings.statistics import STATUS_COUNTS
from broadsheet.mailings.trial import waits_for_trial

RECENTLY_CLOSED = 100  # chunks below the watermark that may have had the last call
CHANCE = 4  # standard deviations: a list that differs by more than that has changed since the start
SILENT_AFTER = timedelta(seconds=45)  # longer than any call; cold workers begin within seconds
CALLS_MISSED = 3  # at a very low rate
OPEN = (DeliveryStatus.UNKNOWN, DeliveryStatus.WAITING)
ENDED = (MailingState.DONE, MailingState.CANCELLED, MailingState.WITHDRAWN)


@dataclass(frozen=True)
class Progress:
    """A mailing at `now`. `counts` are the `STATUS_COUNTS` of the chunks whose members are known.

    `expected` is how many it mails: `is_exact` once the members of all chunks are known. `per_second` is the
    rate that it may use. `last_call_at` is when SES was last called, or the mailing last began to wait for a
    call. `unknown` counts unknown outcomes that no worker waits for any more, and `answers_by` is when the
    last of them times out; None if there are none. `waits_for_trial`: the trial part was mailed, and SES's
    events about it decide whether the mailing goes on.
    """

    mailing: Mailing
    counts: dict[str, int]
    expected: int
    is_exact: bool
    per_second: float
    last_call_at: datetime
    unknown: int
    answers_by: datetime | None
    waits_for_trial: bool
    now: datetime

    @property
    def processed(self) -> int:
        """Members with a final status."""
        return self.counts["accepted"] + self.counts["refused"] + self.counts["skipped"]

    @property
    def waiting(self) -> int:
        """How many are still to be mailed, or are being mailed."""
        return max(0, self.expected - self.processed - self.unknown)

    @property
    def percent(self) -> int:
        """How much is done; a hundred only once it is over, or everybody has a final status."""
        if self.mailing.state is MailingState.DONE or (self.is_exact and self.processed == self.expected):
            return 100
        return min(99, 100 * self.processed // max(1, self.expected))

    @property
    def is_over(self) -> bool:
        """Whether nothing changes without a command."""
        return self.mailing.state in ENDED

    @property
    def silence(self) -> timedelta | None:
        """For how long nobody was mailed although some wait; None if that is not unusually long."""
        longest = max(SILENT_AFTER, timedelta(seconds=CALLS_MISSED / self.per_second))
        silent_for = self.now - self.last_call_at
        is_sending = self.mailing.state is MailingState.SENDING and self.waiting and not self.waits_for_trial
        return silent_for if is_sending and silent_for > longest else None

    @property
    def left(self) -> timedelta | None:
        """The time left at the granted rate; None if nothing is being sent."""
        if self.mailing.state is not MailingState.SENDING or not self.waiting or self.silence:
            return None
        return timedelta(seconds=math.ceil(self.waiting / self.per_second))


def progress_of(mailing: Mailing, ledger: Ledger, per_second: float, now: datetime) -> Progress:
    """The progress, from the open and the recently closed chunks; the others are in the totals."""
    first = max(0, mailing.watermark - RECENTLY_CLOSED)
    chunks = ledger.chunks(mailing.id, first) if mailing.chunk_count else []
    known = [chunk for chunk in chunks if chunk.number >= mailing.watermark and chunk.members is not None]
    counts = Counter({name: mailing.totals.get(name, 0) for name in STATUS_COUNTS})
    for chunk in known:
        counts.update(_counts(chunk))
    unknown = [chunk for chunk in known if _counts(chunk)["in_doubt"] and chunk.leased_until < now]
    plan = mailing.plan
    for chunk in known:
        plan = plan.split(chunk.number, chunk.parts)  # the sweep may not have added them yet
    share = plan.share(0, mailing.watermark) + sum(plan.share(c.number, c.number + 1) for c in known)
    is_exact = 0 < mailing.watermark + len(known) == plan.count
    return Progress(
        mailing,
        dict(counts),
        counts["members"] if is_exact else _expected(mailing, counts["members"], share),
        is_exact,
        per_second,
        _last_call_at(mailing, chunks, now),
        sum(_counts(chunk)["in_doubt"] for chunk in unknown),
        max((chunk.called_at + OUTCOME_TIMEOUT for chunk in unknown if chunk.called_at), default=None),
        waits_for_trial(mailing, ledger, now),
        now,
    )


def _counts(chunk: Chunk) -> dict[str, int]:
    """How many have which status: also by events that no worker has applied yet."""
    return status_counts(
        [
            (status in OPEN and status_from_events(chunk.events.get(member, ()))) or status
            for member, status in (chunk.members or {}).items()
        ]
    )


def _expected(mailing: Mailing, members: int, share: float) -> int:
    """The number of all members if those of a share of all ids are known: the number at the start.

    If more or fewer are found than chance allows for, the list has changed since, and the number follows.
    """
    planned = mailing.chunk_count * MEMBERS_A_CHUNK if mailing.planned is None else mailing.planned
    if not share:
        return planned
    found = members / share
    by_chance = CHANCE * math.sqrt(max(planned, found) / share)
    return max(members, planned if abs(found - planned) <= by_chance else round(found))


def _last_call_at(mailing: Mailing, chunks: list[Chunk], now: datetime) -> datetime:
    called = [chunk.called_at for chunk in chunks]
    signs = [mailing.due_at, mailing.moved_at, *called, *(at for _, at in mailing.dispatches)]
    return max((at for at in signs if at and at <= now), default=now)

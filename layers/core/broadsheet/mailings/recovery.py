"""Recovery of a mailing: which chunks to re-enqueue, and whether the mailing makes progress."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.mailings.dispatch import AHEAD_SECONDS
from broadsheet.mailings.mailing import (
    MARKED,
    OUTCOME_TIMEOUT,
    Chunk,
    DeliveryStatus,
    Mailing,
    status_from_events,
)
from broadsheet.mailings.ports import Ledger
from broadsheet.mailings.statistics import chunks_in_parts

SILENT_AFTER = timedelta(minutes=3)  # a re-enqueued message arrives sooner
OVERDUE_AFTER = timedelta(seconds=2 * AHEAD_SECONDS) + SILENT_AFTER  # a duplicate message does no harm
STALLED_AFTER = timedelta(minutes=30)  # unknown outcomes time out sooner
MAILED = (DeliveryStatus.UNKNOWN, DeliveryStatus.ACCEPTED)


@dataclass(frozen=True)
class ChunkSummary:
    """A chunk without its members, who may be many; `can_continue` if its message is to be sent again.

    `has_members`: they are frozen. `mailed` counts the members whom SES was asked to mail, `known` those of
    them of whom it said more than that it sends, `marked` those who bounced or complained, by event.
    """

    number: int
    counts: dict[str, int]
    timed_out: int
    called_at: datetime | None
    closed: bool
    can_continue: bool
    has_members: bool
    known: int
    marked: dict[str, int]
    parts: int

    @property
    def mailed(self) -> int:
        """How many members are neither waiting nor skipped."""
        return self.counts["members"] - self.counts["waiting"] - self.counts["skipped"]


def chunk_summaries(mailing: Mailing, ledger: Ledger, now: datetime) -> Iterator[ChunkSummary]:
    """The claimed chunks from the watermark on, in order: thousands, if an open chunk holds it back."""
    for chunk in chunks_in_parts(mailing.id, ledger, range(mailing.watermark, mailing.dispatched)):
        yield ChunkSummary(
            number=chunk.number,
            counts=chunk.counts,
            timed_out=chunk.timed_out,
            called_at=chunk.called_at,
            closed=chunk.closed,
            can_continue=not chunk.closed and _can_continue(mailing, chunk, now),
            has_members=chunk.members is not None,
            known=_known(chunk),
            marked={kind: sum(kind in events for events in chunk.events.values()) for kind in MARKED},
            parts=chunk.parts,
        )


def chunks_to_reenqueue(mailing: Mailing, chunks: list[ChunkSummary], now: datetime) -> list[int]:
    """The numbers of chunks whose message may be lost, or that were released and can continue."""
    claimed = {chunk.number for chunk in chunks}
    unclaimed = (n for n in range(mailing.watermark, mailing.dispatched) if n not in claimed)
    overdue = (n for n in unclaimed if _is_overdue(mailing, n, now))
    return sorted([*(chunk.number for chunk in chunks if chunk.can_continue), *overdue])


def has_recipients_left(mailing: Mailing, chunks: list[ChunkSummary]) -> bool:
    """Whether somebody is still waiting, in one of these chunks or in an unclaimed one."""
    unclaimed = mailing.watermark + len(chunks) < mailing.chunk_count
    return unclaimed or any(chunk.counts["waiting"] for chunk in chunks)


def is_complete(mailing: Mailing, chunks: list[ChunkSummary]) -> bool:
    """Whether every chunk is closed, so that nobody is left to be mailed; `chunks` from the watermark on."""
    are_planned = all(mailing.plan.knows(chunk.number, chunk.parts) for chunk in chunks)
    return are_planned and mailing.watermark + sum(chunk.closed for chunk in chunks) == mailing.chunk_count


def is_stalled(mailing: Mailing, chunks: list[ChunkSummary], now: datetime) -> bool:
    """Whether for `STALLED_AFTER` no mail was sent, no chunk dispatched, and the mailing not resumed."""
    signs = [mailing.moved_at, *(chunk.called_at for chunk in chunks), *(at for _, at in mailing.dispatches)]
    return bool(mailing.dispatches) and now - max(at for at in signs if at) >= STALLED_AFTER


def _known(chunk: Chunk) -> int:
    """How many were mailed and have an event beside `send`, or were refused."""
    return sum(
        status.startswith(DeliveryStatus.REFUSED.value)
        or (status in MAILED and bool(chunk.events.get(member, frozenset()) - {"send"}))
        for member, status in (chunk.members or {}).items()
    )


def _can_continue(mailing: Mailing, chunk: Chunk, now: datetime) -> bool:
    if chunk.leased_until >= now:
        return False
    counts = chunk.counts
    if counts["waiting"] or not counts["in_doubt"]:
        was_resumed = mailing.moved_at is not None and chunk.leased_until <= mailing.moved_at
        return was_resumed or chunk.leased_until < now - SILENT_AFTER
    unknown = (m for m, status in (chunk.members or {}).items() if status == DeliveryStatus.UNKNOWN)
    is_old = chunk.called_at is not None and now - chunk.called_at >= OUTCOME_TIMEOUT
    return is_old or all(status_from_events(chunk.events.get(member, ())) for member in unknown)


def _is_overdue(mailing: Mailing, number: int, now: datetime) -> bool:
    """Whether its message should have arrived by now, or arrived while the mailing was not sending."""
    sent_at = next((at for upto, at in mailing.dispatches if number < upto), None)
    if sent_at is None or (mailing.moved_at is not None and sent_at <= mailing.moved_at):
        return True
    return now - sent_at > OVERDUE_AFTER

"""What the sweep sees of a mailing: chunks that can go on, orders that are lost, or that all stands still."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.mailings.mailing import DOUBT_LASTS, Mailing, Standing, settled_by
from broadsheet.mailings.ports import ChunkState, Ledger
from broadsheet.mailings.release import AHEAD_SECONDS
from broadsheet.mailings.results import CHUNKS_AT_ONCE

SILENT_AFTER = timedelta(minutes=3)  # an order that comes back does so sooner
OVERDUE_AFTER = timedelta(seconds=2 * AHEAD_SECONDS) + SILENT_AFTER  # a second order would do no harm
STUCK_AFTER = timedelta(minutes=30)  # a doubt is over sooner, and goes on


@dataclass(frozen=True)
class Seen:
    """What is kept of a chunk while its mailing is looked after; its members may be many, and are not."""

    number: int
    counts: dict[str, int]
    expired: int
    called_at: datetime | None
    closed: bool
    can_go_on: bool


def seen_of(mailing: Mailing, ledger: Ledger, now: datetime) -> Iterator[Seen]:
    """The claimed chunks from the frontier on, in order.

    They are read part by part: one that waits holds up the frontier, and thousands may lie behind it.
    """
    for first in range(mailing.frontier, mailing.released, CHUNKS_AT_ONCE):
        for chunk in ledger.chunks(mailing.id, first, first + CHUNKS_AT_ONCE):
            can_go_on = not chunk.closed and _can_go_on(mailing, chunk, now)
            yield Seen(chunk.number, chunk.counts, chunk.expired, chunk.called_at, chunk.closed, can_go_on)


def lost_orders(mailing: Mailing, chunks: list[Seen], now: datetime) -> list[int]:
    """The numbers of chunks whose order may be lost, or that can go on since they were let go."""
    claimed = {chunk.number for chunk in chunks}
    unclaimed = (n for n in range(mailing.frontier, mailing.released) if n not in claimed)
    overdue = (n for n in unclaimed if _is_overdue(mailing, n, now))
    return sorted([*(chunk.number for chunk in chunks if chunk.can_go_on), *overdue])


def somebody_is_left(mailing: Mailing, chunks: list[Seen]) -> bool:
    """Whether somebody is still to be mailed: waits in one of these chunks, or in one that nobody claimed."""
    unclaimed = mailing.frontier + len(chunks) < mailing.chunk_count
    return unclaimed or any(chunk.counts["waiting"] for chunk in chunks)


def is_stuck(mailing: Mailing, chunks: list[Seen], now: datetime) -> bool:
    """Whether for long nobody was mailed, no order was put, and nobody let it go on."""
    signs = [mailing.moved_at, *(chunk.called_at for chunk in chunks), *(at for _, at in mailing.releases)]
    return bool(mailing.releases) and now - max(at for at in signs if at) >= STUCK_AFTER


def _can_go_on(mailing: Mailing, chunk: ChunkState, now: datetime) -> bool:
    if chunk.leased_until >= now:
        return False
    counts = chunk.counts
    if counts["waiting"] or not counts["in_doubt"]:
        went_on = mailing.moved_at is not None and chunk.leased_until <= mailing.moved_at
        return went_on or chunk.leased_until < now - SILENT_AFTER
    doubts = (m for m, standing in chunk.members.items() if standing == Standing.IN_DOUBT)
    is_old = chunk.called_at is not None and now - chunk.called_at >= DOUBT_LASTS
    return is_old or all(settled_by(chunk.afterwards.get(member, ())) for member in doubts)


def _is_overdue(mailing: Mailing, number: int, now: datetime) -> bool:
    """Whether an order should have come by now, or came while the mailing was not sending."""
    put_at = next((at for upto, at in mailing.releases if number < upto), None)
    if put_at is None or (mailing.moved_at is not None and put_at <= mailing.moved_at):
        return True
    return now - put_at > OVERDUE_AFTER

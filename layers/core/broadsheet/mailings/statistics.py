"""The statistics of a mailing: counts and timeline, from a full read of its chunks in parts."""

from collections import Counter
from dataclasses import dataclass, field

from broadsheet.mailings.mailing import Mailing
from broadsheet.mailings.ports import ChunkState, Ledger
from broadsheet.mailings.timeline import Timeline

CHUNKS_AT_ONCE = 100  # so that memory stays flat, whatever the list
STATUS_COUNTS = ("members", "waiting", "in_doubt", "accepted", "refused", "skipped")
COUNTS = (*STATUS_COUNTS, "delivered", "bounced", "complained", "expired", "chunks")


@dataclass(frozen=True)
class MailingStatistics:
    """`counts`: `STATUS_COUNTS` balance over the chunks claimed so far, `chunks` of them.

    Delivered: with a delivery event and without a hard bounce. `timeline` is of the accepted, by the time of
    their chunk's last call; empty once the times are deleted.
    """

    counts: dict[str, int]
    timeline: Timeline = field(default_factory=Timeline)


def statistics_of(mailing: Mailing, ledger: Ledger) -> MailingStatistics:
    """The statistics now."""
    found: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    timeline = Timeline()
    for first in range(0, mailing.chunk_count, CHUNKS_AT_ONCE):
        for chunk in ledger.chunks(mailing.id, first, first + CHUNKS_AT_ONCE):
            counts = chunk.counts
            found.update({**counts, **_event_counts(chunk), "expired": chunk.timed_out, "chunks": 1})
            if chunk.called_at:
                timeline.add(chunk.called_at, counts["accepted"])
    is_known = timeline.bins.total() == found["accepted"]
    return MailingStatistics(dict(found), timeline if is_known else Timeline())


def _event_counts(chunk: ChunkState) -> dict[str, int]:
    said = [words for member, words in chunk.events.items() if member in chunk.members]
    return {
        "delivered": sum("delivery" in words and "bounce" not in words for words in said),
        "bounced": sum("bounce" in words for words in said),
        "complained": sum("complaint" in words for words in said),
    }

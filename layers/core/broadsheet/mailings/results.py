"""What became of a mailing, in counts and over time: from a full read of its chunks, part by part."""

from collections import Counter
from dataclasses import dataclass, field

from broadsheet.mailings.course import Course
from broadsheet.mailings.mailing import Mailing
from broadsheet.mailings.ports import ChunkState, Ledger

CHUNKS_AT_ONCE = 100  # so that memory stays flat, whatever the list
STANDINGS = ("members", "waiting", "in_doubt", "accepted", "refused", "skipped")
COUNTS = (*STANDINGS, "delivered", "bounced", "complained", "expired", "chunks")


@dataclass(frozen=True)
class Results:
    """`counts`: `STANDINGS` balance over the chunks claimed so far, `chunks` of them.

    Delivered is whom SES said it delivered to and who did not bounce hard. `course` is about the accepted;
    a chunk keeps the time of its last call alone, and counts with that. Empty where the times are forgotten.
    """

    counts: dict[str, int]
    course: Course = field(default_factory=Course)


def results_of(mailing: Mailing, ledger: Ledger) -> Results:
    """The results as of now."""
    found: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    course = Course()
    for first in range(0, mailing.chunk_count, CHUNKS_AT_ONCE):
        for chunk in ledger.chunks(mailing.id, first, first + CHUNKS_AT_ONCE):
            counts = chunk.counts
            found.update({**counts, **_afterwards(chunk), "expired": chunk.expired, "chunks": 1})
            if chunk.called_at:
                course.add(chunk.called_at, counts["accepted"])
    is_known = course.bins.total() == found["accepted"]
    return Results(dict(found), course if is_known else Course())


def _afterwards(chunk: ChunkState) -> dict[str, int]:
    said = [words for member, words in chunk.afterwards.items() if member in chunk.members]
    return {
        "delivered": sum("delivery" in words and "bounce" not in words for words in said),
        "bounced": sum("bounce" in words for words in said),
        "complained": sum("complaint" in words for words in said),
    }

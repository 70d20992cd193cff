"""What became of a mailing, in counts: from a full read of its chunks, part by part."""

from collections import Counter

from broadsheet.mailings.mailing import Mailing
from broadsheet.mailings.ports import ChunkState, Ledger

CHUNKS_AT_ONCE = 100  # so that memory stays flat, whatever the list
STANDINGS = ("members", "waiting", "in_doubt", "accepted", "refused", "skipped")
COUNTS = (*STANDINGS, "delivered", "bounced", "complained", "resent", "chunks")


def results_of(mailing: Mailing, ledger: Ledger) -> dict[str, int]:
    """The counts of a mailing: `STANDINGS` balance over the chunks claimed so far, `chunks` of them.

    Delivered is whom SES said it delivered to and who did not bounce hard.
    """
    found: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    for first in range(0, mailing.chunk_count, CHUNKS_AT_ONCE):
        for chunk in ledger.chunks(mailing.id, first, first + CHUNKS_AT_ONCE):
            found.update({**chunk.counts, **_afterwards(chunk), "resent": chunk.resent, "chunks": 1})
    return dict(found)


def _afterwards(chunk: ChunkState) -> dict[str, int]:
    said = [words for member, words in chunk.afterwards.items() if member in chunk.members]
    return {
        "delivered": sum("delivery" in words and "bounce" not in words for words in said),
        "bounced": sum("bounce" in words for words in said),
        "complained": sum("complaint" in words for words in said),
    }

"""The chunks of a mailing: numbered ranges of subscriber ids, which together hold every id exactly once.

Ids are random, so ranges of equal width have about as many members each. The first chunks of a mailing are
small, for its trial (`broadsheet.mailings.trial`).

A chunk that has become too large by the time that it is first claimed is split: it keeps the first of so
many equal parts, and the others become chunks with the next numbers. Numbers are only added, and a number
that has been claimed keeps its members, so every worker means the same by a number.
"""

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property

MEMBERS_A_CHUNK = 160  # four calls and a half: measured, decision 8
ID_SPACE = 1 << 128
SHARDS = 16  # of subscribers, by the first digit of their ids

Span = tuple[int, int]  # the first id, and the one behind the last


@dataclass(frozen=True)
class Sizes:
    """How many members a chunk should have, and the readers mailed before each wait of the trial, in all.

    A chunk that has grown by more than `growth` is split into `most_parts` at most; a part that is still too
    large is split again when it is claimed.
    """

    chunk: int = MEMBERS_A_CHUNK
    trial: tuple[int, int] = (50, 250)
    growth: int = 4
    most_parts: int = 10_000

    @property
    def most_members(self) -> int:
        """The most members of a chunk."""
        return self.growth * self.chunk

    @property
    def most_members_of_trial(self) -> int:
        """The most members of the small chunks at the beginning."""
        return self.growth * self.trial[0]

    def parts(self, ids: "IdRange", first_ids: list[str]) -> int:
        """Into how many parts to split a range that begins with these members, and is as dense further on."""
        first, behind = ids.span
        members = len(first_ids) * (behind - first) / (int(first_ids[-1], 16) + 1 - first)
        return max(2, math.ceil(members / self.chunk))


SIZES = Sizes()


@dataclass(frozen=True)
class IdRange:
    """Subscriber ids from `first` to `last`, both included, as 32 hex digits."""

    first: str
    last: str

    @classmethod
    def of(cls, span: Span) -> "IdRange":
        """The ids of a span."""
        return cls(f"{span[0]:032x}", f"{span[1] - 1:032x}")

    @property
    def span(self) -> Span:
        """The ids as numbers."""
        return int(self.first, 16), int(self.last, 16) + 1

    def part(self, number: int, parts: int) -> "IdRange":
        """Part `number` (from 0) out of so many of equal width."""
        return IdRange.of(_part(self.span, number, parts))

    def by_shard(self) -> list["IdRange"]:
        """The same ids, split where the first digit changes."""
        digits = range(int(self.first[0], 16), int(self.last[0], 16) + 1)
        return [
            IdRange(max(self.first, f"{digit:x}" + "0" * 31), min(self.last, f"{digit:x}" + "f" * 31))
            for digit in digits
        ]


@dataclass(frozen=True)
class ChunkPlan:
    """The numbers and ranges of a mailing's chunks.

    The id space is cut into `width_count` ranges of equal width. With a trial, one of these, which is drawn,
    is cut into `trial_chunks` small ones, and the numbers begin there: `first` counts small chunks from the
    beginning of the id space. `splits` are the chunks that were split and into how many parts, in order.
    """

    width_count: int = 0
    trial_chunks: int = 0
    first: int = 0
    splits: tuple[tuple[int, int], ...] = ()

    @cached_property
    def count(self) -> int:
        """How many chunks there are."""
        return self._unsplit_count + sum(parts - 1 for _, parts in self.splits)

    def ids(self, number: int) -> IdRange:
        """The ids of a chunk."""
        return IdRange.of(self._unsplit(number) if not self.splits else self._spans[number])

    def share(self, first: int, upto: int) -> float:
        """The share of all ids that the chunks from `first` on and below `upto` hold."""
        return sum(behind - start for start, behind in self._spans[first:upto]) / ID_SPACE

    def number_of(self, subscriber_id: str) -> int:
        """The number of the chunk that holds an id."""
        at = int(subscriber_id, 16)
        number = self._unsplit_number_of(at)
        span, added = self._unsplit(number), self._unsplit_count
        for split, parts in self.splits:
            if split == number:
                part = _part_of(at, span, parts)
                span = _part(span, part, parts)
                number = added + part - 1 if part else number
            added += parts - 1
        return number

    def knows(self, number: int, parts: int) -> bool:
        """Whether it has the parts of that chunk."""
        return parts == 1 or (number, parts) in self.splits

    def split(self, number: int, parts: int) -> "ChunkPlan":
        """The plan after that split; the same if it knows it, or for one part."""
        return self if self.knows(number, parts) else replace(self, splits=(*self.splits, (number, parts)))

    @property
    def _unsplit_count(self) -> int:
        return self.width_count + max(0, self.trial_chunks - 1)

    def _unsplit(self, number: int) -> Span:
        """The ids of a chunk before any split."""
        everything, small = (0, ID_SPACE), max(1, self.trial_chunks)
        wide, part = divmod(self.first, small)
        if number < self.trial_chunks:
            return _part(_part(everything, wide, self.width_count), (part + number) % small, small)
        place = (wide + number - (small - 1)) % self.width_count
        return _part(everything, place, self.width_count)

    def _unsplit_number_of(self, at: int) -> int:
        place, small = _part_of(at, (0, ID_SPACE), self.width_count), max(1, self.trial_chunks)
        wide, part = divmod(self.first, small)
        if place != wide or not self.trial_chunks:
            return (place - wide) % self.width_count + small - 1
        return (_part_of(at, _part((0, ID_SPACE), wide, self.width_count), small) - part) % small

    @cached_property
    def _spans(self) -> list[Span]:
        spans = [self._unsplit(number) for number in range(self._unsplit_count)]
        for number, parts in self.splits:
            whole = spans[number]
            spans[number] = _part(whole, 0, parts)
            spans += [_part(whole, part, parts) for part in range(1, parts)]
        return spans


def plan_for(mailing_id: str, estimate: int, sizes: Sizes = SIZES, *, with_trial: bool = True) -> ChunkPlan:
    """The plan for an estimated list size. The trial's readers are drawn by the mailing's id.

    So they are others each week, and the same whenever this mailing is planned.
    """
    count = width_count(estimate, sizes.chunk)
    if not with_trial:
        return ChunkPlan(count)
    small = max(1, round(estimate / count / sizes.trial[0]))
    drawn = int.from_bytes(hashlib.sha256(mailing_id.encode()).digest())
    return ChunkPlan(count, small, drawn % (count * small))


def width_count(estimate: int, members: int = MEMBERS_A_CHUNK) -> int:
    """Into how many ranges to cut the ids; many align with shards, so that a chunk is read by one query."""
    count = max(1, -(-estimate // members))
    return count if count < SHARDS else round(count / SHARDS) * SHARDS


def _part(span: Span, number: int, parts: int) -> Span:
    first, width = span[0], span[1] - span[0]
    return first + number * width // parts, first + (number + 1) * width // parts


def _part_of(at: int, span: Span, parts: int) -> int:
    """The number of the part that holds an id."""
    return ((at - span[0] + 1) * parts - 1) // (span[1] - span[0])

"""The line of a topic: each commentary's tone in a row, week after week.

Green stands high, neutral in the middle, red low, each with a sign of its own: nothing is told by colour
alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from broadsheet.archive.register import Digest, Record
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter

HEIGHTS = {"green": 12, "neutral": 36, "red": 60}
_WIDEST_SLOT = 7.0


@dataclass(frozen=True)
class Piece:
    """A commentary on the topic, as lists show it."""

    issue: str
    first_day: date
    week: str
    digest: Digest


@dataclass(frozen=True)
class Mark:
    """A point of the line: `x` in percent of its width, `y` in pixels."""

    tone: str
    x: str
    y: int


@dataclass(frozen=True)
class Line:
    """What a template draws, and what it says instead."""

    marks: tuple[Mark, ...]
    counts: tuple[tuple[Any, int], ...]

    def strokes(self) -> list[tuple[Mark, Mark]]:
        """From each mark to the next."""
        return list(zip(self.marks, self.marks[1:], strict=False))


def pieces_on(topic: str, records: Iterable[Record], edition: Edition) -> list[Piece]:
    """The commentaries on a topic that are public in this edition, in the order of the records."""
    week = language(edition.language).week
    return [
        Piece(record.issue, entry.first_day, week(entry.first_day, entry.last_day), digest)
        for record in records
        if (entry := record.public.get(edition.id))
        for digest in entry.commentaries
        if digest.topic == topic
    ]


def line_of(pieces: list[Piece], newsletter: Newsletter) -> Line:
    """The line of these pieces, which come newest first; what has no trend leaves no mark."""
    marked = [
        trend
        for piece in _oldest_first(pieces)
        if piece.digest.trend and (trend := newsletter.trend(piece.digest.trend))
    ]
    slot = min(100 / max(1, len(marked)), _WIDEST_SLOT)
    marks = tuple(
        Mark(trend.tone, f"{(place + 0.5) * slot:.2f}%", HEIGHTS[trend.tone])
        for place, trend in enumerate(marked)
    )
    counted = Counter(trend.id for trend in marked)
    return Line(marks, tuple((trend, counted[trend.id]) for trend in newsletter.trends if counted[trend.id]))


def _oldest_first(pieces: list[Piece]) -> list[Piece]:
    """Week by week upwards; within a week as the issue has them."""
    return sorted(pieces, key=lambda piece: piece.issue)

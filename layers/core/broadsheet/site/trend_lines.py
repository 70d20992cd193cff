"""The line of a topic: each commentary's tone in a row, week after week.

Green stands high, neutral in the middle, red low, each with a sign of its own: nothing depends on colour
alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from broadsheet.archive.register import CommentarySummary, Record
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter

HEIGHTS = {"green": 12, "neutral": 36, "red": 60}
_WIDEST_SLOT = 7.0


@dataclass(frozen=True)
class TopicCommentary:
    """A commentary on the topic, as lists show it."""

    issue: str
    first_day: date
    week: str
    digest: CommentarySummary


@dataclass(frozen=True)
class TrendMark:
    """A point of the line: `x` in percent of its width, `y` in pixels."""

    tone: str
    x: str
    y: int


@dataclass(frozen=True)
class TrendChart:
    """What a template draws, and what it says instead."""

    marks: tuple[TrendMark, ...]
    counts: tuple[tuple[Any, int], ...]

    def strokes(self) -> list[tuple[TrendMark, TrendMark]]:
        """From each mark to the next."""
        return list(zip(self.marks, self.marks[1:], strict=False))


def pieces_on(topic: str, records: Iterable[Record], edition: Edition) -> list[TopicCommentary]:
    """The commentaries on a topic that are public in this edition, in the order of the records."""
    week = language(edition.language).week
    return [
        TopicCommentary(
            record.issue, published.first_day, week(published.first_day, published.last_day), digest
        )
        for record in records
        if (published := record.public.get(edition.id))
        for digest in published.commentaries
        if digest.topic == topic
    ]


def trend_line(pieces: list[TopicCommentary], newsletter: Newsletter) -> TrendChart:
    """The line of these pieces, which come newest first; what has no trend leaves no mark."""
    marked = [
        trend
        for piece in _oldest_first(pieces)
        if piece.digest.trend and (trend := newsletter.trend(piece.digest.trend))
    ]
    slot = min(100 / max(1, len(marked)), _WIDEST_SLOT)
    marks = tuple(
        TrendMark(trend.tone, f"{(place + 0.5) * slot:.2f}%", HEIGHTS[trend.tone])
        for place, trend in enumerate(marked)
    )
    counted = Counter(trend.id for trend in marked)
    return TrendChart(
        marks, tuple((trend, counted[trend.id]) for trend in newsletter.trends if counted[trend.id])
    )


def _oldest_first(pieces: list[TopicCommentary]) -> list[TopicCommentary]:
    """Week by week upwards; within a week as the issue has them."""
    return sorted(pieces, key=lambda piece: piece.issue)

"""The pages of topics: their trend lines and their commentaries, week by week.

On a trend line green marks are high, neutral ones in the middle, red ones low, each with its own sign:
nothing depends on colour alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from broadsheet.archive.register import CommentarySummary, Record
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter, Topic
from broadsheet.site.layout import Page, edition_head, in_layout

HEIGHTS = {"green": 12, "neutral": 36, "red": 60}
_WIDEST_SLOT = 7.0


@dataclass(frozen=True)
class TopicCommentary:
    """A commentary on the topic, as lists show it."""

    issue: str
    first_day: date
    week: str
    commentary: CommentarySummary


@dataclass(frozen=True)
class TrendMark:
    """A point of the trend line: `x` in percent of its width, `y` in pixels."""

    tone: str
    x: str
    y: int


@dataclass(frozen=True)
class TrendChart:
    """A trend line to draw, and the number of each trend for its description in words."""

    marks: tuple[TrendMark, ...]
    counts: tuple[tuple[Any, int], ...]

    def strokes(self) -> list[tuple[TrendMark, TrendMark]]:
        """The lines from each mark to the next."""
        return list(zip(self.marks, self.marks[1:], strict=False))


def pieces_on(topic: str, records: Iterable[Record], edition: Edition) -> list[TopicCommentary]:
    """The commentaries on a topic that are public in this edition, in the order of the records."""
    week = language(edition.language).week
    return [
        TopicCommentary(
            record.issue, published.first_day, week(published.first_day, published.last_day), commentary
        )
        for record in records
        if (published := record.public.get(edition.id))
        for commentary in published.commentaries
        if commentary.topic == topic
    ]


def trend_line(pieces: list[TopicCommentary], newsletter: Newsletter) -> TrendChart:
    """The trend line of commentaries, given the newest first; one without a trend has no mark.

    Issues are in ascending order, the commentaries of an issue in their own.
    """
    marked = [
        trend
        for piece in sorted(pieces, key=lambda piece: piece.issue)
        if piece.commentary.trend and (trend := newsletter.trend(piece.commentary.trend))
    ]
    slot = min(100 / max(1, len(marked)), _WIDEST_SLOT)
    marks = tuple(
        TrendMark(trend.tone, f"{(position + 0.5) * slot:.2f}%", HEIGHTS[trend.tone])
        for position, trend in enumerate(marked)
    )
    counted = Counter(trend.id for trend in marked)
    return TrendChart(
        marks, tuple((trend, counted[trend.id]) for trend in newsletter.trends if counted[trend.id])
    )


def topics_index(edition: Edition, records: list[Record], year: int | None, newsletter: Newsletter) -> Page:
    """Every topic with its trend line of a year and a link to its own page."""
    words = language(edition.language)
    rows = []
    for topic in newsletter.topics:
        pieces = pieces_on(topic.id, records, edition)
        latest = pieces[0] if pieces else None
        rows.append({"topic": topic, "line": trend_line(pieces, newsletter), "latest": latest})
    head = edition_head(edition, "topics/index.html", words["all_trends"], newsletter)
    return in_layout("topics.html", head, newsletter, rows=rows, year=year)


def topic_page(
    edition: Edition,
    topic: Topic,
    year: int | None,
    records: list[Record],
    years: list[int],
    newsletter: Newsletter,
) -> Page:
    """A topic's trend line and its commentaries in a year.

    The index (`year` None) shows the newest year and links to all `years`; a year's page links to the index.
    """
    name = topic.names[edition.id]
    path = f"topics/{topic.id}/{year or 'index'}.html"
    shown = year or (years[0] if years else None)
    pieces = pieces_on(topic.id, records, edition)
    head = edition_head(
        edition,
        path,
        name if year is None else f"{name} {year}",
        newsletter,
        has=None if year is None else [edition.id],
        otherwise=f"topics/{topic.id}/index.html",
    )
    return in_layout(
        "topic.html",
        head,
        newsletter,
        topic=topic,
        pieces=pieces,
        line=trend_line(pieces, newsletter),
        shown=shown,
        years=years,
        current=year,
    )

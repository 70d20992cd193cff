"""An issue of one edition: commentaries under topics, or a plain article.

Shape of the file: docs/editors.md shows one; its parts are recognised by their form (`##` topic,
`###` headline, a paragraph in italics the trend, a paragraph in bold the byline, a picture).
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from broadsheet.content.node import Node, nodes_of, unstruck


@dataclass(frozen=True)
class Picture:
    """A picture beside a commentary; `source` is a path within the issue's folder."""

    source: str
    alt: str
    caption: str
    line: int


@dataclass(frozen=True)
class Commentary:
    """A commentary on a topic; `number` counts the commentaries on that topic in the issue, from 1."""

    topic: str
    number: int
    headline: str
    trend: str | None
    byline: str
    picture: Picture | None
    blocks: tuple[Node, ...]
    line: int

    @property
    def name(self) -> str:
        """The name of its page; independent of the headline, so that a correction breaks no mailed link."""
        return f"{self.topic}-{self.number}"

    @cached_property
    def summary(self) -> str:
        """The words of the first paragraph, except struck-out ones."""
        first = next((block for block in self.blocks if block.kind == "paragraph"), None)
        return " ".join(unstruck(first).plain().split()) if first else ""


@dataclass(frozen=True)
class Issue:
    """One issue of one edition. Without commentaries, `intro` is the article.

    `mail` is the value of its front matter; None without one.
    """

    id: str
    edition: str
    title: str
    summary: str
    first_day: date
    last_day: date
    authors: tuple[str, ...]
    send_at: datetime | None
    intro: tuple[Node, ...]
    commentaries: tuple[Commentary, ...]
    mail: bool | None = None

    def blocks(self) -> list[Node]:
        """The blocks of the introduction and of all commentaries."""
        return [*self.intro, *(block for piece in self.commentaries for block in piece.blocks)]

    def pictures(self) -> tuple[str, ...]:
        """The pictures that it shows, as paths within the issue's folder."""
        return self._pictures

    def illustrations(self) -> tuple[Picture, ...]:
        """Each showing of a picture: first those beside commentaries, then those within the texts."""
        beside = [piece.picture for piece in self.commentaries if piece.picture]
        within = [
            Picture(
                image.attributes["url"],
                " ".join(image.plain().split()),
                image.attributes["title"],
                image.line,
            )
            for image in nodes_of(self.blocks(), "image")
        ]
        return (*beside, *within)

    @cached_property
    def _pictures(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(picture.source for picture in self.illustrations()))

    def picture_lines(self) -> dict[str, int]:
        """For each picture the line of the text at which it is first shown."""
        return {picture.source: picture.line for picture in reversed(self.illustrations())}

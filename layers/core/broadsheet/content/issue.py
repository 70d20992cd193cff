"""An issue of one edition, as its file says: commentaries under topics, or a plain article.

Shape of the file: docs/editors.md shows a whole one; the parts are told apart by their form
(`##` topic, `###` headline, a wholly italic trend, a wholly bold byline, a picture).
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from broadsheet.content.markdown import Node
from broadsheet.content.node import unstruck


@dataclass(frozen=True)
class Picture:
    """A picture beside a commentary; `source` is a path within the issue's folder."""

    source: str
    alt: str
    caption: str
    line: int


@dataclass(frozen=True)
class Commentary:
    """One piece on a topic; `number` counts the topic's pieces in this issue, from 1."""

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
        """What its page is called; never from the headline, so that corrections break no mailed link."""
        return f"{self.topic}-{self.number}"

    @property
    def summary(self) -> str:
        """The first paragraph's words, but for what is struck out there."""
        first = next((block for block in self.blocks if block.kind == "paragraph"), None)
        return " ".join(unstruck(first).plain().split()) if first else ""


@dataclass(frozen=True)
class Issue:
    """One issue of one edition. Without commentaries, `intro` holds the whole article.

    `mail` is what its head says on whether to mail it; None where it says nothing.
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

    def pictures(self) -> tuple[str, ...]:
        """The pictures it shows, as paths within the issue's folder."""
        return self._pictures

    @cached_property
    def _pictures(self) -> tuple[str, ...]:
        shown = [c.picture.source for c in self.commentaries if c.picture]
        blocks = [*self.intro, *(block for c in self.commentaries for block in c.blocks)]
        shown += [node.attributes["url"] for block in blocks for node in block.walk() if node.kind == "image"]
        return tuple(dict.fromkeys(shown))

    def picture_lines(self) -> dict[str, int]:
        """The line of the text at which each picture is first shown."""
        lines = {c.picture.source: c.picture.line for c in reversed(self.commentaries) if c.picture}
        blocks = [*self.intro, *(block for c in self.commentaries for block in c.blocks)]
        images = (node for block in blocks for node in block.walk() if node.kind == "image")
        return {node.attributes["url"]: node.line for node in images} | lines

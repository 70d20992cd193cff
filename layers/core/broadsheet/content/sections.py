"""The parts of a text while it is read."""

from dataclasses import dataclass, field

from broadsheet.content.node import Node


@dataclass(frozen=True)
class TrendLine:
    """A line that is a trend: which block's, which of its lines, and whether it can be nothing else."""

    at: int
    number: int
    nodes: list[Node]
    is_clear: bool


@dataclass
class Sections:
    """The parts of a text while it is read: each piece is a topic, a headline, and the blocks below."""

    intro: list[Node] = field(default_factory=list)
    pieces: list[tuple[str, Node, list[Node]]] = field(default_factory=list)
    topic: str | None = None
    is_told: bool = False  # of a missing headline; or there is one
    is_plain: bool = False

    def begin(self, topic: str, *, is_plain: bool) -> None:
        """Go on with another topic."""
        self.topic, self.is_told, self.is_plain = topic, False, is_plain

    def add(self, block: Node) -> None:
        """Put a block at the end of what has been read."""
        (self.pieces[-1][2] if self.pieces else self.intro).append(block)

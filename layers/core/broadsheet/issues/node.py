"""A piece of a text, as reading makes it and writing walks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Node:
    """A piece of a text; `line` counts from 1 within the file.

    Shape of `attributes`: heading `level`; list `start` (ordered ones); link and image `url`, `title`;
    footnote `name`; table `alignments`.
    """

    kind: str
    line: int
    text: str = ""
    children: tuple["Node", ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> str:
        """The words alone."""
        words = []
        for node in self.walk():
            if node.kind in ("soft-break", "hard-break"):
                words.append(" ")
            elif node.kind not in ("html", "footnote-mark"):
                words.append(node.text)
        return "".join(words)

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in reading order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def mapped(self, change: Callable[["Node"], "Node"]) -> "Node":
        """The tree with `change` made to every node, the innermost first."""
        children = tuple(child.mapped(change) for child in self.children)
        is_same = all(new is old for new, old in zip(children, self.children, strict=True))
        return change(self if is_same else replace(self, children=children))

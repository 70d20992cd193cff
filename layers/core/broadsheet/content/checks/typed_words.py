"""The words that a piece of a text holds in its own lines, as they were typed, and where each line begins."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from broadsheet.content.node import Node

HOLDS_WORDS = ("paragraph", "heading", "item", "table-cell", "html-block")
_BLOCKS = ("paragraph", "list", "quote", "code-block", "table", "html-block", "footnote", "heading", "rule")
CODE = "\x00"


class Words(NamedTuple):
    """The words that a node holds itself, and where in them each of its lines begins."""

    text: str
    starts: list[int]
    lines: list[int]

    def line(self, at: int) -> int:
        """The line of the file on which the words at that place stand."""
        return self.lines[max(0, bisect_right(self.starts, at) - 1)]


def typed_words(node: Node) -> Words:
    """The words in the node's own lines as they were typed; a zero for code, HTML and what is escaped."""
    texts, starts, lines, at = [], [], [], 0
    for child in _inline(node):
        text = _piece(child)
        texts.append(text)
        starts.append(at)
        lines.append(child.line)
        at += len(text)
    return Words("".join(texts), starts or [0], lines or [node.line])


def _inline(node: Node) -> Iterator[Node]:
    """What stands in the node's own lines, in order, without what other nodes hold."""
    for child in node.children:
        if child.kind in _BLOCKS:
            continue
        if child.children and child.kind != "image":
            yield from _inline(child)
        else:
            yield child


def _piece(child: Node) -> str:
    if child.kind in ("soft-break", "hard-break"):
        return "\n"
    if child.attributes.get("is_escaped"):
        return CODE + child.text.lstrip("*_`~")
    return child.text if child.kind == "text" else CODE

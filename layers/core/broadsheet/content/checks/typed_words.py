"""The words of a block's own lines as they were typed, with the line of each."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from broadsheet.content.node import Node

HOLDS_WORDS = ("paragraph", "heading", "item", "table-cell", "html-block")
_BLOCKS = ("paragraph", "list", "quote", "code-block", "table", "html-block", "footnote", "heading", "rule")
CODE = "\x00"


class TypedWords(NamedTuple):
    """The words of a node without those of the blocks in it, and the offset at which each line begins."""

    text: str
    starts: list[int]
    lines: list[int]

    def line(self, at: int) -> int:
        """The file's line of the words at that offset."""
        return self.lines[max(0, bisect_right(self.starts, at) - 1)]


def typed_words(node: Node) -> TypedWords:
    """The words in the node's own lines; `CODE` stands for code and HTML and before escaped characters."""
    texts, starts, lines, at = [], [], [], 0
    for child in _inline(node):
        text = _as_typed(child)
        texts.append(text)
        starts.append(at)
        lines.append(child.line)
        at += len(text)
    return TypedWords("".join(texts), starts or [0], lines or [node.line])


def _inline(node: Node) -> Iterator[Node]:
    """The leaves in the node's own lines, in reading order."""
    for child in node.children:
        if child.kind in _BLOCKS:
            continue
        if child.children and child.kind != "image":
            yield from _inline(child)
        else:
            yield child


def _as_typed(child: Node) -> str:
    if child.kind in ("soft-break", "hard-break"):
        return "\n"
    if child.attributes.get("is_escaped"):
        return CODE + child.text.lstrip("*_`~")
    return child.text if child.kind == "text" else CODE

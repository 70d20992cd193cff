"""The words of a block's own lines as they were typed, with the line of each."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from broadsheet.content.node import Node

HOLDS_WORDS = ("paragraph", "heading", "item", "table-cell", "html-block")
_BLOCKS = ("paragraph", "list", "quote", "code-block", "table", "html-block", "footnote", "heading", "rule")
CODE = "\x00"


@dataclass(frozen=True)
class TypedWords:
    """The words of a node without those of the blocks in it, and the leaves that they are made of."""

    text: str
    leaves: list[Node]
    first_line: int

    def line(self, at: int) -> int:
        """The file's line of the words at that offset."""
        before = bisect_right(self._starts, at)
        return self.leaves[before - 1].line if before else self.first_line

    @cached_property
    def _starts(self) -> list[int]:
        """The offset at which each leaf begins."""
        return list(accumulate((len(_as_typed(leaf)) for leaf in self.leaves[:-1]), initial=0))


def typed_words(node: Node) -> TypedWords:
    """The words in the node's own lines; `CODE` stands for code and HTML and before escaped characters."""
    leaves = _inline(node)
    return TypedWords("".join(map(_as_typed, leaves)), leaves, node.line)


def _inline(node: Node) -> list[Node]:
    """The leaves in the node's own lines, in reading order."""
    leaves: list[Node] = []
    for child in node.children:
        if child.kind in _BLOCKS:
            continue
        if child.children and child.kind != "image":
            leaves += _inline(child)
        else:
            leaves.append(child)
    return leaves


def _as_typed(child: Node) -> str:
    if child.kind == "text":
        return CODE + child.text.lstrip("*_`~") if child.attributes.get("is_escaped") else child.text
    return "\n" if child.kind in ("soft-break", "hard-break") else CODE

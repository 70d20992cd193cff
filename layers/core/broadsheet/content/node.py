"""A piece of a text, as reading makes it and writing walks it."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import is_
from typing import Any

_APART = {
    *("paragraph", "heading", "item", "quote", "list", "code-block", "table-cell", "footnote", "html-block"),
}
_WITHIN_WORDS = {*("a", "b", "code", "del", "em", "i", "s", "span", "strong", "sub", "sup", "u")}
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_SCRIPT = re.compile(r"<(/?)(su[bp])\b", re.IGNORECASE)
_SCRIPTS = {
    "sup": ("^", str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")),
    "sub": ("_", str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")),
}
_STRUCK = re.compile(r"<(/?)(?:s|del)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Node:
    """A piece of a text; `line` counts from 1 within the file.

    Shape of `attributes`: heading `level`; list `start` (ordered ones) and `mark` (its first sign), item
    `number` as it was written; link and image `url`, `title`, and `label` until it is looked up; footnote
    `name`; table `alignments`; text `is_escaped` where a star is one by its backslash.
    """

    kind: str
    line: int
    text: str = ""
    children: tuple["Node", ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> str:
        """The words alone."""
        return self._plain

    @cached_property
    def _plain(self) -> str:
        if not self.children and self.kind == "text":
            return self.text
        words: list[str] = []
        is_apart, script = False, ""
        for node in self.walk():
            if node.kind == "html" and (tag := _SCRIPT.match(node.text)):
                script = "" if tag[1] else tag[2].lower()
            if node.kind in ("soft-break", "hard-break"):
                words.append(" ")
            is_apart = is_apart or _sets_apart(node)
            if node.kind not in ("html", "footnote-mark") and node.text:
                if is_apart and words and not words[-1].endswith((" ", "\n")):
                    words.append(" ")
                words.append(scripted(node.text, script) if script else node.text)
                is_apart = False
        return "".join(words)

    def walk(self) -> tuple["Node", ...]:
        """This node and all below it, in reading order."""
        return (self, *self._below)

    @cached_property
    def _below(self) -> tuple["Node", ...]:
        """All below it; not itself, as a circle would keep a text in memory until circles are looked for."""
        if not self.children:
            return ()
        found, waiting = list["Node"](), [*self.children[::-1]]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting += node.children[::-1]
        return tuple(found)

    def mapped(self, change: Callable[["Node"], "Node"], *kinds: str) -> "Node":
        """The tree with `change` made to every node, or to those of these kinds, the innermost first."""
        if kinds and not any(node.kind in kinds for node in self.walk()):
            return self
        return self._mapped(change)

    def _mapped(self, change: Callable[["Node"], "Node"]) -> "Node":
        children = tuple([child._mapped(change) for child in self.children])  # noqa: SLF001  # of its own kind
        is_same = all(map(is_, children, self.children))
        return change(self if is_same else replace(self, children=children))


def scripted(text: str, script: str) -> str:
    """Words that stand higher (`sup`) or lower (`sub`) than others, so that no number becomes another: 10⁶.

    Letters are told apart by themselves (1st); what has no sign of its own is marked (`^`, `_`).
    """
    mark, signs = _SCRIPTS[script]
    if all(ord(sign) in signs for sign in text):
        return text.translate(signs)
    return text if text.replace(".", "").isalpha() else mark + text


def with_scripts(children: Iterable["Node"]) -> Iterator["Node"]:
    """The siblings; as plain text (`scripted`) what an author's `<sup>` or `<sub>` holds."""
    script = ""
    for child in children:
        if child.kind == "html" and (tag := _SCRIPT.match(child.text)):
            script = "" if tag[1] else tag[2].lower()
        elif script and child.kind in ("text", "emphasis", "strong"):
            yield Node("text", child.line, scripted(child.plain(), script))
        else:
            yield child


def unstruck(block: Node) -> Node:
    """The block without what is struck out: a summary has no way to show that it is."""
    children: list[Node] = []
    is_struck = False
    for child in block.children:
        if child.kind == "html" and (tag := _STRUCK.match(child.text)):
            is_struck = not tag[1]
        elif child.kind != "deleted" and not is_struck:
            children.append(unstruck(child))
    return replace(block, children=tuple(children))


def _sets_apart(node: Node) -> bool:
    """Whether words before and after it are no single word: blocks, and an author's tags for breaks."""
    if node.kind == "html":
        tag = _TAG.match(node.text)
        return bool(tag and tag[1].lower() not in _WITHIN_WORDS)
    return node.kind in _APART


def split_lines(block: Node) -> Iterator[list[Node]]:
    """A paragraph's children by the lines that they stand on, the breaks at their ends; none is empty."""
    line: list[Node] = []
    for child in block.children:
        line.append(child)
        if child.kind in ("soft-break", "hard-break"):
            yield line
            line = []
    if line:
        yield line


def inline_text(line: list[Node]) -> str:
    """The words of a line."""
    return " ".join("".join(node.plain() for node in line).split())


def paragraph_of(block: Node, children: list[Node]) -> list[Node]:
    """A paragraph of some of the block's children, no break at its end; nothing if there are none."""
    if children and children[-1].kind in ("soft-break", "hard-break"):
        children = children[:-1]
    return [replace(block, line=children[0].line, children=tuple(children))] if children else []


def wholly(block: Node, kind: str) -> str:
    """The words of a paragraph that is one emphasis (or strong) and nothing else, else nothing."""
    if block.kind != "paragraph" or not any(child.kind == kind for child in block.children):
        return ""
    inner = [child for child in block.children if child.kind == kind or child.plain().strip()]
    return " ".join(inner[0].plain().replace("\u00ad", "").split()) if len(inner) == 1 else ""


def only_image(block: Node) -> Node | None:
    """The picture of a paragraph that is one and nothing else."""
    inner = [child for child in block.children if child.kind != "soft-break"]
    if block.kind == "paragraph" and len(inner) == 1 and inner[0].kind == "image":
        return inner[0]
    return None


def numbers_of(items: Node) -> list[int]:
    """The numbers of an ordered list's items: those that were written, as they may be years or articles.

    Only where each is `1.` or `0.`, the way to leave counting to a program, they are counted.
    """
    start = items.attributes["start"]
    written = [item.attributes.get("number", start + at) for at, item in enumerate(items.children)]
    is_counted = start in (0, 1) and set(written) == {start}
    return list(range(start, start + len(written))) if is_counted else written


def with_notes(blocks: list[Node], notes: dict[str, Node]) -> list[Node]:
    """The blocks with the footnotes that they, or these, refer to, wherever in the file these stand."""
    waiting, named = deque(blocks), dict[str, None]()
    while waiting:
        marks = [node.text for node in waiting.popleft().walk() if node.kind == "footnote-mark"]
        new = [name for name in dict.fromkeys(marks) if name in notes and name not in named]
        named |= dict.fromkeys(new)
        waiting += [notes[name] for name in new]
    return [*blocks, *(notes[name] for name in named)]

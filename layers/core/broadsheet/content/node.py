"""A node of a text's tree, which the parser makes and the writers of pages and mails walk."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from operator import is_
from typing import Any, Final

PHRASE_TAGS = frozenset(
    {*("a", "b", "br", "code", "del", "em", "i", "s", "span", "strong", "sub", "sup", "u")}
)  # HTML tags that stand within a line
_SEPARATE = {
    *("paragraph", "heading", "item", "quote", "list", "code-block", "table-cell", "footnote", "html-block")
}
_WITHIN_WORDS = PHRASE_TAGS - {"br"}
_BREAKS = ("soft-break", "hard-break")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_SCRIPT = re.compile(r"<(/?)(su[bp])\b", re.IGNORECASE)
_SCRIPTS = {
    "sup": ("^", str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")),
    "sub": ("_", str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")),
}
_STRUCK = re.compile(r"<(/?)(?:s|del)\b", re.IGNORECASE)


@dataclass(slots=True)
class Node:
    """A part of a text; `line` is its line in the file, counted from 1.

    It never changes. The type checker holds this: to make a frozen one would take three times as long.

    Shape of `attributes`: heading `level`; list `start` (None if it is not ordered) and `mark` (its first
    character), item `number` as it was written; link and image `url`, `title`, and `label` until the label
    is resolved; footnote `name`; table `alignments`; text `is_escaped` if its first character is.
    """

    kind: Final[str]
    line: Final[int]
    text: Final[str] = ""
    children: Final[tuple["Node", ...]] = ()
    attributes: Final[dict[str, Any]] = field(default_factory=dict)
    _plain: str | None = field(default=None, init=False, repr=False, compare=False)
    _below: tuple["Node", ...] | None = field(default=None, init=False, repr=False, compare=False)

    def plain(self) -> str:
        """The words without any markup."""
        if self._plain is None:
            if self.kind == "text" and not self.children:
                return self.text
            is_simple = len(self.children) == 1 and self.children[0].kind == "text" and not self.text
            self._plain = self.children[0].plain() if is_simple else self._words()
        return self._plain

    def _words(self) -> str:
        words: list[str] = []
        is_separate, script = False, ""
        for node in self.walk():
            kind, text = node.kind, node.text
            if kind == "html":
                if tag := _SCRIPT.match(text):
                    script = "" if tag[1] else tag[2].lower()
                is_separate = is_separate or _separates_words(text)
            elif kind in _BREAKS:
                words.append(" ")
            elif kind in _SEPARATE:
                is_separate = True
            if text and kind not in ("html", "footnote-mark"):
                if is_separate and words and not words[-1].endswith((" ", "\n")):
                    words.append(" ")
                words.append(scripted(text, script) if script else text)
                is_separate = False
        return "".join(words)

    def walk(self) -> tuple["Node", ...]:
        """This node and all nodes below it, in reading order."""
        if not self.children:
            return (self,)
        if self._below is None:  # without the node itself: only the garbage collector would free a cycle
            below: list[Node] = []
            _add_below(self, below)
            self._below = tuple(below)
        return (self, *self._below)

    def with_children(self, children: Iterable["Node"]) -> "Node":
        """The node with these children in place of its own."""
        return Node(self.kind, self.line, self.text, tuple(children), self.attributes)

    def mapped(self, change: Callable[["Node"], "Node"], *kinds: str) -> "Node":
        """The tree with `change` applied to each node, or only to those of these kinds, children first.

        A tree without any change is returned as it is.
        """
        node = self
        if self.children:
            children = [
                child.mapped(change, *kinds) if child.children or not kinds or child.kind in kinds else child
                for child in self.children
            ]
            if not all(map(is_, children, self.children)):
                node = self.with_children(children)
        return change(node) if not kinds or self.kind in kinds else node


def all_mapped(blocks: Iterable[Node], change: Callable[[Node], Node], *kinds: str) -> tuple[Node, ...]:
    """The blocks with `change` applied to each node of these kinds (see `Node.mapped`)."""
    return tuple([block.mapped(change, *kinds) if nodes_of((block,), *kinds) else block for block in blocks])


def _add_below(node: Node, below: list[Node]) -> None:
    for child in node.children:
        below.append(child)
        if child.children:
            _add_below(child, below)


def nodes_of(blocks: Iterable[Node], *kinds: str) -> list[Node]:
    """All nodes of the blocks in reading order, or only those of these kinds."""
    if not kinds:
        return [node for block in blocks for node in block.walk()]
    return [node for block in blocks for node in block.walk() if node.kind in kinds]


def scripted(text: str, script: str) -> str:
    """Superscript (`sup`) or subscript (`sub`) as plain text, so that 10<sup>6</sup> does not become 106.

    If Unicode has such characters for all of the text, they are used (10⁶). Letters stay as they are (1st);
    any other text gets `^` or `_` before it.
    """
    mark, characters = _SCRIPTS[script]
    if all(ord(character) in characters for character in text):
        return text.translate(characters)
    return text if text.replace(".", "").isalpha() else mark + text


def with_scripts(children: Iterable[Node]) -> Iterator[Node]:
    """The siblings; what an author's `<sup>` or `<sub>` holds becomes plain text (`scripted`)."""
    script = ""
    for child in children:
        if child.kind == "html" and (tag := _SCRIPT.match(child.text)):
            script = "" if tag[1] else tag[2].lower()
        elif script and child.kind in ("text", "emphasis", "strong"):
            yield Node("text", child.line, scripted(child.plain(), script))
        else:
            yield child


def unstruck(block: Node) -> Node:
    """The block without struck-out words, for summaries, which cannot show that words are struck out."""
    if not block.children:
        return block
    children: list[Node] = []
    is_struck = False
    for child in block.children:
        if child.kind == "html" and (tag := _STRUCK.match(child.text)):
            is_struck = not tag[1]
        elif child.kind != "deleted" and not is_struck:
            children.append(unstruck(child))
    return block.with_children(children)


def _separates_words(html: str) -> bool:
    """Whether the words before and after a tag are never one word: tags of blocks."""
    tag = _TAG.match(html)
    return bool(tag and tag[1].lower() not in _WITHIN_WORDS)


def split_lines(block: Node) -> Iterator[list[Node]]:
    """A paragraph's children by line, each line with the break at its end; no line is empty."""
    line: list[Node] = []
    for child in block.children:
        line.append(child)
        if child.kind in _BREAKS:
            yield line
            line = []
    if line:
        yield line


def inline_text(line: list[Node]) -> str:
    """The words of a line."""
    return " ".join("".join(node.plain() for node in line).split())


def paragraph_of(block: Node, children: list[Node]) -> list[Node]:
    """A paragraph of some of the block's children without the break at its end; [] without children."""
    if children and children[-1].kind in _BREAKS:
        children = children[:-1]
    return [replace(block, line=children[0].line, children=tuple(children))] if children else []


def only_text_of(block: Node, kind: str) -> str:
    """The words of a paragraph that consists of one emphasis (or strong) alone, else ""."""
    if block.kind != "paragraph" or not any(child.kind == kind for child in block.children):
        return ""
    inner = [child for child in block.children if child.kind == kind or child.plain().strip()]
    return " ".join(inner[0].plain().replace("\u00ad", "").split()) if len(inner) == 1 else ""


def only_image(block: Node) -> Node | None:
    """The image of a paragraph that consists of one image alone."""
    inner = [child for child in block.children if child.kind != "soft-break"]
    if block.kind == "paragraph" and len(inner) == 1 and inner[0].kind == "image":
        return inner[0]
    return None


def numbers_of(items: Node) -> list[int]:
    """The numbers of an ordered list's items as they were written: they may be years or articles.

    If every item is `1.` (or `0.`), they are counted: the author left the numbering to Markdown.
    """
    start = items.attributes["start"]
    written = [item.attributes.get("number", start + at) for at, item in enumerate(items.children)]
    is_counted = start in (0, 1) and set(written) == {start}
    return list(range(start, start + len(written))) if is_counted else written


def with_notes(blocks: list[Node], notes: dict[str, Node]) -> list[Node]:
    """The blocks, then the footnotes that they or these footnotes refer to."""
    waiting, named = deque(blocks), dict[str, None]()
    while waiting:
        marks = [node.text for node in waiting.popleft().walk() if node.kind == "footnote-mark"]
        new = [name for name in dict.fromkeys(marks) if name in notes and name not in named]
        named |= dict.fromkeys(new)
        waiting += [notes[name] for name in new]
    return [*blocks, *(notes[name] for name in named)]

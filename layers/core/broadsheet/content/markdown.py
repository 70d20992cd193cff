"""Markdown as a tree with line numbers; the one place that knows the parser (pyromark).

Shape: `Node.kind` is one of the names below.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pyromark

from broadsheet.characters import without_hidden
from broadsheet.content.event_names import BRANCH_NAMES, LEAF_NAMES, attributes_of
from broadsheet.content.hidden_html import ENDED, comment_ends_twice, hidden_in
from broadsheet.content.labels import Definition, Stated, definitions, stated
from broadsheet.content.lines import as_written, goes_on
from broadsheet.content.markdown_source import (
    Fence,
    event_name,
    fence_in,
    line_numbers,
    without_endless_html,
    without_indented_code,
)
from broadsheet.content.misreadings import (
    STARS,
    Misreading,
    is_about,
    is_product,
    is_underlined_text,
    lost_cells,
)
from broadsheet.content.node import Node
from broadsheet.content.raw_html import PHRASES, HtmlToken, inline_piece, kept, pieces

__all__ = [
    "DEEPEST",
    "MOST_PARTS",
    "Fence",
    "Hidden",
    "Misreading",
    "Node",
    "Parsed",
    "TooManyPartsError",
    "parse",
    "parsed",
]

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
_SIGNS = ("*", "_", "`", "~")
DEEPEST = 100
MOST_PARTS = 30_000  # a long weekly has a tenth of it
_TASK = {True: "☑ ", False: "☐ "}
_NESTING = {"quote", "list", "item", "footnote", "emphasis", "strong", "deleted", "link", "image"}
_ORDINAL = re.compile(rb"(\d{1,9})[.)]")
_SPACES = re.compile(r"\s+")
_IN_WORDS = PHRASES | {
    *("abbr", "big", "cite", "dfn", "font", "ins", "kbd", "mark", "q", "samp", "small", "time", "tt", "var"),
    *("nobr", "wbr"),
}
_BREAK = HtmlToken("words", text=" ")  # in the place of a tag that sets words apart and is not shown


@dataclass(frozen=True, order=True)
class Hidden:
    """An element of HTML that pages do not show."""

    line: int
    name: str


@dataclass(frozen=True)
class Parsed:
    """A text's blocks; the HTML in it that is not shown; the line where it nests too deeply, or 0.

    `links` are the definitions of links by label, `fences` those that look as if they took in too much,
    `misreadings` what else did not become what it was meant to be, `stated` all lines that define a link.
    """

    blocks: tuple[Node, ...]
    hidden: tuple[Hidden, ...]
    too_deep_at: int
    links: tuple[Definition, ...] = ()
    fences: tuple[Fence, ...] = ()
    misreadings: tuple[Misreading, ...] = ()
    stated: tuple[Stated, ...] = ()


class TooManyPartsError(ValueError):
    """The text has more than `MOST_PARTS` parts. Nothing was made of it."""


@dataclass
class _Open:
    kind: str
    line: int
    attributes: dict[str, Any]
    children: list[Node] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)


def parse(text: str, lines_above: int = 0) -> tuple[Node, ...]:
    """The blocks of a Markdown text: those of `parsed`."""
    return parsed(text, lines_above).blocks


def parsed(text: str, lines_above: int = 0) -> Parsed:
    """A Markdown text, CommonMark with tables, footnotes, strikethrough and tasks.

    What is nested deeper than `DEEPEST` joins the level above, so that nobody who walks the tree runs out
    of stack. HTML reaches the tree only as far as pages show it, its tags in pairs; one that never ends
    takes nothing with it. What entities stand for is cleaned of control characters.
    `lines_above` is how many lines of the file stand above the text.

    Raises:
        TooManyPartsError: refuse the text.
    """
    raw, opened = without_endless_html(
        without_indented_code(text.encode("utf-8", "replace"), _events), _events
    )
    line_at = line_numbers(raw, lines_above)
    reader = _Reader(raw, line_at)
    blocks = reader.read(_events(raw))
    above = [Hidden(line + lines_above, name) for line, name in opened]
    hidden = tuple(sorted({*above, *reader.hidden}))
    links, lines = [], []
    if b"]:" in raw:
        links = definitions(raw, reader.covered, line_at, _definition)
        lines = stated(raw, reader.covered, line_at)
    told = tuple(reader.fences), tuple(reader.misreadings)
    return Parsed(blocks, hidden, reader.too_deep_at, tuple(links), *told, tuple(lines))


def _definition(text: str) -> tuple[str, str]:
    """Target and title of a definition of a link; nothing where it is none."""
    label = text[: text.index("]") + 1]
    for node in (
        n for block in _plain_blocks(f"{text}\n\n{label}") for n in block.walk() if n.kind == "link"
    ):
        return str(node.attributes["url"]), str(node.attributes["title"])
    return "", ""


def _plain_blocks(text: str) -> tuple[Node, ...]:
    raw = text.encode("utf-8", "replace")
    return _Reader(raw, lambda _: 0).read(_events(raw))


def _events(raw: bytes) -> Iterator[tuple[Any, Any]]:
    """The parser's events, each with the bytes that it is about.

    Raises:
        TooManyPartsError: more than `MOST_PARTS` of them.
    """
    for count, event in enumerate(pyromark.events_with_range(raw.decode(), options=_OPTIONS)):
        if count > 2 * MOST_PARTS:
            raise TooManyPartsError
        yield event


class _Reader:
    """Makes the tree of one text's events."""

    def __init__(self, raw: bytes, line_at: Callable[[int], int]) -> None:
        self.raw, self.line_at = raw, line_at
        self.fences: list[Fence] = []
        self.covered: list[tuple[int, int]] = []
        self.hidden: list[Hidden] = []
        self.misreadings: list[Misreading] = []
        self.too_deep_at = 0

    def read(self, events: Iterator[tuple[Any, Any]]) -> tuple[Node, ...]:
        stack = [_Open("document", 1, {})]
        for event, span in events:
            name, detail = event_name(event)
            if name == "Start":
                stack.append(self.opened(detail, span, stack))
            elif name == "End":
                done = stack.pop()
                if done.kind == "product":
                    stars = Node("text", done.line, done.attributes["stars"])
                    stack[-1].children += [stars, *done.children, stars]
                elif done is not stack[-1] and (node := self.closed(done)):
                    stack[-1].children += self.lines_kept(node, done.span, stack[-1].kind)
            elif name in LEAF_NAMES:
                self.covered.append((span["start"], span["end"]))
                words = without_hidden(detail) if isinstance(detail, str) else _TASK.get(detail, "")
                leaf = Node(LEAF_NAMES[name], self.line_at(span["start"]), words)
                if words.startswith(_SIGNS) and self.raw[span["start"] - 1 : span["start"]] == b"\\":
                    leaf = replace(leaf, attributes={"is_escaped": True})
                stack[-1].children.append(leaf)
        return tuple(stack[0].children)

    def opened(self, detail: Any, span: dict[str, int], stack: list[_Open]) -> _Open:  # noqa: ANN401  # as the parser gives it
        kind, inner = event_name(detail)
        name, line = BRANCH_NAMES.get(kind, "paragraph"), self.line_at(span["start"])
        if kind == "CodeBlock" and inner != "Indented":
            fence = fence_in(self.raw, span["start"], span["end"], self.line_at)
            self.fences += [fence] if fence else []
        if len(stack) > DEEPEST and name in _NESTING:
            self.too_deep_at = self.too_deep_at or line
            return stack[-1]
        if kind in STARS and is_product(self.raw, span, len(STARS[kind])):
            return _Open("product", line, {"stars": STARS[kind]})
        if kind == "Strikethrough" and is_about(self.raw, span):
            return _Open("product", line, {"stars": "~"})
        if kind == "TableRow":
            row, columns = self.raw[span["start"] : span["end"]], len(stack[-1].attributes["alignments"])
            if b"|" not in row and columns > 1:
                self.misreadings.append(
                    Misreading(line, "line-goes-on", row.decode("utf-8", "replace").strip())
                )
            elif lost := lost_cells(row, columns):
                self.misreadings.append(Misreading(line, "table-cells-lost", lost))
        attributes = attributes_of(kind, inner)
        if kind == "List":
            attributes["mark"] = self.raw[span["start"] : span["start"] + 1].decode("ascii", "replace")
        if kind == "Item" and (ordinal := _ORDINAL.match(self.raw, span["start"])):
            attributes["number"] = int(ordinal[1])
        return _Open(name, line, attributes, span=(span["start"], span["end"]))

    def lines_kept(self, node: Node, span: tuple[int, int], parent: str) -> list[Node]:
        """The block; a paragraph by its lines, where these were meant as more than one."""
        raw = self.raw[self.raw.rfind(b"\n", 0, span[0]) + 1 : span[1]]
        if lazy := goes_on(node, parent, raw):
            self.misreadings.append(Misreading(lazy[0], "line-goes-on", lazy[1]))
        if parent not in ("document", "quote"):
            return [node]
        if node.kind == "heading" and is_underlined_text(node, self.raw, span[0]):
            self.misreadings.append(Misreading(node.line, "heading-underlined", node.plain().strip()))
        if node.kind != "paragraph" or not any(child.kind == "soft-break" for child in node.children):
            return [node]
        return as_written(node, raw)

    def closed(self, done: _Open) -> Node | None:
        """The node, its HTML held to what pages show; None if nothing of it is left."""
        if done.kind == "html-block":
            return self.html_block(done)
        children = done.children
        if any(child.kind == "html" for child in children):
            children = self.shown(children)
        return Node(done.kind, done.line, "", tuple(children), done.attributes)

    def html_block(self, done: _Open) -> Node | None:
        """A block of HTML; one without any tag for a block is a paragraph like others."""
        whole = "".join(child.text for child in done.children)
        self.hidden += [Hidden(done.line + below, name) for below, name in hidden_in(whole, whole)]
        found = pieces(whole)
        stays, hidden = kept(found)
        self.hidden += [Hidden(done.line, name) for name in hidden]
        left = [
            piece if stay else _BREAK
            for piece, stay in zip(found, stays, strict=True)
            if stay or (piece.kind in ("open", "close") and piece.name not in _IN_WORDS)
        ]
        if not any(piece.kind != "words" or piece.text.strip() for piece in left):
            return None
        tags = {piece.name for piece in left if piece.kind != "words"}
        children = [
            Node("html", done.line, piece.text)
            if piece.kind != "words"
            else Node("text", done.line, piece.text if "pre" in tags else _SPACES.sub(" ", piece.text))
            for piece in left
        ]
        return Node("paragraph" if tags <= PHRASES else "html-block", done.line, "", _trimmed(children))

    def shown(self, children: list[Node]) -> list[Node]:
        """Siblings within a paragraph without the tags that pages do not show."""
        tags = [child for child in children if child.kind == "html"]
        whole = "".join(child.text for child in tags)
        for child in tags:
            self.hidden += [Hidden(child.line, name) for _, name in hidden_in(child.text, whole)]
        if line := comment_ends_twice(children):
            self.hidden.append(Hidden(line, ENDED))
        found = [inline_piece(child.text) if child.kind == "html" else None for child in children]
        stays, hidden = kept(found)
        self.hidden += [Hidden(tags[0].line, name) for name in hidden]
        left: list[Node] = []
        for child, piece, stay in zip(children, found, stays, strict=True):
            if stay and (piece is not None or child.kind != "html"):
                left.append(child if piece is None else Node("html", child.line, piece.text))
            elif piece and piece.name not in _IN_WORDS and left and not left[-1].text.endswith(" "):
                left.append(Node("text", child.line, " "))
        return left


def _trimmed(children: list[Node]) -> tuple[Node, ...]:
    """The children without the spaces at their ends."""
    if children[0].kind == "text":
        children[0] = Node("text", children[0].line, children[0].text.lstrip())
    if children[-1].kind == "text":
        children[-1] = Node("text", children[-1].line, children[-1].text.rstrip())
    return tuple(child for child in children if child.text)

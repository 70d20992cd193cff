"""Markdown as a tree with line numbers; the one place that knows the parser (pyromark).

Shape: `Node.kind` is one of the names below.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyromark

from broadsheet.characters import without_control
from broadsheet.issues.node import Node
from broadsheet.issues.raw_html import PHRASES, endless, inline_piece, kept, pieces

__all__ = ["DEEPEST", "MOST_PARTS", "Hidden", "Node", "Parsed", "TooManyPartsError", "parse", "parsed"]

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
_LEAF_NAMES = {
    "Text": "text",
    "Code": "code",
    "Html": "html",
    "InlineHtml": "html",
    "FootnoteReference": "footnote-mark",
    "SoftBreak": "soft-break",
    "HardBreak": "hard-break",
    "Rule": "rule",
    "TaskListMarker": "text",
}
_BRANCH_NAMES = {
    "Paragraph": "paragraph",
    "Heading": "heading",
    "BlockQuote": "quote",
    "CodeBlock": "code-block",
    "HtmlBlock": "html-block",
    "List": "list",
    "Item": "item",
    "FootnoteDefinition": "footnote",
    "Table": "table",
    "TableHead": "table-head",
    "TableRow": "table-row",
    "TableCell": "table-cell",
    "Emphasis": "emphasis",
    "Strong": "strong",
    "Strikethrough": "deleted",
    "Link": "link",
    "Image": "image",
}
DEEPEST = 100
MOST_PARTS = 30_000  # a long weekly has a tenth of it
_TASK = {True: "☑ ", False: "☐ "}
_NESTING = {"quote", "list", "item", "footnote", "emphasis", "strong", "deleted", "link", "image"}
_MOST_ROUNDS = 3
_MAY_BE_ENDLESS = re.compile(rb"<(?:[!?]|script|pre|style|textarea)", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, order=True)
class Hidden:
    """An element of HTML that pages do not show."""

    line: int
    name: str


@dataclass(frozen=True)
class Parsed:
    """A text's blocks; the HTML in it that is not shown; the line where it nests too deeply, or 0."""

    blocks: tuple[Node, ...]
    hidden: tuple[Hidden, ...]
    too_deep_at: int


class TooManyPartsError(ValueError):
    """The text has more than `MOST_PARTS` parts. Nothing was made of it."""


@dataclass
class _Open:
    kind: str
    line: int
    attributes: dict[str, Any]
    children: list[Node] = field(default_factory=list)


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
    raw, opened = _without_endless_html(text.encode("utf-8", "replace"))
    reader = _Reader(_lines(raw, lines_above))
    blocks = reader.read(_events(raw))
    above = [Hidden(line + lines_above, name) for line, name in opened]
    return Parsed(blocks, tuple(sorted({*above, *reader.hidden})), reader.too_deep_at)


def _events(raw: bytes) -> Iterator[tuple[Any, Any]]:
    """The parser's events, each with the bytes that it is about.

    Raises:
        TooManyPartsError: more than `MOST_PARTS` of them.
    """
    for count, event in enumerate(pyromark.events_with_range(raw.decode(), options=_OPTIONS)):
        if count > 2 * MOST_PARTS:
            raise TooManyPartsError
        yield event


def _without_endless_html(raw: bytes) -> tuple[bytes, list[tuple[int, str]]]:
    """The text without openings of HTML that would take the rest of it along; where they stood, and names.

    The first few are taken away one by one; whoever wrote more gets their `<` set apart.
    """
    opened: list[tuple[int, str]] = []
    for _ in range(_MOST_ROUNDS):
        found = list(_endless_blocks(raw)) if _MAY_BE_ENDLESS.search(raw) else []
        line_at = _lines(raw, 0)
        opened += [(line_at(start), name) for start, _, name in found]
        for start, end, _ in reversed(found):
            raw = raw[:start] + raw[end:]
        if not found:
            return raw, opened
    return _MAY_BE_ENDLESS.sub(lambda found: b"< " + found[0][1:], raw), opened


def _endless_blocks(raw: bytes) -> Iterator[tuple[int, int, str]]:
    """Start and end of each opening that has no end, and its name."""
    start = -1
    lines: list[str] = []
    for event, span in _events(raw):
        if event == {"Start": "HtmlBlock"}:
            start, lines = span["start"], []
        elif event == {"End": "HtmlBlock"}:
            name, length = endless("".join(lines))
            if name:
                at = raw.index(b"<", start)
                first = "".join(lines)
                yield at, at + len(first[:length].lstrip(" \t").encode()), name
            start = -1
        elif start >= 0 and "Html" in event:
            lines.append(event["Html"])


class _Reader:
    """Makes the tree of one text's events."""

    def __init__(self, line_at: Callable[[int], int]) -> None:
        self.line_at = line_at
        self.hidden: list[Hidden] = []
        self.too_deep_at = 0

    def read(self, events: Iterator[tuple[Any, Any]]) -> tuple[Node, ...]:
        stack = [_Open("document", 1, {})]
        for event, span in events:
            name, detail = _named(event)
            if name == "Start":
                stack.append(self.opened(detail, span["start"], stack))
            elif name == "End":
                done = stack.pop()
                if done is not stack[-1] and (node := self.closed(done)):
                    stack[-1].children.append(node)
            elif name in _LEAF_NAMES:
                words = without_control(detail) if isinstance(detail, str) else _TASK.get(detail, "")
                stack[-1].children.append(Node(_LEAF_NAMES[name], self.line_at(span["start"]), words))
        return tuple(stack[0].children)

    def opened(self, detail: Any, start: int, stack: list[_Open]) -> _Open:  # noqa: ANN401  # as the parser gives it
        kind, inner = _named(detail)
        name, line = _BRANCH_NAMES.get(kind, "paragraph"), self.line_at(start)
        if len(stack) > DEEPEST and name in _NESTING:
            self.too_deep_at = self.too_deep_at or line
            return stack[-1]
        return _Open(name, line, _attributes(kind, inner))

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
        found = pieces("".join(child.text for child in done.children))
        stays, hidden = kept(found)
        self.hidden += [Hidden(done.line, name) for name in hidden]
        left = [piece for piece, stay in zip(found, stays, strict=True) if stay]
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
        found = [inline_piece(child.text) if child.kind == "html" else None for child in children]
        stays, hidden = kept(found)
        first = next(child.line for child in children if child.kind == "html")
        self.hidden += [Hidden(first, name) for name in hidden]
        return [
            child if piece is None else Node("html", child.line, piece.text)
            for child, piece, stay in zip(children, found, stays, strict=True)
            if stay and (piece is not None or child.kind != "html")
        ]


def _trimmed(children: list[Node]) -> tuple[Node, ...]:
    """The children without the spaces at their ends."""
    if children[0].kind == "text":
        children[0] = Node("text", children[0].line, children[0].text.lstrip())
    if children[-1].kind == "text":
        children[-1] = Node("text", children[-1].line, children[-1].text.rstrip())
    return tuple(child for child in children if child.text)


def _named(event: Any) -> tuple[str, Any]:  # noqa: ANN401  # events are strings or one-key dicts
    if isinstance(event, str):
        return event, None
    ((name, detail),) = event.items()
    return name, detail


def _attributes(kind: str, detail: Any) -> dict[str, Any]:  # noqa: ANN401  # as the parser gives it
    match kind:
        case "Heading":
            return {"level": int(detail["level"][1:])}
        case "List":
            return {"start": detail}
        case "Link" | "Image":
            scheme = "mailto:" if detail["link_type"] == "Email" else ""
            url, title = without_control(detail["dest_url"]), without_control(detail["title"])
            return {"url": scheme + url, "title": title}
        case "FootnoteDefinition":
            return {"name": detail}
        case "Table":
            return {"alignments": detail}
    return {}


def _lines(raw: bytes, lines_above: int) -> Callable[[int], int]:
    """A function from a byte offset to a line number."""
    starts = [0, *(found.end() for found in re.finditer(b"\n", raw))]
    return lambda offset: bisect_right(starts, offset) + lines_above

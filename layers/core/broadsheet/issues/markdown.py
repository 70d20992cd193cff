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
from broadsheet.issues.labels import Definition, definitions
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
_BY_LABEL = ("Reference", "Collapsed", "Shortcut")
DEEPEST = 100
MOST_PARTS = 30_000  # a long weekly has a tenth of it
_TASK = {True: "☑ ", False: "☐ "}
_NESTING = {"quote", "list", "item", "footnote", "emphasis", "strong", "deleted", "link", "image"}
_MOST_ROUNDS = 3
_MAY_BE_ENDLESS = re.compile(rb"<(?:[!?]|script|pre|style|textarea)", re.IGNORECASE)
_MAY_BE_INDENTED = re.compile(rb"^(?:[ >]*\t| {4}|[ \d.)*+>-]{4})", re.MULTILINE)
_INDENT = re.compile(rb"^((?:[ \t]{0,3}> ?)*)[ \t]+(?=\S)", re.MULTILINE)
_ONE_INDENT = re.compile(rb"^([ \t>]*?)(?:\t| {1,4})(?=\S)", re.MULTILINE)
_ORDINAL = re.compile(rb"(\d{1,9})[.)]")
_FENCE = re.compile(rb"[ \t]*(`{3,}|~{3,})")
_FENCED_HEADING = re.compile(rb"(?:^|\n)[ \t>]*\n[ \t>]{0,4}(#{2,3}[ \t]+\S)|^[ \t>]{0,4}(#{2,3}[ \t]+\S)")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, order=True)
class Hidden:
    """An element of HTML that pages do not show."""

    line: int
    name: str


@dataclass(frozen=True)
class Fence:
    """A fenced listing that is never closed, or that holds headings: the line of the first, or 0."""

    line: int
    heading_line: int
    is_closed: bool


@dataclass(frozen=True)
class Parsed:
    """A text's blocks; the HTML in it that is not shown; the line where it nests too deeply, or 0.

    `links` are the definitions of links by label, `fences` those that look as if they took in too much.
    """

    blocks: tuple[Node, ...]
    hidden: tuple[Hidden, ...]
    too_deep_at: int
    links: tuple[Definition, ...] = ()
    fences: tuple[Fence, ...] = ()


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
    raw, opened = _without_endless_html(_without_indented_code(text.encode("utf-8", "replace")))
    line_at = _lines(raw, lines_above)
    reader = _Reader(raw, line_at)
    blocks = reader.read(_events(raw))
    above = [Hidden(line + lines_above, name) for line, name in opened]
    hidden = tuple(sorted({*above, *reader.hidden}))
    links = definitions(raw, reader.covered, line_at, _definition) if b"]:" in raw else []
    return Parsed(blocks, hidden, reader.too_deep_at, tuple(links), tuple(reader.fences))


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


def _without_indented_code(raw: bytes) -> bytes:
    """The text without the indent that would make typewriter text of a paragraph: a letter has no such code.

    Lines within lists lose one level at a time, so that they stay in their item.
    """
    for _ in range(_MOST_ROUNDS):
        spans = list(_indented(raw)) if _MAY_BE_INDENTED.search(raw) else []
        if not spans:
            return raw
        for start, end, in_list in reversed(spans):
            line_start = raw.rfind(b"\n", 0, start) + 1
            indent = _ONE_INDENT if in_list else _INDENT
            raw = raw[:line_start] + indent.sub(rb"\1", raw[line_start:end]) + raw[end:]
    return raw


def _indented(raw: bytes) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each listing that is one by its indent alone, and whether a list holds it."""
    depth = 0
    for event, span in _events(raw):
        name, detail = _named(event)
        kind = _named(detail)[0] if name in ("Start", "End") else ""
        depth += (name == "Start" and kind in ("Item", "FootnoteDefinition")) - (
            name == "End" and kind in ("Item", "FootnoteDefinition")
        )
        if event == {"Start": {"CodeBlock": "Indented"}}:
            yield span["start"], span["end"], depth > 0


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

    def __init__(self, raw: bytes, line_at: Callable[[int], int]) -> None:
        self.raw, self.line_at = raw, line_at
        self.fences: list[Fence] = []
        self.covered: list[tuple[int, int]] = []
        self.hidden: list[Hidden] = []
        self.too_deep_at = 0

    def read(self, events: Iterator[tuple[Any, Any]]) -> tuple[Node, ...]:
        stack = [_Open("document", 1, {})]
        for event, span in events:
            name, detail = _named(event)
            if name == "Start":
                stack.append(self.opened(detail, span, stack))
            elif name == "End":
                done = stack.pop()
                if done is not stack[-1] and (node := self.closed(done)):
                    stack[-1].children.append(node)
            elif name in _LEAF_NAMES:
                self.covered.append((span["start"], span["end"]))
                words = without_control(detail) if isinstance(detail, str) else _TASK.get(detail, "")
                stack[-1].children.append(Node(_LEAF_NAMES[name], self.line_at(span["start"]), words))
        return tuple(stack[0].children)

    def opened(self, detail: Any, span: dict[str, int], stack: list[_Open]) -> _Open:  # noqa: ANN401  # as the parser gives it
        kind, inner = _named(detail)
        name, line = _BRANCH_NAMES.get(kind, "paragraph"), self.line_at(span["start"])
        if kind == "CodeBlock" and inner != "Indented":
            self.look_at_fence(span["start"], span["end"])
        if len(stack) > DEEPEST and name in _NESTING:
            self.too_deep_at = self.too_deep_at or line
            return stack[-1]
        attributes = _attributes(kind, inner)
        if kind == "Item" and (ordinal := _ORDINAL.match(self.raw, span["start"])):
            attributes["number"] = int(ordinal[1])
        return _Open(name, line, attributes)

    def look_at_fence(self, start: int, end: int) -> None:
        """Note a listing that looks as if its end had been forgotten."""
        opening, _, inside = self.raw[start:end].partition(b"\n")
        fence = _FENCE.match(opening)
        last = inside.rstrip().rpartition(b"\n")[2].strip(b" \t>")
        is_closed = bool(fence and len(last) >= len(fence[1]) and not last.strip(fence[1][:1]))
        heading = _FENCED_HEADING.search(inside)
        at = heading.start(1) if heading and heading[1] else heading.start(2) if heading else -1
        if not is_closed or heading:
            heading_line = self.line_at(start + len(opening) + 1 + at) if heading else 0
            self.fences.append(Fence(self.line_at(start), heading_line, is_closed))

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
            by_label = {"label": detail["id"]} if detail["link_type"] in _BY_LABEL else {}
            return {"url": scheme + url, "title": title, **by_label}
        case "FootnoteDefinition":
            return {"name": detail}
        case "Table":
            return {"alignments": detail}
    return {}


def _lines(raw: bytes, lines_above: int) -> Callable[[int], int]:
    """A function from a byte offset to a line number."""
    starts = [0, *(found.end() for found in re.finditer(b"\n", raw))]
    return lambda offset: bisect_right(starts, offset) + lines_above

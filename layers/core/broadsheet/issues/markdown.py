"""Markdown as a tree with line numbers; the one place that knows the parser (pyromark).

Shape: `Node.kind` is one of the names below; text, code, html and footnote marks keep theirs in `text`.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyromark

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_FOOTNOTES | pyromark.Options.ENABLE_STRIKETHROUGH
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
_NESTING = {"quote", "list", "item", "footnote", "emphasis", "strong", "deleted", "link", "image"}


@dataclass(frozen=True)
class Node:
    """A piece of a text. `line` counts from 1 within the parsed text.

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
        if self.kind in ("soft-break", "hard-break"):
            return " "
        return (
            ""
            if self.kind in ("html", "footnote-mark")
            else self.text + "".join(c.plain() for c in self.children)
        )

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class _Open:
    kind: str
    line: int
    attributes: dict[str, Any]
    children: list[Node] = field(default_factory=list)

    def closed(self) -> Node:
        return Node(self.kind, self.line, "", tuple(self.children), self.attributes)


def parse(text: str) -> tuple[Node, ...]:
    """The blocks of a Markdown text, CommonMark with tables, footnotes and strikethrough.

    What is nested deeper than `DEEPEST` joins the level above, so that nobody who walks the tree runs out
    of stack.
    """
    line_at = _lines(text.encode())
    stack = [_Open("document", 1, {})]
    for event, span in pyromark.events_with_range(text, options=_OPTIONS):
        name, detail = _named(event)
        if name == "Start":
            kind, inner = _named(detail)
            opened = _Open(
                _BRANCH_NAMES.get(kind, "paragraph"), line_at(span["start"]), _attributes(kind, inner)
            )
            too_deep = len(stack) > DEEPEST and opened.kind in _NESTING
            stack.append(stack[-1] if too_deep else opened)
        elif name == "End":
            done = stack.pop()
            if done is not stack[-1]:
                stack[-1].children.append(done.closed())
        elif name in _LEAF_NAMES:
            leaf = Node(_LEAF_NAMES[name], line_at(span["start"]), detail if isinstance(detail, str) else "")
            stack[-1].children.append(leaf)
    return tuple(stack[0].children)


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
            return {"url": scheme + detail["dest_url"], "title": detail["title"]}
        case "FootnoteDefinition":
            return {"name": detail}
        case "Table":
            return {"alignments": detail}
    return {}


def _lines(raw: bytes) -> Callable[[int], int]:
    """A function from a byte offset to a line number."""
    starts = [0, *(found.end() for found in re.finditer(b"\n", raw))]
    return lambda offset: bisect_right(starts, offset)

"""The source of a text before it is a tree: what the parser would take too much or too literally.

`Events` reads a text with the parser and gives its events, each with the bytes that it is about.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from broadsheet.content.raw_html import endless

Events = Callable[[bytes], Iterator[tuple[Any, Any]]]
_MAY_BE_INDENTED = re.compile(rb"^(?:[ >]*\t| {4}|[ \d.)*+>-]{4})", re.MULTILINE)
_INDENT = re.compile(rb"^((?:[ \t]{0,3}> ?)*)[ \t]+(?=\S)", re.MULTILINE)
_ONE_INDENT = re.compile(rb"^([ \t>]*?)(?:\t| {1,4})(?=\S)", re.MULTILINE)
_FENCE = re.compile(rb"[ \t]*(`{3,}|~{3,})")
_MAY_BE_ENDLESS = re.compile(rb"<(?:[!?]|script|pre|style|textarea)", re.IGNORECASE)
_MOST_ROUNDS = 3
_FENCED_HEADING = re.compile(rb"(?:^|\n)[ \t>]*\n[ \t>]{0,4}(#{2,3}[ \t]+\S)|^[ \t>]{0,4}(#{2,3}[ \t]+\S)")


@dataclass(frozen=True)
class Fence:
    """A fenced listing that is never closed, or that holds headings: the line of the first, or 0."""

    line: int
    heading_line: int
    is_closed: bool


def without_indented_code(raw: bytes, events: Events) -> bytes:
    """The text without the indent that would make typewriter text of a paragraph: a letter has no such code.

    Three blanks of it stay, as they tell paragraphs apart that have no empty line between them (`lines`).
    Lines within lists lose one level at a time, so that they stay in their item.
    """
    for _ in range(_MOST_ROUNDS):
        spans = list(_indented(raw, events)) if _MAY_BE_INDENTED.search(raw) else []
        if not spans:
            return raw
        for start, end, in_list in reversed(spans):
            line_start = raw.rfind(b"\n", 0, start) + 1
            indent, left = (_ONE_INDENT, rb"\1") if in_list else (_INDENT, rb"\1   ")
            raw = raw[:line_start] + indent.sub(left, raw[line_start:end]) + raw[end:]
    return raw


def _indented(raw: bytes, events: Events) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each listing that is one by its indent alone, and whether a list holds it."""
    depth = 0
    for event, span in events(raw):
        name, detail = event_name(event)
        kind = event_name(detail)[0] if name in ("Start", "End") else ""
        depth += (name == "Start" and kind in ("Item", "FootnoteDefinition")) - (
            name == "End" and kind in ("Item", "FootnoteDefinition")
        )
        if event == {"Start": {"CodeBlock": "Indented"}}:
            yield span["start"], span["end"], depth > 0


def without_endless_html(raw: bytes, events: Events) -> tuple[bytes, list[tuple[int, str]]]:
    """The text without openings of HTML that would take the rest of it along; where they stood, and names.

    The first few are taken away one by one; whoever wrote more gets their `<` set apart.
    """
    opened: list[tuple[int, str]] = []
    for _ in range(_MOST_ROUNDS):
        found = list(_endless_blocks(raw, events)) if _MAY_BE_ENDLESS.search(raw) else []
        line_at = line_numbers(raw, 0)
        opened += [(line_at(start), name) for start, _, name in found]
        for start, end, _ in reversed(found):
            raw = raw[:start] + raw[end:]
        if not found:
            return raw, opened
    return _MAY_BE_ENDLESS.sub(lambda found: b"< " + found[0][1:], raw), opened


def _endless_blocks(raw: bytes, events: Events) -> Iterator[tuple[int, int, str]]:
    """Start and end of each opening that has no end, and its name."""
    start = -1
    lines: list[str] = []
    for event, span in events(raw):
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


def fence_in(raw: bytes, start: int, end: int, line_at: Callable[[int], int]) -> Fence | None:
    """A listing that looks as if its end had been forgotten; None where it is well."""
    opening, _, inside = raw[start:end].partition(b"\n")
    fence = _FENCE.match(opening)
    last = inside.rstrip().rpartition(b"\n")[2].strip(b" \t>")
    is_closed = bool(fence and len(last) >= len(fence[1]) and not last.strip(fence[1][:1]))
    is_named = bool(fence and opening[fence.end() :].strip())  # none that closes another
    heading = _FENCED_HEADING.search(inside) if not (is_closed and is_named) else None
    if is_closed and not heading:
        return None
    at = max(heading.start(1), heading.start(2)) if heading else 0
    return Fence(line_at(start), line_at(start + len(opening) + 1 + at) if heading else 0, is_closed)


def event_name(event: Any) -> tuple[str, Any]:  # noqa: ANN401  # events are strings or one-key dicts
    """The name of an event or of its detail, and what it carries."""
    if isinstance(event, str):
        return event, None
    ((name, detail),) = event.items()
    return name, detail


def line_numbers(raw: bytes, lines_above: int) -> Callable[[int], int]:
    """A function from a byte offset to a line number."""
    starts = [0, *(found.end() for found in re.finditer(b"\n", raw))]
    return lambda offset: bisect_right(starts, offset) + lines_above

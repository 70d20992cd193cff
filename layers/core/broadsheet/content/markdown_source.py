"""Corrections of a Markdown source, before it is parsed, where the parser would misread whole paragraphs."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from broadsheet.content.misreadings import Misreading
from broadsheet.content.parser_events import Events, name_and_detail
from broadsheet.content.raw_html import endless

_MAY_BE_INDENTED = re.compile(rb"\n(?:[ >]*\t| {4}|[ \d.)*+>-]{4})")  # faster than with `^`
_INDENT = re.compile(rb"^((?:[ \t]{0,3}> ?)*)[ \t]+(?=\S)", re.MULTILINE)
_ONE_INDENT = re.compile(rb"^([ \t>]*?)(?:\t| {1,4})(?=\S)", re.MULTILINE)
_FENCE = re.compile(rb"[ \t]*(`{3,}|~{3,})")
_MAY_BE_ENDLESS = re.compile(rb"<(?:[!?]|script|pre|style|textarea)", re.IGNORECASE)
_MOST_ROUNDS = 3
_FENCED_HEADING = re.compile(rb"(?:^|\n)[ \t>]*\n[ \t>]{0,4}(#{2,3}[ \t]+\S)|^[ \t>]{0,4}(#{2,3}[ \t]+\S)")


def without_indented_code(raw: bytes, events: Events) -> bytes:
    """The text without the indents that turn a paragraph into code: newsletters indent no code.

    Outside lists three spaces stay, as `lines.py` splits paragraphs by them. Lines within lists lose one
    level at a time, so that they stay in their item.
    """
    for _ in range(_MOST_ROUNDS):
        spans = list(_indented_blocks(raw, events)) if _MAY_BE_INDENTED.search(b"\n" + raw) else []
        if not spans:
            return raw
        for start, end, in_list in reversed(spans):
            line_start = raw.rfind(b"\n", 0, start) + 1
            indent, left = (_ONE_INDENT, rb"\1") if in_list else (_INDENT, rb"\1   ")
            raw = raw[:line_start] + indent.sub(left, raw[line_start:end]) + raw[end:]
    return raw


def _indented_blocks(raw: bytes, events: Events) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each code block without a fence, and whether it is in a list or a footnote."""
    depth = 0
    for event, span in events(raw):
        name, detail = name_and_detail(event)
        if name in ("Start", "End") and name_and_detail(detail)[0] in ("Item", "FootnoteDefinition"):
            depth += 1 if name == "Start" else -1
        if event == {"Start": {"CodeBlock": "Indented"}}:
            yield span["start"], span["end"], depth > 0


def without_endless_html(raw: bytes, events: Events) -> tuple[bytes, list[tuple[int, str]]]:
    """The text without opening tags of HTML that never end, with the line and the name of each.

    The parser would take the remaining text as their content. After three rounds of removing them, a space
    is put after each remaining `<`.
    """
    removed: list[tuple[int, str]] = []
    for _ in range(_MOST_ROUNDS):
        found = list(_endless_tags(raw, events)) if _MAY_BE_ENDLESS.search(raw) else []
        if not found:
            return raw, removed
        line_at = line_numbers(raw, 0)
        removed += [(line_at(start), name) for start, _, name in found]
        for start, end, _ in reversed(found):
            raw = raw[:start] + raw[end:]
    return _MAY_BE_ENDLESS.sub(lambda found: b"< " + found[0][1:], raw), removed


def _endless_tags(raw: bytes, events: Events) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of each opening tag that has no end."""
    start = -1
    lines: list[str] = []
    for event, span in events(raw):
        if event == {"Start": "HtmlBlock"}:
            start, lines = span["start"], []
        elif event == {"End": "HtmlBlock"}:
            block = "".join(lines)
            name, length = endless(block)
            if name:
                at = raw.index(b"<", start)
                yield at, at + len(block[:length].lstrip(" \t").encode()), name
            start = -1
        elif start >= 0 and "Html" in event:
            lines.append(event["Html"])


def doubtful_fence(raw: bytes, start: int, end: int, line_at: Callable[[int], int]) -> Misreading | None:
    """A fenced code block that was probably meant to end earlier; None if nothing is wrong with it.

    It is never closed, or holds a heading after an empty line: then it may be two blocks that both lack
    their end, and the commentaries between them are lost.
    """
    opening, _, inside = raw[start:end].partition(b"\n")
    fence = _FENCE.match(opening)
    last = inside.rstrip().rpartition(b"\n")[2].strip(b" \t>")
    is_closed = bool(fence and len(last) >= len(fence[1]) and not last.strip(fence[1][:1]))
    has_language = bool(fence and opening[fence.end() :].strip())  # no closing fence has one
    heading = _FENCED_HEADING.search(inside) if not (is_closed and has_language) else None
    if not heading:
        return None if is_closed else Misreading(line_at(start), "fence-unclosed-end", {})
    at = max(heading.start(1), heading.start(2))
    rule = "fence-heading" if is_closed else "fence-unclosed"
    return Misreading(line_at(start), rule, {"inside": line_at(start + len(opening) + 1 + at)})


def line_numbers(raw: bytes, lines_above: int) -> Callable[[int], int]:
    """A function from a byte offset to a line number."""
    starts = [0, *(found.end() for found in re.finditer(b"\n", raw))]
    return lambda offset: bisect_right(starts, offset) + lines_above

"""HTML that an author wrote into Markdown: cut into tags and words, so that none of it is ever active.

Only tags that pages show are kept, and only in pairs: an unclosed one would take the rest of the text with
it. Words between tags stay words, but for what a browser would not show either.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from broadsheet.characters import without_control

PHRASES = {*("a", "b", "br", "code", "del", "em", "i", "s", "span", "strong", "sub", "sup", "u")}
_BLOCKS = {
    *("blockquote", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
    *("section", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_SHOWN = PHRASES | _BLOCKS
_EMPTY = {"br", "hr"}
_UNSEEN = {"script", "style"}
_DEEPEST = 20
_ENCLOSED = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)([^<>]*)>")
_INLINE_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)(.*)>", re.DOTALL)
_ATTRIBUTES = re.compile(
    r"""(?:\s+[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*/?""", re.ASCII
)
_LONGEST_ATTRIBUTES = 2_000
_RAW_OPENER = re.compile(r"[ \t]*<(script|pre|style|textarea)(?=[\s>]|$)(?:[^<>\n]*>)?", re.IGNORECASE)
_RAW_END = re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE)


@dataclass(frozen=True)
class HtmlToken:
    """A tag or some words. `kind` is open, close, empty, words, or hidden: then `name` says of what."""

    kind: str
    name: str = ""
    text: str = ""


def endless(block: str) -> tuple[str, int]:
    """The name of an element that a block of HTML opens and never ends, and how long its opening is.

    A parser of Markdown takes everything to the end of the text into such a block. Else `("", 0)`.
    """
    if found := _RAW_OPENER.match(block):
        return ("", 0) if _RAW_END.search(block) else (found[1].lower(), found.end())
    bare = block.lstrip(" \t")
    for opener, end in _ENCLOSED:
        if bare.startswith(opener):
            return ("", 0) if end in bare else (opener, len(block) - len(bare) + len(opener))
    return "", 0


def pieces(block: str) -> list[HtmlToken]:
    """A block of HTML, cut at its tags; comments and the like are left out."""
    found: list[HtmlToken] = []
    absent: set[str] = set()
    at = 0
    while at < len(block):
        start = block.find("<", at)
        found.append(_words(block[at:] if start < 0 else block[at:start]))
        if start < 0:
            break
        if tag := _TAG.match(block, start):
            found.append(_tag(tag))
            at = tag.end()
            continue
        opener, end = next((p for p in _ENCLOSED if block.startswith(p[0], start)), ("<", ""))
        at = start + len(opener)
        if not end:
            found.append(HtmlToken("words", text="<"))
        elif end in absent or (close := block.find(end, at)) < 0:
            absent.add(end)
            found.append(HtmlToken("hidden", opener))
        else:
            at = close + len(end)
    return [piece for piece in found if piece.kind != "words" or piece.text]


def inline_piece(html: str) -> HtmlToken | None:
    """A tag within a paragraph; None for a comment and the like."""
    found = _INLINE_TAG.fullmatch(html)
    return _tag(found) if found else None


def _words(text: str) -> HtmlToken:
    return HtmlToken("words", text=without_control(unescape(text)))


def _tag(found: re.Match[str]) -> HtmlToken:
    """The piece that a tag is; its attributes are kept where each is whole."""
    closes, name, rest = bool(found[1]), found[2].lower(), found[3]
    if closes:
        return HtmlToken("close", name, f"</{name}>")
    whole = len(rest) <= _LONGEST_ATTRIBUTES and _ATTRIBUTES.fullmatch(rest)
    return HtmlToken(
        "empty" if name in _EMPTY else "open", name, f"<{name}{rest.rstrip('/') if whole else ''}>"
    )


def kept(found: Sequence[HtmlToken | None]) -> tuple[list[bool], list[str]]:
    """Which of these siblings stay, None standing for what is no HTML; and the names of tags that don't.

    What stands between the tags of a script or a style goes with them.
    """
    pairing = _Pairing(found)
    at = 0
    while at < len(found):
        at = pairing.take(at)
    return pairing.stays, pairing.hidden + [name for name, _ in pairing.opened]


class _Pairing:
    """Tags finding their ends."""

    def __init__(self, found: Sequence[HtmlToken | None]) -> None:
        self.found = found
        self.stays = [piece is None or piece.kind in ("words", "empty") for piece in found]
        self.hidden: list[str] = []
        self.opened: list[tuple[str, int]] = []
        self.depth: Counter[str] = Counter()
        self.last_end = {piece.name: at for at, piece in enumerate(found) if piece and piece.kind == "close"}

    def take(self, at: int) -> int:
        """Settle one piece; where the next is."""
        piece = self.found[at]
        if piece is None or piece.kind in ("words", "empty"):
            return at + 1
        if piece.kind == "close":
            if self.depth[piece.name]:
                self.close(piece.name, at)
        elif piece.kind == "open" and piece.name in _SHOWN and len(self.opened) < _DEEPEST:
            self.opened.append((piece.name, at))
            self.depth[piece.name] += 1
        else:
            self.hidden.append(piece.name)
            if piece.name in _UNSEEN and self.last_end.get(piece.name, -1) > at:
                return self.leave_out(piece.name, at)
        return at + 1

    def leave_out(self, name: str, at: int) -> int:
        """Drop everything from here to the end of that name; where the next is."""
        closing = HtmlToken("close", name, f"</{name}>")
        while self.found[at] != closing:
            self.stays[at] = False
            at += 1
        return at + 1

    def close(self, name: str, at: int) -> None:
        """Pair a closing tag with the last one open; those between are left out."""
        while True:
            other, start = self.opened.pop()
            self.depth[other] -= 1
            if other == name:
                self.stays[start] = self.stays[at] = True
                return
            self.hidden.append(other)

"""Splits an author's HTML into tags and words, so that none of it is ever active.

Only tags that pages show are kept, and only in pairs: an unclosed tag would apply to the remaining text.
Words between tags stay words, except in elements whose content no browser shows.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from broadsheet.characters import without_control
from broadsheet.content.node import PHRASE_TAGS

BLOCK_TAGS = frozenset(
    {
        *("blockquote", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
        *("section", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    }
)
_SHOWN = PHRASE_TAGS | BLOCK_TAGS
_EMPTY = {"br", "hr"}
_WITHOUT_WORDS = {"script", "style"}
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
    """A tag or some words. `kind` is open, close, empty, words, or hidden (such as an unclosed comment)."""

    kind: str
    name: str = ""
    text: str = ""


def endless(block: str) -> tuple[str, int]:
    """The name of an element that a block of HTML opens and never closes, and the length of its opening tag.

    A Markdown parser takes the remaining text into such a block. `("", 0)` for any other block.
    """
    if found := _RAW_OPENER.match(block):
        return ("", 0) if _RAW_END.search(block) else (found[1].lower(), found.end())
    bare = block.lstrip(" \t")
    for opener, end in _ENCLOSED:
        if bare.startswith(opener):
            return ("", 0) if end in bare else (opener, len(block) - len(bare) + len(opener))
    return "", 0


def tokens(block: str) -> list[HtmlToken]:
    """The tags and words of a block of HTML, without comments and declarations."""
    found: list[HtmlToken] = []
    absent: set[str] = set()
    at = 0
    while at < len(block):
        start = block.find("<", at)
        words = block[at:] if start < 0 else block[at:start]
        found.append(HtmlToken("words", text=without_control(unescape(words))))
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
    return [token for token in found if token.kind != "words" or token.text]


def inline_token(html: str) -> HtmlToken | None:
    """A tag within a paragraph; None for a comment or a declaration."""
    found = _INLINE_TAG.fullmatch(html)
    return _tag(found) if found else None


def _tag(found: re.Match[str]) -> HtmlToken:
    """The tag without its attributes if one of them is malformed."""
    name, rest = found[2].lower(), found[3]
    if found[1]:
        return HtmlToken("close", name, f"</{name}>")
    is_whole = len(rest) <= _LONGEST_ATTRIBUTES and _ATTRIBUTES.fullmatch(rest)
    attributes = rest.rstrip("/") if is_whole else ""
    return HtmlToken("empty" if name in _EMPTY else "open", name, f"<{name}{attributes}>")


def paired(found: Sequence[HtmlToken | None]) -> tuple[list[bool], list[str]]:
    """Whether each of these siblings stays, and the names of the dropped tags.

    None stands for a sibling that is no HTML. The content of a script or a style is dropped with its tags.
    """
    pairing = _Pairing(found)
    at = 0
    while at < len(found):
        at = pairing.take(at)
    return pairing.stays, pairing.hidden + [name for name, _ in pairing.opened]


class _Pairing:
    def __init__(self, found: Sequence[HtmlToken | None]) -> None:
        self.found = found
        self.stays = [token is None or token.kind in ("words", "empty") for token in found]
        self.hidden: list[str] = []
        self.opened: list[tuple[str, int]] = []
        self.depth: Counter[str] = Counter()
        self.last_end = {token.name: at for at, token in enumerate(found) if token and token.kind == "close"}

    def take(self, at: int) -> int:
        """Decide on one token; the index of the next one."""
        token = self.found[at]
        if token is None or token.kind in ("words", "empty"):
            return at + 1
        if token.kind == "close":
            if self.depth[token.name]:
                self.close(token.name, at)
        elif token.kind == "open" and token.name in _SHOWN and len(self.opened) < _DEEPEST:
            self.opened.append((token.name, at))
            self.depth[token.name] += 1
        else:
            self.hidden.append(token.name)
            if token.name in _WITHOUT_WORDS and self.last_end.get(token.name, -1) > at:
                return self.drop_content(token.name, at)
        return at + 1

    def drop_content(self, name: str, at: int) -> int:
        """Drop the tokens up to the closing tag of that name; the index of the next one."""
        closing = HtmlToken("close", name, f"</{name}>")
        while self.found[at] != closing:
            self.stays[at] = False
            at += 1
        return at + 1

    def close(self, name: str, at: int) -> None:
        """Keep the closing tag and the last opening tag of that name; drop the tags opened in between."""
        while True:
            other, start = self.opened.pop()
            self.depth[other] -= 1
            if other == name:
                self.stays[start] = self.stays[at] = True
                return
            self.hidden.append(other)

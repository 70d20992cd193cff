"""Text of a WXR file made well-formed where real exports break XML, and parted where items begin.

Real exports hold addresses with a bare `&` (`wp:comment_author_url`), HTML's entities and, if older than
WordPress 3.2, `]]>` inside a CDATA section.
"""

import re
import sys
from collections.abc import Iterator
from html.entities import html5
from xml.sax.saxutils import escape  # parses nothing

_LONGEST_TAG, _LONGEST_ENTITY, _LOOK_AHEAD = 100_000, 40, 200
_NO_TAG = "< "  # what cannot be a tag breaks its item
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_OPENING, _CLOSING = "<![CDATA[", "]]>"
_AMPERSAND = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,32});)?")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_END_OF_TEXT = re.compile(
    r"\]\]>\s*(?:<!\[CDATA\["
    r"|</(?:[a-z]+:[\w.-]+|title|link|pubDate|guid|description|category|language|generator)\s*>)"
)


def repaired(chunks: Iterator[str]) -> Iterator[str]:
    """The text in parts; one that begins with `<item` begins an item, unless it is in a CDATA section."""
    held, within, first = "", False, True
    for chunk in chunks:
        text = held + chunk
        if first:
            text, first = _without_what_precedes(text), False
        done: list[str] = []
        held, within = _repair(text, done, within=within, last=False)
        yield from _at_items("".join(done))
    done = []
    _repair(held, done, within=within, last=True)
    yield from _at_items("".join(done))


def _without_what_precedes(text: str) -> str:
    """Line ends only for warnings of PHP and the XML declaration, whose encoding may be wrong."""
    declaration = _DECLARATION.search(text)
    if declaration and "<rss" not in text[: declaration.start()]:
        return "\n" * text.count("\n", 0, declaration.end()) + text[declaration.end() :]
    return text


def _repair(text: str, done: list[str], *, within: bool, last: bool) -> tuple[str, bool]:
    """Puts into `done` what can be judged by now; gives the rest, and whether it is in a CDATA section."""
    at = 0
    while True:
        if within:
            end = text.find(_CLOSING, at)
            if end < 0 or (end + _LOOK_AHEAD > len(text) and not last):
                stop = len(text) if last else max(at, len(text) - 2 if end < 0 else end)
                done.append(text[at:stop])
                return text[stop:], True
            done.append(text[at:end])
            within = not _END_OF_TEXT.match(text, end) and not last
            done.append("]]]]><![CDATA[>" if within else _CLOSING)
            at = end + len(_CLOSING)
        else:
            start = text.find(_OPENING, at)
            if start < 0:
                stop = len(text) if last else _whole_tags(text, at)
                done.append(_well_formed(text[at:stop]))
                if len(text) - stop > _LONGEST_TAG:
                    done.append(_NO_TAG)
                    return "", False
                return text[stop:], False
            done.extend((_well_formed(text[at:start]), _OPENING))
            at, within = start + len(_OPENING), True


def _whole_tags(text: str, at: int) -> int:
    """Where the last tag or entity begins that may go on in what follows."""
    start = text.rfind("<", at)
    if start >= 0 and text.find(">", start) < 0:
        return start
    entity = text.rfind("&", max(at, len(text) - _LONGEST_ENTITY))
    return len(text) if entity < 0 else entity


def _well_formed(text: str) -> str:
    return _AMPERSAND.sub(_entity, text) if "&" in text else text


def _entity(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    if name in _OF_XML:
        return found[0]
    if name[0] == "#":
        code = int(f"0{name[1:]}", 0) if name[1] in "xX" else int(name[1:])
        return f"&#{code};" if _allowed(code) else ""
    if f"{name};" in html5:
        return escape(html5[f"{name};"])
    return f"&amp;{name};"


def _allowed(code: int) -> bool:
    """Whether XML 1.0 allows a character (section 2.2): no surrogates, no controls."""
    return code <= sys.maxunicode and not (0xD800 <= code <= 0xDFFF or NOT_IN_XML.match(chr(code)))  # noqa: PLR2004


def _at_items(text: str) -> Iterator[str]:
    begin = 0
    while (item := text.find("<item", begin + 1)) >= 0:
        yield text[begin:item]
        begin = item
    if text:
        yield text[begin:]

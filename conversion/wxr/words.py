"""Plain words of what WordPress keeps as HTML."""

import re
from html import unescape

_TAG = re.compile(r"<(?:[A-Za-z/!][^<>]*)>")
_SHORTCODE = re.compile(r"\[/?[a-z][\w-]*(?:\s+[\w-]+=[^\[\]]*)?/?\]")
_SHOWN = re.compile(r"<(?:img|iframe|video|audio|embed|object|hr|svg)\b", re.IGNORECASE)
_WORD = re.compile(r"(?:\A|>)[^<>]*[^\s<>]")
_SHORT = 2_000  # characters that may be nothing but empty paragraphs


def plain(text: str) -> str:
    """A title, name or alt text in one line, without tags and entities."""
    return " ".join(unescape(_TAG.sub("", text)).split()) if text else ""


def summary_of(excerpt: str) -> str:
    """An excerpt in one line, without the shortcodes that a theme would not show."""
    return plain(_SHORTCODE.sub("", excerpt))


def shows_something(html: str) -> bool:
    """Whether a body has words or pictures."""
    if len(html) > _SHORT and _WORD.search(html):
        return True
    return bool(_SHOWN.search(html)) or bool(plain(_without_comments(html)))


def _without_comments(html: str) -> str:
    before, *rest = html.split("<!--")
    return before + "".join(each.partition("-->")[2] for each in rest)

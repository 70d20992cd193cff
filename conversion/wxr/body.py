"""What of a post's body only the export can tell: pictures of galleries, texts of synced patterns and notes.

The rest stays as WordPress keeps it: blank lines as paragraphs, shortcodes, comments of the block editor.

Source: WordPress's documentation of the gallery shortcode, and of the blocks core/block and core/footnotes.
"""

import json
import re
from collections.abc import Mapping
from html import escape

Picture = tuple[str, str]  # its address and alternative text
_GALLERY = re.compile(r"(?<!\[)\[gallery\b([^\[\]]{0,2000})\](?!\])", re.IGNORECASE)
_IDS = re.compile(r"""\b(?:ids|include)\s*=\s*["']?([\d,\s]+)""", re.IGNORECASE)
_PATTERN = re.compile(r"""<!--\s*wp:block\s+\{[^{}]{0,200}?"ref":(\d{1,20})[^{}]{0,200}\}\s*/-->""")
_NOTES = re.compile(r"<!--\s*wp:footnotes\b[^>]{0,500}/-->")
_DEEPEST = 3  # patterns in patterns


def with_pictures_and_patterns(
    text: str, pictures: Mapping[str, Picture], attached: tuple[str, ...], patterns: Mapping[str, str]
) -> str:
    """The body with figures for `[gallery ids="4,5"]`, and with the patterns that it refers to.

    What a new page began is a new paragraph. A gallery without ids shows what is `attached` to the post.
    """
    text = with_patterns(text, patterns).replace("<!--nextpage-->", "\n\n<!--nextpage-->\n\n")
    return _GALLERY.sub(lambda found: _figures(found[1], pictures, attached), text)


def with_patterns(text: str, patterns: Mapping[str, str]) -> str:
    """The body with the patterns that it refers to."""
    for _ in range(_DEEPEST):
        if "wp:block" not in text:
            break
        text = _PATTERN.sub(lambda found: patterns.get(found[1], ""), text)
    return text


def with_notes(text: str, notes: str) -> str:
    """The body with its footnotes, which WordPress keeps in a field as `[{"id": …, "content": HTML}]`."""
    if not _NOTES.search(text):
        return text
    try:
        found = [(escape(note["id"]), str(note["content"])) for note in json.loads(notes or "[]")]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text
    items = "".join(f'<li id="{name}">{words} <a href="#{name}-link">↩</a></li>' for name, words in found)
    return _NOTES.sub(lambda _: f"\n\n<ol>{items}</ol>\n\n", text, count=1)


def _figures(attributes: str, pictures: Mapping[str, Picture], attached: tuple[str, ...]) -> str:
    ids = _IDS.search(attributes)
    found = (pictures.get(each) for each in (re.findall(r"\d+", ids[1]) if ids else attached))
    return "\n\n".join(("", *map(_figure, filter(None, found)), ""))


def _figure(picture: Picture) -> str:
    address, alt = map(escape, picture)
    return f'<figure><img src="{address}" alt="{alt}"></figure>'

"""The Markdown of a static site's text, with its codes, as the Markdown of our desk.

It is rendered as the old site did, and the HTML goes the way of all other systems' HTML: so headings,
pictures, raw HTML and footnotes have one reader and one writer.
"""

import re
from collections.abc import Callable

import pyromark

from conversion.html_to_markdown import ConvertedText, markdown_of
from conversion.template_codes import without_codes, without_dialects

_OPTIONS = (
    pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_DEFINITION_LIST
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
)
_TASK = re.compile(r'<input disabled="" type="checkbox"( checked="")?\s*/>')
_MARK = re.compile(r'<sup class="footnote-reference"><a href="#([^"]*)">([^<]*)</a></sup>')
_NOTE = re.compile(
    r'<div class="footnote-definition" id="([^"]*)"><sup class="footnote-definition-label">[^<]*</sup>'
)
_ALONE = re.compile(r'<p>(<img [^<>]*?) title="([^"]*)"([^<>]*>)</p>')


def markdown_of_folder_text(
    text: str,
    picture: Callable[[str], str | None],
    heading: int = 4,
    *,
    is_html: bool = False,
    is_typographic: bool = False,
) -> ConvertedText:
    """The text of a post of a static site; its highest headings get the level `heading`.

    `picture` gives the path beside the text for an address, or None if there is no such picture. `is_html` is
    for texts that are written in HTML with codes, `is_typographic` for sites that set quotes and dashes as in
    print.
    """
    html, lost = html_of_folder_text(text, is_html=is_html, is_typographic=is_typographic)
    found = markdown_of(html, picture, heading)
    return ConvertedText(found.markdown, found.pictures, (*lost, *found.lost))


def html_of_folder_text(
    text: str, *, is_html: bool, is_typographic: bool = False
) -> tuple[str, tuple[str, ...]]:
    """The text of a post as HTML without codes, and which of them are lost, in words."""
    lost: dict[str, None] = {}

    def lose(words: str) -> None:
        lost.setdefault(words)

    plain = without_codes(text, lose)
    html = plain if is_html else _html(without_dialects(plain, lose), is_typographic=is_typographic)
    return html, tuple(lost)


def _html(text: str, *, is_typographic: bool) -> str:
    """The Markdown as the HTML that other systems make: notes lead back, a picture's title is its caption."""
    options = _OPTIONS | pyromark.Options.ENABLE_SMART_PUNCTUATION if is_typographic else _OPTIONS
    html = pyromark.html(text, options=options)
    html = _TASK.sub(lambda found: "☑" if found[1] else "☐", html)
    html = _MARK.sub(r'<a id="fnref:\1" href="#fn:\1">\2</a>', html)
    html = _NOTE.sub(r'<div class="footnote" id="fn:\1"><a href="#fnref:\1">↩</a>', html)
    return _ALONE.sub(r"<figure>\1\3<figcaption>\2</figcaption></figure>", html)

"""Markdown of static sites as HTML, so that one converter decides what our pages can show.

Footnotes become links that lead there and back, as `footnotes.py` recognises them.
"""

import re

import pyromark

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES  # `## Title {#name}`, which Hugo and Pelican read
    | pyromark.Options.ENABLE_DEFINITION_LIST
)
_MARK = re.compile(r'<sup class="footnote-reference"><a href="#([^"]*)">[^<]*</a></sup>')
_NOTE = re.compile(
    r'<div class="footnote-definition" id="([^"]*)"><sup class="footnote-definition-label">[^<]*</sup>'
)


def html_of(markdown: str) -> str:
    """The HTML of a text in Markdown."""
    html = pyromark.html(markdown, options=_OPTIONS)
    html = _MARK.sub(r'<a id="note-mark-\1" href="#note-text-\1">\1</a>', html)
    return _NOTE.sub(r'<div id="note-text-\1"><a href="#note-mark-\1">↩</a>', html)

"""Markup that is shown as it was typed: hidden notes, and codes of other programs.

Searched in paragraphs, headings, items, cells and an author's HTML, but not in code.
"""

import re
from collections.abc import Iterable

from broadsheet.content.checks.typed_words import CODE, HOLDS_WORDS, TypedWords, typed_words
from broadsheet.content.checks.unclosed_signs import check_unclosed_signs
from broadsheet.content.checks.unread_links import check_unread_links
from broadsheet.content.findings import Findings
from broadsheet.content.node import Node, nodes_of

# Notes that an editor meant to hide, with a typing mistake or in the syntax of another program.
_HIDDEN = re.compile(
    r"<\s*!\s*[-–—−]"  # HTML, also with the dashes of word processors
    r"|<!\s*[^\W\d][^<>\n]*>|^\s*!--|<#--"
    r"|^\s*<[-–—−]{2,}\s|<(?:--|[–—−])!"
    r"|%%(?!(?-i:[A-Z][A-Z0-9_]*|[a-z]+(?:_[a-z0-9]+)+)%%)[^%\n]{3,}%%"  # Obsidian
    r"|\{#\s[^{}]*#\}|\{%-?\s*comment|\{\{-?\s*/\*|\{\{!|<%[#-]"  # templates
    r"|\{>>[^{}]*<<\}"  # CriticMarkup
    r"|(?<!\S)/\*\s[^*\n]*\*/"
    r"|^\[(?://|comment|_{1,2}[a-z]*_*|#)\]:",  # a comment as a definition of a link
    re.MULTILINE | re.IGNORECASE,
)
_MAY_BE_HIDDEN = re.compile(r"^\s*//[ \t]+\S.*$", re.MULTILINE)  # a programmer's comment
_SHORTCODES = "|".join(
    (
        *("audio", "button", "caption", "col", "column", "contact-form", "embed", "footnote", "gallery"),
        *("iframe", "img", "more", "newsletter", "playlist", "quote", "row", "spoiler", "subscribe", "tabs?"),
        *("toc", "tweet", "url", "video", "vimeo", "youtube"),
    )
)
_FOREIGN = re.compile(
    r"\{:?\s*[.#][\w-]+(?:\s+[.#]?[\w-]+(?:=\"[^\"\n]*\"|=\S+?)?)*\s*\}"  # attributes: {: .note} {#id}
    r"|\{:?\s*[\w-]+=(?:\"[^\"\n]*\"|[^\s{}]+)(?:\s+[^{}\n]*)?\}|\{:[^{}\n]*\}"
    r"|^\s{0,3}:::+.*$"  # containers of Pandoc and others
    r"|^\s{0,3}(?:!!!|\?\?\?\+?)\s+(?-i:[a-z])[\w-]*(?:\s+\"[^\"\n]*\")?\s*$"  # admonitions of MkDocs
    r"|^\[![A-Za-z][\w-]*\][+-]?"  # callouts
    rf"|\[(?:{_SHORTCODES})\](?!\()|\[/?\[?_?toc_?\]\]?(?!\()"
    r"|\[[a-z][\w-]*(?:\s+[\w-]+=(?:[\"“”'][^\"“”'\n\]]*[\"“”']|[^\s\]]+))+\s*/?\]|\[/[a-z][\w-]*\]"
    r"|\[(?:url|img|color|size|quote)=[^\]\n]+\]"  # BBCode
    r"|!?\[\[[^\[\]\n]+\]\]"  # wiki links
    r"|\^\[[^\[\]\n]+\]"  # notes within the line
    r"|(?<![=\w])==(?=\S)[^=\n]+(?<=\S)==(?![=\w])|\+\+(?=\S)[^+\n]+(?<=\S)\+\+(?!\+)"
    r"|\{==|\{\+\+|\{--(?!\})|\{~~"  # CriticMarkup
    r"|(?<!\S)\|\|(?=\S)[^|\n]+(?<=\S)\|\|(?!\|)"  # spoilers
    r"|(?<!\S):[a-z][a-z0-9_+]{1,30}:(?=[\s.,!?)]|$)"  # :smile:
    r"|(?-i:\|[A-Z][A-Z0-9_:]{2,}\|)|(?-i:(?<![\w%])%[A-Z][A-Z_]{2,}%(?![\w%]))|\$\{[^{}\n]+\}|\{\$[\w.]+\}|<%=?|<\?php"
    r"|(?-i:%%(?:[A-Z][A-Z0-9_]+|[a-z]+(?:_[a-z0-9]+)+)%%)"  # fields of mailers
    r"|(?<![\w%])%[a-z]\w*(?:[._]\w+)+%(?![\w%])"
    r"|(?<!\{)\{(?:(?-i:[A-Z][A-Z0-9_]{2,})|[a-z]+(?:_[a-z0-9]+)+|unsubscribe\w*)(?:\|[^{}\n]*)?\}(?!\})"
    r"|(?-i:\[(?:[A-Z]+(?:_[A-Z]+)+|(?:FIRST|LAST|FULL|USER|F|L)?NAME|E?MAIL|[A-Z]*UNSUB[A-Z]*|[A-Z]*(?:URL|LINK))\])(?!\()"
    rf"|\{{/?(?:{_SHORTCODES})\}}|\{{/[a-z][\w-]*\}}"  # Joomla
    r"|\\[a-z]{3,}\*?\{|^\s{0,3}#\+[a-z_]+"  # LaTeX, Org
    r"|\$\$[^$\n]+\$\$|\\\[[^\n]+\\\]|^\s{0,3}\.\. [a-z-]+::|(?<!\S):[a-z]+:`"  # formulas, reStructuredText
    r"|^\s{0,3}\*\[[^\]\n]+\]:",  # abbreviations
    re.MULTILINE | re.IGNORECASE,
)
_FOREIGN_TARGET = re.compile(
    r"^\{(?:filename|static|attach|category|tag|author|index)\}|\{\{|\{%|^\[\[|%7[bB]%7[bB]"
    r"|^(?:https?://)?(?:(?:\{|%7[bB])\$?\w[\w.]*(?:\}|%7[dD])|(?:\[|%5[bB])[A-Z_]+(?:\]|%5[dD])|%(?:25)?[A-Za-z][\w.]{3,}%(?:25)?|\*(?:\||%7[cC]))"
)
_SIGNS_OF_A_TARGET = re.compile(r"[{\[%*]")  # each foreign target has one: faster to search
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2});")
_HINTS = re.compile(
    r"\{|\[|<|\$|%|&|\||==|\+\+|/\*|:[a-z:]|// |\\[a-z]|#\+|!--|!!!|\?\?\?|\*\[|\\\[|\.\. ", re.IGNORECASE
)  # faster to search than the patterns above: each begins with a sign
_LONGEST_SHOWN = 60


def check_leftover_markup(found: Findings, blocks: Iterable[Node]) -> None:
    """Report hidden notes and unread pictures (errors), codes of other programs, unclosed signs and links."""
    typed: list[TypedWords] = []
    nodes = nodes_of(blocks)
    for node in nodes:
        if node.kind == "link":
            url = str(node.attributes["url"])
            if _SIGNS_OF_A_TARGET.search(url) and _FOREIGN_TARGET.search(url):
                found.warn(node.line, "shortcode", code=url[:_LONGEST_SHOWN])
        elif node.kind in HOLDS_WORDS:
            typed.append(typed_words(node))
            _check(found, typed[-1])
    check_unclosed_signs(found, typed)
    check_unread_links(found, typed, (node for node in nodes if node.kind == "link"))


def _check(found: Findings, words: TypedWords) -> None:
    if not _HINTS.search(words.text):
        return
    for hidden in _HIDDEN.finditer(words.text):
        shown = words.text[hidden.start() : hidden.start() + _LONGEST_SHOWN].replace(CODE, "`")
        found.error(words.line(hidden.start()), "comment-shown", text=shown)
    for line in _MAY_BE_HIDDEN.finditer(words.text):
        shown = line[0].strip()[:_LONGEST_SHOWN].replace(CODE, "`")
        found.warn(words.line(line.start()), "comment-shown", text=shown)
    if entity := _ENTITY.search(words.text):
        found.warn(words.line(entity.start()), "entity-left", entity=entity[0])
    for foreign in _FOREIGN.finditer(words.text):
        shown = foreign[0].strip().replace(CODE, "`")[:_LONGEST_SHOWN]
        found.warn(words.line(foreign.start()), "shortcode", code=shown)

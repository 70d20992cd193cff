"""A line of words that pages, feeds and mails show without any form: titles, summaries, names, headlines."""

import re

from broadsheet.characters import UNSEEN, without_turning
from broadsheet.content.checks.leftover_markup import check_leftover_markup
from broadsheet.content.checks.words import check_literal
from broadsheet.content.findings import Findings
from broadsheet.content.markdown import TooManyPartsError, parsed
from broadsheet.content.node import Node
from broadsheet.content.raw_html import PHRASES

_BEFORE = "a "  # so that no line is taken for a list, a heading or a rule
_TAGS = PHRASES | {
    *("blockquote", "center", "dd", "div", "dl", "dt", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("ins", "li", "mark", "ol", "p", "section", "small", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    "wbr",
}
_NOT_A_TAG = re.compile(rf"<(?!/?(?:{'|'.join(sorted(_TAGS))})\b[^<>]*>|!--)", re.IGNORECASE)
_NEEDS_READING = re.compile(rf"[&*_`<\[\\~{UNSEEN}]")
_LOST_TAG = re.compile(r"<(?:a\s[^<>]*\bhref|del\b|s\b)", re.IGNORECASE)  # an anchor says nothing
_LOST = ("link", "image", "footnote-mark", "deleted")


def plain_words(found: Findings, line: int, key: str, written: str) -> str:
    """The words of a value of the head, read as the text is: entities, marks, tags, signs that nobody sees.

    What only a page could show is told.
    """
    words = " ".join(without_turning(written).split())
    if not _NEEDS_READING.search(words):
        return words
    try:
        text = parsed(_BEFORE + _NOT_A_TAG.sub(r"\\<", words))
    except TooManyPartsError:
        return words
    if len(text.blocks) != 1 or text.blocks[0].kind != "paragraph":
        return words
    block = text.blocks[0].mapped(
        lambda node: Node(node.kind, line, node.text, node.children, node.attributes)
    )
    for hidden in text.hidden:
        if hidden.name.startswith("<!"):
            found.error(line, "comment-shown", text=words[:60])
    check_literal(found, [block])
    check_leftover_markup(found, [block])
    report_lost_form(found, block, key)
    return " ".join(without_turning(block.plain()).split()).removeprefix(_BEFORE.strip()).strip()


def report_lost_form(found: Findings, node: Node, where: str) -> None:
    """Warn of links, pictures and the like in words that are shown without any form."""
    for part in node.walk():
        if part.kind in _LOST and not (part.kind == "link" and _is_its_own_words(part)):
            found.warn(part.line, "form-lost", where=where, what=part.plain()[:60] or f"[^{part.text}]")
            return
        if part.kind == "html" and _LOST_TAG.match(part.text):
            found.warn(part.line, "form-lost", where=where, what=part.text[:60])
            return


def _is_its_own_words(link: Node) -> bool:
    url = str(link.attributes["url"])
    return link.plain() in (url, url.removeprefix("mailto:"))

"""Words that pages, feeds and mails show without markup: titles, summaries, authors, headlines."""

import re

from broadsheet.characters import UNSEEN, without_turning
from broadsheet.content.checks.leftover_markup import check_leftover_markup
from broadsheet.content.checks.words import check_unparsed
from broadsheet.content.findings import Findings
from broadsheet.content.markdown import TooManyPartsError, parsed
from broadsheet.content.node import PHRASE_TAGS, Node, nodes_of
from broadsheet.content.raw_html import BLOCK_TAGS

_PREFIX = "a "  # so that no value is parsed as a list, a heading or a rule
_TAGS = (PHRASE_TAGS | BLOCK_TAGS) - {"figcaption", "figure", "pre"} | {
    *("center", "dd", "div", "dl", "dt", "font", "h1", "ins", "mark", "small", "wbr")
}
_NOT_A_TAG = re.compile(rf"<(?!/?(?:{'|'.join(sorted(_TAGS))})\b[^<>]*>|!--)", re.IGNORECASE)
_NEEDS_PARSING = re.compile(rf"[&*_`<\[\\~{UNSEEN}]")
_LOST_TAG = re.compile(r"<(?:a\s[^<>]*\bhref|del\b|s\b)", re.IGNORECASE)  # an anchor is no loss
_LOST_KINDS = ("link", "image", "footnote-mark", "deleted")


def plain_words(found: Findings, line: int, key: str, written: str) -> str:
    """The words of a front matter value, parsed like the text: entities, emphasis, tags, hidden characters.

    Markup that is lost is reported to `found`.
    """
    words = " ".join(without_turning(written).split())
    if not _NEEDS_PARSING.search(words):
        return words
    try:
        text = parsed(_PREFIX + _NOT_A_TAG.sub(r"\\<", words))
    except TooManyPartsError:
        return words
    if len(text.blocks) != 1 or text.blocks[0].kind != "paragraph":
        return words
    block = text.blocks[0].mapped(
        lambda node: Node(node.kind, line, node.text, node.children, node.attributes)
    )
    for misreading in text.misreadings:
        if misreading.rule.startswith("comment-") or str(misreading.values.get("tag")).startswith("<!"):
            found.error(line, "comment-shown", text=words[:60])
    check_unparsed(found, [block])
    check_leftover_markup(found, [block])
    report_lost_markup(found, block, key)
    return " ".join(without_turning(block.plain()).split()).removeprefix(_PREFIX.strip()).strip()


def report_lost_markup(found: Findings, node: Node, where: str) -> None:
    """Warn of the first link, image, footnote or deletion in words that are shown without markup."""
    for part in nodes_of([node]):
        if part.kind in _LOST_KINDS and not (part.kind == "link" and _is_its_own_text(part)):
            found.warn(part.line, "form-lost", where=where, what=part.plain()[:60] or f"[^{part.text}]")
            return
        if part.kind == "html" and _LOST_TAG.match(part.text):
            found.warn(part.line, "form-lost", where=where, what=part.text[:60])
            return


def _is_its_own_text(link: Node) -> bool:
    url = str(link.attributes["url"])
    return link.plain() in (url, url.removeprefix("mailto:"))

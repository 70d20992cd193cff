"""What a text's lines became, and were hardly meant to: cells that are lost, minus signs as bullets."""

import re
from collections.abc import Iterable

from broadsheet.content.findings import Findings
from broadsheet.content.misreadings import Misreading
from broadsheet.content.node import Node, inline_text, split_lines

_LONGEST_SHOWN = 60
_ROW = re.compile(r"\|[^|]*\|.*\|")
_RULE_OF_A_TABLE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?")
_FEWEST_ROWS = 2
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)?\s?(?:[°%℃]|C\b|degrees?\b|percent\b|град|працэнт|процент)|\d+[.,]?\d*\s*$",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\d[\d ()-]{8,}")


def report_misreading(found: Findings, misreading: Misreading) -> None:
    """Report text that the parser lost (an error) or misread."""
    text = misreading.text[:_LONGEST_SHOWN]
    if misreading.rule == "table-cells-lost":
        found.strict(misreading.line, misreading.rule, text=text)
    else:
        found.warn(misreading.line, misreading.rule, text=text)


def check_structure(found: Findings, blocks: Iterable[Node]) -> None:
    """Warn of rows of a table that is none, and of a sign before a number that became a bullet."""
    for block in blocks:
        for node in block.walk():
            if node.kind == "paragraph":
                _check_rows(found, node)
            elif node.kind == "quote":
                _check_quote(found, node)
            elif node.kind == "list" and node.attributes["start"] is None and node.attributes["mark"] != "*":
                _check_sign(found, node)


def _check_quote(found: Findings, quote: Node) -> None:
    """A quotation that is nothing but a number was hardly said: `> 50 %` means more than that."""
    words = quote.plain().strip()
    if _NUMBER.match(words) and len(words) <= _LONGEST_SHOWN:
        found.warn(quote.line, "sign-as-quote", text=words)


def _check_rows(found: Findings, paragraph: Node) -> None:
    if not any(child.kind == "text" and "|" in child.text for child in paragraph.children):
        return
    lines = [(line[0].line, inline_text(line)) for line in split_lines(paragraph)]
    rows = [at for at, words in lines if _ROW.fullmatch(words) or _RULE_OF_A_TABLE.fullmatch(words)]
    if len(rows) >= _FEWEST_ROWS:
        found.warn(rows[0], "table-not-read", text=dict(lines)[rows[0]][:_LONGEST_SHOWN])


def _check_sign(found: Findings, items: Node) -> None:
    """A list of one item that begins with a number may be a negative number, or a telephone's."""
    words = items.children[0].plain() if len(items.children) == 1 else ""
    is_phone = items.attributes["mark"] == "+" and _PHONE.match(words)
    if is_phone or _NUMBER.match(words):
        found.warn(items.line, "sign-as-item", text=words[:_LONGEST_SHOWN])

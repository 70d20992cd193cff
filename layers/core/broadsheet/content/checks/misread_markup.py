"""Text that was parsed as something else than its author meant: lost cells, minus signs as bullets."""

import re
from collections.abc import Iterable

from broadsheet.content.findings import Findings
from broadsheet.content.misreadings import Misreading
from broadsheet.content.node import Node, inline_text, nodes_of, split_lines

_ERRORS = {"comment-unclosed", "comment-swallows", "comment-ends-twice", "html-hidden", "nested-too-deeply"}
_ERRORS_UNLESS_LENIENT = {"fence-unclosed", "html-struck", "html-unclosed", "table-cells-lost"}
_LONGEST_SHOWN = 60
_ROW = re.compile(r"\|[^|]*\|.*\|")
_TABLE_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?")
_FEWEST_ROWS = 2
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)?\s?(?:[°%℃]|C\b|degrees?\b|percent\b|град|працэнт|процент)|\d+[.,]?\d*\s*$",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\d[\d ()-]{8,}")


def report_misreadings(found: Findings, misreadings: Iterable[Misreading]) -> None:
    """Report what the parser lost or misread; an error if the meaning changes or hidden words would show."""
    for line, rule, values in misreadings:
        if rule in _ERRORS:
            found.error(line, rule, **values)
        elif rule in _ERRORS_UNLESS_LENIENT:
            found.strict(line, rule, **values)
        else:
            found.warn(line, rule, **values)


def check_misread_blocks(found: Findings, blocks: Iterable[Node]) -> None:
    """Warn of unparsed rows of tables, and of a `-`, `+` or `>` that a number was meant to have before it."""
    for node in nodes_of(blocks):
        if node.kind == "paragraph":
            _check_rows(found, node)
        elif node.kind == "quote":
            _check_quote(found, node)
        elif node.kind == "list" and node.attributes["start"] is None and node.attributes["mark"] != "*":
            _check_sign(found, node)


def _check_quote(found: Findings, quote: Node) -> None:
    """A quotation of a number alone was meant as a comparison: `> 50 %`."""
    words = quote.plain().strip()
    if _NUMBER.match(words) and len(words) <= _LONGEST_SHOWN:
        found.warn(quote.line, "sign-as-quote", text=words)


def _check_rows(found: Findings, paragraph: Node) -> None:
    if not any(child.kind == "text" and "|" in child.text for child in paragraph.children):
        return
    lines = [(line[0].line, inline_text(line)) for line in split_lines(paragraph)]
    rows = [at for at, words in lines if _ROW.fullmatch(words) or _TABLE_RULE.fullmatch(words)]
    if len(rows) >= _FEWEST_ROWS:
        found.warn(rows[0], "table-not-read", text=dict(lines)[rows[0]][:_LONGEST_SHOWN])


def _check_sign(found: Findings, items: Node) -> None:
    """A list of one item that begins with a number may be a negative number or a telephone number."""
    words = items.children[0].plain() if len(items.children) == 1 else ""
    is_phone = items.attributes["mark"] == "+" and _PHONE.match(words)
    if is_phone or _NUMBER.match(words):
        found.warn(items.line, "sign-as-item", text=words[:_LONGEST_SHOWN])

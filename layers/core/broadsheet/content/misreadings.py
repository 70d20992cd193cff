"""Characters that the parser reads as markup, or drops, although the author meant text."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from unicodedata import category

from broadsheet.content.node import Node

STARS = {"Emphasis": "*", "Strong": "**"}
_CELL_BORDER = re.compile(rb"(?<!\\)\|")
_ENDS_LIKE_TEXT = re.compile(r"[.…;,]$")
_ASCII = 0x7F


class Misreading(NamedTuple):
    """What the parser lost or misread: its line, the rule of the finding, the values of its sentences."""

    line: int
    rule: str
    values: dict[str, str | int]


def is_product(raw: bytes, span: Mapping[str, int], width: int) -> bool:
    """Whether stars between letters or digits mean themselves, as in 5*3*2, 2**3**2 or 2*a and b*3.

    An emphasis within a word (un*believ*able) has letters on both sides, no space, and more than two letters.
    """
    start, end = span["start"], span["end"]
    outside = raw[max(0, start - 1) : start] + raw[end : end + 1]
    if raw[start : start + 1] != b"*" or len(outside) < len("ab") or not _are_word_bytes(outside):
        return False
    inside = raw[start + width : end - width]
    neighbours = outside + inside[:1] + inside[-1:]
    return any(byte in b"0123456789" for byte in neighbours) or b" " in inside or len(inside) <= len("ab")


def is_approximation(raw: bytes, span: Mapping[str, int]) -> bool:
    """Whether two single tildes mean "about", as in ~20 (~$10), and strike nothing out.

    Source: GitHub Flavored Markdown 0.29, "Strikethrough (extension)": one tilde strikes out as two do.
    """
    inside = raw[span["start"] : span["end"]].decode("utf-8", "replace")
    if inside[:2] == "~~":
        return False
    after = raw[span["end"] : span["end"] + 3].decode("utf-8", "ignore")[:1]
    return any(char.isalnum() or category(char) == "Sc" for char in after) or (
        inside[1:2].isdigit() or category(inside[1]) == "Sc"
    )


def _are_word_bytes(content: bytes) -> bool:
    """Whether the bytes belong to letters or digits; all bytes above ASCII count as letters."""
    return all(byte > _ASCII or chr(byte).isalnum() for byte in content)


def lost_cells(row: bytes, columns: int) -> str:
    """The text after the last column in a row of a table, which the parser drops.

    Source: GitHub Flavored Markdown 0.29, "Tables (extension)": the excess is ignored.
    """
    row = row.strip(b" \t\n>").removeprefix(b"|")
    if row.count(b"|") < columns:
        return ""
    lost = [cell.strip() for cell in _CELL_BORDER.split(row)[columns:]]
    return b" | ".join(cell for cell in lost if cell).decode("utf-8", "replace")


def is_underlined_text(heading: Node, raw: bytes, start: int) -> bool:
    """Whether a line of `---` made a heading of a paragraph where the author meant a rule or front matter.

    Source: CommonMark 0.31, "Setext headings": a paragraph above such a line is a heading as a whole.
    """
    if raw[start : start + 1] == b"#":
        return False
    is_several = any(child.kind in ("soft-break", "hard-break") for child in heading.children)
    is_below_rule = raw[:start].rstrip(b" >").endswith(b"---\n")
    return is_several or is_below_rule or bool(_ENDS_LIKE_TEXT.search(heading.plain().strip()))

"""Cells of CSV: what one sees of them, the address in them, and cells that no spreadsheet runs.

A cell that begins like a formula gets an apostrophe before it. An import takes the apostrophe away again. A
cell that begins with apostrophes of its own before such a sign gets one more, so that both ways lead back to
the same text.
Source: OWASP, "CSV Injection": `=`, `+`, `-`, `@`, tab, carriage return, line feed, and the full-width forms.
"""

import re

from broadsheet.characters import without_unseen

HOLDS_ADDRESS = re.compile(
    r"(?:[^<>@]*<)?\s*(?:mailto:)?[^\s@,;|<>\"()]+@[^\s@,;|<>\"()]+\.[^\s@,;|<>\"()]+\s*>?"
)
_ASIDE = re.compile(r"\((?!no\)|not\)|off\)|left\)|out\))[\w/ ]{1,4}\)\s*$", re.IGNORECASE)
TAKEN_OUT = ("#", "-", "!", "*", "~", "/", "^", "?", "|", "%")
_ADDRESS = re.compile(r"[^\s@,;|<>\"()]+@[^\s@,;|<>\"()]+\.[^\s@,;|<>\"()]+")
_NAMED = re.compile(r"(?P<name>[^<>]*)<\s*(?P<address>[^<>]+)>")
_BETWEEN = re.compile(r"[\W_]+")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_QUOTED = re.compile(r"'(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def visible(cell: str) -> str:
    """What one sees of a cell: no signs without width, no spaces around, no apostrophe of `as_text`."""
    return without_quote(without_unseen(cell).strip())


def plain(text: str) -> str:
    """The letters and digits of a heading or a word, small: as which both are known."""
    return _BETWEEN.sub("", text.casefold())


def name_of(heading: str) -> str:
    """As what a heading is known: its letters and digits, without `(1/0)`, `(30d)`, `(UTC)` behind them."""
    seen = visible(heading)
    return plain(_ASIDE.sub("", seen)) or plain(seen)


def address_in(cell: str) -> str:
    """The address as it stands in a cell: alone, in `Name <address>`, or behind `mailto:`.

    "" where there are two, or where it stands behind a sign by which somebody took it out, as `#` or `-`.
    """
    found = cell.strip()
    if found.startswith(TAKEN_OUT):
        return ""
    found = without_quote(found)
    if named := _NAMED.fullmatch(found):
        if "@" in named["name"]:
            return ""
        found = named["address"].strip()
    return "" if found.startswith("#") else found.removeprefix("mailto:")


def addresses_in(cell: str) -> list[str]:
    """Whatever in a cell may be an address, with whatever stands around it."""
    return [found.removeprefix("mailto:").lstrip("".join(TAKEN_OUT)) for found in _ADDRESS.findall(cell)]


def as_text(cell: str) -> str:
    """The cell as a spreadsheet shows it and never runs it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def without_quote(cell: str) -> str:
    """The cell as it was before `as_text`; any other stays as it is."""
    return cell[1:] if _QUOTED.match(cell) else cell

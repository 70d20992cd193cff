"""Cells of CSV: their visible text, the address in them, and cells that no spreadsheet evaluates.

An export puts an apostrophe before a cell that begins like a formula, and an import removes it. A cell that
has apostrophes of its own before such a sign gets one more, so that the import restores the same text.
Source: OWASP, "CSV Injection": `=`, `+`, `-`, `@`, tab, carriage return, line feed, and the full-width forms.
"""

import re

from broadsheet.characters import without_unseen

HOLDS_ADDRESS = re.compile(
    r"(?:[^<>@]*<)?\s*(?:mailto:)?[^\s@,;|<>\"()]+@[^\s@,;|<>\"()]+\.[^\s@,;|<>\"()]+\s*>?"
)
_ASIDE = re.compile(r"\((?!no\)|not\)|off\)|left\)|out\))[\w/ ]{1,4}\)\s*$", re.IGNORECASE)
REMOVED_SIGNS = ("#", "-", "!", "*", "~", "/", "^", "?", "|", "%")
_ADDRESS = re.compile(r"[^\s@,;|<>\"()]+@[^\s@,;|<>\"()]+\.[^\s@,;|<>\"()]+")
_NAMED = re.compile(r"(?P<name>[^<>]*)<\s*(?P<address>[^<>]+)>")
_BETWEEN = re.compile(r"[\W_]+")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_QUOTED = re.compile(r"'(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def visible(cell: str) -> str:
    """The cell without invisible characters, surrounding spaces and the apostrophe of `as_text`."""
    return without_quote(without_unseen(cell).strip())


def plain(text: str) -> str:
    """The letters and digits of a heading or a word, in lower case: headings and words are compared so."""
    return _BETWEEN.sub("", text.casefold())


def name_of(heading: str) -> str:
    """A heading as it is compared: letters and digits, without a suffix such as `(1/0)`, `(30d)`, `(UTC)`."""
    seen = visible(heading)
    return plain(_ASIDE.sub("", seen)) or plain(seen)


def address_in(cell: str) -> str:
    """The address in a cell: alone, in `Name <address>`, or after `mailto:`.

    "" if there are two, or if it follows a sign that marks it as removed, such as `#` or `-`.
    """
    found = cell.strip()
    if found.startswith(REMOVED_SIGNS):
        return ""
    found = without_quote(found)
    if named := _NAMED.fullmatch(found):
        if "@" in named["name"]:
            return ""
        found = named["address"].strip()
    return "" if found.startswith("#") else found.removeprefix("mailto:")


def addresses_in(cell: str) -> list[str]:
    """Every part of a cell that may be an address, whatever is around it."""
    return [found.removeprefix("mailto:").lstrip("".join(REMOVED_SIGNS)) for found in _ADDRESS.findall(cell)]


def as_text(cell: str) -> str:
    """The cell with an apostrophe if a spreadsheet would evaluate it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def without_quote(cell: str) -> str:
    """The cell as it was before `as_text`; any other cell is not changed."""
    return cell[1:] if _QUOTED.match(cell) else cell

"""Cells of CSV that no spreadsheet runs: one that begins like a formula gets an apostrophe before it.

An import takes the apostrophe away again. A cell that begins with apostrophes of its own before such a
sign gets one more, so that both ways lead back to the same text.
Source: OWASP, "CSV Injection": `=`, `+`, `-`, `@`, tab, carriage return, line feed, and the full-width forms.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_QUOTED = re.compile(r"'(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def as_text(cell: str) -> str:
    """The cell as a spreadsheet shows it and never runs it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def without_quote(cell: str) -> str:
    """The cell as it was before `as_text`; any other stays as it is."""
    return cell[1:] if _QUOTED.match(cell) else cell

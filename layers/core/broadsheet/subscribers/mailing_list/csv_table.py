"""A CSV table of subscribers in any encoding and with any delimiter, read row by row.

The delimiter is the one with which most rows have an email address in a cell of its own. The headings are the
first row that names a column of addresses, or the fullest row above the first address; rows above are titles.
"""

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO

from broadsheet.subscribers.mailing_list.cells import HOLDS_ADDRESS, plain, visible
from broadsheet.subscribers.mailing_list.csv_rows import (
    LONGEST_ROW,
    InvalidRow,
    Row,
    TableError,
    lines_of,
    rows_of,
)
from broadsheet.subscribers.mailing_list.encoding import encoding_of
from broadsheet.subscribers.mailing_list.heading_words import ADDRESS

DELIMITERS = ",;\t|"
NAMED = {"tab": "\t", "tabs": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
NO_TEXT = {
    b"PK\x03\x04": "a workbook (.xlsx, .ods) or an archive",
    b"\xd0\xcf\x11\xe0": "a workbook (.xls)",
    b"\x1f\x8b": "an archive",
    b"age-encr": "a file encrypted with age",
    b"%PDF-": "a PDF",
    b"<!doctype": "a web page, though its name may end in .xls",
    b"<html": "a web page, though its name may end in .xls",
    b"<table": "a web page, though its name may end in .xls",
    b"<?xml": "XML",
    b"[": "JSON",
    b"{": "JSON",
    b"begin:vcard": "a file of contacts (vCard)",
}
HEAD_ROWS = 100
_SEP = re.compile(r'"?sep=(?P<sign>.|\\t)"?', re.IGNORECASE)

Line = tuple[int, str | None]


@dataclass(frozen=True)
class CSVTable:
    """A table whose head has been read. `opened` opens the file from its start, each time it is called.

    `titles` are the cells of the rows above the headings; `first_line` is the first line below them.
    """

    opened: Callable[[], BinaryIO]
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    first_line: int
    titles: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row | InvalidRow]:
        """The rows below the headings, without empty lines."""
        with _as_text(self.opened(), self.encoding) as text:
            lines = ((number, line) for number, line in lines_of(text) if number >= self.first_line)
            yield from rows_of(lines, self.delimiter)


def read_head(
    opened: Callable[[], BinaryIO], encoding: str | None = None, delimiter: str | None = None
) -> CSVTable:
    """Find the encoding, the delimiter and the headings of a table.

    A table without headings gets numbers for them. Excel's line `sep=;` is understood.

    Raises:
        TableError: the file is empty or not text, its first line can't be read, or the delimiter is invalid.
    """
    _refuse_no_text(opened)
    encoding = _known(encoding) if encoding else encoding_of(opened)
    wanted = sign_of(delimiter) if delimiter else ""
    with _as_text(opened(), encoding) as text:
        first = list(islice(((n, line) for n, line in lines_of(text) if line is None or line.strip()), 301))
    if first and (given := _SEP.fullmatch((first[0][1] or "").strip())):
        wanted = wanted or given["sign"].replace("\\t", "\t")
        first = first[1:]
    if not first:
        raise TableError("The file is empty.")
    if first[0][1] is None:
        raise TableError(f"The first line is longer than {LONGEST_ROW} characters: this is not a table.")
    wanted = wanted or detect_delimiter(first)
    rows = _rows(first, wanted)
    at = _head_among(rows)
    head = rows[at]
    if isinstance(head, InvalidRow):
        raise TableError(f"The first line can't be read. {head.problem}.")
    if _holds_address(head):
        numbers = tuple(str(n + 1) for n in range(len(head.cells)))
        return CSVTable(opened, encoding, wanted, numbers, head.line)
    titles = tuple(cell for row in rows[:at] if isinstance(row, Row) for cell in row.cells if cell.strip())
    below = rows[at + 1].line if at + 1 < len(rows) else head.line + 1
    return CSVTable(opened, encoding, wanted, tuple(cell.strip() for cell in head.cells), below, titles)


def sign_of(name: str) -> str:
    """The delimiter that an operator gives: the sign itself, or `tab`, `comma`, `semicolon`, `pipe`.

    Raises:
        TableError: it is none.
    """
    sign = NAMED.get(name.casefold(), name)
    if len(sign) != 1 or sign.isalnum() or sign in '"\r\n@':
        raise TableError(f"{name!r} is not a delimiter; give one character, or tab, comma, semicolon, pipe.")
    return sign


def detect_delimiter(lines: Sequence[Line]) -> str:
    """The delimiter with which most of these rows have an address in a cell of its own.

    Of several the one with which most rows have the same number of cells, then the one with more cells.
    (`csv.Sniffer` counts characters, and may choose one that is in names.)
    """
    return max(DELIMITERS, key=lambda sign: _fit(_rows(lines, sign)))


def _fit(rows: Sequence[Row | InvalidRow]) -> tuple[int, int, int]:
    good = [row for row in rows if isinstance(row, Row)]
    with_address = [row for row in good if _holds_address(row)]
    widths = [len(row.cells) for row in with_address or good]
    usual = max(set(widths), key=widths.count, default=1)
    return len(with_address), widths.count(usual) if usual > 1 else 0, usual


def _rows(lines: Sequence[Line], delimiter: str) -> list[Row | InvalidRow]:
    return list(islice(rows_of(iter(lines), delimiter), HEAD_ROWS))


def _head_among(rows: Sequence[Row | InvalidRow]) -> int:
    """The index of the headings; without headings that of the first row with an address."""
    addresses = [n for n, row in enumerate(rows) if isinstance(row, Row) and _holds_address(row)]
    named = [n for n, row in enumerate(rows) if isinstance(row, Row) and _names_address(row)]
    if named and (not addresses or named[0] < addresses[-1]):
        return named[0]
    if not addresses or not addresses[0]:
        return 0
    above = rows[: addresses[0]]
    filled = [sum(map(bool, map(str.strip, row.cells))) if isinstance(row, Row) else 0 for row in above]
    return filled.index(max(filled))


def _holds_address(row: Row) -> bool:
    return any(HOLDS_ADDRESS.fullmatch(visible(cell)) for cell in row.cells)


def _names_address(row: Row) -> bool:
    return any(plain(cell) in ADDRESS for cell in row.cells) and not _holds_address(row)


def _refuse_no_text(opened: Callable[[], BinaryIO]) -> None:
    with opened() as file:
        start = file.read(64)
    text = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for mark, kind in NO_TEXT.items():
        if start.startswith(mark) or text.startswith(mark):
            raise TableError(
                f"This is {kind}, not a CSV file. Open it, save its table as CSV, and import that."
            )


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise TableError(f"There is no encoding {encoding!r}; try utf-8, utf-16 or cp1251.") from None


def _as_text(file: BinaryIO, encoding: str) -> TextIOWrapper:
    return TextIOWrapper(file, encoding=encoding, errors="replace", newline=None)

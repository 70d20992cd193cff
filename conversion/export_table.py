"""A CSV table of an export, read row by row, in any encoding and with the usual delimiters."""

from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from itertools import chain
from typing import BinaryIO

from broadsheet.subscribers.mailing_list.csv_rows import InvalidRow, lines_of, rows_of
from broadsheet.subscribers.mailing_list.encoding import encoding_of
from conversion.post import LeftOut, Reason, UnreadableExportError
from conversion.safe_zip import DamagedFileError

_DELIMITERS = ",;\t"


def table_rows(
    opened: Callable[[], BinaryIO], name: str, needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]] | LeftOut]:
    """The rows of a table, with the number of their first line, by headings in lower case.

    Raises:
        UnreadableExportError: the table has no such columns, or is damaged; rows may have come before.
    """
    try:
        yield from _rows(opened, name, needed)
    except DamagedFileError as error:
        raise UnreadableExportError(f"{name}: {error} Download the export again.") from None
    except OSError as error:
        raise UnreadableExportError(f"{name} cannot be read: {error.strerror}.") from None


def headings(opened: Callable[[], BinaryIO]) -> tuple[str, ...]:
    """The headings of a table, in lower case."""
    with _as_text(opened(), encoding_of(opened)) as text:
        first = next((line or "" for _, line in lines_of(text) if line is None or line.strip()), "")
    return max((_headings(first, sign) for sign in _DELIMITERS), key=len)


def _rows(
    opened: Callable[[], BinaryIO], name: str, needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]] | LeftOut]:
    with _as_text(opened(), encoding_of(opened)) as text:
        lines = ((number, line) for number, line in lines_of(text) if line is None or line.strip())
        first = next(lines, None)
        if first is None or first[1] is None:
            raise UnreadableExportError(f"{name} is empty or no table. Download the export again.")
        delimiter = max(_DELIMITERS, key=lambda sign: len(_headings(first[1] or "", sign)))
        heads = _headings(first[1], delimiter)
        if missing := [each for each in needed if each not in heads]:
            raise UnreadableExportError(
                f"{name} has no column “{missing[0]}”. Download the export again, and do not save it with"
                " a spreadsheet program."
            )
        for row in rows_of(chain(lines), delimiter):
            place = f"{name}, line {row.line}"
            if isinstance(row, InvalidRow):
                yield LeftOut(place, "", Reason.UNREADABLE, f"{row.problem}.")
            elif len(row.cells) > len(heads):
                yield LeftOut(place, "", Reason.UNREADABLE, "The row has more cells than headings.")
            else:
                cells = (cell.strip() for cell in row.cells)
                yield row.line, dict.fromkeys(heads, "") | dict(zip(heads, cells, strict=False))


def _headings(line: str, delimiter: str) -> tuple[str, ...]:
    rows = rows_of(iter([(1, line)]), delimiter)
    first = next(rows, None)
    cells = [] if first is None or isinstance(first, InvalidRow) else first.cells
    return tuple(cell.strip().casefold() for cell in cells)


def _as_text(file: BinaryIO, encoding: str) -> TextIOWrapper:
    return TextIOWrapper(file, encoding=encoding, errors="replace", newline=None)

"""Parses the rows of a CSV file line by line, with at most one row in memory.

An invalid row is reported by its line and its problem, never by its content; the rows after it are read.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

LONGEST_ROW = 65_536  # letters
_MAILBOX = re.compile(r'"[^"]*"\s*<[^<>"\s]+>')  # as mail programs write an address, and no quoted cell
MOST_LINES = 50  # of a row: a quoted note may have several


class TableError(ValueError):
    """The file can't be used. The message says what to do and repeats nothing from the rows."""


class RowProblem(StrEnum):
    """What is wrong with a row."""

    TOO_LONG = "Row too long"
    UNCLOSED = "Quotation mark not closed"
    CELLS = "More cells than headings, perhaps because of a delimiter within a cell"
    MALFORMED = "Misplaced quotation marks"
    LETTERS = "Characters that cannot be read in this encoding"
    ADDRESS = "No email address, or more than one"
    AUDIENCE = "Unknown audience: if the column means something else, say --column 'Its heading=ignored'"
    LANGUAGE = "Unknown language"
    STATUS = "No status, or an unknown one: write “subscribed” for those who are"
    SPELLING = (
        "Mailbox of somebody in the file who is not subscribed, spelled differently: if they are two"
        " people, remove one of the rows"
    )
    AGAIN = "Address already used with other audiences: the first row counts"
    DATE = (
        "Date of consent missing, unreadable, ambiguous (05/06/2015) or in the future: write it like"
        " 2015-06-05, or say --column 'Its heading=ignored' and --consent-on"
    )


@dataclass(frozen=True)
class Row:
    """A parsed row; `line` is its first line."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class InvalidRow:
    """A row that can't be imported."""

    line: int
    problem: RowProblem


def lines_of(text: TextIO) -> Iterator[tuple[int, str | None]]:
    """The lines with their numbers; None for one that is too long, which is read in pieces and dropped."""
    number = 0
    while piece := text.readline(LONGEST_ROW):
        number += 1
        is_whole = len(piece) < LONGEST_ROW or piece.endswith("\n")
        while len(piece) == LONGEST_ROW and not piece.endswith("\n"):
            piece = text.readline(LONGEST_ROW)
        yield number, piece if is_whole else None


def rows_of(lines: Iterator[tuple[int, str | None]], delimiter: str) -> Iterator[Row | InvalidRow]:
    """Join lines to rows; after a quotation mark that is never closed, the next line begins a new row."""
    back: deque[tuple[int, str | None]] = deque()
    while (numbered := back.popleft() if back else next(lines, None)) is not None:
        number, line = numbered
        if line is None:
            yield InvalidRow(number, RowProblem.TOO_LONG)
        elif '"' not in line:
            if line.strip():
                yield Row(number, line.rstrip("\n").split(delimiter))
        else:
            row, taken = _quoted(number, line, lines, back, delimiter)
            if isinstance(row, InvalidRow):
                back.extendleft(reversed(taken))
            yield row


def _quoted(
    number: int,
    line: str,
    lines: Iterator[tuple[int, str | None]],
    back: deque[tuple[int, str | None]],
    delimiter: str,
) -> tuple[Row | InvalidRow, list[tuple[int, str | None]]]:
    """The row that begins with this line, and the further lines that were read for it."""
    taken: list[tuple[int, str | None]] = []
    parts, is_open, length = [line], line.count('"') % 2 == 1, len(line)
    while True:
        row = _parsed(number, parts, delimiter) if not is_open or len(parts) == 1 else None
        if row is not None:
            return row, taken
        numbered = back.popleft() if back else next(lines, None)
        if numbered is None:
            return InvalidRow(number, RowProblem.UNCLOSED), taken
        taken.append(numbered)
        further = numbered[1]
        if further is None or len(parts) == MOST_LINES or length + len(further) > LONGEST_ROW:
            return InvalidRow(number, RowProblem.UNCLOSED), taken
        parts.append(further)
        length += len(further)
        is_open ^= further.count('"') % 2 == 1


def _parsed(number: int, parts: list[str], delimiter: str) -> Row | InvalidRow | None:
    """The row in these lines; None if a quotation mark is still open at the end."""
    reader = csv.reader(parts, delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
    except csv.Error as error:
        if len(parts) == 1 and _MAILBOX.fullmatch(parts[0].strip()):
            return Row(number, [parts[0].strip()])
        return None if "end of data" in str(error) else InvalidRow(number, RowProblem.MALFORMED)
    return Row(number, cells) if reader.line_num == len(parts) else InvalidRow(number, RowProblem.MALFORMED)

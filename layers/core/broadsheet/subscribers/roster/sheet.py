"""A table of people from elsewhere: CSV in whatever encoding and with whatever delimiter, read row by row.

Never more than a row is held. A row that can't be read is named by its line and its fault, never by its
content, and those after it are read all the same.
"""

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import TextIOWrapper
from typing import BinaryIO, TextIO

LONGEST_ROW = 65_536  # letters
MOST_LINES = 50  # a note in quotation marks may go over several
PIECE_BYTES = 1 << 20
DELIMITERS = ",;\t|"
MARKS = {  # the longer first: one begins with another
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CYRILLIC = "cp1251"
REPLACED = "\ufffd"


class SheetError(ValueError):
    """The file is no table of people. The message says what to do and repeats nothing of the file's rows."""


class Fault(StrEnum):
    """What is wrong with a row."""

    TOO_LONG = "is too long"
    UNCLOSED = "has a quotation mark that is not closed"
    MALFORMED = "has quotation marks in wrong places"
    LETTERS = "has letters that can't be read in this encoding"
    ADDRESS = "has no mail address"
    AUDIENCE = "names no audience of this newsletter"
    LANGUAGE = "names no language of this newsletter"
    STATUS = "has a status that nobody knows"
    AGAIN = "stands in the file before, with other audiences: the first one counts"
    DATE = "has no date of consent, or one that can't be read or is to come"


@dataclass(frozen=True)
class Row:
    """A row that can be read; `line` is the one that it begins on."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class BadRow:
    """A row that can't be taken."""

    line: int
    fault: Fault


@dataclass(frozen=True)
class Sheet:
    """A table whose head has been read. `opened` opens the file from its start, as often as it is read."""

    opened: Callable[[], BinaryIO]
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    first_line: int

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows below the head; empty lines are none."""
        with _as_text(self.opened(), self.encoding) as text:
            lines = (entry for entry in _lines(text) if entry[0] >= self.first_line)
            yield from _rows(lines, self.delimiter)


def read_head(opened: Callable[[], BinaryIO], encoding: str | None = None) -> Sheet:
    """The table that begins there: its encoding, its delimiter, its headings.

    A table without headings has numbers for them. Excel's line `sep=;` is understood.

    Raises:
        SheetError: the file is empty, or has no readable first line.
    """
    encoding = _known(encoding) if encoding else encoding_of(opened)
    with _as_text(opened(), encoding) as text:
        filled = ((number, line) for number, line in _lines(text) if line is None or line.strip())
        number, line = next(filled, (0, ""))
        given = line.strip()[4:] if line and line.lower().startswith("sep=") else ""
        if given:
            number, line = next(filled, (0, ""))
        if not number:
            raise SheetError("The file is empty.")
        if line is None:
            raise SheetError(f"The first line is longer than {LONGEST_ROW} letters: this is no table.")
        delimiter = given if given and given in DELIMITERS else _delimiter_of(line)
        rest = iter([(number, line), *filled])
        head = next(_rows(rest, delimiter))
        second = next(rest, (number + 1, None))[0]
    if isinstance(head, BadRow):
        raise SheetError(f"The first line {head.fault}.")
    names = tuple(cell.strip() for cell in head.cells)
    if any("@" in name for name in names):
        return Sheet(opened, encoding, delimiter, tuple(str(n + 1) for n in range(len(names))), number)
    return Sheet(opened, encoding, delimiter, names, second)


def encoding_of(opened: Callable[[], BinaryIO]) -> str:
    """The encoding of a file: as its mark says, else UTF-8 where that fits, else Windows' Cyrillic.

    A few broken letters do not make UTF-8 Cyrillic. UTF-16 without a mark is known by its zeros.
    """
    letters = broken = 0
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with opened() as file:
        piece = file.read(PIECE_BYTES)
        for mark, name in MARKS.items():
            if piece.startswith(mark):
                return name
        if zeros := piece.count(0):
            wide = "utf-16-le" if piece[1::2].count(0) * 2 > zeros else "utf-16-be"
            if zeros * 3 > len(piece):
                return wide
        while piece:
            text = decoder.decode(piece)
            if not text.isascii():
                letters += len(text) - len(text.encode("ascii", "ignore"))
                broken += text.count(REPLACED)
            piece = file.read(PIECE_BYTES)
    return CYRILLIC if broken * 2 > letters else "utf-8"


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise SheetError(f"There is no encoding {encoding!r}; try utf-8, utf-16 or cp1251.") from None


def _as_text(file: BinaryIO, encoding: str) -> TextIOWrapper:
    return TextIOWrapper(file, encoding=encoding, errors="replace", newline=None)


def _delimiter_of(head: str) -> str:
    """The delimiter that cuts the head into most columns."""
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([head], delimiter=delimiter))))


def _lines(text: TextIO) -> Iterator[tuple[int, str | None]]:
    """The lines with their numbers; None for one that is too long, of which only pieces are ever held."""
    number = 0
    while piece := text.readline(LONGEST_ROW):
        number += 1
        is_whole = len(piece) < LONGEST_ROW or piece.endswith("\n")
        while len(piece) == LONGEST_ROW and not piece.endswith("\n"):
            piece = text.readline(LONGEST_ROW)
        yield number, piece if is_whole else None


def _rows(lines: Iterator[tuple[int, str | None]], delimiter: str) -> Iterator[Row | BadRow]:
    """Lines put together to rows; where a quotation mark stays open, the next line is a row of its own."""
    back: deque[tuple[int, str | None]] = deque()
    while (entry := back.popleft() if back else next(lines, None)) is not None:
        number, line = entry
        if line is None:
            yield BadRow(number, Fault.TOO_LONG)
        elif '"' not in line:
            if line.strip():
                yield Row(number, line.rstrip("\n").split(delimiter))
        else:
            row, taken = _quoted(number, line, lines, back, delimiter)
            if isinstance(row, BadRow):
                back.extendleft(reversed(taken))
            yield row


def _quoted(
    number: int,
    line: str,
    lines: Iterator[tuple[int, str | None]],
    back: deque[tuple[int, str | None]],
    delimiter: str,
) -> tuple[Row | BadRow, list[tuple[int, str | None]]]:
    """The row that begins with this line, and the further lines that were looked at for it."""
    taken: list[tuple[int, str | None]] = []
    parts, is_open, length = [line], line.count('"') % 2 == 1, len(line)
    while True:
        row = _parsed(number, parts, delimiter) if not is_open or len(parts) == 1 else None
        if row is not None:
            return row, taken
        entry = back.popleft() if back else next(lines, None)
        if entry is None:
            return BadRow(number, Fault.UNCLOSED), taken
        taken.append(entry)
        further = entry[1]
        if further is None or len(parts) == MOST_LINES or length + len(further) > LONGEST_ROW:
            return BadRow(number, Fault.UNCLOSED), taken
        parts.append(further)
        length += len(further)
        is_open ^= further.count('"') % 2 == 1


def _parsed(number: int, parts: list[str], delimiter: str) -> Row | BadRow | None:
    """The row in these lines; None if a quotation mark is still open at their end."""
    reader = csv.reader(parts, delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
    except csv.Error as error:
        return None if "end of data" in str(error) else BadRow(number, Fault.MALFORMED)
    return Row(number, cells) if reader.line_num == len(parts) else BadRow(number, Fault.MALFORMED)

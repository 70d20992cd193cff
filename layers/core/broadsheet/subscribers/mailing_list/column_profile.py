"""Classifies cells, and summarises the cells of each column of a table."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

from broadsheet.characters import without_unseen
from broadsheet.subscribers.mailing_list.cells import HOLDS_ADDRESS, plain, visible
from broadsheet.subscribers.mailing_list.csv_rows import InvalidRow, Row
from broadsheet.subscribers.mailing_list.dates import is_day, is_never, shows_order
from broadsheet.subscribers.mailing_list.heading_words import ADDRESS, MAY_SPEAK
from broadsheet.subscribers.mailing_list.status_words import (
    ENDED_STATES,
    FORMER,
    GONE,
    NO,
    PLAIN_YES,
    SUBSCRIBED_STATES,
    TOO_COMMON,
    YES,
)

MOST_KEPT = 40  # different cells
ENOUGH = 1_000
CHECKED = {"+", "✓", "✔", "☑", "✅"}
EMPTY_SIGNS = "-–—−.,_'\"/[]{}() "
_BETWEEN = re.compile(r"[\W_]+")
_PARTS = re.compile(r"\s*[,;|\t\n\"'\[\]{}():]+\s*")
_LIKE_A_HOST = re.compile(r"\w\.\w")  # an address without its “@”
_GONE_ASCII = tuple(stem for stem in GONE if stem.isascii())
_LONE = ENDED_STATES - TOO_COMMON - NO  # words that mean it in any column, if they are a whole part of a cell


class CellKind(Enum):
    """What a cell is."""

    EMPTY = auto()
    YES = auto()
    NO = auto()
    DAY = auto()
    ADDRESS = auto()
    OTHER = auto()


@lru_cache(maxsize=4096)
def cell_kind(cell: str) -> CellKind:
    """What a cell is; invisible characters are ignored."""
    seen = visible(cell)
    word = plain(seen)
    if not word:
        unknown = CellKind.OTHER if seen.strip(EMPTY_SIGNS) else CellKind.EMPTY
        return CellKind.YES if seen in CHECKED else unknown
    if word in NO or set(word) == {"0"}:
        return CellKind.NO
    if word in YES:
        return CellKind.YES
    if "@" in seen and HOLDS_ADDRESS.fullmatch(seen):
        return CellKind.ADDRESS
    if not is_day(seen):
        return CellKind.OTHER
    return CellKind.NO if is_never(seen) else CellKind.DAY


@lru_cache(maxsize=4096)
def is_gone(cell: str) -> bool:
    """Whether the whole cell says that somebody is not subscribed, or not any more."""
    word = plain(visible(cell))
    return word in ENDED_STATES or (word not in SUBSCRIBED_STATES and speaks_of_leaving(word))


def speaks_of_leaving(text: str) -> bool:
    """Whether some part of a text says that somebody left or must not be mailed."""
    word = plain(visible(text))
    for stem in _GONE_ASCII if word.isascii() else GONE:  # noqa: SIM110  # `any` takes twice as long, for each row
        if stem in word:
            return True
    return False


def names_leavers(text: str) -> bool:
    """Whether a title, a heading or a file's name says that the people below it left."""
    parts = {plain(part) for part in _BETWEEN.split(visible(text))}
    return speaks_of_leaving(text) or bool(parts & _LONE) or any(part.startswith(FORMER) for part in parts)


def _row_may_say_gone(whole: str) -> bool:
    """Whether some cell of a row may say that somebody left: a fast check before `_says_gone`."""
    if "{" in whole or "[" in whole or speaks_of_leaving(whole):
        return True
    return not _LONE.isdisjoint(_PARTS.split(without_unseen(whole).casefold().strip()))


def _says_gone(cell: str) -> bool:
    """Whether a text, or a part of a cell, says that somebody left; an address does not."""
    seen = visible(cell)
    if "@" in seen and HOLDS_ADDRESS.fullmatch(seen):
        return False
    return speaks_of_leaving(seen) or any(plain(part) in _LONE for part in _PARTS.split(seen))


def _is_record(cell: str) -> bool:
    """Whether a cell is JSON that contains a word that may speak of a state."""
    return cell.lstrip().startswith(("{", "[")) and any(stem in plain(cell) for stem in MAY_SPEAK)


@dataclass
class ColumnProfile:
    """The cells of one column: all of its `MOST_KEPT` different ones, or of its first `ENOUGH` filled ones.

    `gone_on_line` and `record_on_line` are the first lines on which a cell may say that somebody left.
    """

    filled: int = 0
    cells: set[str] = field(default_factory=set)
    kinds: set[CellKind] = field(default_factory=set)
    orders: set[bool] = field(default_factory=set)
    addresses: int = 0
    gone_on_line: int = 0
    record_on_line: int = 0

    def add(self, cell: str) -> None:
        """Add a cell; once enough are known it is only counted, and checked when its row is imported."""
        if self.filled >= ENOUGH and len(self.cells) > MOST_KEPT:
            self.filled += bool(cell.strip())
            return
        kind = cell_kind(cell)
        if kind is CellKind.EMPTY:
            return
        self.filled += 1
        self.kinds.add(kind)
        self.addresses += kind is CellKind.ADDRESS
        if kind is CellKind.DAY and (order := shows_order(visible(cell))) is not None:
            self.orders.add(order)
        if len(self.cells) <= MOST_KEPT:
            self.cells.add(cell)

    @property
    def words(self) -> set[str]:
        """The cells as words are compared."""
        return {plain(visible(cell)) for cell in self.cells}

    @property
    def says_yes_or_no(self) -> bool:
        """Whether each filled cell is a yes or a no."""
        return bool(self.kinds) and self.kinds <= {CellKind.YES, CellKind.NO}

    @property
    def mostly_addresses(self) -> bool:
        """Whether half of the cells that were looked at are addresses."""
        return self.addresses * 2 >= max(1, min(self.filled, ENOUGH))

    @property
    def says_subscribed(self) -> bool:
        """Whether some cell is a word for subscribed people, and not just a yes."""
        return not self.words.isdisjoint(SUBSCRIBED_STATES - PLAIN_YES)

    @property
    def month_first(self) -> bool | None:
        """Whether 12/05/2016 is written with the month first; None if no cell shows that, or they differ."""
        return next(iter(self.orders)) if len(self.orders) == 1 else None

    @property
    def has_gone(self) -> bool:
        """Whether some cell says that somebody left, with more than a no."""
        if self.gone_on_line or len(self.cells) > MOST_KEPT:
            return bool(self.gone_on_line)
        return any(is_gone(cell) and cell_kind(cell) is not CellKind.NO for cell in self.cells)


@dataclass
class TableProfile:
    """The columns, the number of people, and the first line that says something about those below it."""

    columns: list[ColumnProfile]
    people: int = 0
    divided_on: int = 0


def profile_table(rows: Iterable[Row | InvalidRow], headings: tuple[str, ...]) -> TableProfile:
    """Profile each column in one pass; rows without an address are not people."""
    found = TableProfile([ColumnProfile() for _ in headings])
    known = [plain(visible(heading)) for heading in headings]
    divides_on = 0
    for row in rows:
        if isinstance(row, InvalidRow):
            continue
        whole = "\t".join(row.cells)
        if "@" not in whole:
            divides_on = divides_on or (row.line if _divides(row, known) else 0)
            continue
        found.divided_on = found.divided_on or divides_on
        found.people += 1
        _add(row, found.columns, may_say_gone=_row_may_say_gone(whole))
    return found


def _add(row: Row, columns: list[ColumnProfile], *, may_say_gone: bool) -> None:
    for profile, cell in zip(columns, row.cells, strict=False):
        profile.add(cell)
        if may_say_gone and not profile.gone_on_line and _says_gone(cell):
            profile.gone_on_line = row.line
        if may_say_gone and not profile.record_on_line and _is_record(cell):
            profile.record_on_line = row.line


def _divides(row: Row, known: list[str]) -> bool:
    """Whether a row without an address divides the table: with other headings, or by who the people are."""
    words = [plain(visible(cell)) for cell in row.cells]
    if any(word in ADDRESS for word in words):
        return words != known
    filled = [position for position, cell in enumerate(row.cells) if cell.strip()]
    if not filled:
        return False
    first = row.cells[filled[0]]
    heading = known[filled[0]] if filled[0] < len(known) else ""
    stands_for_an_address = len(filled) == 1 and (heading in ADDRESS or len(known) == 1)
    is_typed_wrongly = _LIKE_A_HOST.search(first) or not any(map(str.isalpha, first))
    return names_leavers(first) or (stands_for_an_address and not is_typed_wrongly)

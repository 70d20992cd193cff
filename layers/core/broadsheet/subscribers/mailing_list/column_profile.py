"""What a cell says, and what the cells of each column of a table are like."""

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
    SAYS_LITTLE,
    SUBSCRIBED_STATES,
    TOO_COMMON,
    YES,
)

FEW = 8  # different cells: a choice, not a text
MOST_KEPT = 40
CHECKED = {"+", "✓", "✔", "☑", "✅"}
SAYS_NOTHING = "-–—−.,_'\"/[]{}() "
ENOUGH = 1_000
_BETWEEN = re.compile(r"[\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
_PARTS = re.compile(r"\s*[,;|\t\n\"'\[\]{}():]+\s*")
_GONE_ASCII = tuple(stem for stem in GONE if stem.isascii())
_LONE = ENDED_STATES - TOO_COMMON - NO  # words that say it where they stand alone, whatever the column


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
    """What a cell is, whatever signs that nobody sees are in it."""
    seen = visible(cell)
    word = plain(seen)
    if not word:
        return (
            CellKind.YES
            if seen in CHECKED
            else CellKind.OTHER
            if seen.strip(SAYS_NOTHING)
            else CellKind.EMPTY
        )
    if word in NO or set(word) == {"0"}:
        return CellKind.NO
    if word in YES:
        return CellKind.YES
    if "@" in seen and HOLDS_ADDRESS.fullmatch(seen):
        return CellKind.ADDRESS
    if not is_day(seen):
        return CellKind.OTHER
    return CellKind.NO if is_never(seen) else CellKind.DAY


def is_state(cell: str) -> bool:
    """Whether a cell is a word for a state that we know."""
    return plain(visible(cell)) in SUBSCRIBED_STATES or is_gone(cell)


@lru_cache(maxsize=4096)
def is_gone(cell: str) -> bool:
    """Whether a cell, all of it, says that somebody is not subscribed, or not any more."""
    word = plain(visible(cell))
    return word in ENDED_STATES or (word not in SUBSCRIBED_STATES and speaks_of_leaving(word))


def speaks_of_leaving(text: str) -> bool:
    """Whether a text says somewhere that somebody left or must not be mailed."""
    word = plain(visible(text))
    for stem in _GONE_ASCII if word.isascii() else GONE:  # noqa: SIM110  # `any` takes twice as long, for each row
        if stem in word:
            return True
    return False


_LIKE_A_HOST = re.compile(r"\w\.\w")  # an address without its “@”


def names_leavers(text: str) -> bool:
    """Whether a title, a heading or a file's name says of the people below it that they left."""
    parts = {plain(part) for part in _BETWEEN.split(visible(text))}
    return (
        speaks_of_leaving(text)
        or bool(parts & _LONE)
        or any(part.startswith(FORMER) for part in parts if part)
    )


def _may_tell(whole: str) -> bool:
    """Whether a cell of a row may say that somebody left."""
    if "{" in whole or "[" in whole or speaks_of_leaving(whole):
        return True
    return not _LONE.isdisjoint(_PARTS.split(without_unseen(whole).casefold().strip()))


def _tells(cell: str) -> bool:
    """Whether a cell says so, in a text or by a word of its own; an address does not."""
    seen = visible(cell)
    if "@" in seen and HOLDS_ADDRESS.fullmatch(seen):
        return False
    return speaks_of_leaving(seen) or any(plain(part) in _LONE for part in _PARTS.split(seen))


def _is_record(cell: str) -> bool:
    """Whether a cell is JSON with a name or a word that may speak of a state."""
    return cell.lstrip().startswith(("{", "[")) and any(stem in plain(cell) for stem in MAY_SPEAK)


@dataclass
class ColumnProfile:
    """The cells of one column: all of a choice; `ENOUGH` of what has more than `MOST_KEPT` ones."""

    filled: int = 0
    cells: set[str] = field(default_factory=set)
    kinds: set[CellKind] = field(default_factory=set)
    orders: set[bool] = field(default_factory=set)
    addresses: int = 0
    gone_on_line: int = 0
    record_on_line: int = 0

    def add(self, cell: str) -> None:
        """One more cell."""
        if self._is_known:
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
    def _is_known(self) -> bool:
        """Whether more cells would not tell more: a row that does not fit then is a finding of its own."""
        return self.filled >= ENOUGH and len(self.cells) > MOST_KEPT

    @property
    def says_yes_or_no(self) -> bool:
        """Whether each filled cell is a yes or a no."""
        return bool(self.kinds) and self.kinds <= {CellKind.YES, CellKind.NO}

    @property
    def has_dates(self) -> bool:
        """Whether each filled cell is a day, or a no."""
        return CellKind.DAY in self.kinds and self.kinds <= {CellKind.DAY, CellKind.NO}

    @property
    def mostly_addresses(self) -> bool:
        """Whether half of the cells that were looked at are addresses."""
        return self.addresses * 2 >= max(1, min(self.filled, ENOUGH))

    @property
    def is_a_choice(self) -> bool:
        """Whether a few words come again and again."""
        return len(self.cells) <= FEW and self.filled > len(self.cells)

    @property
    def has_signs(self) -> bool:
        """Whether all cells are signs without letters or numbers."""
        return bool(self.cells) and not any(plain(visible(cell)) for cell in self.cells)

    @property
    def has_refusal(self) -> bool:
        """Whether some cell is a no in a word, as “never” beside “weekly” and “daily”."""
        words = {plain(visible(cell)) for cell in self.cells}
        return any(_LETTER.search(word) for word in words & NO - SAYS_LITTLE)

    def is_remark(self, people: int) -> bool:
        """Whether words stand with a few of these people and not with the others."""
        words = CellKind.OTHER in self.kinds and any(_LETTER.search(cell) for cell in self.cells)
        return words and 2 * self.filled <= people

    @property
    def says_subscribed(self) -> bool:
        """Whether some cell is a word for people who are subscribed, and not just a yes."""
        return any(plain(visible(cell)) in SUBSCRIBED_STATES - PLAIN_YES for cell in self.cells)

    @property
    def month_first(self) -> bool | None:
        """In which order days as 12/05/2016 are written; None where none shows it, or some show another."""
        return next(iter(self.orders)) if len(self.orders) == 1 else None

    @property
    def has_states(self) -> bool:
        """Whether some cell is a word for a state."""
        return any(is_state(cell) for cell in self.cells)

    @property
    def has_gone(self) -> bool:
        """Whether some cell says of somebody that they left, in more than a no."""
        if self.gone_on_line or len(self.cells) > MOST_KEPT:
            return bool(self.gone_on_line)
        return any(is_gone(cell) and cell_kind(cell) is not CellKind.NO for cell in self.cells)


@dataclass
class TableProfile:
    """All columns, how many people there are, and the lines that say something of the people below."""

    columns: list[ColumnProfile]
    people: int = 0
    divided_on: list[int] = field(default_factory=list)


def profile_table(rows: Iterable[Row | InvalidRow], headings: tuple[str, ...]) -> TableProfile:
    """Look at each cell once; rows without an address are no people."""
    found = TableProfile([ColumnProfile() for _ in headings])
    known = [plain(visible(heading)) for heading in headings]
    divided_on = 0
    for row in rows:
        if isinstance(row, InvalidRow):
            continue
        whole = "\t".join(row.cells)
        if "@" not in whole:
            divided_on = divided_on or (row.line if _divides(row, known) else 0)
            continue
        if divided_on:
            found.divided_on.append(divided_on)
            divided_on = 0
        found.people += 1
        _look(row, found.columns, tells=_may_tell(whole))
    return found


def _look(row: Row, columns: list[ColumnProfile], *, tells: bool) -> None:
    for profile, cell in zip(columns, row.cells, strict=False):
        profile.add(cell)
        if tells and not profile.gone_on_line and _tells(cell):
            profile.gone_on_line = row.line
        if tells and not profile.record_on_line and _is_record(cell):
            profile.record_on_line = row.line


def _divides(row: Row, known: list[str]) -> bool:
    """Whether a row without an address says something of those below it: other headings, or who they are."""
    words = [plain(visible(cell)) for cell in row.cells]
    if any(word in ADDRESS for word in words):
        return words != known
    filled = [at for at, cell in enumerate(row.cells) if cell.strip()]
    if not filled:
        return False
    words_alone = row.cells[filled[0]]
    heading = known[filled[0]] if filled[0] < len(known) else ""
    stands_for_an_address = len(filled) == 1 and (heading in ADDRESS or len(known) == 1)
    is_typed_wrongly = _LIKE_A_HOST.search(words_alone) or not any(map(str.isalpha, words_alone))
    return names_leavers(words_alone) or (stands_for_an_address and not is_typed_wrongly)

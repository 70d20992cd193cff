"""What a cell says, and what the cells of each column of a table are like."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

from broadsheet.subscribers.roster.cells import HOLDS_ADDRESS, plain, visible
from broadsheet.subscribers.roster.days import day_in
from broadsheet.subscribers.roster.lines import BadRow, Row
from broadsheet.subscribers.roster.states import ENDED_STATES, GONE, NO, SUBSCRIBED_STATES, YES
from broadsheet.subscribers.roster.words import ADDRESS, MAY_SPEAK

FEW = 8  # different cells: a choice, not a text
MOST_KEPT = 40
CHECKED = {"+", "✓", "✔", "☑", "✅"}
DASHES = "-–—−.,_'\"/ "
TOO_COMMON = {"new", "no", "false", "invalid", "не", "ні", "нет", "nie", "nein"}  # to say it within a title
ENOUGH = 1_000


_BETWEEN = re.compile(r"[\W_]+")


class Kind(Enum):
    """What a cell is."""

    EMPTY = auto()
    YES = auto()
    NO = auto()
    DAY = auto()
    ADDRESS = auto()
    OTHER = auto()


@lru_cache(maxsize=4096)
def kind_of(cell: str) -> Kind:
    """What a cell is, whatever signs that nobody sees are in it."""
    seen = visible(cell)
    word = plain(seen)
    if not word:
        return Kind.YES if seen in CHECKED else Kind.OTHER if seen.strip(DASHES) else Kind.EMPTY
    if word in NO or set(word) == {"0"}:
        return Kind.NO
    if word in YES:
        return Kind.YES
    if "@" in seen and HOLDS_ADDRESS.fullmatch(seen):
        return Kind.ADDRESS
    return Kind.DAY if day_in(seen) else Kind.OTHER


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
    return any(stem in word for stem in GONE)


def names_leavers(text: str) -> bool:
    """Whether a title, a heading or a file's name says of the people below it that they left."""
    parts = {plain(part) for part in _BETWEEN.split(visible(text))}
    return speaks_of_leaving(text) or bool(parts & (ENDED_STATES - TOO_COMMON))


def _is_told_of(cell: str) -> bool:
    """Whether a cell of text or of JSON may speak of a state."""
    if cell.lstrip().startswith(("{", "[")) and any(stem in plain(cell) for stem in MAY_SPEAK):
        return True
    return "@" not in cell and speaks_of_leaving(cell)


@dataclass
class Profile:
    """The cells of one column: all of a choice; `ENOUGH` of what has more than `MOST_KEPT` ones."""

    filled: int = 0
    cells: set[str] = field(default_factory=set)
    kinds: set[Kind] = field(default_factory=set)
    addresses: int = 0
    gone_on_line: int = 0

    def add(self, cell: str) -> None:
        """One more cell."""
        if self._is_known:
            self.filled += bool(cell.strip())
            return
        kind = kind_of(cell)
        if kind is Kind.EMPTY:
            return
        self.filled += 1
        self.kinds.add(kind)
        self.addresses += kind is Kind.ADDRESS
        if len(self.cells) <= MOST_KEPT:
            self.cells.add(cell)

    @property
    def _is_known(self) -> bool:
        """Whether more cells would not tell more: a row that does not fit then is a finding of its own."""
        return self.filled >= ENOUGH and len(self.cells) > MOST_KEPT

    @property
    def says_yes_or_no(self) -> bool:
        """Whether each filled cell is a yes or a no."""
        return bool(self.kinds) and self.kinds <= {Kind.YES, Kind.NO}

    @property
    def says_when(self) -> bool:
        """Whether each filled cell is a day, or a no."""
        return Kind.DAY in self.kinds and self.kinds <= {Kind.DAY, Kind.NO}

    @property
    def mostly_addresses(self) -> bool:
        """Whether half of the cells that were looked at are addresses."""
        return self.addresses * 2 >= max(1, min(self.filled, ENOUGH))

    @property
    def is_a_choice(self) -> bool:
        """Whether a few words come again and again."""
        return len(self.cells) <= FEW and self.filled >= 2 * len(self.cells)

    @property
    def has_states(self) -> bool:
        """Whether some cell is a word for a state."""
        return any(is_state(cell) for cell in self.cells)

    @property
    def has_gone(self) -> bool:
        """Whether some cell says of somebody that they left."""
        is_short = len(self.cells) <= MOST_KEPT
        return bool(self.gone_on_line) or (is_short and any(is_gone(cell) for cell in self.cells))


@dataclass
class Survey:
    """All columns, and the lines on which something other than a person stands."""

    columns: list[Profile]
    divided_on: list[int] = field(default_factory=list)


def surveyed(rows: Iterable[Row | BadRow], headings: tuple[str, ...]) -> Survey:
    """Look at each cell once."""
    found = Survey([Profile() for _ in headings])
    known = [plain(visible(heading)) for heading in headings]
    for row in rows:
        if isinstance(row, BadRow):
            continue
        whole = "\t".join(row.cells)
        if "@" not in whole and _divides(row, known):
            found.divided_on.append(row.line)
            continue
        says = "{" in whole or "[" in whole or speaks_of_leaving(whole)
        for profile, cell in zip(found.columns, row.cells, strict=False):
            profile.add(cell)
            if says and not profile.gone_on_line and _is_told_of(cell):
                profile.gone_on_line = row.line
    return found


def _divides(row: Row, known: list[str]) -> bool:
    """Whether a row without an address says something of those below it: other headings, or who they are."""
    filled = [cell for cell in row.cells if cell.strip()]
    words = [plain(visible(cell)) for cell in row.cells]
    if any(word in ADDRESS for word in words):
        return words != known
    return len(filled) == 1 and names_leavers(filled[0])

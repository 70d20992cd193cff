"""Reads a row of an imported table as a candidate, or says why it is none."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.mailing_list.cells import address_in, plain, visible
from broadsheet.subscribers.mailing_list.column_profile import CellKind, cell_kind, is_gone, speaks_of_leaving
from broadsheet.subscribers.mailing_list.csv_rows import InvalidRow, Row, RowProblem
from broadsheet.subscribers.mailing_list.dates import day_in
from broadsheet.subscribers.mailing_list.encoding import REPLACED
from broadsheet.subscribers.mailing_list.heading_words import LANGUAGES
from broadsheet.subscribers.mailing_list.meaning import Columns, Meaning
from broadsheet.subscribers.mailing_list.status_words import SUBSCRIBED_STATES

MOST_COLUMNS = 100_000
SPEAKING = (Meaning.ENDED, Meaning.STATUS, Meaning.CONFIRMED, Meaning.SUBSCRIBED)
AGREEING = (Meaning.CONFIRMED, Meaning.SUBSCRIBED)
_REGION = re.compile("[-_]")  # as in ru-BY
_BETWEEN = re.compile(r"[,;|\n]")
# What programs and people write into an address that is not to be mailed any more.
_MARKED = re.compile(r"unsub|opt-?out|bounced|deleted|removed|suppressed|abgemeldet|otpisa", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """Somebody to import, unless the list says otherwise."""

    line: int
    address: str
    audiences: tuple[str, ...]
    language: str
    consent_on: date


@dataclass(frozen=True)
class NotSubscribed:
    """Somebody who is not subscribed where the table comes from; `address` is empty if it is invalid."""

    line: int
    address: str


class RowState(Enum):
    """Whether a row calls somebody subscribed."""

    SUBSCRIBED = auto()
    ENDED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class RowReader:
    """Reads the rows of one table; `audiences`, `language`, `consent_on` are defaults for what a row lacks.

    Without audiences, a row's language names its audience. `nobody`: the format lists only people who left.
    `agreed_by_day`: a row without a date of consent has no consent. A row with a cell beyond the `width` of
    the headings is invalid: its cells may be shifted. `month_first` says how a column writes 12/05/2016.
    `stays`, where a format has them, are the only words that mean subscribed.
    """

    columns: Columns
    newsletter: Newsletter
    today: date
    audiences: tuple[str, ...] = ()
    language: str = ""
    consent_on: date | None = None
    nobody: bool = False
    agreed_by_day: bool = False
    width: int = MOST_COLUMNS
    month_first: Mapping[int, bool] = field(default_factory=dict)
    stays: frozenset[str] = frozenset()
    _names: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)
    _spoken: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index the names of audiences and languages."""
        editions = self.newsletter.editions
        for audience in self.newsletter.audiences:
            for edition in audience.editions:
                for name in (edition, editions[edition].language, editions[edition].name):
                    self._names.setdefault(plain(name), audience.id)
        for audience in self.newsletter.audiences:
            self._names.update({plain(audience.label): audience.id, plain(audience.id): audience.id})
        for language in {plain(one.language): one.language for one in editions.values()}.values():
            self._spoken.update(dict.fromkeys((plain(language), *LANGUAGES.get(language, ())), language))

    def read(self, row: Row) -> Candidate | NotSubscribed | InvalidRow:
        """Classify the row."""
        if any(cell.strip() for cell in row.cells[self.width :]):
            return InvalidRow(row.line, RowProblem.CELLS)
        state = self.state(row)
        if state is RowState.ENDED:
            return NotSubscribed(row.line, self.address(row))
        if state is RowState.UNKNOWN:
            return InvalidRow(row.line, RowProblem.STATUS)
        address = self.address(row)
        return self._of_address(row, address) if address else self._no_address(row)

    def state(self, row: Row) -> RowState:
        """Whether the row says that somebody is subscribed: each of its columns must say so."""
        states = [self._state(meaning, cell) for meaning in SPEAKING for cell in self._cells(row, meaning)]
        said = next(self._cells(row, Meaning.ADDRESS), "")
        named = said.rpartition("<")[0]
        if self.nobody or RowState.ENDED in states or (named and speaks_of_leaving(named)):
            return RowState.ENDED
        if RowState.UNKNOWN in states or (not named and _MARKED.search(said)):
            return RowState.UNKNOWN
        return RowState.SUBSCRIBED

    def address(self, row: Row) -> str:
        """The address of a row; "" where there is none, or more than one."""
        try:
            return normalise(address_in(next(self._cells(row, Meaning.ADDRESS), "")))
        except AddressError:
            return ""

    def _state(self, meaning: Meaning, cell: str) -> RowState:
        kind = cell_kind(cell)
        if meaning is Meaning.ENDED:
            return RowState.SUBSCRIBED if kind in (CellKind.EMPTY, CellKind.NO) else RowState.ENDED
        if meaning is Meaning.STATUS:
            return self._status(cell)
        if kind in (CellKind.YES, CellKind.DAY):
            return RowState.SUBSCRIBED
        unsaid = kind is CellKind.NO or (kind is CellKind.EMPTY and meaning is Meaning.CONFIRMED)
        return RowState.ENDED if unsaid or is_gone(cell) else RowState.UNKNOWN

    def _status(self, cell: str) -> RowState:
        word = plain(visible(cell))
        if word in (self.stays or SUBSCRIBED_STATES):
            return RowState.SUBSCRIBED
        return RowState.ENDED if is_gone(cell) or (word and self.stays) else RowState.UNKNOWN

    def _of_address(self, row: Row, address: str) -> Candidate | InvalidRow:
        spoken_cell = self._cell(row, Meaning.LANGUAGE)
        named = plain(spoken_cell)
        spoken = self._spoken.get(named) or self._spoken.get(plain(_REGION.split(spoken_cell)[0]))
        if named and not spoken:
            return InvalidRow(row.line, RowProblem.LANGUAGE)
        audiences = self._audiences(row, spoken or "")
        if not audiences:
            return InvalidRow(row.line, RowProblem.AUDIENCE)
        consent_on = self._consent_on(row)
        if consent_on is None or consent_on > self.today:
            return InvalidRow(row.line, RowProblem.DATE)
        language = spoken or self.language or self._usual_language(audiences[0])
        return Candidate(row.line, address, audiences, language, consent_on)

    def _no_address(self, row: Row) -> InvalidRow:
        unread = REPLACED in self._cell(row, Meaning.ADDRESS)
        return InvalidRow(row.line, RowProblem.LETTERS if unread else RowProblem.ADDRESS)

    def _audiences(self, row: Row, spoken: str) -> tuple[str, ...]:
        """The audiences that the row names, all known; without such a column those of all, or its language's.

        Whoever is on no list where the others are on some is on none of ours.
        """
        cell = self._cell(row, Meaning.AUDIENCE).strip()
        if cell:
            whole = self._names.get(plain(cell))
            named = [whole] if whole else [self._names.get(plain(part)) for part in _BETWEEN.split(cell)]
            known = tuple(dict.fromkeys(audience for audience in named if audience))
            return known if None not in named else ()
        if Meaning.AUDIENCE in self.columns:
            return ()
        if self.audiences:
            return self.audiences
        return (self._names[plain(spoken)],) if plain(spoken) in self._names else ()

    def _consent_on(self, row: Row) -> date | None:
        """The first day of consent that there is, else that of a confirmation or a flag, else all rows'."""
        filled = [place for place in self._places(row, Meaning.CONSENT) if self._is_filled(row.cells[place])]
        if filled:
            return self._day(row, filled[0])
        if self.agreed_by_day and Meaning.CONSENT in self.columns:
            return None
        flags = (place for meaning in AGREEING for place in self._places(row, meaning))
        return next((day for place in flags if (day := self._day(row, place))), self.consent_on)

    def _day(self, row: Row, place: int) -> date | None:
        return day_in(visible(row.cells[place]), month_first=self.month_first.get(place))

    def _is_filled(self, cell: str) -> bool:
        return cell_kind(cell) not in (CellKind.EMPTY, CellKind.NO)

    def _places(self, row: Row, meaning: Meaning) -> list[int]:
        """The columns of that meaning that the row reaches."""
        return [place for place in self.columns.get(meaning, ()) if place < len(row.cells)]

    def _usual_language(self, audience_id: str) -> str:
        audience = self.newsletter.audience(audience_id)
        editions = audience.editions if audience else tuple(self.newsletter.editions)
        return self.newsletter.editions[editions[0]].language

    def _cells(self, row: Row, meaning: Meaning) -> Iterator[str]:
        """The cells of that meaning; an empty one for a column that the row does not reach."""
        return (
            row.cells[column] if column < len(row.cells) else "" for column in self.columns.get(meaning, ())
        )

    def _cell(self, row: Row, meaning: Meaning) -> str:
        return next((visible(cell) for cell in self._cells(row, meaning) if cell.strip()), "")

"""Reads a row of an imported table as a candidate, or says why it can't be imported."""

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
STATE_MEANINGS = (Meaning.ENDED, Meaning.STATUS, Meaning.CONFIRMED, Meaning.SUBSCRIBED)
CONSENT_FLAGS = (Meaning.CONFIRMED, Meaning.SUBSCRIBED)
_REGION = re.compile("[-_]")  # as in ru-BY
_BETWEEN = re.compile(r"[,;|\n]")
# What programs and people write into an address that must not be mailed any more.
_MARKED = re.compile(r"unsub|opt-?out|bounced|deleted|removed|suppressed|abgemeldet|otpisa", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """A person to import, unless the list says otherwise."""

    line: int
    address: str
    audiences: tuple[str, ...]
    language: str
    consent_on: date


class RowState(Enum):
    """Whether a row says that somebody is subscribed."""

    SUBSCRIBED = auto()
    ENDED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class RowReader:
    """Reads the rows of one table; `audiences`, `language`, `consent_on` are defaults for what a row lacks.

    Without audiences, the language of a row determines its audience. `nobody`: the format lists only people
    who left. `agreed_by_day`: a row without a date of consent has no consent. A row with a cell beyond the
    `width` of the headings is invalid: its cells may be shifted. `month_first` says how a column writes
    12/05/2016. `stays`, if a format has them, are the only words that mean subscribed.
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
    _languages: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index the names of audiences and languages."""
        editions = self.newsletter.editions
        for edition in editions.values():
            if audience := self.newsletter.usual_audience(edition.id):
                for name in (edition.id, edition.language, edition.name):
                    self._names.setdefault(plain(name), audience.id)
        for audience in self.newsletter.audiences:
            self._names.update({plain(audience.label): audience.id, plain(audience.id): audience.id})
        for language in {plain(one.language): one.language for one in editions.values()}.values():
            self._languages.update(dict.fromkeys((plain(language), *LANGUAGES.get(language, ())), language))

    def read(self, row: Row) -> Candidate | InvalidRow | None:
        """The candidate of a row, or what is wrong with it; None if they are not subscribed."""
        if any(cell.strip() for cell in row.cells[self.width :]):
            return InvalidRow(row.line, RowProblem.CELLS)
        state = self.state(row)
        if state is RowState.ENDED:
            return None
        if state is RowState.UNKNOWN:
            return InvalidRow(row.line, RowProblem.STATUS)
        if address := self.address(row):
            return self._candidate(row, address)
        is_unreadable = REPLACED in self._cell(row, Meaning.ADDRESS)
        return InvalidRow(row.line, RowProblem.LETTERS if is_unreadable else RowProblem.ADDRESS)

    def state(self, row: Row) -> RowState:
        """Whether the row says that somebody is subscribed: each of its columns with a state must say so."""
        states = [
            self._state(meaning, cell) for meaning in STATE_MEANINGS for cell in self._cells(row, meaning)
        ]
        address = next(self._cells(row, Meaning.ADDRESS), "")
        name = address.rpartition("<")[0]
        if self.nobody or RowState.ENDED in states or (name and speaks_of_leaving(name)):
            return RowState.ENDED
        if RowState.UNKNOWN in states or (not name and _MARKED.search(address)):
            return RowState.UNKNOWN
        return RowState.SUBSCRIBED

    def address(self, row: Row) -> str:
        """The address of a row; "" if there is none, or more than one."""
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
        is_no = kind is CellKind.NO or (kind is CellKind.EMPTY and meaning is Meaning.CONFIRMED)
        return RowState.ENDED if is_no or is_gone(cell) else RowState.UNKNOWN

    def _status(self, cell: str) -> RowState:
        word = plain(visible(cell))
        if word in (self.stays or SUBSCRIBED_STATES):
            return RowState.SUBSCRIBED
        return RowState.ENDED if is_gone(cell) or (word and self.stays) else RowState.UNKNOWN

    def _candidate(self, row: Row, address: str) -> Candidate | InvalidRow:
        cell = self._cell(row, Meaning.LANGUAGE)
        word = plain(cell)
        own = self._languages.get(word) or self._languages.get(plain(_REGION.split(cell)[0]))
        if word and not own:
            return InvalidRow(row.line, RowProblem.LANGUAGE)
        audiences = self._audiences(row, own or "")
        if not audiences:
            return InvalidRow(row.line, RowProblem.AUDIENCE)
        consent_on = self._consent_on(row)
        if consent_on is None or consent_on > self.today:
            return InvalidRow(row.line, RowProblem.DATE)
        language = own or self.language or self._usual_language(audiences[0])
        return Candidate(row.line, address, audiences, language, consent_on)

    def _audiences(self, row: Row, language: str) -> tuple[str, ...]:
        """The audiences that the row names; without such a column the defaults, or that of the language.

        Of those that share an edition, as "be, ru" may name two, the first counts.
        Empty if one is unknown, or if the table has such a column and the row names none.
        """
        cell = self._cell(row, Meaning.AUDIENCE).strip()
        if cell:
            whole = self._names.get(plain(cell))
            named = [whole] if whole else [self._names.get(plain(part)) for part in _BETWEEN.split(cell)]
            known = self.newsletter.apart(audience for audience in named if audience)
            return known if None not in named else ()
        if Meaning.AUDIENCE in self.columns:
            return ()
        if self.audiences:
            return self.audiences
        return (self._names[plain(language)],) if plain(language) in self._names else ()

    def _consent_on(self, row: Row) -> date | None:
        """The first day of consent, else that of a confirmation or a flag, else the default."""
        empty = (CellKind.EMPTY, CellKind.NO)
        consent = self._positions(row, Meaning.CONSENT)
        filled = [position for position in consent if cell_kind(row.cells[position]) not in empty]
        if filled:
            return self._day(row, filled[0])
        if self.agreed_by_day and Meaning.CONSENT in self.columns:
            return None
        flags = (position for meaning in CONSENT_FLAGS for position in self._positions(row, meaning))
        return next((day for position in flags if (day := self._day(row, position))), self.consent_on)

    def _day(self, row: Row, position: int) -> date | None:
        return day_in(visible(row.cells[position]), month_first=self.month_first.get(position))

    def _positions(self, row: Row, meaning: Meaning) -> list[int]:
        """The columns of that meaning, up to the row's last cell."""
        return [position for position in self.columns.get(meaning, ()) if position < len(row.cells)]

    def _usual_language(self, audience_id: str) -> str:
        audience = self.newsletter.audience(audience_id)
        editions = audience.editions if audience else tuple(self.newsletter.editions)
        return self.newsletter.editions[editions[0]].language

    def _cells(self, row: Row, meaning: Meaning) -> Iterator[str]:
        """The cells of that meaning; an empty one for a column behind the row's last cell."""
        return (
            row.cells[column] if column < len(row.cells) else "" for column in self.columns.get(meaning, ())
        )

    def _cell(self, row: Row, meaning: Meaning) -> str:
        return next((visible(cell) for cell in self._cells(row, meaning) if cell.strip()), "")

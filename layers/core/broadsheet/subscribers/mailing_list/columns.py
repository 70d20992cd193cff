"""Finds the meaning of each column of a table: by a known format, else by its heading and its cells.

A column gets a meaning only if its heading is known and all its cells fit. A column that may speak of a state
or of consent and is not understood stays unclear: an operator has to say what it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.mailing_list import heading_words
from broadsheet.subscribers.mailing_list.cells import name_of, plain, visible
from broadsheet.subscribers.mailing_list.column_profile import (
    CellKind,
    ColumnProfile,
    TableProfile,
    is_gone,
    names_leavers,
    profile_table,
)
from broadsheet.subscribers.mailing_list.csv_rows import TableError
from broadsheet.subscribers.mailing_list.csv_table import CSVTable
from broadsheet.subscribers.mailing_list.formats import Format, format_of
from broadsheet.subscribers.mailing_list.meaning import Columns, Meaning
from broadsheet.subscribers.mailing_list.row_reader import RowReader
from broadsheet.subscribers.mailing_list.status_words import NO, SAYS_LITTLE, SUBSCRIBED_STATES

FEW = 8  # different cells: a choice, not a text
NO_ADDRESSES = (
    "No column of the file holds email addresses. If one does, say which: --column 'Its heading=address'."
)
_DAYS = {CellKind.DAY, CellKind.YES, CellKind.NO}
_FOREIGN = re.compile("[^\\W\\d_\u0000-\u024f\u0400-\u052f\u02bc\u1e00-\u1eff]")  # neither Latin nor Cyrillic
_LETTER = re.compile(r"[^\W\d_]")
_PARTS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_ASIDE = re.compile(r"\([^()]*\)")
_AS_DAY = ("at", "on", "date", "time", "дата", "datum")
_AGREEMENT = ("consent", "dateofconsent", "agreed", "optin", "optedin", "датасогласия", "датазгоды")


@dataclass(frozen=True)
class Column:
    """A column; without a meaning it is unclear, and `why` says what it may be."""

    heading: str
    meaning: Meaning | None
    why: str = ""
    has_days: bool = False
    month_first: bool | None = None


@dataclass(frozen=True)
class ColumnMapping:
    """The columns of a table, found from all its rows; `notes` say what else an operator must decide."""

    columns: tuple[Column, ...]
    format: Format | None = None
    notes: tuple[str, ...] = ()

    @property
    def positions(self) -> Columns:
        """The positions of the columns of each meaning; days of consent in the order of the format."""
        found: dict[Meaning, tuple[int, ...]] = {}
        for position in sorted(range(len(self.columns)), key=self._order):
            meaning = self.columns[position].meaning
            if meaning and meaning is not Meaning.IGNORED:
                found[meaning] = (*found.get(meaning, ()), position)
        return found

    @property
    def unclear(self) -> tuple[int, ...]:
        """The columns whose meaning an operator has to give."""
        return tuple(position for position, column in enumerate(self.columns) if column.meaning is None)

    @property
    def has_consent_days(self) -> bool:
        """Whether some column has the days on which people agreed."""
        flags = (Meaning.CONFIRMED, Meaning.SUBSCRIBED)
        return any(
            one.meaning is Meaning.CONSENT or (one.meaning in flags and one.has_days) for one in self.columns
        )

    @property
    def agreed_by_day(self) -> bool:
        """Whether a row without a day of consent has no consent."""
        consent = [column for column in self.columns if column.meaning is Meaning.CONSENT]
        return self.format is None and any(name_of(one.heading).startswith(_AGREEMENT) for one in consent)

    def row_reader(
        self,
        newsletter: Newsletter,
        today: date,
        audiences: tuple[str, ...] = (),
        language: str = "",
        consent_on: date | None = None,
    ) -> RowReader:
        """The reader of this table's rows; see `RowReader` for the parameters."""
        return RowReader(
            self.positions,
            newsletter,
            today,
            audiences,
            language,
            consent_on,
            nobody=bool(self.format and self.format.nobody),
            stays=self.format.stays if self.format else frozenset(),
            agreed_by_day=self.agreed_by_day,
            width=len(self.columns),
            month_first={
                position: column.month_first
                for position, column in enumerate(self.columns)
                if column.month_first is not None
            },
        )

    def _order(self, position: int) -> int:
        listed = list(self.format.means) if self.format else []
        name = name_of(self.columns[position].heading)
        return listed.index(name) if name in listed else len(listed) + position


def map_columns(table: CSVTable, given: Mapping[int, Meaning] | None = None) -> ColumnMapping:
    """Read every row and find the meaning of each column; `given` are the meanings that an operator gave.

    Raises:
        TableError: no column contains addresses.
    """
    given = given or {}
    table_profile = profile_table(table.rows(), table.headings)
    known = format_of(table.headings)
    names = [name_of(heading) for heading in table.headings]
    address = _address_column(names, table_profile.columns, known, given)
    is_sure = address in given or names[address] in heading_words.ADDRESS or bool(known)
    columns = []
    for position, (heading, profile) in enumerate(zip(table.headings, table_profile.columns, strict=True)):
        if position in given:
            column = Column(heading, given[position], "as you say")
        elif position == address:
            column = Column(heading, Meaning.ADDRESS)
        elif profile.mostly_addresses and not is_sure:
            column = Column(heading, None, "it holds addresses, as another does")
        else:
            column = _column(heading, names[position], profile, known, table_profile.people)
        columns.append(
            replace(column, has_days=CellKind.DAY in profile.kinds, month_first=profile.month_first)
        )
    notes = _notes_on_all(table, table_profile, "" if address in given else table.headings[address])
    return ColumnMapping(tuple(columns), known, notes)


def parse_column_options(given: Sequence[str], headings: Sequence[str]) -> dict[int, Meaning]:
    """The meanings that an operator gave: `heading=meaning`, `#3=meaning` (third column), `meaning=heading`.

    Raises:
        TableError: there is no such column or no such meaning.
    """
    found: dict[int, Meaning] = {}
    for text in given:
        heading, sign, meaning = (part.strip() for part in text.rpartition("="))
        positions = _positions(heading, headings)
        if not sign or (meaning not in set(Meaning) and heading not in set(Meaning)):
            raise TableError(f"Write --column as HEADING=MEANING; a meaning is one of {', '.join(Meaning)}.")
        if not (positions and meaning in set(Meaning)) and heading in set(Meaning):
            heading, meaning = meaning, heading
            positions = _positions(heading, headings)
        if not positions:
            raise TableError(f"The file has no column {heading!r}; it has {', '.join(headings)}.")
        wanted = Meaning(meaning)
        found.update(dict.fromkeys(positions[:1] if wanted is Meaning.ADDRESS else positions, wanted))
    return found


def _positions(heading: str, headings: Sequence[str]) -> list[int]:
    if heading.startswith("#") and heading[1:].isdecimal():
        number = int(heading[1:])
        return [number - 1] if 0 < number <= len(headings) else []
    same = [position for position, known in enumerate(headings) if visible(known) == visible(heading)]
    return same or [n for n, known in enumerate(headings) if plain(known) == plain(heading) != ""]


def _address_column(
    names: Sequence[str],
    profiles: Sequence[ColumnProfile],
    known: Format | None,
    given: Mapping[int, Meaning],
) -> int:
    """The column of the addresses: as given, by the format, by heading and cells, by cells, by heading."""
    as_given = [position for position, meaning in given.items() if meaning is Meaning.ADDRESS]
    free = [position for position in range(len(names)) if position not in given]
    by_format = [n for n in free if known and known.meaning(names[n]) is Meaning.ADDRESS]
    named = [n for word in heading_words.ADDRESS for n in free if names[n] == word]
    holding = [n for n in free if profiles[n].mostly_addresses]
    fitting = [n for n in named if n in holding]
    found = [*as_given, *by_format, *fitting, *holding, *named]
    if not found:
        raise TableError(NO_ADDRESSES)
    return found[0]


def _column(heading: str, name: str, profile: ColumnProfile, known: Format | None, people: int) -> Column:
    """A column that is not the one of the addresses, and whose meaning is not given."""
    meaning = known.meaning(heading) if known else None
    if meaning is Meaning.ADDRESS:
        return Column(heading, Meaning.IGNORED, "another address")
    if meaning:
        may_say_gone = meaning is Meaning.IGNORED and known and not known.nobody
        line = profile.gone_on_line or (profile.record_on_line if name in heading_words.RECORDS else 0)
        why = f"line {line} may say who unsubscribed or agreed" if line and may_say_gone else ""
        return Column(heading, None if why else meaning, why)
    if why := _why_unclear(heading, name, profile, people):
        return Column(heading, None, why)
    if found := _by_heading(name, profile):
        return Column(heading, found)
    what = "another address" if profile.mostly_addresses else ""
    return Column(heading, Meaning.IGNORED, what if profile.filled else "empty")


def _why_unclear(heading: str, name: str, profile: ColumnProfile, people: int) -> str:
    """Why an operator must be asked about a column; "" if they need not."""
    line = profile.gone_on_line or profile.record_on_line
    if line and not (name in heading_words.STATUS or _is_of_leaving(name)):
        return f"line {line} may say who unsubscribed or agreed"
    if _by_heading(name, profile) or not profile.filled:
        return ""
    if _is_of_leaving(name) and profile.says_subscribed:
        return "its heading and its words contradict each other"
    return "" if _is_harmless(heading, name) else _may_speak(name, profile, people)


def _is_of_leaving(name: str) -> bool:
    """Whether a heading is one of `heading_words.ENDED`, or one with a usual word before or after it."""
    before, after = heading_words.AROUND
    forms = {name, *(name.removeprefix(word) for word in before)}
    forms |= {form.removesuffix(word) for form in forms for word in after}
    return not forms.isdisjoint(heading_words.ENDED)


def _is_harmless(heading: str, name: str) -> bool:
    """Whether a heading never speaks of a state."""
    if name in heading_words.HARMLESS:
        return True
    parts = [plain(part) for part in _PARTS.split(_ASIDE.sub("", visible(heading))) if plain(part)]
    if "mail" not in name and not heading_words.OTHER_WAYS.isdisjoint(parts):
        return True
    if not parts:
        return False
    is_usual = parts[0] in heading_words.HARMLESS_FIRST or parts[-1] in heading_words.HARMLESS_LAST
    return is_usual and not any(stem in name for stem in heading_words.MAY_SPEAK)


def _by_heading(name: str, profile: ColumnProfile) -> Meaning | None:
    """The meaning of a known heading, if all cells fit."""
    fits = profile.kinds <= _DAYS
    has_state = any(plain(visible(c)) in SUBSCRIBED_STATES or is_gone(c) for c in profile.cells)
    is_ended = CellKind.ADDRESS not in profile.kinds and not profile.says_subscribed
    is_consent = CellKind.DAY in profile.kinds or name.endswith(_AS_DAY)
    known = (
        (heading_words.ENDED, Meaning.ENDED, is_ended),
        (heading_words.STATUS, Meaning.STATUS, has_state),
        (heading_words.CONFIRMED, Meaning.CONFIRMED, fits),
        (heading_words.SUBSCRIBED, Meaning.SUBSCRIBED, fits),
        (heading_words.CONSENT, Meaning.CONSENT, is_consent),
        (heading_words.AUDIENCE, Meaning.AUDIENCE, bool(profile.filled) and not profile.has_gone),
        (heading_words.LANGUAGE, Meaning.LANGUAGE, True),
    )
    around = (None, Meaning.ENDED if _is_of_leaving(name) else None, is_ended)
    _, meaning, is_fitting = next((one for one in known if name in one[0]), around)
    if meaning in (Meaning.CONSENT, Meaning.AUDIENCE) and profile.says_yes_or_no:
        return Meaning.SUBSCRIBED
    return meaning if is_fitting else None


def _may_speak(name: str, profile: ColumnProfile, people: int) -> str:
    """Why a column may speak of a state or of consent; "" if it does not."""
    words, kinds = profile.words, profile.kinds
    has_letters = any(_LETTER.search(cell) for cell in profile.cells)
    is_remark = CellKind.OTHER in kinds and has_letters and 2 * profile.filled <= people
    is_choice = len(profile.cells) <= FEW and profile.filled > len(profile.cells)
    reasons = {
        "its heading may say who unsubscribed or agreed": any(
            stem in name for stem in heading_words.MAY_SPEAK
        ),
        "its heading is in a script that is not understood": bool(_FOREIGN.search(name)),
        "it says yes or no": profile.says_yes_or_no,
        "it has words for people who unsubscribed": profile.has_gone,
        "some of its cells are a no": any(_LETTER.search(word) for word in words & NO - SAYS_LITTLE),
        "it has only symbols": bool(words) and not any(words),
        "it has days, of agreeing or of unsubscribing": CellKind.DAY in kinds
        and kinds <= {CellKind.DAY, CellKind.NO},
        "it has the same few words again and again": is_choice and CellKind.ADDRESS not in kinds,
        "it has remarks about some of the people": is_remark and CellKind.ADDRESS not in kinds,
    }
    return next((why for why, is_so in reasons.items() if is_so), "")


def _notes_on_all(table: CSVTable, profile: TableProfile, address_heading: str) -> tuple[str, ...]:
    """What a title, a row between the others or the heading of the addresses says of all people below."""
    said = []
    if any(names_leavers(title) for title in table.titles):
        said.append(
            "The lines above the headings say that these people unsubscribed. If they did not, remove those"
            " lines from the file."
        )
    if profile.divided_on:
        said.append(
            f"Line {profile.divided_on} looks like a heading for the rows below it: split the file in two"
            " there, and import each part."
        )
    if names_leavers(address_heading):
        said.append(
            "The heading of the addresses says that these people unsubscribed. If they did not, say so:"
            f" --column '{address_heading}=address'."
        )
    return tuple(said)

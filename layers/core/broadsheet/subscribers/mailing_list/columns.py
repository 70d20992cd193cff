"""Which column of a table from elsewhere means what, by a known format, else by its heading and its cells.

A column is taken for something only where its heading is known and each of its cells fits. One that may speak
of a state or of consent and is not understood stays unclear: a person has to say what it is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.mailing_list import heading_words
from broadsheet.subscribers.mailing_list.cells import name_of, plain, visible
from broadsheet.subscribers.mailing_list.column_profile import (
    CellKind,
    ColumnProfile,
    names_leavers,
    profile_table,
)
from broadsheet.subscribers.mailing_list.csv_rows import TableError
from broadsheet.subscribers.mailing_list.csv_table import CSVTable
from broadsheet.subscribers.mailing_list.formats import Format, format_of
from broadsheet.subscribers.mailing_list.meaning import Columns, Meaning
from broadsheet.subscribers.mailing_list.row_reader import RowReader

NO_ADDRESSES = (
    "No column of the file holds mail addresses. If one does, say which: --column 'Its heading=address'."
)
HEADINGS = {
    Meaning.ENDED: frozenset(heading_words.ENDED),
    Meaning.STATUS: frozenset(heading_words.STATUS),
    Meaning.CONFIRMED: frozenset(heading_words.CONFIRMED),
    Meaning.SUBSCRIBED: frozenset(heading_words.SUBSCRIBED),
    Meaning.CONSENT: frozenset(heading_words.CONSENT),
    Meaning.AUDIENCE: frozenset(heading_words.AUDIENCE),
    Meaning.LANGUAGE: frozenset(heading_words.LANGUAGE),
}
_DAYS = {CellKind.DAY, CellKind.YES, CellKind.NO}
_FOREIGN = re.compile("[^\\W\\d_\u0000-\u024f\u0400-\u052f\u02bc\u1e00-\u1eff]")  # neither Latin nor Cyrillic
_PARTS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_ASIDE = re.compile(r"\([^()]*\)")
_AS_DAY = ("at", "on", "date", "time", "дата", "datum")


@dataclass(frozen=True)
class Column:
    """A column; without a meaning it is unclear, and `why` says for what it may be."""

    heading: str
    meaning: Meaning | None
    why: str = ""
    has_days: bool = False
    month_first: bool | None = None


@dataclass(frozen=True)
class ColumnMapping:
    """A table whose columns were looked at, every row of it; `says` is what else a person must settle."""

    columns: tuple[Column, ...]
    format: Format | None = None
    says: tuple[str, ...] = ()

    @property
    def places(self) -> Columns:
        """The columns of each meaning; days of consent in the order in which a format has them."""
        found: dict[Meaning, tuple[int, ...]] = {}
        for place in sorted(range(len(self.columns)), key=self._order):
            meaning = self.columns[place].meaning
            if meaning and meaning is not Meaning.IGNORED:
                found[meaning] = (*found.get(meaning, ()), place)
        return found

    @property
    def unclear(self) -> tuple[int, ...]:
        """The columns that a person has to say something of."""
        return tuple(place for place, column in enumerate(self.columns) if column.meaning is None)

    @property
    def has_consent_days(self) -> bool:
        """Whether some column says on which day they agreed."""
        flags = (Meaning.CONFIRMED, Meaning.SUBSCRIBED)
        return any(
            one.meaning is Meaning.CONSENT or (one.meaning in flags and one.has_days) for one in self.columns
        )

    @property
    def agreed_by_day(self) -> bool:
        """Whether a row without a day of consent says that there was none."""
        consent = [column for column in self.columns if column.meaning is Meaning.CONSENT]
        return self.format is None and any(_is_agreement(column.heading) for column in consent)

    def row_reader(
        self,
        newsletter: Newsletter,
        today: date,
        audiences: tuple[str, ...] = (),
        language: str = "",
        consent_on: date | None = None,
    ) -> RowReader:
        """How the rows of this table are read."""
        return RowReader(
            self.places,
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
                place: column.month_first
                for place, column in enumerate(self.columns)
                if column.month_first is not None
            },
        )

    def _order(self, place: int) -> int:
        listed = list(self.format.means) if self.format else []
        name = name_of(self.columns[place].heading)
        return listed.index(name) if name in listed else len(listed) + place


def map_columns(table: CSVTable, given: Mapping[int, Meaning] | None = None) -> ColumnMapping:
    """Look at every row, and say what each column is taken for; `given` is what a person said of some.

    Raises:
        SheetError: no column holds addresses.
    """
    given = given or {}
    scan_table = profile_table(table.rows(), table.headings)
    known = format_of(table.headings)
    names = [name_of(heading) for heading in table.headings]
    address = _address_of(names, scan_table.columns, known, given)
    is_sure = address in given or names[address] in heading_words.ADDRESS or bool(known)
    columns = []
    for place, (heading, profile) in enumerate(zip(table.headings, scan_table.columns, strict=True)):
        if place in given:
            column = Column(heading, given[place], "as you say")
        elif place == address:
            column = Column(heading, Meaning.ADDRESS)
        elif profile.mostly_addresses and not is_sure:
            column = Column(heading, None, "it holds addresses, as another does")
        else:
            column = _column(heading, names[place], profile, known, scan_table.people)
        columns.append(
            replace(column, has_days=CellKind.DAY in profile.kinds, month_first=profile.month_first)
        )
    says = _said_beside_the_table(table.titles, scan_table.divided_on)
    if address not in given and names_leavers(table.headings[address]):
        says.append(
            "The heading of the addresses says that these people left. If they did not, say so:"
            f" --column '{table.headings[address]}=address'."
        )
    return ColumnMapping(tuple(columns), known, tuple(says))


def parse_column_options(given: Sequence[str], headings: Sequence[str]) -> dict[int, Meaning]:
    """What an operator says of columns: `heading=meaning`, `#3=meaning` for the third, or `meaning=heading`.

    Raises:
        SheetError: there is no such column or no such meaning.
    """
    found: dict[int, Meaning] = {}
    for text in given:
        heading, sign, meaning = (part.strip() for part in text.rpartition("="))
        places = _places(heading, headings)
        if not sign or (meaning not in set(Meaning) and heading not in set(Meaning)):
            raise TableError(f"--column is HEADING=MEANING; a meaning is one of {', '.join(Meaning)}.")
        if not (places and meaning in set(Meaning)) and heading in set(Meaning):
            heading, meaning = meaning, heading
            places = _places(heading, headings)
        if not places:
            raise TableError(f"The file has no column {heading!r}; it has {', '.join(headings)}.")
        wanted = Meaning(meaning)
        found.update(dict.fromkeys(places[:1] if wanted is Meaning.ADDRESS else places, wanted))
    return found


def _places(heading: str, headings: Sequence[str]) -> list[int]:
    if heading.startswith("#") and heading[1:].isdecimal():
        number = int(heading[1:])
        return [number - 1] if 0 < number <= len(headings) else []
    same = [place for place, known in enumerate(headings) if visible(known) == visible(heading)]
    return same or [place for place, known in enumerate(headings) if plain(known) == plain(heading) != ""]


def _address_of(
    names: Sequence[str],
    profiles: Sequence[ColumnProfile],
    known: Format | None,
    given: Mapping[int, Meaning],
) -> int:
    """The column of addresses: as said; as the format has it; one that mostly holds some; the first."""
    said = [place for place, meaning in given.items() if meaning is Meaning.ADDRESS]
    free = [place for place in range(len(names)) if place not in given]
    by_format = [place for place in free if known and known.meaning(names[place]) is Meaning.ADDRESS]
    named = [place for word in heading_words.ADDRESS for place in free if names[place] == word]
    holding = [place for place in free if profiles[place].mostly_addresses]
    fitting = [place for place in named if place in holding]
    found = [*said, *by_format, *fitting, *holding, *named]
    if not found:
        raise TableError(NO_ADDRESSES)
    return found[0]


def _column(heading: str, name: str, profile: ColumnProfile, known: Format | None, people: int) -> Column:
    """A column other than that of the addresses, of which nobody said anything."""
    meaning = known.meaning(heading) if known else None
    if meaning is Meaning.ADDRESS:
        return Column(heading, Meaning.IGNORED, "another address")
    if meaning:
        why = _told_beside(name, profile) if meaning is Meaning.IGNORED and known and not known.nobody else ""
        return Column(heading, None if why else meaning, why)
    if why := _leaves_unclear(heading, name, profile, people):
        return Column(heading, None, why)
    if found := _by_heading(name, profile):
        return Column(heading, found)
    what = "another address" if profile.mostly_addresses else ""
    return Column(heading, Meaning.IGNORED, what if profile.filled else "empty")


def _told_beside(name: str, profile: ColumnProfile) -> str:
    """Why a note, a tag or a record of an export that is known must be asked about all the same."""
    line = profile.gone_on_line or (profile.record_on_line if name in heading_words.RECORDS else 0)
    return f"line {line} may speak of it" if line else ""


def _leaves_unclear(heading: str, name: str, profile: ColumnProfile, people: int) -> str:
    """Why a column must be asked about; "" where it need not."""
    line = profile.gone_on_line or profile.record_on_line
    if line and not (name in heading_words.STATUS or _is_of_leaving(name)):
        return f"line {line} may speak of it"
    if _by_heading(name, profile) or not profile.filled:
        return ""
    if _is_of_leaving(name) and profile.says_subscribed:
        return "its heading and its words say the contrary"
    return "" if _is_harmless(heading, name) else _may_speak(name, profile, people)


def _is_of_leaving(name: str) -> bool:
    """Whether a heading is one of those who left, in one of its usual forms."""
    before, behind = heading_words.AROUND
    forms = {name, *(name.removeprefix(word) for word in before)}
    forms |= {form.removesuffix(word) for form in forms for word in behind}
    return not forms.isdisjoint(heading_words.ENDED)


def _is_harmless(heading: str, name: str) -> bool:
    """Whether a heading never speaks of a state."""
    if name in heading_words.HARMLESS:
        return True
    parts = [plain(part) for part in _PARTS.split(_ASIDE.sub("", visible(heading))) if plain(part)]
    if "mail" not in name and not heading_words.OTHER_WAYS.isdisjoint(parts):
        return True
    is_usual = bool(parts) and (
        parts[0] in heading_words.HARMLESS_FIRST or parts[-1] in heading_words.HARMLESS_LAST
    )
    return is_usual and not any(stem in name for stem in heading_words.MAY_SPEAK)


def _by_heading(name: str, profile: ColumnProfile) -> Meaning | None:
    """What a heading that is known means, where all cells fit."""
    fits = profile.kinds <= _DAYS
    tried = {
        Meaning.ENDED: CellKind.ADDRESS not in profile.kinds and not profile.says_subscribed,
        Meaning.STATUS: profile.has_states,
        Meaning.CONFIRMED: fits,
        Meaning.SUBSCRIBED: fits,
        Meaning.CONSENT: CellKind.DAY in profile.kinds or name.endswith(_AS_DAY),
        Meaning.AUDIENCE: bool(profile.filled) and not profile.has_gone,
        Meaning.LANGUAGE: True,
    }
    meaning = next((one for one in tried if name in HEADINGS[one]), None)
    if meaning is None and _is_of_leaving(name):
        meaning = Meaning.ENDED
    if meaning in (Meaning.CONSENT, Meaning.AUDIENCE) and profile.says_yes_or_no:
        return Meaning.SUBSCRIBED
    return meaning if meaning and tried[meaning] else None


def _may_speak(name: str, profile: ColumnProfile, people: int) -> str:
    """Why a column may speak of a state or of consent; "" where it does not."""
    is_address = CellKind.ADDRESS in profile.kinds
    reasons = {
        "its heading may speak of it": any(stem in name for stem in heading_words.MAY_SPEAK),
        "its heading is in a script of which no word is known": bool(_FOREIGN.search(name)),
        "it says yes or no": profile.says_yes_or_no,
        "it has words for people who left": profile.has_gone,
        "some of its cells are a no": profile.has_refusal,
        "it has signs alone": profile.has_signs,
        "it has days, of agreeing or of leaving": profile.has_dates,
        "a few words come again and again": profile.is_a_choice and not is_address,
        "only some people have it, as a remark": profile.is_remark(people) and not is_address,
    }
    return next((why for why, is_so in reasons.items() if is_so), "")


def _is_agreement(heading: str) -> bool:
    name = name_of(heading)
    return name.startswith(
        ("consent", "dateofconsent", "agreed", "optin", "optedin", "датасогласия", "датазгоды")
    )


def _said_beside_the_table(titles: Iterable[str], divided_on: Sequence[int]) -> list[str]:
    """What a title, or a row between the others (`divided_on`), says of the subscribers below it."""
    said = []
    if any(names_leavers(title) for title in titles):
        said.append(
            "What stands above the headings says that these people left."
            " If they did not, take it out of the file."
        )
    if divided_on:
        said.append(
            f"Line {divided_on[0]} says something of those below it, as a heading does:"
            " make two files of this one, and import each."
        )
    return said

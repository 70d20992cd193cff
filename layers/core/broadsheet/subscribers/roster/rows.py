"""A row of a table from elsewhere as somebody to take in, or why not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.roster.cells import without_quote
from broadsheet.subscribers.roster.columns import Columns, Meaning
from broadsheet.subscribers.roster.sheet import REPLACED, BadRow, Fault, Row

SUBSCRIBED = {
    *("", "subscribed", "enabled", "active", "confirmed", "optedin", "optin", "member", "yes", "true"),
    *("подписан", "подписана", "активен", "активный", "падпісаны", "актыўны"),
}
NOT_SUBSCRIBED = {
    *("unsubscribed", "unsub", "cleaned", "blocklisted", "blacklisted", "blocked", "disabled", "inactive"),
    *("bounced", "bounce", "hardbounced", "softbounced", "complained", "complaint", "spam", "abuse", "junk"),
    *("archived", "deleted", "removed", "suppressed", "banned", "invalid", "undeliverable", "optedout"),
    *("optout", "pending", "unconfirmed", "notconfirmed", "new", "nonsubscribed", "notsubscribed"),
    *("transactional", "no", "false", "paused"),
    *("отписан", "отписана", "заблокирован", "недоступен", "неактивен", "адпісаны", "заблакаваны"),
}
_DATES = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\d)"),
)
_BETWEEN = re.compile(r"[,;|\n]")


@dataclass(frozen=True)
class Candidate:
    """Somebody who is to be taken in, unless the list says otherwise."""

    line: int
    address: str
    audiences: tuple[str, ...]
    language: str
    consent_on: date


@dataclass(frozen=True)
class NotSubscribed:
    """Somebody who is not subscribed where the table comes from; `address` is empty if it is none."""

    line: int
    address: str


@dataclass(frozen=True)
class Reading:
    """How the rows of one table are read. What a row does not say, `audiences`, `language`, `consent_on` do.

    Without audiences, a row's language names its audience.
    """

    columns: Columns
    newsletter: Newsletter
    today: date
    audiences: tuple[str, ...] = ()
    language: str = ""
    consent_on: date | None = None
    _names: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)
    _spoken: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Learn by which names audiences and languages may be called."""
        editions = self.newsletter.editions
        for audience in self.newsletter.audiences:
            for edition in audience.editions:
                for name in (edition, editions[edition].language, editions[edition].name):
                    self._names.setdefault(_plain(name), audience.id)
        for audience in self.newsletter.audiences:
            self._names.update({_plain(audience.label): audience.id, _plain(audience.id): audience.id})
        self._spoken.update({_plain(one.language): one.language for one in editions.values()})

    def read(self, row: Row) -> Candidate | NotSubscribed | BadRow:
        """What the row says."""
        if ended := self.ended(row):
            return ended
        if _plain(self._cell(row, Meaning.STATUS)) not in SUBSCRIBED:
            return BadRow(row.line, Fault.STATUS)
        address = self._address(row)
        return self._of_address(row, address) if address else self._no_address(row)

    def ended(self, row: Row) -> NotSubscribed | None:
        """The person of a row that says that they are not subscribed."""
        has_end = any(row.cells[column].strip() for column in self._columns(row, Meaning.ENDED))
        if has_end or _plain(self._cell(row, Meaning.STATUS)) in NOT_SUBSCRIBED:
            return NotSubscribed(row.line, self._address(row))
        return None

    def _address(self, row: Row) -> str:
        try:
            return normalise(self._cell(row, Meaning.ADDRESS))
        except AddressError:
            return ""

    def _of_address(self, row: Row, address: str) -> Candidate | BadRow:
        named = _plain(self._cell(row, Meaning.LANGUAGE))
        spoken = self._spoken.get(named) or self._spoken.get(named[:2])
        if named and not spoken:
            return BadRow(row.line, Fault.LANGUAGE)
        audiences = self._audiences(row, spoken or "")
        if not audiences:
            return BadRow(row.line, Fault.AUDIENCE)
        consent_on = self._consent_on(row)
        if consent_on is None or consent_on > self.today:
            return BadRow(row.line, Fault.DATE)
        language = spoken or self.language or self._usual_language(audiences[0])
        return Candidate(row.line, address, audiences, language, consent_on)

    def _no_address(self, row: Row) -> BadRow:
        unread = REPLACED in self._cell(row, Meaning.ADDRESS)
        return BadRow(row.line, Fault.LETTERS if unread else Fault.ADDRESS)

    def _audiences(self, row: Row, spoken: str) -> tuple[str, ...]:
        """The audiences that the row names, all known; else those of all rows; else its language's."""
        cell = self._cell(row, Meaning.AUDIENCE).strip()
        if cell:
            whole = self._names.get(_plain(cell))
            named = [whole] if whole else [self._names.get(_plain(part)) for part in _BETWEEN.split(cell)]
            known = tuple(dict.fromkeys(audience for audience in named if audience))
            return known if None not in named else ()
        if self.audiences:
            return self.audiences
        return (self._names[_plain(spoken)],) if _plain(spoken) in self._names else ()

    def _consent_on(self, row: Row) -> date | None:
        cell = self._cell(row, Meaning.CONSENT).strip()
        return day_in(cell) if cell else self.consent_on

    def _usual_language(self, audience_id: str) -> str:
        audience = self.newsletter.audience(audience_id)
        editions = audience.editions if audience else tuple(self.newsletter.editions)
        return self.newsletter.editions[editions[0]].language

    def _columns(self, row: Row, meaning: Meaning) -> Iterator[int]:
        return (column for column in self.columns.get(meaning, ()) if column < len(row.cells))

    def _cell(self, row: Row, meaning: Meaning) -> str:
        return next((without_quote(row.cells[column]) for column in self._columns(row, meaning)), "")


def day_in(text: str) -> date | None:
    """The day that a text begins with: 2016-12-05 or 05.12.2016, a time after it; not 12/05/2016.

    That last one is another day in another country.
    """
    for form in _DATES:
        if found := form.match(text):
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                return None
    return None


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())

"""Exports the list: every confirmed subscriber as a line of CSV, with their address in plain text.

Shape: `email`, `audiences` (separated by `;`), `language`, and the consent: `consent_text`, `consent_form`,
`consent_language`, `asked_on`, `confirmed_on`, `confirmed_by`. UTF-8, line ends by RFC 4180; a cell that a
spreadsheet would evaluate begins with an apostrophe (`cells.py`). The importer reads this format.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from broadsheet.subscribers.mailing_list.cells import as_text
from broadsheet.subscribers.ports import Addresses, SealBrokenError
from broadsheet.subscribers.subscriber import Status, Subscriber

HEADINGS = (
    *("email", "audiences", "language", "consent_text", "consent_form", "consent_language"),
    *("asked_on", "confirmed_on", "confirmed_by"),
)


def lines(people: Iterable[Subscriber], addresses: Addresses, unreadable: list[str]) -> Iterator[bytes]:
    """Yield the headings and a line for each confirmed subscriber.

    A subscriber whose address can't be decrypted is left out, and their id is appended to `unreadable`.
    """
    yield _line(HEADINGS)
    for one in people:
        if one.status is not Status.CONFIRMED:
            continue
        try:
            address = addresses.open(one.sealed_address, one.id)
        except (SealBrokenError, KeyError):
            unreadable.append(one.id)
            continue
        agreed: tuple[str, ...] = ("",) * 6
        if consent := one.consent:
            days = (consent.asked_on.isoformat(), consent.confirmed_on.isoformat())
            agreed = (consent.text, consent.form, consent.language, *days, consent.confirmed_by)
        yield _line((address, ";".join(sorted(one.audiences)), one.language, *agreed))


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(as_text(cell) for cell in cells)
    return text.getvalue().encode()

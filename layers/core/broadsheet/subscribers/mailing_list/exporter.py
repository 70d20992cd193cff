"""Export the list: every confirmed subscriber as a line of CSV, with their address in clear.

Shape: `email`, `audiences` (separated by `;`), `language`, and the consent: `consent_text`, `consent_form`,
`consent_language`, `asked_on`, `confirmed_on`, `confirmed_by`. UTF-8, lines end as RFC 4180 asks; cells
that a spreadsheet would run begin with an apostrophe (`cells.py`). The importer reads this format.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from broadsheet.subscribers.mailing_list.cells import as_text
from broadsheet.subscribers.ports import AddressCipher, SealBrokenError
from broadsheet.subscribers.subscriber import Status, Subscriber

HEADINGS = (
    *("email", "audiences", "language", "consent_text", "consent_form", "consent_language"),
    *("asked_on", "confirmed_on", "confirmed_by"),
)


class UnreadableAddresses:
    """Ids of subscribers whose address can't be decrypted."""

    def __init__(self) -> None:
        self.ids: list[str] = []


def lines(
    people: Iterable[Subscriber], addresses: AddressCipher, unreadable: UnreadableAddresses
) -> Iterator[bytes]:
    """Yield the headings and a line for each subscriber; unreadable ones are recorded and left out."""
    yield _line(HEADINGS)
    for one in people:
        if one.status is not Status.CONFIRMED:
            continue
        try:
            address = addresses.open(one.sealed_address, one.id)
        except (SealBrokenError, KeyError):
            unreadable.ids.append(one.id)
            continue
        consent = one.consent
        said = (
            (
                consent.text,
                consent.form,
                consent.language,
                consent.asked_on.isoformat(),
                consent.confirmed_on.isoformat(),
                consent.confirmed_by,
            )
            if consent
            else ("",) * 6
        )
        yield _line((address, ";".join(sorted(one.audiences)), one.language, *said))


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(as_text(cell) for cell in cells)
    return text.getvalue().encode()

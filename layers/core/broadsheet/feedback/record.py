"""What follows from SES's events: a hard bounce or a complaint suppresses; the ledger keeps the word."""

from typing import Protocol

from broadsheet.feedback.events import MailEvent
from broadsheet.mailings.ports import Ledger
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.ports import Clock, Subscribers
from broadsheet.subscribers.records import Reason


class Fingerprinter(Protocol):
    """The right to take fingerprints, and no more."""

    def fingerprint(self, address: str) -> str:
        """The keyed hash of an address."""


def record_feedback(
    event: MailEvent, *, ledger: Ledger, subscribers: Subscribers, fingerprints: Fingerprinter, clock: Clock
) -> None:
    """Suppress at once where the event says so, then note it in the ledger.

    Events come twice, late and in any order: suppressing again changes nothing, and a note only says that
    such an event has come.
    """
    if event.hard:
        reason = Reason.COMPLAINT if event.kind == "complaint" else Reason.BOUNCE
        _suppress(event.address, reason, subscribers, fingerprints, clock)
    if event.mailing and event.subscriber_id:
        ledger.note(event.mailing, event.chunk, event.subscriber_id, event.kind)


def _suppress(
    address: str, reason: Reason, subscribers: Subscribers, fingerprints: Fingerprinter, clock: Clock
) -> None:
    try:
        normalised = normalise(address)
    except AddressError:
        return
    subscribers.suppress(fingerprints.fingerprint(normalised), reason, clock().date())

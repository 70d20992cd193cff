"""Records SES's events in batches: suppresses recipients and keeps the events in the ledger.

Every mail carries its subscriber id, and SES returns it. A reader is suppressed by their stored fingerprint,
which needs no key and works during `broadsheet panic`. The address is fingerprinted only if no subscriber has
that id. If that key is disabled, too, the id is recorded as one that must not be restored from a backup
(docs/decisions/0017-bounces-need-no-key.md).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from broadsheet.feedback.events import COMPLAINTS, SOFT_BOUNCE, MailEvent
from broadsheet.feedback.soft import is_three_in_a_row
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.ports import Clock
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.ports import FingerprintsClosedError, Subscribers
from broadsheet.subscribers.subscriber import Reason

MARKED = ("bounce", "complaint")  # may stop a mailing


class Fingerprinter(Protocol):
    """Computes fingerprints."""

    def fingerprint(self, address: str) -> str:
        """The keyed hash of an address.

        Raises:
            FingerprintsClosedError: the key is disabled.
        """


class RoundTripEvents(Protocol):
    """Events of mails to SES's mailbox simulator, kept for a day."""

    def record(self, trip: str, word: str) -> None:
        """Record an event; a second time changes nothing."""


@dataclass
class RecordedBatch:
    """The result of a batch: counts by event, and the failed messages with the type of error."""

    words: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordFeedback:
    """The use case with its ports. `absent` records an id that must not be restored from a backup."""

    ledger: Ledger
    heads: Heads
    subscribers: Subscribers
    fingerprints: Fingerprinter
    clock: Clock
    round_trips: RoundTripEvents
    absent: Callable[[str], None]

    def __call__(self, events: Mapping[str, MailEvent]) -> RecordedBatch:
        """Suppress recipients, then record the events of each chunk in one write.

        `events` are keyed by message id. A failure affects its own messages alone, which SQS delivers again.
        Events may arrive twice, late and in any order: recording one again changes nothing. Those of a round
        trip are recorded as such and have no other effect.
        """
        recorded = RecordedBatch(Counter(event.word for event in events.values()))
        chunks: defaultdict[tuple[str, int], dict[str, MailEvent]] = defaultdict(dict)
        for message, event in events.items():
            if event.round_trip:
                _done(recorded, [message], self.round_trips.record, event.round_trip, event.word)
            elif _done(recorded, [message], self._suppress, event) and event.mailing and event.subscriber_id:
                chunks[event.mailing, event.chunk][message] = event
        for (mailing, chunk), said in chunks.items():
            _done(recorded, list(said), self._record, mailing, chunk, said)
        return recorded

    def _suppress(self, event: MailEvent) -> None:
        if not event.hard:
            return
        reason = Reason.COMPLAINT if event.kind in COMPLAINTS else Reason.BOUNCE
        own = self.subscribers.fingerprint_of(event.subscriber_id) if event.subscriber_id else None
        if fingerprint := own or self._fingerprint(event):
            self.subscribers.suppress(fingerprint, reason, self.clock().date())

    def _fingerprint(self, event: MailEvent) -> str | None:
        """The fingerprint of the address; None if it is invalid, or the key is disabled.

        A mail without a subscriber id went to an editor: while the key is disabled, it has no effect.
        """
        try:
            return self.fingerprints.fingerprint(normalise(event.address))
        except AddressError:
            return None
        except FingerprintsClosedError:
            if event.subscriber_id:
                self.absent(event.subscriber_id)
            return None

    def _record(self, mailing: str, chunk: int, said: Mapping[str, MailEvent]) -> None:
        words: defaultdict[str, set[str]] = defaultdict(set)
        for event in said.values():
            words[event.subscriber_id].add(event.word)
        if not self.ledger.record_events(mailing, chunk, dict(words)):
            return
        for kind in MARKED:
            if members := {member for member, its in words.items() if kind in its}:
                self.ledger.mark(mailing, kind, members)
        for member, its in words.items():
            if SOFT_BOUNCE in its:
                self._bounced_softly(mailing, member)

    def _bounced_softly(self, mailing_id: str, member: str) -> None:
        """Record it with the subscriber; suppress them at the third in a row."""
        bounces = self.subscribers.bounced_softly(member, mailing_id)
        if bounces and is_three_in_a_row(mailing_id, member, bounces.mailings, self.heads):
            self.subscribers.suppress(bounces.fingerprint, Reason.BOUNCE, self.clock().date())


def _done(
    recorded: RecordedBatch, messages: list[str], work: Callable[..., None], *arguments: object
) -> bool:
    """Whether the work was done; else its messages failed, with the type of error alone."""
    try:
        work(*arguments)
    except Exception as error:  # noqa: BLE001  # its text may hold an address; the messages are delivered again
        recorded.failed |= dict.fromkeys(messages, type(error).__name__)
        return False
    return True

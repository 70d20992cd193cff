"""What follows from SES's events, batch by batch: who must be suppressed is, the ledger keeps the words.

Every mail to a reader carries their subscriber id, and SES repeats it. So a reader is suppressed by the
fingerprint that they are stored with, which needs no key and works while `broadsheet panic` is in force. The
address is fingerprinted only where nobody has that id any more. Where that key is disabled, too, the address
can't be kept in any form that opens later, so what is noted is that this id must not come back from a backup
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

MARKED = ("bounce", "complaint")  # what may stop a mailing


class Fingerprinter(Protocol):
    """The right to take fingerprints, and no more."""

    def fingerprint(self, address: str) -> str:
        """The keyed hash of an address.

        Raises:
            FingerprintsClosedError: the key is disabled.
        """


class RoundTrips(Protocol):
    """What came back of mails to SES's mailbox simulator, for a day."""

    def note(self, trip: str, word: str) -> None:
        """Keep that an event of this word came; a second time changes nothing."""


@dataclass
class Recorded:
    """What became of a batch: how many of which word; and which messages failed, for what kind of error."""

    words: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordFeedback:
    """The use case with its ports. `absent` notes that nobody with this id may come back from a backup."""

    ledger: Ledger
    heads: Heads
    subscribers: Subscribers
    fingerprints: Fingerprinter
    clock: Clock
    round_trips: RoundTrips
    absent: Callable[[str], None]

    def __call__(self, events: Mapping[str, MailEvent]) -> Recorded:
        """Suppress at once where an event says so, then note what was said of each chunk in one write.

        Events stand under the ids of their messages. What fails fails its own messages alone, to come again.
        Events come twice, late and in any order: suppressing again changes nothing, a note only says that
        such an event has come. Those of a round trip are noted as such and touch nothing else.
        """
        recorded = Recorded(Counter(event.word for event in events.values()))
        chunks: defaultdict[tuple[str, int], dict[str, MailEvent]] = defaultdict(dict)
        for message, event in events.items():
            if event.round_trip:
                _done(recorded, [message], self.round_trips.note, event.round_trip, event.word)
            elif _done(recorded, [message], self._suppress, event) and event.mailing and event.subscriber_id:
                chunks[event.mailing, event.chunk][message] = event
        for (mailing, chunk), said in chunks.items():
            _done(recorded, list(said), self._note, mailing, chunk, said)
        return recorded

    def _suppress(self, event: MailEvent) -> None:
        if not event.hard:
            return
        reason = Reason.COMPLAINT if event.kind in COMPLAINTS else Reason.BOUNCE
        own = self.subscribers.fingerprint_of(event.subscriber_id) if event.subscriber_id else None
        if fingerprint := own or self._taken(event):
            self.subscribers.suppress(fingerprint, reason, self.clock().date())

    def _taken(self, event: MailEvent) -> str | None:
        """The fingerprint of the address; None where it is no address, or where none can be taken.

        A mail without a subscriber id went to an editor: while the key is disabled, nothing follows from it.
        """
        try:
            return self.fingerprints.fingerprint(normalise(event.address))
        except AddressError:
            return None
        except FingerprintsClosedError:
            if event.subscriber_id:
                self.absent(event.subscriber_id)
            return None

    def _note(self, mailing: str, chunk: int, said: Mapping[str, MailEvent]) -> None:
        words: defaultdict[str, set[str]] = defaultdict(set)
        for event in said.values():
            words[event.subscriber_id].add(event.word)
        if not self.ledger.note(mailing, chunk, dict(words)):
            return
        for kind in MARKED:
            if members := {member for member, its in words.items() if kind in its}:
                self.ledger.mark(mailing, kind, members)
        for member, its in words.items():
            if SOFT_BOUNCE in its:
                self._bounced_softly(mailing, member)

    def _bounced_softly(self, mailing_id: str, member: str) -> None:
        """Remember it with the subscriber; suppress them by their own fingerprint at the third in a row."""
        bounces = self.subscribers.bounced_softly(member, mailing_id)
        if bounces and is_three_in_a_row(mailing_id, member, bounces.mailings, self.heads):
            self.subscribers.suppress(bounces.fingerprint, Reason.BOUNCE, self.clock().date())


def _done(recorded: Recorded, messages: list[str], work: Callable[..., None], *arguments: object) -> bool:
    """Whether the work was done; else its messages have failed, and only the kind of error is kept."""
    try:
        work(*arguments)
    except Exception as error:  # noqa: BLE001  # its words might repeat an address; the messages come again
        recorded.failed |= dict.fromkeys(messages, type(error).__name__)
        return False
    return True

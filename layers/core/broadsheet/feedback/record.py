"""Records SES's events in batches: suppresses recipients and keeps the events in the ledger.

Every mail carries its subscriber id, and SES returns it. A reader is suppressed by their stored fingerprint,
which needs no key and works during `broadsheet panic`. The address is fingerprinted only if no subscriber has
that id, or if they have moved: a mail to their former address says nothing about the new one. If the key for
that is disabled, an id that nobody has is recorded as one that must not be restored from a backup
(docs/decisions/0017-bounces-need-no-key.md).

Soft bounces of three issues in a row suppress an address; a delivery in between resets the count. Deliveries
are not recorded with the subscriber: a delivered issue is not among those that bounced. An issue with both
events was delivered; the bounce is then an automatic reply such as "I am on holiday".
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from broadsheet.feedback.events import COMPLAINTS, SOFT_BOUNCE, MailEvent
from broadsheet.mailings.mailing import MARKED
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.ports import Clock
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.ports import FingerprintsClosedError, Subscribers
from broadsheet.subscribers.subscriber import Reason

IN_A_ROW = 3
MAILINGS_READ = 2 * IN_A_ROW  # of the audience's latest, to find a row


@dataclass
class RecordedBatch:
    """The result of a batch: how many events there were of each kind; the failed messages and their errors.

    `failed` maps the id of a message to the name of the error's type.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)

    def attempt(self, message_ids: Collection[str], work: Callable[..., None], *arguments: object) -> bool:
        """Do the work; if it raises an error, these messages have failed. Returns whether it succeeded."""
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001  # its text may hold an address; SQS delivers the messages again
            self.failed |= dict.fromkeys(message_ids, type(error).__name__)
            return False
        return True


@dataclass(frozen=True)
class RecordFeedback:
    """The use case with its ports.

    `fingerprint` raises `FingerprintsClosedError` if its key is disabled. `record_round_trip` records the id
    and the event of a mail to SES's mailbox simulator; a second time changes nothing. `record_absent` records
    a subscriber id that must not be restored from a backup.
    """

    ledger: Ledger
    heads: Heads
    subscribers: Subscribers
    fingerprint: Callable[[str], str]
    clock: Clock
    record_round_trip: Callable[[str, str], None]
    record_absent: Callable[[str], None]

    def __call__(self, events: Mapping[str, MailEvent]) -> RecordedBatch:
        """Suppress recipients, then record the events of each chunk in one write.

        `events` are keyed by message id. A failure affects its own messages alone, which SQS delivers again.
        Events may arrive twice, late and in any order: recording one again changes nothing. Those of a round
        trip are recorded as such and have no other effect.
        """
        recorded = RecordedBatch(Counter(event.recorded_kind for event in events.values()))
        chunks: defaultdict[tuple[str, int], dict[str, MailEvent]] = defaultdict(dict)
        for message_id, event in events.items():
            if event.round_trip:
                recorded.attempt([message_id], self.record_round_trip, event.round_trip, event.recorded_kind)
            elif (
                recorded.attempt([message_id], self._suppress, event)
                and event.mailing
                and event.subscriber_id
            ):
                chunks[event.mailing, event.chunk][message_id] = event
        for (mailing, chunk), its_events in chunks.items():
            recorded.attempt(its_events, self._record, mailing, chunk, its_events.values())
        return recorded

    def _suppress(self, event: MailEvent) -> None:
        if not event.hard:
            return
        reason = Reason.COMPLAINT if event.kind in COMPLAINTS else Reason.BOUNCE
        if fingerprint := self._own_fingerprint(event) or self._fingerprint(event):
            self.subscribers.suppress(fingerprint, reason, self.clock().date())

    def _own_fingerprint(self, event: MailEvent) -> str | None:
        """The stored fingerprint, if the mail went to the address that the subscriber has.

        Of one who has moved only the address can tell; while its key is disabled, the new address is taken.
        """
        own = self.subscribers.fingerprint_of(event.subscriber_id) if event.subscriber_id else None
        if own and own.has_moved:
            with suppress(AddressError, FingerprintsClosedError):
                return self.fingerprint(normalise(event.address))
        return own.fingerprint if own else None

    def _fingerprint(self, event: MailEvent) -> str | None:
        """The fingerprint of the address; None if it is invalid, or the key is disabled.

        A mail without a subscriber id went to an editor: while the key is disabled, it has no effect.
        """
        try:
            return self.fingerprint(normalise(event.address))
        except AddressError:
            return None
        except FingerprintsClosedError:
            if event.subscriber_id:
                self.record_absent(event.subscriber_id)
            return None

    def _record(self, mailing_id: str, chunk: int, events: Collection[MailEvent]) -> None:
        kinds: defaultdict[str, set[str]] = defaultdict(set)
        for event in events:
            kinds[event.subscriber_id].add(event.recorded_kind)
        if not self.ledger.record_events(mailing_id, chunk, dict(kinds)):
            return
        for kind in MARKED:
            if members := {member for member, its_kinds in kinds.items() if kind in its_kinds}:
                self.ledger.mark(mailing_id, kind, members)
        for member, its_kinds in kinds.items():
            if SOFT_BOUNCE in its_kinds:
                self._record_soft_bounce(mailing_id, member)

    def _record_soft_bounce(self, mailing_id: str, member: str) -> None:
        """Record it with the subscriber; suppress them at the third in a row."""
        bounces = self.subscribers.bounced_softly(member, mailing_id)
        if bounces and self._is_in_a_row(mailing_id, member, bounces.mailings):
            self.subscribers.suppress(bounces.fingerprint, Reason.BOUNCE, self.clock().date())

    def _is_in_a_row(self, mailing_id: str, member: str, bounced: Collection[str]) -> bool:
        """Whether this mailing is one of three in a row to its audience that all bounced.

        Events of different issues arrive in any order, so later mailings count as well.
        """
        if len(bounced) < IN_A_ROW or mailing_id not in bounced:
            return False
        audience = mailing_id.rpartition("_")[2]
        issues = [issue for issue, _, of in (each.rpartition("_") for each in bounced) if of == audience]
        latest = self.heads.latest(audience, max(issues), MAILINGS_READ)
        rows = (latest[start : start + IN_A_ROW] for start in range(len(latest) - IN_A_ROW + 1))
        return any(
            {each.id for each in row} <= {*bounced}
            and mailing_id in {each.id for each in row}
            and all("delivery" not in self.heads.events_of(each, member) for each in row)
            for row in rows
        )

"""Delivers one chunk: claims it, freezes its members, and mails them, recording each call before and after.

Before a call the outcome of its members is recorded as unknown, until the answers are written: after a crash
every recipient has a recorded status.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from broadsheet.mail import NOT_VERIFIED, NotSentError, SendFailedError
from broadsheet.mailings.body import Body, NotAsFrozenError, frozen_body
from broadsheet.mailings.chunk_plan import SIZES, IdRange, Sizes
from broadsheet.mailings.mailing import (
    OUTCOME_TIMEOUT,
    Chunk,
    DeliveryStatus,
    Halt,
    Mailing,
    MailingState,
    status_from_events,
)
from broadsheet.mailings.ports import (
    Addressee,
    BulkMailer,
    BulkResult,
    ChunkMessage,
    DeliveryQueue,
    LeasedError,
    Ledger,
    Recipient,
    Recipients,
    StaleAttemptError,
)
from broadsheet.mailings.rate_limit import LATE_SECONDS, RateLimiter, Reservation
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock
from broadsheet.subscribers.link_tokens import Links
from broadsheet.subscribers.ports import Addresses, SealBrokenError

LEASE_SECONDS = 120  # longer than the function may run
LONGEST_CALL_SECONDS = 35  # the sending client's timeouts
SLOWEST_CALL_SECONDS = LONGEST_CALL_SECONDS + 5  # with the writes around a call
LONGEST_WAIT_SECONDS = 20  # for a slot; else the message is re-enqueued
RETRY_AFTER_SECONDS = 5  # what SES throttled
UNREADABLE = (SealBrokenError, KeyError)  # a key may be missing after a partial restore
FRESH_SECONDS = 2  # how long recipients and state are cached


@dataclass(frozen=True)
class DeliverChunk:
    """The use case with its ports; `stored_body` returns a body by issue, edition, revision and digest.

    Outcomes that time out are sent again if `resends`, else skipped.
    """

    newsletter: Newsletter
    ledger: Ledger
    recipients: Recipients
    stored_body: Callable[[str, str, str, str], Body]
    addresses: Addresses
    links: Links
    mailer: BulkMailer
    rate_limiter: RateLimiter
    queue: DeliveryQueue
    clock: Clock
    sleep: Callable[[float], None]
    resends: bool = True
    sizes: Sizes = SIZES

    def __call__(self, message: ChunkMessage, seconds_left: Callable[[], float]) -> dict[str, int]:
        """Mail the waiting members of the chunk; returns how many members have which status.

        If the mailing is not sending, or the chunk is closed or leased, nothing happens: returns {}.
        Members are the audience's confirmed subscribers at the first claim; those who left since are skipped.
        If these are far more than was planned, only a part of the chunk is mailed: the sweep makes chunks of
        the other parts.
        Members who can't be mailed now stay waiting, and the message is re-enqueued, so no answer of SES uses
        up the queue's retries. Members whom SES refuses as unverified (sandbox) stay waiting as well; after
        the others were mailed, the mailing is suspended with that reason.
        Only the body with the mailing's digest is sent. If it differs, or nothing can be sent, the sweep is
        asked to halt the mailing: it alone changes a mailing's state.
        """
        mailing, number = self.ledger.mailing(message.mailing), message.number
        if mailing is None or mailing.state is not MailingState.SENDING or number >= mailing.chunk_count:
            return {}
        try:
            chunk = self.ledger.claim(mailing.id, number, self.clock(), LEASE_SECONDS)
            return _Run(self, mailing, chunk, seconds_left).mail().counts if chunk else {}
        except (LeasedError, StaleAttemptError):
            return {}


@dataclass
class _Run:
    """One worker's work on one claimed chunk.

    `pending` are statuses to store with the next write; `unverified` are members to be left waiting.
    """

    use_case: DeliverChunk
    mailing: Mailing
    chunk: Chunk
    seconds_left: Callable[[], float]
    pending: dict[str, str] = field(default_factory=dict)
    timed_out: int = 0
    reservations: list[Reservation] = field(default_factory=list)
    reenqueue_after: float | None = None
    is_over: bool = False
    unverified: set[str] = field(default_factory=set)
    is_halted: bool = False
    body: Body | None = None

    def mail(self) -> Chunk:
        """Mail until nobody is waiting, time is up, or nothing more may be sent; then release the chunk."""
        if self.chunk.members is None:
            self._choose_members()
        else:
            self._read_recipients()
            self._resolve_unknown()
        while not self.is_over and (waiting := self._waiting()) and (body := self._warm_up()):
            slot = self._next_slot(len(waiting))
            if slot and (addressees := self._addressees(waiting[: slot.recipients], body)):
                self._send(body, addressees, slot)
        if self.unverified and not self.is_halted:
            self._halt(NOT_VERIFIED)
        if self.chunk.members is None:
            self.chunk = self.use_case.ledger.freeze(self.chunk, self._statuses())
        self.chunk = self.use_case.ledger.finish(self.chunk, self.pending, self.use_case.clock())
        if self.reenqueue_after is not None and self._waiting():
            message = ChunkMessage(self.mailing.id, self.chunk.number)
            self.use_case.queue.enqueue([message], [self.reenqueue_after])
        return self.chunk

    def _choose_members(self) -> None:
        """Split the chunk into as many parts as leave its first part few enough members, and read these.

        Whoever freezes the members first decides on the parts, in the same write.
        """
        sizes = self.use_case.sizes
        is_small = self.chunk.number < self.mailing.plan.trial_chunks
        most = sizes.most_members_of_trial if is_small else sizes.most_members
        self._read_recipients(most + 1)
        while len(self.recipients) > most and self.chunk.parts < sizes.most_parts:
            parts = self.chunk.parts * sizes.parts(self._ids(), list(self.recipients))
            self.chunk = replace(self.chunk, parts=min(sizes.most_parts, parts))
            self._read_recipients(most + 1)
        if len(self.recipients) > most:
            self._read_recipients()
        self.initial_recipients = list(self.recipients)

    def _ids(self) -> IdRange:
        """The ids of the chunk, or of its first part if it was split."""
        plan = self.mailing.plan.split(self.chunk.number, self.chunk.parts)
        return plan.ids(self.chunk.number)

    def _read_recipients(self, most: int | None = None) -> None:
        found = self.use_case.recipients.within(self._ids(), self.mailing.audience, most)
        self.recipients = {recipient.id: recipient for recipient in found}
        self.read_at = self.use_case.clock()

    def _statuses(self) -> dict[str, str]:
        members = self.chunk.members
        if members is None:
            members = dict.fromkeys(self.initial_recipients, DeliveryStatus.WAITING.value)
        return {**members, **self.pending}

    def _waiting(self) -> list[str]:
        statuses = self._statuses().items()
        return [m for m, status in statuses if status == DeliveryStatus.WAITING and m not in self.unverified]

    def _resolve_unknown(self) -> None:
        """Set unknown outcomes by SES's events; those that timed out are sent again or skipped.

        A waiting member may have been unknown before, and have an event of that call.
        """
        called_at = self.chunk.called_at
        is_old = called_at is not None and self.use_case.clock() - called_at >= OUTCOME_TIMEOUT
        timed_out_status = DeliveryStatus.WAITING if self.use_case.resends else DeliveryStatus.SKIPPED
        for member, status in (self.chunk.members or {}).items():
            if status not in (DeliveryStatus.UNKNOWN, DeliveryStatus.WAITING):
                continue
            resolved = status_from_events(self.chunk.events.get(member, ()))
            if resolved:
                self.pending[member] = resolved
            elif status == DeliveryStatus.UNKNOWN and is_old:
                self.pending[member] = timed_out_status.value
                self.timed_out += 1
        if self.timed_out:
            self.chunk = self.use_case.ledger.record(self.chunk, self.pending, timed_out=self.timed_out)
            self.pending = {}

    def _warm_up(self) -> Body | None:
        """Warm the caches so that the first send keeps its slot.

        Returns the body to send; None if it is not the frozen one, and the mailing has to be halted.
        """
        try:
            self.body = self.body or frozen_body(
                self.mailing, self.use_case.stored_body, self.use_case.newsletter
            )
        except NotAsFrozenError as error:
            self._halt(error.reason, error.digest)
            return None
        for recipient in list(self.recipients.values())[:1]:
            self.use_case.links.unsubscribe_token(recipient.id)
            with contextlib.suppress(*UNREADABLE):
                self.use_case.addresses.open(recipient.sealed_address, recipient.id)
        return self.body

    def _next_slot(self, waiting: int) -> Reservation | None:
        """The next slot, after waiting until its warm-up begins; None if it is too far off."""
        now = self.use_case.clock().timestamp()
        longest = min(LONGEST_WAIT_SECONDS, self.seconds_left() - SLOWEST_CALL_SECONDS)
        while self.reservations and self.reservations[0].at < now - LATE_SECONDS:
            self.reservations.pop(0)
            self.use_case.rate_limiter.overtaken()
        if not self.reservations:
            self.reservations = self.use_case.rate_limiter.reserve(waiting, now, longest)
        slot = self.reservations.pop(0)
        if slot.at - now > longest:
            self._stop(reenqueue_after=max(0.0, slot.at - now))
            return None
        self._sleep_until(slot.at - self.use_case.rate_limiter.warm_up_seconds)
        if (self.use_case.clock() - self.read_at).total_seconds() >= FRESH_SECONDS:
            self._refresh()
        return None if self.is_over else slot

    def _sleep_until(self, at: float) -> None:
        wait = at - self.use_case.clock().timestamp()
        if wait > 0:
            self.use_case.sleep(wait)

    def _refresh(self) -> None:
        """Read again: meanwhile somebody may have left, or the mailing been paused."""
        head = self.use_case.ledger.mailing(self.mailing.id)
        if head is None or head.state is not MailingState.SENDING:
            self._stop()
        else:
            self._read_recipients()

    def _addressees(self, batch: list[str], body: Body) -> list[Addressee]:
        """Those of the batch who are still subscribed; the others are marked as skipped."""
        self.pending |= {m: DeliveryStatus.SKIPPED.value for m in batch if m not in self.recipients}
        addressees = (self._addressee(self.recipients[m], body) for m in batch if m in self.recipients)
        return [addressee for addressee in addressees if addressee]

    def _send(self, body: Body, addressees: list[Addressee], slot: Reservation) -> None:
        members = [addressee.subscriber_id for addressee in addressees]
        self.pending |= dict.fromkeys(members, DeliveryStatus.UNKNOWN.value)
        self._write()
        if not self._keeps_slot(slot):
            self.pending = dict.fromkeys(members, DeliveryStatus.WAITING.value)
            return
        tags = {"mailing": self.mailing.id, "chunk": str(self.chunk.number)}
        try:
            result = self.use_case.mailer.send(body, addressees, tags)
        except NotSentError as error:
            result = BulkResult([DeliveryStatus.WAITING.value] * len(addressees), error.stop)
        except SendFailedError:
            return  # unknown, until events or the timeout resolve it
        self.unverified |= result.unverified
        self.pending = dict(zip(members, result.statuses, strict=True))
        if result.stop:
            self._halt(result.stop)
        elif {m for m, s in self.pending.items() if s == DeliveryStatus.WAITING} - self.unverified:
            self._stop(reenqueue_after=RETRY_AFTER_SECONDS)

    def _halt(self, reason: str, digest: str = "") -> None:
        """Ask the sweep to halt the mailing; waiting members stay waiting."""
        self.use_case.ledger.request_halt(self.mailing.id, Halt(reason, self.use_case.clock(), digest))
        self.is_halted = True
        self._stop()

    def _keeps_slot(self, slot: Reservation) -> bool:
        """Wait for the slot; False if it was missed, or too little time is left for a call."""
        self._sleep_until(slot.at)
        if self.seconds_left() < LONGEST_CALL_SECONDS:
            self._stop(reenqueue_after=0.0)
            return False
        is_late = self.use_case.clock().timestamp() > slot.at + LATE_SECONDS
        if is_late:
            self.use_case.rate_limiter.missed()
        return not is_late

    def _write(self) -> None:
        """Store the answers of the last call and who is about to be mailed, in one write."""
        now = self.use_case.clock()
        if self.chunk.members is None:
            self.chunk = self.use_case.ledger.freeze(self.chunk, self._statuses(), now)
        else:
            self.chunk = self.use_case.ledger.record(self.chunk, self.pending, at=now)
        self.pending = {}

    def _addressee(self, recipient: Recipient, body: Body) -> Addressee | None:
        """With address and link; None if the address can't be opened, which counts as a refusal."""
        try:
            address = self.use_case.addresses.open(recipient.sealed_address, recipient.id)
        except UNREADABLE:
            self.pending[recipient.id] = f"{DeliveryStatus.REFUSED.value}:SEAL_BROKEN"
            return None
        token = self.use_case.links.unsubscribe_token(recipient.id)
        url = f"{self.use_case.newsletter.origin}/api/unsubscribe?t={token}&in={body.edition}"
        return Addressee(recipient.id, address, url)

    def _stop(self, reenqueue_after: float | None = None) -> None:
        self.is_over, self.reenqueue_after = True, reenqueue_after

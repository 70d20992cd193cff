"""Mail one chunk: claim it, freeze its members, write who is about to be mailed, send, write the answers.

The order of writes is the promise: a member is in doubt from before the call until its answer is written, so
that a crash leaves nobody of whom nothing is known.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from broadsheet.mail import NOT_VERIFIED, NotSentError, SendFailedError
from broadsheet.mailings.body import Bodies, Body, NotAsFrozenError, frozen_body
from broadsheet.mailings.mailing import (
    DOUBT_LASTS,
    Chunk,
    Halt,
    Mailing,
    Standing,
    State,
    chunk_range,
    settled_by,
)
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.pace import LATE_SECONDS, Grant, PaceBook
from broadsheet.mailings.ports import (
    BulkMailer,
    Deliveries,
    LeasedError,
    Ledger,
    Letter,
    Reader,
    Readers,
    StaleAttemptError,
)
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock
from broadsheet.subscribers.link_tokens import Links
from broadsheet.subscribers.ports import Addresses, SealBrokenError

LEASE_SECONDS = 120  # longer than the function may run
LONGEST_CALL_SECONDS = 35  # the sending client's time-outs
SLOWEST_CALL_SECONDS = LONGEST_CALL_SECONDS + 5  # and the writes around a call
LONGEST_WAIT_SECONDS = 20  # for a call's turn; else the order comes back for it
AGAIN_AFTER_SECONDS = 5  # what SES throttled
UNREADABLE = (SealBrokenError, KeyError)  # one whose key is gone, as after a restore in part, keeps nobody up
FRESH_SECONDS = 2  # as long readers and state are taken for what they are


@dataclass(frozen=True)
class Delivered:
    """How the chunk stands after the call."""

    chunk: Chunk | None

    def counts(self) -> dict[str, int]:
        """Members by standing; empty if there was nothing to do."""
        return self.chunk.counts() if self.chunk else {}


@dataclass(frozen=True)
class DeliverChunk:
    """The use case with its ports. Whoever is in doubt too long is sent again if `resends`, else skipped."""

    newsletter: Newsletter
    ledger: Ledger
    readers: Readers
    bodies: Bodies
    addresses: Addresses
    links: Links
    mailer: BulkMailer
    pace: PaceBook
    deliveries: Deliveries
    clock: Clock
    sleep: Callable[[float], None]
    resends: bool = True

    def __call__(self, order: ChunkOrder, seconds_left: Callable[[], float]) -> Delivered:
        """Mail those of the chunk who are waiting; one that is closed or leased is done at once.

        Members are whoever is confirmed in the audience at the first claim; someone who has left since is
        skipped. Who could not be mailed now waits in the ledger, and the order is put again: nothing that
        SES answers uses up the queue's retries.
        Somebody whom SES does not mail unverified, as in the sandbox, is passed over; the mailing is to be
        parked once the others have had their turn, so that it says why it does not end.
        Nothing is sent but what the mailing has the digest of. Whoever finds another, or that nothing can be
        sent at all, asks the sweep to halt the mailing: it alone changes its state.
        """
        mailing = self.ledger.mailing(order.mailing)
        if mailing is None or mailing.state is not State.SENDING or order.number >= mailing.chunk_count:
            return Delivered(None)
        try:
            chunk = self.ledger.claim(mailing.id, order.number, self.clock(), LEASE_SECONDS)
            return Delivered(_Run(self, mailing, chunk, seconds_left).mail() if chunk else None)
        except (LeasedError, StaleAttemptError):
            return Delivered(None)


@dataclass
class _Run:
    """One worker's work on one claimed chunk.

    `pending` is what has to be written with the next write; `unverified` are members who wait, but not for
    this run.
    """

    use: DeliverChunk
    mailing: Mailing
    chunk: Chunk
    seconds_left: Callable[[], float]
    pending: dict[str, str] = field(default_factory=dict)
    expired: int = 0
    grants: list[Grant] = field(default_factory=list)
    come_back_after: float | None = None
    is_over: bool = False
    unverified: set[str] = field(default_factory=set)
    is_halted: bool = False
    body: Body | None = None

    def mail(self) -> Chunk:
        """Mail until nobody waits, time is up, or nothing may be sent any more; then let the chunk go."""
        self._read()
        self.there_at_first = list(self.readers)
        if self.chunk.members is not None:
            self._settle_doubts()
        while not self.is_over and (waiting := self._waiting()):
            if not self._make_ready():
                break
            grant = self._turn(len(waiting))
            if grant and (batch := self._there(waiting[: grant.recipients])):
                self._send(batch, grant)
        if self.unverified and not self.is_halted:
            self._halt(NOT_VERIFIED)
        if self.chunk.members is None:
            self.chunk = self.use.ledger.freeze(self.chunk, self._standings())
        self.chunk = self.use.ledger.finish(self.chunk, self.pending, self.use.clock())
        if self.come_back_after is not None and self._waiting():
            order = ChunkOrder(self.mailing.id, self.chunk.number)
            self.use.deliveries.put([order], [self.come_back_after])
        return self.chunk

    def _read(self) -> None:
        ids = chunk_range(self.chunk.number, self.mailing.chunk_count)
        self.readers = {r.id: r for r in self.use.readers.within(ids, self.mailing.audience)}
        self.read_at = self.use.clock()

    def _standings(self) -> dict[str, str]:
        members = self.chunk.members
        if members is None:
            members = dict.fromkeys(self.there_at_first, Standing.WAITING.value)
        return {**members, **self.pending}

    def _waiting(self) -> list[str]:
        standings = self._standings().items()
        return [m for m, standing in standings if standing == Standing.WAITING and m not in self.unverified]

    def _settle_doubts(self) -> None:
        """What SES's events tell; who has none for long is sent again or skipped.

        Who waits may have been in doubt before; an event that came since tells of that call.
        """
        called_at = self.chunk.called_at
        is_old = called_at is not None and self.use.clock() - called_at >= DOUBT_LASTS
        for member, standing in (self.chunk.members or {}).items():
            if standing not in (Standing.IN_DOUBT, Standing.WAITING):
                continue
            settled = settled_by(self.chunk.afterwards.get(member, ()))
            if settled:
                self.pending[member] = settled
            elif standing == Standing.IN_DOUBT and is_old:
                self.pending[member] = (Standing.WAITING if self.use.resends else Standing.SKIPPED).value
                self.expired += 1
        if self.expired:
            self.chunk = self.use.ledger.record(self.chunk, self.pending, expired=self.expired)
            self.pending = {}

    def _make_ready(self) -> bool:
        """Have all at hand that takes time for the first call of a container, so that its turn is kept.

        False if the mailing has to be halted, for there is nothing that may be sent.
        """
        try:
            self.body = self.body or frozen_body(self.mailing, self.use.bodies, self.use.newsletter)
        except NotAsFrozenError as error:
            self._halt(error.reason, error.digest)
            return False
        for reader in list(self.readers.values())[:1]:
            self.use.links.unsubscribe_token(reader.id)
            with contextlib.suppress(*UNREADABLE):
                self.use.addresses.open(reader.sealed_address, reader.id)
        return True

    def _turn(self, waiting: int) -> Grant | None:
        """The next call's turn, waited for until it is time to get ready; none if it can't be waited for."""
        now = self.use.clock().timestamp()
        longest = min(LONGEST_WAIT_SECONDS, self.seconds_left() - SLOWEST_CALL_SECONDS)
        while self.grants and self.grants[0].at < now - LATE_SECONDS:
            self.grants.pop(0)
            self.use.pace.overtaken()
        if not self.grants:
            self.grants = self.use.pace.reserve(waiting, now, longest)
        grant = self.grants.pop(0)
        if grant.at - now > longest:
            self._over(come_back_after=max(0.0, grant.at - now))
            return None
        self._sleep_until(grant.at - self.use.pace.lead_seconds)
        if (self.use.clock() - self.read_at).total_seconds() >= FRESH_SECONDS:
            self._look_again()
        return None if self.is_over else grant

    def _sleep_until(self, at: float) -> None:
        wait = at - self.use.clock().timestamp()
        if wait > 0:
            self.use.sleep(wait)

    def _look_again(self) -> None:
        """Somebody may have left, or the mailing been paused, while we waited."""
        head = self.use.ledger.mailing(self.mailing.id)
        if head is None or head.state is not State.SENDING:
            self._over()
        else:
            self._read()

    def _there(self, batch: list[str]) -> list[Reader]:
        """Those of them who are still there; the others are skipped."""
        self.pending |= {m: Standing.SKIPPED.value for m in batch if m not in self.readers}
        return [self.readers[m] for m in batch if m in self.readers]

    def _send(self, batch: list[Reader], grant: Grant) -> None:
        body = self.body
        letters = [letter for reader in batch if body and (letter := self._letter(reader, body))]
        if not body or not letters:
            return
        self.pending |= {letter.subscriber_id: Standing.IN_DOUBT.value for letter in letters}
        self._write()
        if not self._keeps(grant):
            self.pending = {letter.subscriber_id: Standing.WAITING.value for letter in letters}
            return
        tags = {"mailing": self.mailing.id, "chunk": str(self.chunk.number)}
        try:
            answers = self.use.mailer.send(body, letters, tags)
        except NotSentError as error:
            standings, stop = [Standing.WAITING.value] * len(letters), error.stop
        except SendFailedError:
            return  # in doubt, until events or time tell
        else:
            standings, stop = answers.standings, answers.stop
            self.unverified |= answers.unverified
        self.pending = {x.subscriber_id: standing for x, standing in zip(letters, standings, strict=True)}
        if stop:
            self._halt(stop)
        elif {m for m, s in self.pending.items() if s == Standing.WAITING} - self.unverified:
            self._over(come_back_after=AGAIN_AFTER_SECONDS)

    def _halt(self, reason: str, digest: str = "") -> None:
        """Let the mailing wait for a person, or for the quota; who waits in the chunk stays waiting."""
        self.use.ledger.ask_to_halt(self.mailing.id, Halt(reason, self.use.clock(), digest))
        self.is_halted = True
        self._over()

    def _keeps(self, grant: Grant) -> bool:
        """Whether the turn, now waited for, is kept, and time enough is left; else another is taken."""
        self._sleep_until(grant.at)
        if self.seconds_left() < LONGEST_CALL_SECONDS:
            self._over(come_back_after=0.0)
            return False
        is_late = self.use.clock().timestamp() > grant.at + LATE_SECONDS
        if is_late:
            self.use.pace.missed()
        return not is_late

    def _write(self) -> None:
        """One write: the answers of the last call, and who is about to be mailed."""
        now = self.use.clock()
        if self.chunk.members is None:
            self.chunk = self.use.ledger.freeze(self.chunk, self._standings(), now)
        else:
            self.chunk = self.use.ledger.record(self.chunk, self.pending, at=now)
        self.pending = {}

    def _letter(self, reader: Reader, body: Body) -> Letter | None:
        """The letter; none where the seal of the address is broken or its key gone, which is refused."""
        try:
            address = self.use.addresses.open(reader.sealed_address, reader.id)
        except UNREADABLE:
            self.pending[reader.id] = f"{Standing.REFUSED.value}:SEAL_BROKEN"
            return None
        token = self.use.links.unsubscribe_token(reader.id)
        url = f"{self.use.newsletter.origin}/api/unsubscribe?t={token}&in={body.edition}"
        return Letter(reader.id, address, url)

    def _over(self, come_back_after: float | None = None) -> None:
        self.is_over, self.come_back_after = True, come_back_after

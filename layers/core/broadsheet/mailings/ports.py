"""The ports of mailings."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from broadsheet.mailings.body import Body
from broadsheet.mailings.chunk_plan import ChunkPlan, IdRange
from broadsheet.mailings.mailing import Chunk, Halt, Mailing, MailingState
from broadsheet.subscribers.subscriber import SealedAddress


class LeasedError(RuntimeError):
    """Another worker holds the chunk. Nothing was sent; if that one dies, the sweep re-enqueues it."""


class StaleAttemptError(RuntimeError):
    """Another worker claimed the chunk since; nothing was written and this worker must stop."""


TIMES_FORGOTTEN_AT_ONCE = 500


class Ledger(Protocol):
    """Mailings, chunks and the status of their members. State moves forward only, by conditional writes.

    `freeze`, `record` and `finish` raise StaleAttemptError if another worker claimed the chunk since.
    """

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head, as of every write acknowledged before."""

    def active(self) -> list[Mailing]:
        """The mailings that the sweep visits: all that were not deactivated."""

    def deactivate(self, mailing_id: str) -> None:
        """Take it off the sweep's list; a second time changes nothing."""

    def forget_times(self, mailing: Mailing, now: datetime) -> bool:
        """Delete the times of leases and calls, of `TIMES_FORGOTTEN_AT_ONCE` chunks at most.

        True once none are left; those of a chunk that is leased stay, and do not count.
        """

    def activate(self, mailing_id: str) -> None:
        """Put it on the sweep's list; a second time changes nothing."""

    def hold(self, mailing: Mailing) -> Mailing:
        """Store a mailing if there is none, or a withdrawn one; returns the stored one."""

    def withdraw(self, mailing_id: str) -> Mailing | None:
        """From held to withdrawn; returns the mailing afterwards, None if there is none."""

    def approve(self, mailing_id: str, due_at: datetime) -> bool:
        """Let a held mailing begin at `due_at`; False if it is not held, or approved already."""

    def require_approval(self, mailing_id: str) -> bool:
        """Hold a mailing until it is approved; False if it is, or is no longer held."""

    def begin(self, mailing: Mailing) -> bool:
        """From held to sending, with what is frozen; False if it is no longer held."""

    def move(
        self,
        mailing_id: str,
        before: Collection[MailingState],
        after: MailingState,
        at: datetime,
        reason: str = "",
    ) -> bool:
        """From one of these states to another; False if it was in none of them."""

    def request_halt(self, mailing_id: str, halt: Halt) -> None:
        """Ask the sweep to halt a mailing; a later request replaces an earlier one."""

    def requested_halt(self, mailing_id: str) -> Halt | None:
        """The pending request, if any."""

    def halt(self, mailing: Mailing, halt: Halt) -> bool:
        """From sending to the requested state, its digest frozen; deletes the request.

        False if the mailing is no longer sending, or was resumed since: only the request is deleted.
        """

    def end(self, mailing: Mailing, at: datetime) -> None:
        """From sending to done, once the watermark is behind the last chunk; a second time changes nothing.

        Nor does anything change if the mailing was stopped and resumed since `mailing` was read.
        """

    def extend(self, mailing: Mailing, plan: ChunkPlan) -> bool:
        """Replace the mailing's plan by one with further splits; False if the plan changed meanwhile."""

    def record_dispatch(self, mailing: Mailing, upto: int, at: datetime, stage: int) -> bool:
        """Record a dispatch of the chunks below `upto`, and the trial's stage.

        False if another one was recorded first, or the mailing is not sending.
        """

    def advance(self, mailing: Mailing, watermark: int, totals: dict[str, int]) -> bool:
        """Move watermark and totals together; False if the mailing's state or watermark changed meanwhile."""

    def reopen(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        """Set members back to waiting and reset the watermark, in one transaction.

        False if the status of one of them has changed, or the mailing is no longer done.
        """

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        """Lease a chunk under the next attempt; None if it is closed. Raises LeasedError."""

    def freeze(self, chunk: Chunk, members: dict[str, str], at: datetime | None = None) -> Chunk:
        """Store the chunk's parts, its members and their status; `at` is when some of them will be mailed."""

    def record(
        self, chunk: Chunk, statuses: dict[str, str], *, at: datetime | None = None, timed_out: int = 0
    ) -> Chunk:
        """Store new statuses; `at` if SES is about to be called, `timed_out` unknown outcomes are counted."""

    def finish(self, chunk: Chunk, statuses: dict[str, str], at: datetime) -> Chunk:
        """Store new statuses and release the chunk: closed if nobody is waiting or unknown."""

    def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[Chunk]:
        """The claimed chunks from number `first` on, below `upto` if given."""

    def mark(self, mailing_id: str, kind: str, members: Collection[str]) -> None:
        """Record who bounced or complained; a second time changes nothing."""

    def marks(self, mailing_id: str) -> dict[str, int]:
        """How many bounced and complained, by kind."""

    def record_events(self, mailing_id: str, number: int, events: dict[str, set[str]]) -> bool:
        """Record SES's events by member, in one write; a second time changes nothing.

        False if there is no such chunk; nothing was written.
        """


class Heads(Protocol):
    """The heads of mailings: queries over several of them, and the reports that editors got."""

    def of_issue(self, issue: str) -> list[Mailing]:
        """The mailings of an issue."""

    def latest(self, audience: str, upto: str, most: int) -> list[Mailing]:
        """The latest mailings to an audience that have begun, up to the issue `upto`; newest first.

        The search is bounded: of an audience that is rarely mailed it may miss older ones.
        """

    def events_of(self, mailing: Mailing, subscriber_id: str) -> frozenset[str]:
        """SES's events about one member."""

    def mark_notified(self, mailing_id: str, what: str, results: dict[str, int]) -> bool:
        """Record the report `what` and its counts; False if it was recorded before."""

    def unmark_notified(self, mailing_id: str, what: str) -> None:
        """Remove such a record; a second time changes nothing."""


@dataclass(frozen=True)
class Recipient:
    """A confirmed subscriber of an audience, with the sealed address."""

    id: str
    sealed_address: SealedAddress


class Recipients(Protocol):
    """The confirmed subscribers of an audience."""

    def within(self, ids: IdRange, audience: str, most: int | None = None) -> list[Recipient]:
        """Those in a range of ids, strongly consistent, ordered by id; the first `most` if given."""

    def estimate(self, audience: str) -> int:
        """Their approximate number, from a sample of the id space; exact for small lists."""


@dataclass(frozen=True)
class ChunkMessage:
    """Mail chunk `number` of `mailing`. It names no person. Shape: JSON `{"mailing": …, "number": …}`."""

    mailing: str
    number: int

    def to_json(self) -> str:
        """The message body."""
        return json.dumps({"mailing": self.mailing, "number": self.number})

    @classmethod
    def from_json(cls, body: str) -> "ChunkMessage":
        """Parse a message body; KeyError or ValueError if it is not one of ours."""
        content = json.loads(body)
        return cls(str(content["mailing"]), int(content["number"]))


class DeliveryQueue(Protocol):
    """The queue of chunk messages."""

    def enqueue(self, messages: list[ChunkMessage], delays: Sequence[float] = ()) -> None:
        """Send messages, each visible after its delay in seconds; a repeated one does no harm."""


@dataclass(frozen=True)
class Addressee:
    """One recipient of a bulk call, with the decrypted address and the unsubscribe link."""

    subscriber_id: str
    address: str
    unsubscribe_url: str


@dataclass(frozen=True)
class BulkResult:
    """A status for each addressee: accepted, waiting (to be retried), or `refused:<code>`.

    `stop` is SES's code if nothing more can be sent: a quota, a pause, a wrong set-up. `unverified` are the
    waiting subscribers whom SES refuses until their address is verified (sandbox).
    """

    statuses: list[str]
    stop: str = ""
    unverified: frozenset[str] = frozenset()


class BulkMailer(Protocol):
    """Sends one body to up to fifty recipients in one call, without automatic retries."""

    def send(self, body: Body, addressees: list[Addressee], tags: dict[str, str]) -> BulkResult:
        """The status of each addressee, in order.

        Raises:
            NotSentError: the call was refused as a whole; nothing was sent.
            SendFailedError: it is unknown whether it was sent.
        """


@dataclass(frozen=True)
class SendingQuota:
    """SES's limits in recipients a second and a day (-1: none), and how many were `sent` in 24 hours."""

    per_second: float
    per_day: float
    sent: float
    is_sending: bool = True

    @property
    def is_used_up(self) -> bool:
        """Whether the day's quota is used up."""
        return 0 < self.per_day <= self.sent

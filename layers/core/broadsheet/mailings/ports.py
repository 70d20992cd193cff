"""What mailing needs from outside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from broadsheet.mailings.body import Body
from broadsheet.mailings.mailing import Chunk, Halt, Mailing, Range, State, counted
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.subscribers.subscriber import SealedAddress


class LeasedError(RuntimeError):
    """Another worker holds the chunk. Nothing was sent; should that worker die, the sweep orders it again."""


class StaleAttemptError(RuntimeError):
    """The chunk was claimed anew meanwhile; the write was refused and this worker must stop."""


TIMES_FORGOTTEN_AT_ONCE = 500


@dataclass(frozen=True)
class ChunkState:
    """A chunk as the sweep and reports see it; a closed one keeps its times until these are forgotten."""

    number: int
    closed: bool
    leased_until: datetime
    members: dict[str, str]
    afterwards: dict[str, frozenset[str]] = field(default_factory=dict)
    called_at: datetime | None = None
    expired: int = 0

    @property
    def has_times(self) -> bool:
        """Whether the times of its leases or calls are kept."""
        return self.leased_until.timestamp() > 0 or self.called_at is not None

    @property
    def counts(self) -> dict[str, int]:
        """How many members stand where."""
        return counted(self.members.values())


class Ledger(Protocol):
    """What happened to whom. State moves forward only, by conditional writes."""

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head, as of every write acknowledged before."""

    def live(self) -> list[Mailing]:
        """Mailings that the sweep has to look after: all that have not been put to `rest`."""

    def rest(self, mailing_id: str) -> None:
        """The sweep need not look after it any more; a second time changes nothing."""

    def forget_times(self, mailing: Mailing, now: datetime) -> bool:
        """Forget when chunks were leased and their calls made; true once nothing of that is left.

        Each call forgets those of `TIMES_FORGOTTEN_AT_ONCE` chunks at most; what is leased stays, and is no
        reason to call again.
        """

    def wake(self, mailing_id: str) -> None:
        """Let the sweep look after it again; a second time changes nothing."""

    def hold(self, mailing: Mailing) -> Mailing:
        """Keep a mailing where there is none or a withdrawn one; another stays, and is given back."""

    def withdraw(self, mailing_id: str) -> Mailing | None:
        """From held to withdrawn; gives the mailing as it is then, None if there is none."""

    def confirm(self, mailing_id: str, due_at: datetime) -> bool:
        """Let a held mailing begin then, as a person said; false if it is not held, or is confirmed."""

    def ask_to_confirm(self, mailing_id: str) -> bool:
        """Let a held mailing not begin before it is confirmed; false if it is, or is not held any more."""

    def begin(self, mailing: Mailing) -> bool:
        """From held to sending, with what is frozen; false if it is not held any more."""

    def move(
        self, mailing_id: str, before: Collection[State], after: State, at: datetime, reason: str = ""
    ) -> bool:
        """From one of these states to another; false if it was in none of them."""

    def ask_to_halt(self, mailing_id: str, halt: Halt) -> None:
        """Ask the sweep to halt a mailing; a later request replaces it."""

    def halt_asked(self, mailing_id: str) -> Halt | None:
        """What was asked for, if anything was."""

    def halt(self, mailing: Mailing, halt: Halt) -> bool:
        """From sending to what was asked for, its digest frozen; the request is taken back.

        False if the mailing does not send any more, or went on since: then nothing but the request is gone.
        """

    def end(self, mailing: Mailing, at: datetime) -> None:
        """From sending to done, if the frontier is behind the last chunk; a second time changes nothing.

        Nor does it if the mailing stopped and went on since `mailing` was read.
        """

    def release(self, mailing: Mailing, upto: int, at: datetime) -> bool:
        """Note that orders for the chunks below `upto` are about to be put; false if others did so first."""

    def advance(self, mailing: Mailing, frontier: int, totals: dict[str, int]) -> bool:
        """Move the frontier, and the totals with it; false if it is not where `mailing` says any more.

        False, too, if it does not send any more, or stopped and went on since `mailing` was read.
        """

    def reopen(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        """Let members of a chunk wait again who still stand so; the frontier goes back to the start.

        False if one of them stands elsewhere by now, or the mailing is not done any more: whoever counts its
        chunks must not miss one that opens.
        """

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        """Lease a chunk under the next attempt; None if it is closed.

        Raises:
            LeasedError: somebody else's lease still runs.
        """

    def freeze(self, chunk: Chunk, members: dict[str, str], at: datetime | None = None) -> Chunk:
        """Fix the chunk's members and where they stand, those about to be mailed at `at` among them.

        Raises:
            StaleAttemptError: claimed anew meanwhile; nothing was written.
        """

    def record(
        self, chunk: Chunk, standings: dict[str, str], *, at: datetime | None = None, expired: int = 0
    ) -> Chunk:
        """Write where members stand now; `at` if some are about to be mailed, `expired` if in doubt too long.

        Raises:
            StaleAttemptError: claimed anew meanwhile; nothing was written.
        """

    def finish(self, chunk: Chunk, standings: dict[str, str], at: datetime) -> Chunk:
        """Write where members stand now, and let the chunk go: closed if nobody waits or is in doubt.

        Raises:
            StaleAttemptError: claimed anew meanwhile; nothing was written.
        """

    def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[ChunkState]:
        """Every claimed chunk from number `first` on, or those below `upto` of them."""

    def mark(self, mailing_id: str, kind: str, members: Collection[str]) -> None:
        """Remember who bounced or complained; a second time changes nothing."""

    def marks(self, mailing_id: str) -> dict[str, int]:
        """How many bounced and complained, by kind."""

    def note(self, mailing_id: str, number: int, words: dict[str, set[str]]) -> bool:
        """What SES said later about members, in one write; a word that is known already changes nothing.

        False if there is no such chunk, and nothing was written.
        """


class Heads(Protocol):
    """The heads of mailings, for what looks at more than one, and for what editors are told."""

    def of_issue(self, issue: str) -> list[Mailing]:
        """The mailings of an issue."""

    def latest(self, audience: str, upto: str, most: int) -> list[Mailing]:
        """The latest mailings to an audience that have begun, up to the issue `upto`; newest first.

        Bounded: where an audience is rarely mailed there may be fewer than there were.
        """

    def words(self, mailing: Mailing, subscriber_id: str) -> frozenset[str]:
        """What SES said later about one member."""

    def told(self, mailing_id: str, what: str, results: dict[str, int]) -> bool:
        """Note that editors are told `what`, and with which counts; false if they were told before."""

    def not_told(self, mailing_id: str, what: str) -> None:
        """Take such a note back; a second time changes nothing."""


@dataclass(frozen=True)
class Reader:
    """A confirmed subscriber of an audience, address still sealed."""

    id: str
    sealed_address: SealedAddress


class Readers(Protocol):
    """The confirmed subscribers of an audience."""

    def within(self, ids: Range, audience: str) -> list[Reader]:
        """Those in a range of ids, strongly consistent, in the order of their ids."""

    def estimate(self, audience: str) -> int:
        """About how many there are, from a sample of the id space; exact for small lists."""


class Deliveries(Protocol):
    """The queue of chunk orders."""

    def put(self, orders: list[ChunkOrder], delays: Sequence[float] = ()) -> None:
        """Put orders, each to come after its delay in seconds; a repeated one does no harm."""


class Texts(Protocol):
    """The desk, as far as it is looked at before a mailing begins."""

    def editions(self, folder: str) -> set[str]:
        """The editions whose text lies in a folder (`issues/<id>`) now; what was just deleted does not."""


class Schedule(Protocol):
    """Wakes `start_mailing` at a time."""

    def at(self, mailing_id: str, due_at: datetime) -> None:
        """Wake for this mailing then; an earlier arrangement for it is over."""


@dataclass(frozen=True)
class Letter:
    """One recipient of a bulk call."""

    subscriber_id: str
    address: str
    unsubscribe_url: str


@dataclass(frozen=True)
class Answers:
    """A standing for each letter: accepted, waiting (again), or `refused:<code>`.

    `stop` is SES's code where nothing more can be sent at all: a quota, a pause, a wrong set-up. `unverified`
    are the subscribers, among those who wait, whom SES does not mail before it knows them as verified.
    """

    standings: list[str]
    stop: str = ""
    unverified: frozenset[str] = frozenset()


class BulkMailer(Protocol):
    """Sends one body to up to fifty recipients in one call, without automatic retries."""

    def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> Answers:
        """What became of each letter, in order.

        Raises:
            NotSentError: the call was refused as a whole; nothing was sent.
            SendFailedError: nobody knows whether it was sent.
        """


@dataclass(frozen=True)
class Account:
    """What SES grants: recipients a second, and a day; `sent` in the last 24 hours."""

    per_second: float
    per_day: float
    sent: float
    is_sending: bool = True

    @property
    def is_used_up(self) -> bool:
        """Whether the day's quota is; one of -1 is none."""
        return 0 < self.per_day <= self.sent


class Accounts(Protocol):
    """What SES grants this account."""

    def account(self) -> Account:
        """The grant as it is now."""

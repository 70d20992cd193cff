"""What mailing needs from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from broadsheet.mailings.body import Body
from broadsheet.mailings.mailing import Chunk, Mailing, Range, State
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.subscribers.records import SealedAddress


class LeasedError(RuntimeError):
    """Another worker holds the chunk. Nothing was sent; the queue offers the order again."""


class StaleAttemptError(RuntimeError):
    """The chunk was claimed anew meanwhile; the write was refused and this worker must stop."""


class Ledger(Protocol):
    """What happened to whom. State moves forward only, by conditional writes."""

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head, as of every write acknowledged before."""

    def unfinished(self) -> list[Mailing]:
        """Mailings that are held or sending."""

    def hold(self, mailing: Mailing) -> Mailing:
        """Keep a mailing where there is none or a withdrawn one; another stays, and is given back."""

    def withdraw(self, mailing_id: str) -> Mailing | None:
        """From held to withdrawn; gives the mailing as it is then, None if there is none."""

    def begin(self, mailing: Mailing) -> bool:
        """From held to sending, with what is frozen; false if it is not held any more."""

    def end(self, mailing_id: str, state: State, at: datetime) -> None:
        """From sending to `state`; a second time changes nothing."""

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        """Lease a chunk under the next attempt; None if it is closed.

        Raises:
            LeasedError: somebody else's lease still runs.
        """

    def freeze(self, chunk: Chunk, members: list[str]) -> Chunk:
        """Fix the chunk's members, all waiting. Raises StaleAttemptError."""

    def record(self, chunk: Chunk, standings: dict[str, str], *, close: bool = False) -> Chunk:
        """Write where members stand now, and that the chunk is closed for good.

        Raises:
            StaleAttemptError: claimed anew meanwhile; nothing was written.
        """

    def chunks(self, mailing_id: str) -> list["ChunkState"]:
        """Every claimed chunk."""

    def note(self, mailing_id: str, number: int, subscriber_id: str, word: str) -> None:
        """What SES said later about a member; nothing if there is no such chunk."""


@dataclass(frozen=True)
class ChunkState:
    """A chunk as the sweep and reports see it; a closed one keeps its last lease's end."""

    number: int
    closed: bool
    leased_until: datetime
    counts: dict[str, int]


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

    def put(self, orders: list[ChunkOrder]) -> None:
        """Put orders; a repeated order finds its chunk closed or leased."""


class Schedule(Protocol):
    """Wakes `start_mailing` at a time."""

    def at(self, mailing_id: str, due_at: datetime) -> None:
        """Wake for this mailing; where that is arranged already, nothing changes."""


@dataclass(frozen=True)
class Letter:
    """One recipient of a bulk call."""

    subscriber_id: str
    address: str
    unsubscribe_url: str


class BulkMailer(Protocol):
    """Sends one body to up to fifty recipients in one call, without automatic retries."""

    def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> list[str]:
        """A standing for each letter, in order: accepted, waiting (again), or `refused:<code>`.

        Raises:
            NotSentError: the call was refused as a whole; nothing was sent.
        """


class NotSentError(RuntimeError):
    """SES refused the whole call: throttled, paused, misconfigured. Nobody in it was mailed."""


class Bodies(Protocol):
    """Bodies of revisions."""

    def body(self, issue: str, edition: str, revision: str) -> Body:
        """The body of a frozen revision."""


class Addresses(Protocol):
    """The right to open addresses."""

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """The address."""

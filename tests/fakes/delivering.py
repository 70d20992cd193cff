"""A mailing that is sending, over fakes, with its readers in one chunk.

How to read a test: `a_sending_mailing(...)` makes the mailing, its confirmed readers and SES's first answers.
`deliver` processes the chunk's message, `deliver_again` does so after the lease has expired; one function of
`while_asleep` runs during each sleep. Then look at `mailer.calls` and `mailer.mailed` (what SES accepted), at
`queue` (messages that were sent), and at the ledger: `statuses`, `is_closed`, `head` (the mailing after the
requested halts were carried out) and `ledger.balances` (the counts by delivery status after each write).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.mailings.deliver import LEASE_SECONDS, DeliverChunk
from broadsheet.mailings.mailing import Chunk, Mailing, MailingState
from broadsheet.mailings.ports import BulkResult, ChunkMessage
from broadsheet.mailings.rate_limit import LimiterState, RateLimiter
from tests.builders import a_body, a_mailing, a_newsletter, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.issues import FakeRevisions
from tests.fakes.mailings import FakeBulkMailer, FakeDeliveryQueue, FakeLedger, FakeRateLimits, FakeRecipients
from tests.fakes.subscribers import FakeKeyring, FakeSubscribers, FakeVault

AFTER_LEASE = timedelta(seconds=LEASE_SECONDS + 1)


@dataclass
class WatchedLedger(FakeLedger):
    """A ledger that records the counts by delivery status after each write."""

    balances: list[dict[str, int]] = field(default_factory=list)

    def freeze(self, chunk: Chunk, members: dict[str, str], at: datetime | None = None) -> Chunk:
        return self._watched(super().freeze(chunk, members, at))

    def record(
        self, chunk: Chunk, statuses: dict[str, str], *, at: datetime | None = None, timed_out: int = 0
    ) -> Chunk:
        return self._watched(super().record(chunk, statuses, at=at, timed_out=timed_out))

    def finish(self, chunk: Chunk, statuses: dict[str, str], at: datetime) -> Chunk:
        return self._watched(super().finish(chunk, statuses, at))

    def _watched(self, chunk: Chunk) -> Chunk:
        stored = [state.counts for state in self.chunks(chunk.mailing) if state.number == chunk.number]
        assert stored == [chunk.counts]
        self.balances += stored
        return chunk


@dataclass
class SendingMailing:
    """A mailing that is sending, with its readers in one chunk, and the use case that delivers it."""

    mailing: Mailing
    people: FakeSubscribers
    ledger: WatchedLedger
    mailer: FakeBulkMailer = field(default_factory=FakeBulkMailer)
    clock: FakeClock = field(default_factory=FakeClock)
    keyring: FakeKeyring = field(default_factory=FakeKeyring)
    rate_limits: FakeRateLimits = field(default_factory=lambda: FakeRateLimits(LimiterState(10_000.0)))
    queue: FakeDeliveryQueue = field(default_factory=FakeDeliveryQueue)
    seconds_left: float = 90.0
    resends: bool = True
    while_asleep: list[Callable[[], object]] = field(default_factory=list)
    bodies: FakeRevisions = field(default_factory=FakeRevisions)

    def use_case(self) -> DeliverChunk:
        return DeliverChunk(
            newsletter=a_newsletter(),
            ledger=self.ledger,
            recipients=FakeRecipients(self.people),
            stored_body=self.bodies.body,
            addresses=FakeVault(),
            links=self.keyring.links,
            mailer=self.mailer,
            rate_limiter=RateLimiter(self.rate_limits),
            queue=self.queue,
            clock=self.clock,
            sleep=self.sleep,
            resends=self.resends,
        )

    def sleep(self, seconds: float) -> None:
        """Run the next function of `while_asleep`, then move the clock."""
        if self.while_asleep:
            self.while_asleep.pop(0)()
        self.clock.move(timedelta(seconds=seconds))

    def deliver(self, number: int = 0) -> dict[str, int]:
        """Process the chunk's message; returns the counts by delivery status."""
        return self.use_case()(ChunkMessage(self.mailing.id, number), lambda: self.seconds_left)

    def deliver_again(self) -> dict[str, int]:
        """Process the chunk's message again after the lease has expired."""
        self.clock.move(AFTER_LEASE)
        return self.deliver()

    def head(self) -> Mailing:
        """The mailing after the sweep has carried out the requested halts."""
        if asked := self.ledger.requested_halt(self.mailing.id):
            self.ledger.halt(self.ledger.mailings[self.mailing.id], asked)
        return self.ledger.mailings[self.mailing.id]

    def statuses(self) -> dict[str, str]:
        return self.ledger.entries[self.mailing.id, 0].members or {}

    def is_closed(self) -> bool:
        return self.ledger.entries[self.mailing.id, 0].closed


def ids(count: int) -> list[str]:
    return [f"{number:032x}" for number in range(count)]


def a_sending_mailing(
    count: int, *answers: list[str] | BulkResult | Exception, **changes: object
) -> SendingMailing:
    """A mailing to so many readers, with SES's first answers."""
    mailing = a_mailing(**{"state": MailingState.SENDING, **changes})
    people = FakeSubscribers().add(*(a_subscriber(f"{name}@example.org", id=name) for name in ids(count)))
    bodies = FakeRevisions({(mailing.issue, mailing.edition, mailing.revision): a_body()})
    ledger = WatchedLedger({mailing.id: mailing})
    return SendingMailing(mailing, people, ledger, FakeBulkMailer(list(answers)), bodies=bodies)


def counts(members: int, **statuses: int) -> dict[str, int]:
    zeros = dict.fromkeys(("waiting", "in_doubt", "accepted", "refused", "skipped"), 0)
    return {"members": members, **zeros, **statuses}

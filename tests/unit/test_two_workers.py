"""The rate of a mailing with two workers, which is what a new account's quota of ten leaves it.

The use case is the real one, over fakes whose calls last as long as AWS's: `SendBulkEmail` to 50 as each case
says, any other call 10 ms. Time is simulated: the worker whose clock is behind always runs next. The
grant is so large that the workers are the limit.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from broadsheet.mailings.chunk_plan import MEMBERS_A_CHUNK
from broadsheet.mailings.deliver import DeliverChunk
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import ChunkMessage
from broadsheet.mailings.rate_limit import LimiterState, RateLimiter
from tests.builders import a_body, a_mailing, a_newsletter, a_subscriber
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.issues import FakeRevisions
from tests.fakes.mailings import FakeBulkMailer, FakeDeliveryQueue, FakeLedger, FakeRateLimits, FakeRecipients
from tests.fakes.subscribers import FakeKeyring, FakeSubscribers, FakeVault

CHUNKS, GRANTED, SHARE = 24, 1_000.0, 0.9
A_CALL_SECONDS = 0.01


class WorkerTurns:
    """The workers' clocks. A worker that lets time pass waits until no other is behind."""

    def __init__(self, workers: int) -> None:
        self._at = [0.0] * workers
        self._changed = threading.Condition()

    def now(self, worker: int) -> datetime:
        return MONDAY_MORNING + timedelta(seconds=self._at[worker])

    def move(self, worker: int, seconds: float) -> None:
        with self._changed:
            self._at[worker] += seconds
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._at.index(min(self._at)) == worker)

    def leave(self, worker: int) -> float:
        """End the worker; returns its time."""
        with self._changed:
            at, self._at[worker] = self._at[worker], math.inf
            self._changed.notify_all()
            return at


@dataclass
class Lasting:
    """A port whose calls take time."""

    port: Any
    last: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        called = getattr(self.port, name)

        def lasting(*arguments: Any, **named: Any) -> Any:
            self.last()
            return called(*arguments, **named)

        return lasting


@dataclass
class SharedMailing:
    """A mailing of many chunks, and how long its calls to SES last."""

    workers: int
    send_seconds: float
    mailer: FakeBulkMailer = field(default_factory=FakeBulkMailer)
    rate_limits: FakeRateLimits = field(
        default_factory=lambda: FakeRateLimits(LimiterState(GRANTED * SHARE, window=1 / SHARE))
    )

    def __post_init__(self) -> None:
        self.turns = WorkerTurns(self.workers)
        self.mailing = a_mailing(state=MailingState.SENDING, chunk_count=CHUNKS)
        width, members = (1 << 128) // (CHUNKS * MEMBERS_A_CHUNK), CHUNKS * MEMBERS_A_CHUNK
        people = (f"{width * number + width // 2:032x}" for number in range(members))
        self.readers = FakeRecipients(
            FakeSubscribers().add(*(a_subscriber(f"{name}@example.org", id=name) for name in people))
        )
        self.ledger = FakeLedger({self.mailing.id: self.mailing})
        self.messages = [ChunkMessage(self.mailing.id, number) for number in range(CHUNKS)]
        self.ended: list[float] = []

    def mails_a_second(self) -> float:
        threads = [threading.Thread(target=self._work, args=(worker,)) for worker in range(self.workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(self.mailer.mailed)) == len(self.mailer.mailed) == CHUNKS * MEMBERS_A_CHUNK
        return len(self.mailer.mailed) / max(self.ended)

    def _work(self, worker: int) -> None:
        deliver = self._use_case(worker)
        self.turns.move(worker, 0)
        while self.messages:
            deliver(self.messages.pop(0), lambda: 90.0)
            self.turns.move(worker, A_CALL_SECONDS)  # between two messages
        self.ended.append(self.turns.leave(worker))

    def _use_case(self, worker: int) -> DeliverChunk:
        def last(seconds: float) -> Callable[[], object]:
            return lambda: self.turns.move(worker, seconds)

        def a_call(port: Any) -> Any:
            return Lasting(port, last(A_CALL_SECONDS))

        body = {(self.mailing.issue, self.mailing.edition, self.mailing.revision): a_body()}
        return DeliverChunk(
            newsletter=a_newsletter(),
            ledger=a_call(self.ledger),
            recipients=a_call(self.readers),
            stored_body=FakeRevisions(body).body,
            addresses=FakeVault(),
            links=FakeKeyring().links,
            mailer=Lasting(self.mailer, last(self.send_seconds)),
            rate_limiter=RateLimiter(a_call(self.rate_limits)),
            queue=FakeDeliveryQueue(),
            clock=lambda: self.turns.now(worker),
            sleep=lambda seconds: self.turns.move(worker, seconds),
        )


@pytest.mark.parametrize(("send_seconds", "reached"), [(0.3, 190), (0.5, 129), (1.0, 71)])
def test_two_workers_reach_a_rate_that_depends_on_how_long_a_call_lasts(
    send_seconds: float, reached: float
) -> None:
    assert SharedMailing(2, send_seconds).mails_a_second() == pytest.approx(reached, rel=0.05)

"""A whole mailing's rate: messages sent by start and sweep, taken by five workers who share one limiter.

The sweep, dispatch and rate limiter are the real ones; a worker is what it takes of them: it
reserves the calls of its chunk, and each call lasts for 0.4 seconds.
"""

import heapq
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from broadsheet.mailings.chunk_plan import width_count
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import SendingQuota
from broadsheet.mailings.rate_limit import RateLimiter
from broadsheet.mailings.start import StartOutcome
from broadsheet.mailings.sweep import Sweep
from tests.builders import a_mailing
from tests.fakes.clock import FakeClock
from tests.fakes.day import FakeQueue
from tests.fakes.mailings import (
    ChunkEntry,
    FakeLedger,
    FakeMailingRequests,
    FakeRateLimits,
    FakeSendingQuotas,
)

BIG = a_mailing().id
SHARE, WORKERS, A_CALL = 0.9, 5, timedelta(seconds=0.4)
MINUTE = timedelta(minutes=1)


@dataclass
class Simulation:
    """A mailing of so many, and `others` that are all dispatched and wait for an unknown outcome."""

    members: int
    granted: float
    others: int = 0
    clock: FakeClock = field(default_factory=FakeClock)
    calls: list[tuple[datetime, int]] = field(default_factory=list)
    busy: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.began_at = self.clock()
        self.ledger = FakeLedger().add(
            a_mailing(state=MailingState.SENDING, chunk_count=width_count(self.members), due_at=self.began_at)
        )
        for number in range(self.others):
            waits = a_mailing(
                audience=f"other-{number}",
                state=MailingState.SENDING,
                chunk_count=1,
                due_at=self.began_at,
                dispatches=((1, self.began_at),),
            )
            self.ledger.add(waits)
            self.ledger.entries[waits.id, 0] = ChunkEntry(
                1, int(self.began_at.timestamp()) - 1, {"x": "in doubt"}, called_at=self.began_at
            )
        self.queue, self.rate_limits = FakeQueue(self.clock), FakeRateLimits()
        quotas = FakeSendingQuotas(SendingQuota(self.granted, 10_000_000.0, 0.0))
        self.dispatch = Dispatch(self.ledger, self.queue, quotas.current, self.rate_limits, self.clock, SHARE)
        self.sweep = Sweep(
            self.ledger,
            FakeMailingRequests(),
            self.queue,
            lambda _: StartOutcome.NOT_HELD,
            self.dispatch,
            lambda _: True,
            self.clock,
        )
        self.books = [RateLimiter(self.rate_limits) for _ in range(WORKERS)]
        self.closing: list[tuple[datetime, int, int]] = []

    def run(self) -> float:
        """Mail all of them; gives how much of the share of the grant was used."""
        quota = self.dispatch.update_rate()
        self.dispatch(self.ledger.mailings[BIG], 0, quota.per_second * SHARE)
        free = [(self.began_at, number) for number in range(WORKERS)]
        next_sweep = self.began_at + MINUTE
        chunks = iter(self.sizes())
        while self.ledger.mailings[BIG].state is MailingState.SENDING:
            due = min(self.queue.messages, key=lambda message: message[0], default=None)
            at = max(due[0], free[0][0]) if due else next_sweep
            if due is None or at >= next_sweep:
                self.minute(next_sweep)
                next_sweep += MINUTE
                continue
            self.queue.messages.remove(due)
            _, worker = heapq.heappop(free)
            number = due[1].number
            if due[1].mailing == BIG and all(number != closed for _, closed, _ in self.closing):
                begun_at, at = at, self.mail(worker, number, next(chunks), at)
                self.busy += at - begun_at
            heapq.heappush(free, (at, worker))
        lasted = max(at for at, _ in self.calls) - min(at for at, _ in self.calls)
        return sum(count for _, count in self.calls) / lasted.total_seconds() / (self.granted * SHARE)

    def sizes(self) -> list[int]:
        """Of the chunks: ids are random, so that they scatter as counts do."""
        dice = random.Random(self.members)  # noqa: S311  # to be repeated
        mean = self.members / self.ledger.mailings[BIG].chunk_count
        return [max(1, round(dice.gauss(mean, mean**0.5))) for _ in range(10_000)]

    def minute(self, now: datetime) -> None:
        self.clock.now = now
        for at, number, size in self.closing:
            if at <= now:
                until = int(at.timestamp()) - 1
                members = {str(n): "accepted" for n in range(size)}
                self.ledger.entries[BIG, number] = ChunkEntry(1, until, members, closed=True, called_at=at)
        self.closing = [each for each in self.closing if each[0] > now]
        self.sweep()

    def mail(self, worker: int, number: int, size: int, at: datetime) -> datetime:
        """When the worker is free again."""
        waiting = size
        while waiting > 0:
            for reservation in self.books[worker].reserve(waiting, at.timestamp()):
                turn = max(at, datetime.fromtimestamp(reservation.at, at.tzinfo))
                self.calls.append((turn, reservation.recipients))
                at, waiting = turn + A_CALL, waiting - reservation.recipients
        lease = int(at.timestamp()) + 60
        self.ledger.entries[BIG, number] = ChunkEntry(1, lease, {str(n): "waiting" for n in range(size)})
        self.closing.append((at, number, size))
        return at


@pytest.mark.parametrize("others", [0, 1, 3])
def test_a_mailing_of_fifty_thousand_uses_up_its_rate_whoever_else_only_waits_for_an_unknown_outcome(
    others: int,
) -> None:
    simulation = Simulation(50_000, 200.0, others)
    assert 0.95 <= simulation.run() <= 1.01
    assert sum(count for _, count in simulation.calls) == pytest.approx(50_000, rel=0.02)


def test_messages_of_a_slow_mailing_arrive_before_workers_are_idle_and_occupy_none_of_them_for_long() -> None:
    simulation = Simulation(200_000, 14.0)
    assert 0.95 <= simulation.run() <= 1.01
    pace_seconds = 200_000 / (14.0 * SHARE)
    assert simulation.busy.total_seconds() <= 2 * pace_seconds

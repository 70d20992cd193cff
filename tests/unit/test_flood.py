"""A flood of sign-ups: strangers get few mails by us, readers get theirs. Real use cases on a fake clock."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from broadsheet.mail import Mail
from broadsheet.subscribers.limits import RETRY_LATER, Budget
from broadsheet.subscribers.messages import SignupMessage, SignupQueueMessage
from broadsheet.subscribers.networks import ShareExceededError, share_of
from broadsheet.subscribers.process_signup import Mails, ProcessSignup, SignupOutcome
from broadsheet.subscribers.sign_up import SignupForm, subscribe
from tests.builders import a_newsletter
from tests.effort import tries
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.subscribers import (
    FakeKeyring,
    FakeLimits,
    FakeMailer,
    FakeNetworks,
    FakeSubscribers,
    FakeVault,
)

AN_HOUR, SHARE, WORKERS = 200, 20, 5
SIGN_UPS, NETWORKS = tries(40_000, proof=100_000), tries(200, proof=500)
ADDRESSES, READERS = 10_000, 20
HOURS = 12
ENGLISH = a_newsletter().editions["en"]
MAIL = Mail("letter@news.example.org", "Please confirm", "A text.", "<p>A text.</p>")
SIMPLE = Mails(*[lambda *_: MAIL] * 7)


@dataclass
class FakeQueue:
    """`SignupQueue`, over time: what was sent is received once its delay is over, give or take seconds."""

    clock: FakeClock
    chance: random.Random
    waiting: list[tuple[datetime, int, SignupQueueMessage]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def send(self, message: SignupQueueMessage, delay_seconds: int = 0) -> None:
        seen_at = self.clock.now + timedelta(seconds=delay_seconds + 5 * self.chance.random())
        heapq.heappush(self.waiting, (seen_at, next(self.numbers), message))


class CountingVault(FakeVault):
    """Counts the calls that KMS would get."""

    def __init__(self) -> None:
        self.opened = 0

    def open_sign_up(self, sealed: bytes) -> str:
        self.opened += 1
        return super().open_sign_up(sealed)


@dataclass
class FloodedSystem:
    """The whole sign-up, with five workers; `mailed` has the times at which each address was mailed."""

    clock: FakeClock = field(default_factory=FakeClock)
    chance: random.Random = field(default_factory=lambda: random.Random(9))  # noqa: S311  # must be the same each time
    networks: FakeNetworks = field(default_factory=FakeNetworks)
    limits: FakeLimits = field(default_factory=FakeLimits)
    vault: CountingVault = field(default_factory=CountingVault)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    mailed: list[tuple[datetime, str]] = field(default_factory=list)
    outcomes: Counter[SignupOutcome] = field(default_factory=Counter)
    refused: int = 0

    def __post_init__(self) -> None:
        self.queue = FakeQueue(self.clock, self.chance)
        subscribers, links = FakeSubscribers(), FakeKeyring().links
        self.workers = [
            ProcessSignup(
                vault=self.vault,
                subscribers=subscribers,
                limits=self.limits,
                budget=Budget(self.limits, AN_HOUR),
                queue=self.queue,
                mailer=self.mailer,
                links=links,
                mails=SIMPLE,
                clock=self.clock,
            )
            for _ in range(WORKERS)
        ]

    def sign_up(self, address: str, viewer: str) -> None:
        form = SignupForm(address, ("en",), ENGLISH)
        try:
            subscribe(
                form,
                share_of(viewer, (), SHARE),
                networks=self.networks,
                seal=self.vault,
                queue=self.queue,
                clock=self.clock,
            )
        except ShareExceededError:
            self.refused += 1

    def work_until(self, until: datetime) -> None:
        """Let the workers take what can be seen by then."""
        while self.queue.waiting and self.queue.waiting[0][0] <= until:
            self.clock.now, number, message = heapq.heappop(self.queue.waiting)
            outcome = self.workers[number % WORKERS](message)
            self.outcomes[outcome] += 1
            if outcome is SignupOutcome.CONFIRMATION_MAILED:
                self.mailed.append((self.clock.now, self.mailer.sent[-1].to))
        self.clock.now = until


def flooded(networks: int = NETWORKS, hours: int = HOURS) -> FloodedSystem:
    """The sign-ups of strangers within an hour, those of readers among them, and the half day after."""
    system = FloodedSystem()
    second = timedelta(hours=1) / SIGN_UPS
    readers = dict(zip(range(SIGN_UPS // 50, SIGN_UPS, SIGN_UPS // READERS), range(READERS), strict=True))
    for number in range(SIGN_UPS):
        system.clock.now = MONDAY_MORNING + number * second
        if number % 50 == 0:
            system.work_until(system.clock.now)
        network = system.chance.randrange(networks)
        viewer = f"10.{network // 256}.{network % 256}.{system.chance.randrange(256)}:50000"
        system.sign_up(f"stranger{system.chance.randrange(ADDRESSES)}@example.org", viewer)
        if number in readers:
            reader = readers[number]
            system.sign_up(f"reader{reader}@example.org", f"2001:db8:{reader:x}::1:50000")
    system.work_until(MONDAY_MORNING + timedelta(hours=hours))
    return system


@pytest.fixture(scope="module")
def system() -> FloodedSystem:
    return flooded()


def test_no_hour_has_more_mails_than_its_budget(system: FloodedSystem) -> None:
    hours = Counter(at.replace(minute=0, second=0, microsecond=0) for at, _ in system.mailed)

    assert max(hours.values()) == AN_HOUR
    assert len(hours) == HOURS


def test_no_stranger_is_mailed_twice_a_day(system: FloodedSystem) -> None:
    by_address: dict[str, list[datetime]] = {}
    for at, address in system.mailed:
        by_address.setdefault(address, []).append(at)

    pauses = [b - a for times in by_address.values() for a, b in itertools.pairwise(times)]
    assert len(by_address) > AN_HOUR
    assert min(pauses, default=timedelta(days=1)) >= timedelta(days=1)


def readers_in_time(system: FloodedSystem) -> int:
    """How many got their mail within a day."""
    first = {address: at for at, address in reversed(system.mailed)}
    day = MONDAY_MORNING + timedelta(hours=24)
    return sum(first.get(f"reader{n}@example.org", day) < day for n in range(READERS))


def test_readers_get_their_mail_within_a_day(system: FloodedSystem) -> None:
    assert readers_in_time(system) >= 18


def test_the_endpoint_refuses_what_is_over_a_networks_share(system: FloodedSystem) -> None:
    assert system.refused == SIGN_UPS - NETWORKS * SHARE


def test_waiting_costs_little(system: FloodedSystem) -> None:
    """Waiting sign-ups are re-enqueued four times an hour; only a worker's first of an hour makes a call."""
    accepted = NETWORKS * SHARE + READERS
    waited = system.outcomes[SignupOutcome.WAITING]
    processed = sum(system.outcomes.values()) - waited
    asked = processed + WORKERS * 3 * (
        HOURS + 1
    )  # each worker finds each priority's part used up once an hour

    assert waited <= accepted * HOURS * (timedelta(hours=1) // RETRY_LATER)
    assert processed <= accepted
    assert system.vault.opened <= asked
    assert system.limits.calls <= 4 * asked
    assert len(system.queue.waiting) == accepted - processed
    assert all(isinstance(message, SignupMessage) for _, _, message in system.queue.waiting)

"""What SES sees of a mailing's rate: the real delivery code, many workers, and calls that come late.

How to read a test: `Arrivals(...)` has some workers mail chunks at once, in simulated time. Each worker is a
thread, and exactly one runs at a time: the one whose sleep ends first. Writes take time, workers' clocks
differ, and each call travels for a while after its slot before SES counts its recipients. The dice are
seeded, so every run is the same.
"""

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import pytest

from broadsheet.mailings.body import Body
from broadsheet.mailings.deliver import DeliverChunk
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import Addressee, BulkResult, ChunkMessage
from broadsheet.mailings.rate_limit import LATE_SECONDS, LimiterState, RateLimiter, RateLimits
from tests.builders import a_body, a_mailing, a_newsletter, a_subscriber
from tests.effort import tries
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.day import FakeQueue
from tests.fakes.issues import FakeRevisions
from tests.fakes.mailings import FakeBulkMailer, FakeLedger, FakeRateLimits, FakeRecipients
from tests.fakes.subscribers import FakeKeyring, FakeSubscribers, FakeVault

SHARE = 0.9
FUNCTION_SECONDS = 90.0
CLOCKS_APART_SECONDS = 0.002
OVERSLEPT_SECONDS = LATE_SECONDS - CLOCKS_APART_SECONDS - 0.001
ON_THE_WAY_SECONDS = 0.05
Way = Callable[[random.Random], float]


class SimulatedTime:
    """Threads that take turns: `sleep` gives the turn to the thread that is due first."""

    def __init__(self) -> None:
        self.now = MONDAY_MORNING.timestamp()
        self._due: list[tuple[float, int, threading.Event]] = []
        self._numbers = count()
        self._ended = threading.Event()

    def start(self, work: Callable[[], None]) -> None:
        """Add a thread, whose work begins now."""
        mine = self._wait_until(self.now)

        def run() -> None:
            mine.wait()
            work()
            self._next()

        threading.Thread(target=run, daemon=True).start()

    def sleep(self, seconds: float) -> None:
        """Let the other threads run until this one is due again."""
        mine = self._wait_until(self.now + max(0.0, seconds))
        self._next()
        mine.wait()

    def run(self) -> None:
        """Run all threads to their ends."""
        self._next()
        self._ended.wait()

    def _wait_until(self, at: float) -> threading.Event:
        mine = threading.Event()
        heapq.heappush(self._due, (at, next(self._numbers), mine))
        return mine

    def _next(self) -> None:
        if not self._due:
            self._ended.set()
            return
        at, _, turn = heapq.heappop(self._due)
        self.now = max(self.now, at)
        turn.set()


@dataclass
class Slow:
    """A port whose calls take time before they have their effect."""

    port: Any
    pause: Callable[[], None]

    def __getattr__(self, method: str) -> Any:
        real = getattr(self.port, method)

        def slow(*args: Any, **kwargs: Any) -> Any:
            self.pause()
            return real(*args, **kwargs)

        return slow


@dataclass
class Arrivals(FakeBulkMailer):
    """A mailing of so many at a granted rate; as SES, the times at which calls arrive, and with how many.

    `way` is how long a call travels to SES, `writes` how long reads and writes take at most. A worker that
    sleeps until its slot now and then wakes as late as it may.
    """

    granted: float = 100.0
    readers: int = 800
    chunks: int = 8
    workers: int = 6
    way: Way = lambda _: 0.0
    writes: float = 0.02
    seed: int = 0
    arrived: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.time, self.dice = SimulatedTime(), random.Random(self.seed)  # noqa: S311  # to be repeated
        width = (1 << 128) // self.readers
        self.ids = [f"{number * width:032x}" for number in range(self.readers)]
        people = FakeSubscribers()
        people.add(*(a_subscriber(f"{name}@example.org", id=name) for name in self.ids))
        head = a_mailing(state=MailingState.SENDING, chunk_count=self.chunks)
        self.mailing_id = head.id
        self.ledger, self.keyring = FakeLedger().add(head), FakeKeyring()
        self.recipients = FakeRecipients(people)
        self.bodies = FakeRevisions({(head.issue, head.edition, head.revision): a_body()})
        self.rate_limits = FakeRateLimits(LimiterState(self.granted * SHARE, window=1 / SHARE))

    def send(self, body: Body, addressees: list[Addressee], tags: dict[str, str]) -> BulkResult:
        self.time.sleep(self.way(self.dice))
        self.arrived.append((self.time.now, len(addressees)))
        result = super().send(body, addressees, tags)
        self.time.sleep(self.dice.uniform(0.02, 0.2))
        return result

    def until_done(self) -> "Arrivals":
        """Mail every chunk; returns itself."""
        waiting = list(range(self.chunks))
        for _ in range(self.workers):
            self.time.start(self.worker(waiting))
        self.time.run()
        assert sorted(self.mailed) == self.ids
        return self

    def worker(self, waiting: list[int]) -> Callable[[], None]:
        apart = self.dice.uniform(-CLOCKS_APART_SECONDS / 2, CLOCKS_APART_SECONDS / 2)

        def clock() -> datetime:
            return datetime.fromtimestamp(self.time.now + apart, UTC)

        def pause() -> None:
            self.time.sleep(self.dice.uniform(0.0, self.writes))

        def pauses(port: Any) -> Any:
            return Slow(port, pause)

        limits: RateLimits = pauses(self.rate_limits)
        queue = FakeQueue(clock)
        in_a_new_container = partial(
            DeliverChunk,
            newsletter=a_newsletter(),
            ledger=pauses(self.ledger),
            recipients=pauses(self.recipients),
            stored_body=self.bodies.body,
            addresses=FakeVault(),
            links=self.keyring.links,
            mailer=self,
            queue=queue,
            clock=clock,
            sleep=lambda seconds: self.time.sleep(
                seconds + self.dice.choice((0.0, 0.0, 0.0, OVERSLEPT_SECONDS))
            ),
        )

        def mail(message: ChunkMessage) -> None:
            ends_at = self.time.now + FUNCTION_SECONDS
            deliver = in_a_new_container(rate_limiter=RateLimiter(limits))
            deliver(message, lambda: ends_at - self.time.now)

        def work() -> None:
            while waiting or queue.messages:
                if waiting:
                    queue.enqueue([ChunkMessage(self.mailing_id, waiting.pop(0))])
                at, message = queue.messages.pop(0)
                self.time.sleep(at.timestamp() - clock().timestamp())
                mail(message)

        return work

    @property
    def fullest_second(self) -> int:
        """The most recipients within a second, its beginning left out."""
        return max(
            sum(number for at, number in self.arrived if end - 1 + 1e-6 < at <= end)
            for end, _ in self.arrived
        )

    @property
    def emptiest_bucket(self) -> float:
        """The fewest tokens left in a bucket that holds one second's recipients: below 0 SES throttles."""
        size = tokens = fewest = max(1.0, self.granted)
        before = self.arrived[0][0]
        for at, number in self.arrived:
            tokens = min(size, tokens + (at - before) * self.granted) - number
            before, fewest = at, min(fewest, tokens)
        return fewest


def spread(longest: float) -> Way:
    """A way that takes any time up to the longest."""
    return lambda dice: dice.uniform(0.0, longest)


def now_and_then(longest: float) -> Way:
    """A way that takes no time, or for a call in four the longest: what makes a second fullest."""
    return lambda dice: dice.choice((0.0, 0.0, 0.0, longest))


@pytest.mark.parametrize("way", [spread, now_and_then])
@pytest.mark.parametrize("granted", [14, 56, 100, 200, 1_000])
def test_no_second_holds_more_than_is_granted_if_calls_reach_ses_within_a_tenth_of_a_second_of_their_slots(
    granted: int, way: Callable[[float], Way]
) -> None:
    for seed in range(tries(1, proof=2)):
        readers = min(2_000, granted * 12)
        mailing = Arrivals(granted=granted, readers=readers, way=way(ON_THE_WAY_SECONDS), seed=seed)
        assert mailing.until_done().fullest_second <= granted


def test_calls_that_are_delayed_on_the_way_make_a_second_fuller_which_the_bucket_of_ses_allows_for() -> None:
    fullest = []
    for seed in range(4):
        mailing = Arrivals(way=now_and_then(0.5), seed=seed).until_done()
        fullest.append(mailing.fullest_second)
        assert mailing.emptiest_bucket >= 0
    assert 100 < max(fullest) <= 150

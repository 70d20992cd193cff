"""A whole mailing with fakes: queue, sweep, SES with its events, and workers that crash.

How to read a test: `Day(readers=..., chunks=..., rate=...)` is a mailing that has just begun, and
`until_done` plays it minute by minute. In each minute SES's due events are recorded (`record_due_events`),
the sweep runs, and each due message of `queue` is processed by a worker of its own (`work`). Time is `clock`,
and only waiting moves it. `fate` gives the delays in seconds of SES's events about a mail; an empty list
means that none comes, and `kind` says which event SES sends about a reader.

`Boundaries` defines the failures. Every call of a port is a boundary, counted from 0. A fault runs before
that call with "before", and after it with "after": `dies("before")` crashes the worker before the call has
its effect; an exception of SES means that it refused. Tests judge by `ses.given`, which is SES's own count of
what it accepted for each reader, and never by the ledger, which is under test. `check` runs at every step and
holds the invariants, above all `twice <= timed_out`: a reader is mailed twice only if the ledger counts a
timed-out outcome.
"""

import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from broadsheet.mail import NotSentError
from broadsheet.mailings.body import Body
from broadsheet.mailings.chunk_plan import SIZES, ChunkPlan, Sizes
from broadsheet.mailings.deliver import DeliverChunk
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.mailing import TRIAL_IS_OVER, Mailing, MailingState, status_counts
from broadsheet.mailings.ports import Addressee, BulkResult, ChunkMessage, SendingQuota
from broadsheet.mailings.rate_limit import RateLimiter
from broadsheet.mailings.start import StartOutcome
from broadsheet.mailings.sweep import Sweep
from tests.builders import a_body, a_mailing, a_newsletter, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.issues import FakeRevisions
from tests.fakes.mailings import (
    FakeBulkMailer,
    FakeLedger,
    FakeMailingRequests,
    FakeRateLimits,
    FakeRecipients,
    FakeSendingQuotas,
)
from tests.fakes.subscribers import FakeKeyring, FakeSubscribers, FakeVault

FUNCTION_SECONDS = 90
MINUTE = timedelta(minutes=1)
MOST_MINUTES = 120


class DiedError(BaseException):
    """The worker has died. It is a BaseException, so that no `except Exception` catches it."""


@dataclass
class Boundaries:
    """Counts the calls of all ports from 0; `faults` maps the number of a call to its fault.

    `crossed` lists the names of the calls in order.
    """

    faults: dict[int, Callable[[str], None]] = field(default_factory=dict)
    crossed: list[str] = field(default_factory=list)

    def cross(self, name: str, call: Callable[[], Any]) -> Any:
        fault = self.faults.get(len(self.crossed))
        self.crossed.append(name)
        if fault is None:
            return call()
        fault("before")
        found = call()
        fault("after")
        return found


@dataclass
class Bounded:
    """Wraps a port so that `Boundaries` counts each of its calls."""

    port: Any
    name: str
    boundaries: Boundaries

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.boundaries.cross(self.name, lambda: self.port(*args, **kwargs))

    def __getattr__(self, method: str) -> Any:
        real = getattr(self.port, method)
        if not callable(real):
            return real
        return lambda *args, **kwargs: self.boundaries.cross(
            f"{self.name}.{method}", lambda: real(*args, **kwargs)
        )


def bounded(use_case: Any, boundaries: Boundaries) -> Any:
    """The use case with each of its ports wrapped."""
    ports = {
        f.name: Bounded(getattr(use_case, f.name), f.name, boundaries)
        for f in dataclasses.fields(use_case)
        if f.name not in ("newsletter", "resends", "share", "sizes")
    }
    return replace(use_case, **ports)


def dies(side: str) -> Callable[[str], None]:
    """A fault that ends the worker before or after the call has its effect."""

    def fault(now: str) -> None:
        if now == side:
            raise DiedError(side)

    return fault


@dataclass
class FakeQueue:
    """`DeliveryQueue`: messages, each with the time from which it is visible."""

    clock: FakeClock
    messages: list[tuple[datetime, ChunkMessage]] = field(default_factory=list)

    def enqueue(self, messages: list[ChunkMessage], delays: Sequence[float] = ()) -> None:
        timed = zip(messages, delays or [0.0] * len(messages), strict=True)
        self.messages += [(self.clock() + timedelta(seconds=delay), message) for message, delay in timed]


@dataclass
class FakeSES(FakeBulkMailer):
    """SES: counts accepted mails in `given` and calls `on_accepted` for each recipient."""

    given: Counter[str] = field(default_factory=Counter)
    on_accepted: Callable[[str, dict[str, str]], None] = lambda *_: None
    at: Callable[[], datetime] = datetime.now
    moments: list[tuple[datetime, int]] = field(default_factory=list)

    def send(self, body: Body, addressees: list[Addressee], tags: dict[str, str]) -> BulkResult:
        before = len(self.mailed)
        try:
            return super().send(body, addressees, tags)
        finally:
            accepted = self.mailed[before:]
            self.moments.append((self.at(), len(accepted)))
            self.given.update(accepted)
            for subscriber in accepted:
                self.on_accepted(subscriber, tags)


@dataclass
class Day:
    """A mailing with everything around it. `fate` returns after how many seconds SES sends each event.

    `plan` is for other chunks than of equal width; a mailing `with_trial` is at its beginning.
    """

    readers: int = 8
    chunks: int = 1
    rate: float = 3.0
    resends: bool = True
    fate: Callable[[], list[float]] = lambda: [5.0]
    kind: Callable[[str], str] = lambda _: "send"
    plan: ChunkPlan | None = None
    with_trial: bool = False
    sizes: Sizes = SIZES

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.mailing_id = a_mailing().id
        self.people = FakeSubscribers()
        width = (1 << 128) // max(self.readers, 1)
        self.ids = [f"{number * width:032x}" for number in range(self.readers)]
        self.people.add(*(a_subscriber(f"{name}@example.org", id=name) for name in self.ids))
        head = a_mailing(
            state=MailingState.SENDING,
            plan=self.plan or ChunkPlan(self.chunks),
            trial_stage=0 if self.with_trial else TRIAL_IS_OVER,
        )
        self.ledger = FakeLedger().add(head)
        self.queue = FakeQueue(self.clock)
        self.rate_limits = FakeRateLimits()
        self.quotas = FakeSendingQuotas(SendingQuota(per_second=self.rate, per_day=50_000.0, sent=0.0))
        self.ses = FakeSES(on_accepted=self.accepted, at=self.clock)
        self.keyring = FakeKeyring()
        self.events: list[tuple[datetime, str, int, dict[str, set[str]]]] = []
        self.crashes: list[str] = []
        self.rate_limiter = RateLimiter(self.rate_limits)
        self.dispatch = Dispatch(
            self.ledger, self.queue, self.quotas.current, self.rate_limits, self.clock, 1.0
        )

    def accepted(self, subscriber: str, tags: dict[str, str]) -> None:
        for seconds in self.fate():
            at = self.clock() + timedelta(seconds=seconds)
            self.events.append(
                (at, tags["mailing"], int(tags["chunk"]), {subscriber: {self.kind(subscriber)}})
            )

    def use_case(self) -> DeliverChunk:
        head = self.head
        return DeliverChunk(
            newsletter=a_newsletter(),
            ledger=self.ledger,
            recipients=FakeRecipients(self.people),
            stored_body=FakeRevisions({(head.issue, head.edition, head.revision): a_body()}).body,
            addresses=FakeVault(),
            links=self.keyring.links,
            mailer=self.ses,
            rate_limiter=self.rate_limiter,
            queue=self.queue,
            clock=self.clock,
            sleep=lambda seconds: self.clock.move(timedelta(seconds=seconds)),
            resends=self.resends,
            sizes=self.sizes,
        )

    @property
    def head(self) -> Mailing:
        return self.ledger.mailings[self.mailing_id]

    def work(self, message: ChunkMessage, boundaries: Boundaries | None = None) -> None:
        """Process one message with a new worker; its death is not reported."""
        ends_at = self.clock() + timedelta(seconds=FUNCTION_SECONDS)

        def seconds_left() -> float:
            return (ends_at - self.clock()).total_seconds()

        use_case = bounded(self.use_case(), boundaries) if boundaries else self.use_case()
        try:
            use_case(message, seconds_left)
        except DiedError:
            self.crashes.append(boundaries.crossed[-1] if boundaries else "")
            self.rate_limiter = RateLimiter(self.rate_limits)
        self.check()

    def sweep(self, boundaries: Boundaries | None = None) -> None:
        """Run the sweep."""
        use_case = Sweep(
            self.ledger,
            FakeMailingRequests(),
            self.queue,
            lambda _: StartOutcome.NOT_HELD,
            self.dispatch,
            lambda _: True,
            self.clock,
            sizes=self.sizes,
        )
        if boundaries:
            use_case = bounded(replace(use_case, dispatch=bounded(self.dispatch, boundaries)), boundaries)
        try:
            use_case()
        except DiedError:
            self.crashes.append(boundaries.crossed[-1] if boundaries else "")
        self.check()

    def record_due_events(self) -> None:
        """Record SES's events that are due."""
        due = [event for event in self.events if event[0] <= self.clock()]
        self.events = [event for event in self.events if event[0] > self.clock()]
        for _, mailing, chunk, words in sorted(due, key=lambda event: event[0]):
            self.ledger.record_events(mailing, chunk, words)
            self.check()

    def minute(
        self,
        boundaries: Callable[[], Boundaries | None] = lambda: None,
        of_sweep: Callable[[], Boundaries | None] = lambda: None,
    ) -> None:
        """Record events, sweep, and process the messages that are due within the minute."""
        ends = self.clock() + MINUTE
        self.record_due_events()
        self.sweep(of_sweep())
        while self.queue.messages and (timed := min(self.queue.messages, key=_by_time))[0] < ends:
            self.queue.messages.remove(timed)
            self.clock.now = max(self.clock(), timed[0])
            self.work(timed[1], boundaries())
        self.clock.now = max(self.clock(), ends)

    def until_done(
        self,
        boundaries: Callable[[], Boundaries | None] = lambda: None,
        of_sweep: Callable[[], Boundaries | None] = lambda: None,
    ) -> "Day":
        """Simulate minutes until the mailing is done; returns itself."""
        for _ in range(MOST_MINUTES):
            if self.head.state is MailingState.DONE:
                return self
            self.minute(boundaries, of_sweep)
        raise AssertionError(f"not done in {MOST_MINUTES} minutes: {self.ledger.chunks(self.mailing_id)}")

    def check(self) -> None:
        """Assert what must always hold."""
        chunks = self.ledger.chunks(self.mailing_id)
        for chunk in chunks:
            counts = chunk.counts
            assert counts["members"] == sum(counts.values()) - counts["members"]
            assert not (chunk.closed and (counts["waiting"] or counts["in_doubt"]))
        below = [chunk for chunk in chunks if chunk.number < self.head.watermark]
        assert [chunk.number for chunk in below] == list(range(self.head.watermark))
        assert all(chunk.closed for chunk in below)
        recount = Counter(status_counts([s for chunk in below for s in chunk.members.values()]))
        recount["expired"] = sum(chunk.timed_out for chunk in below)
        assert Counter(self.head.totals) == recount
        assert self.twice <= self.timed_out

    def join(self, count: int) -> None:
        """So many readers join, evenly spread among the others."""
        names = [f"{number * (1 << 128) // count + count:032x}" for number in range(count)]
        self.people.add(*(a_subscriber(f"{name}@example.org", id=name) for name in names))
        self.ids += names

    @property
    def twice(self) -> int:
        """How many mails SES accepted more than once."""
        return sum(count - 1 for count in self.ses.given.values())

    @property
    def timed_out(self) -> int:
        """How many unknown outcomes timed out, by the ledger."""
        return sum(chunk.timed_out for chunk in self.ledger.chunks(self.mailing_id))

    @property
    def statuses(self) -> dict[str, str]:
        """The delivery status of each member."""
        return {
            m: status
            for chunk in self.ledger.chunks(self.mailing_id)
            for m, status in (chunk.members or {}).items()
        }


def _by_time(timed: tuple[datetime, ChunkMessage]) -> tuple[datetime, int]:
    return timed[0], timed[1].number


def some_fate(dice: random.Random) -> Callable[[], list[float]]:
    """One to three events, each within ten minutes."""
    return lambda: [dice.uniform(0, 600) for _ in range(dice.choice((1, 1, 2, 3)))]


def throttled() -> NotSentError:
    """SES's error for too many requests."""
    return NotSentError("TooManyRequestsException")

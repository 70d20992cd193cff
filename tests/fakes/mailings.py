"""The mailings' ports in memory: ledger, readers, orders, schedule, bulk mailer."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from broadsheet.aws.ledger import RELEASES_KEPT
from broadsheet.mail import NotSentError
from broadsheet.mailings.body import Body
from broadsheet.mailings.mailing import (
    SEVERAL_AT_ONCE,
    Chunk,
    Halt,
    Mailing,
    Range,
    Standing,
    State,
    chunk_of,
    mailing_id,
)
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.pace import Pace
from broadsheet.mailings.ports import (
    TIMES_FORGOTTEN_AT_ONCE,
    Account,
    Answers,
    ChunkState,
    LeasedError,
    Letter,
    Reader,
    StaleAttemptError,
)
from broadsheet.mailings.requests import Request
from broadsheet.subscribers.subscriber import Status
from tests.fakes.subscribers import FakeSubscribers


@dataclass
class ChunkEntry:
    """A chunk as the ledger keeps it; `leased_until` in epoch seconds, 0 for nobody's."""

    attempt: int = 0
    leased_until: int = 0
    members: dict[str, str] | None = None
    afterwards: dict[str, frozenset[str]] = field(default_factory=dict)
    closed: bool = False
    called_at: datetime | None = None
    expired: int = 0

    @property
    def has_times(self) -> bool:
        return bool(self.leased_until or self.called_at)


@dataclass
class FakeLedger:
    """`Ledger` and `Heads`: heads in `mailings` by id, `entries` by mailing and number, `ended` by mailing.

    `resting` are the mailings that nobody looks after any more, `marked` who bounced or complained, `halts`
    what workers ask the sweep for.
    """

    mailings: dict[str, Mailing] = field(default_factory=dict)
    entries: dict[tuple[str, int], ChunkEntry] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    resting: set[str] = field(default_factory=set)
    marked: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    halts: dict[str, Halt] = field(default_factory=dict)

    def add(self, *mailings: Mailing) -> "FakeLedger":
        """Arrange that these mailings exist, in whatever state they are; gives itself."""
        self.mailings |= {mailing.id: mailing for mailing in mailings}
        return self

    def mailing(self, mailing_id: str) -> Mailing | None:
        return self.mailings.get(mailing_id)

    def live(self) -> list[Mailing]:
        return [m for name, m in sorted(self.mailings.items()) if name not in self.resting]

    def rest(self, mailing_id: str) -> None:
        self.resting.add(mailing_id)

    def forget_times(self, mailing: Mailing, now: datetime) -> bool:
        timed = [e for (name, _), e in sorted(self.entries.items()) if name == mailing.id and e.has_times]
        for entry in timed[:TIMES_FORGOTTEN_AT_ONCE]:
            if entry.leased_until < int(now.timestamp()):
                entry.leased_until, entry.called_at = 0, None
        return len(timed) <= TIMES_FORGOTTEN_AT_ONCE

    def hold(self, mailing: Mailing) -> Mailing:
        there = self.mailings.get(mailing.id)
        self.resting.discard(mailing.id)
        if there is None or there.state is State.WITHDRAWN:
            self.mailings[mailing.id] = mailing
        return self.mailings[mailing.id]

    def withdraw(self, mailing_id: str) -> Mailing | None:
        there = self.mailings.get(mailing_id)
        if there and there.state is State.HELD:
            self.mailings[mailing_id] = replace(there, state=State.WITHDRAWN)
        return self.mailings.get(mailing_id)

    def confirm(self, mailing_id: str, due_at: datetime) -> bool:
        return self._of_open(mailing_id, lambda held: replace(held, confirmed=True, due_at=due_at, reason=""))

    def ask_to_confirm(self, mailing_id: str) -> bool:
        return self._of_open(mailing_id, lambda held: replace(held, reason=SEVERAL_AT_ONCE))

    def _of_open(self, mailing_id: str, changed: Callable[[Mailing], Mailing]) -> bool:
        there = self.mailings.get(mailing_id)
        if there is None or there.state is not State.HELD or there.confirmed:
            return False
        self.mailings[mailing_id] = changed(there)
        return True

    def begin(self, mailing: Mailing) -> bool:
        held = self.mailings.get(mailing.id)
        if held is None or held.state is not State.HELD:
            return False
        self.mailings[mailing.id] = replace(
            held,
            state=State.SENDING,
            edition=mailing.edition,
            revision=mailing.revision,
            chunk_count=mailing.chunk_count,
            digest=mailing.digest,
        )
        return True

    def ask_to_halt(self, mailing_id: str, halt: Halt) -> None:
        self.halts[mailing_id] = replace(halt, at=_whole(halt.at))

    def halt_asked(self, mailing_id: str) -> Halt | None:
        return self.halts.get(mailing_id)

    def halt(self, mailing: Mailing, halt: Halt) -> bool:
        self.halts.pop(mailing.id, None)
        there = self.mailings[mailing.id]
        if not halt.is_meant(mailing) or not _unmoved(there, mailing):
            return False
        self.mailings[mailing.id] = replace(
            there,
            state=halt.state,
            reason=mailing.reason_with(halt.reason),
            digest=halt.digest_for(mailing),
        )
        return True

    def move(
        self, mailing_id: str, before: Collection[State], after: State, at: datetime, reason: str = ""
    ) -> bool:
        mailing = self.mailings.get(mailing_id)
        if mailing is None or mailing.state not in before:
            return False
        moved_at = _whole(at) if after is State.SENDING else mailing.moved_at
        ended_at = at if after is State.CANCELLED else mailing.ended_at
        self.mailings[mailing_id] = replace(
            mailing, state=after, reason=reason, moved_at=moved_at, ended_at=ended_at
        )
        return True

    def end(self, mailing: Mailing, at: datetime) -> None:
        there = self.mailings.get(mailing.id)
        if there and _unmoved(there, mailing) and there.frontier == mailing.chunk_count:
            self.mailings[mailing.id] = replace(there, state=State.DONE, ended_at=at)
            self.ended[mailing.id] = at

    def release(self, mailing: Mailing, upto: int, at: datetime) -> bool:
        there = self.mailings[mailing.id]
        if there.released != mailing.released or there.state is not State.SENDING:
            return False
        releases = (*mailing.releases, (upto, _whole(at)))[-RELEASES_KEPT:]
        self.mailings[mailing.id] = replace(there, releases=releases)
        return True

    def advance(self, mailing: Mailing, frontier: int, totals: dict[str, int]) -> bool:
        there = self.mailings[mailing.id]
        if there.frontier != mailing.frontier or not _unmoved(there, mailing):
            return False
        self.mailings[mailing.id] = replace(there, frontier=frontier, totals=totals)
        return True

    def reopen(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        entry = self.entries[mailing_id, number]
        stand = entry.members or {}
        still = all(stand.get(member) == standing for member, standing in members.items())
        if self.mailings[mailing_id].state is not State.DONE or not still:
            return False
        entry.members = {**stand, **dict.fromkeys(members, Standing.WAITING.value)}
        entry.closed, entry.leased_until, entry.attempt = False, 0, entry.attempt + 1
        head = replace(self.mailings[mailing_id], frontier=0, totals={}, moved_at=_whole(at))
        self.mailings[mailing_id] = head
        return True

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        entry = self.entries.get((mailing_id, number), ChunkEntry())
        if entry.closed:
            return None
        if entry.leased_until and entry.leased_until >= int(now.timestamp()):
            raise LeasedError(f"{mailing_id} chunk {number}")
        entry.attempt += 1
        entry.leased_until = int(now.timestamp()) + lease_seconds
        self.entries[mailing_id, number] = entry
        members = None if entry.members is None else {**entry.members}
        return Chunk(mailing_id, number, entry.attempt, members, {**entry.afterwards}, entry.called_at)

    def freeze(self, chunk: Chunk, members: dict[str, str], at: datetime | None = None) -> Chunk:
        entry = self._fenced(chunk)
        entry.members = {**members}
        entry.called_at = _whole(at) if at else entry.called_at
        return replace(chunk, members={**members}, called_at=at or chunk.called_at)

    def record(
        self, chunk: Chunk, standings: dict[str, str], *, at: datetime | None = None, expired: int = 0
    ) -> Chunk:
        if standings or at:
            entry = self._fenced(chunk)
            entry.members = {**(entry.members or {}), **standings}
            entry.called_at = _whole(at) if at else entry.called_at
            entry.expired += expired
        return replace(chunk, members={**(chunk.members or {}), **standings}, called_at=at or chunk.called_at)

    def finish(self, chunk: Chunk, standings: dict[str, str], at: datetime) -> Chunk:
        entry = self._fenced(chunk)
        entry.members = {**(entry.members or {}), **standings}
        known = {**(chunk.members or {}), **standings}
        entry.closed = not {Standing.WAITING.value, Standing.IN_DOUBT.value} & set(known.values())
        if not entry.closed:
            entry.leased_until = int(at.timestamp()) - 1
        return replace(chunk, members=known)

    def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[ChunkState]:
        return [
            ChunkState(
                number,
                entry.closed,
                datetime.fromtimestamp(entry.leased_until, UTC),
                {**(entry.members or {})},
                {**entry.afterwards},
                entry.called_at,
                entry.expired,
            )
            for (mailing, number), entry in sorted(self.entries.items())
            if mailing == mailing_id and number >= first and (upto is None or number < upto)
        ]

    def mark(self, mailing_id: str, kind: str, members: Collection[str]) -> None:
        self.marked.setdefault(mailing_id, set()).update((kind, member) for member in members)

    def marks(self, mailing_id: str) -> dict[str, int]:
        kinds = [kind for kind, _ in self.marked.get(mailing_id, ())]
        return {kind: kinds.count(kind) for kind in ("bounce", "complaint")}

    def note(self, mailing_id: str, number: int, words: dict[str, set[str]]) -> bool:
        entry = self.entries.get((mailing_id, number), ChunkEntry())
        if entry.members is None:
            return False
        for member, said in words.items():
            entry.afterwards[member] = entry.afterwards.get(member, frozenset()) | said
        return True

    def of_issue(self, issue: str) -> list[Mailing]:
        return [m for _, m in sorted(self.mailings.items()) if m.issue == issue]

    def latest(self, audience: str, upto: str, most: int) -> list[Mailing]:
        heads = [m for _, m in sorted(self.mailings.items(), reverse=True) if m.issue <= upto]
        return [head for head in heads if head.audience == audience and head.edition][:most]

    def words(self, mailing: Mailing, subscriber_id: str) -> frozenset[str]:
        entry = self.entries.get((mailing.id, chunk_of(subscriber_id, mailing.chunk_count)), ChunkEntry())
        return entry.afterwards.get(subscriber_id, frozenset())

    def told(self, mailing_id: str, what: str, results: dict[str, int]) -> bool:
        mailing = self.mailings.get(mailing_id)
        if mailing is None or what in mailing.reported:
            return False
        self.mailings[mailing_id] = replace(mailing, reported=mailing.reported | {what}, results=results)
        return True

    def not_told(self, mailing_id: str, what: str) -> None:
        mailing = self.mailings[mailing_id]
        self.mailings[mailing_id] = replace(mailing, reported=mailing.reported - {what})

    def wake(self, mailing_id: str) -> None:
        self.resting.discard(mailing_id)

    def _fenced(self, chunk: Chunk) -> ChunkEntry:
        entry = self.entries.get((chunk.mailing, chunk.number), ChunkEntry())
        if entry.attempt != chunk.attempt:
            raise StaleAttemptError(f"{chunk.mailing} chunk {chunk.number}")
        return entry


def _unmoved(there: Mailing, mailing: Mailing) -> bool:
    return there.state is State.SENDING and there.moved_at == mailing.moved_at


def _whole(at: datetime) -> datetime:
    """As DynamoDB keeps it: in whole seconds."""
    return at.replace(microsecond=0)


@dataclass
class FakeRequests:
    """`Requests`: what is asked for, by mailing."""

    asked: dict[str, Request] = field(default_factory=dict)
    old: datetime | None = None

    def note_old(self, at: datetime) -> None:
        self.old = at

    def old_at(self) -> datetime | None:
        return self.old

    def get(self, mailing_id: str) -> Request | None:
        return self.asked.get(mailing_id)

    def all(self) -> list[Request]:
        return [request for _, request in sorted(self.asked.items())]

    def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, confirmed: bool) -> datetime:
        request = self.asked.get(mailing_id(issue, audience), Request(issue, audience))
        is_confirmed = confirmed or request.confirmed
        self.asked[request.id] = replace(request, due_at=request.due_at or due_at, confirmed=is_confirmed)
        return request.due_at or due_at

    def ask_to_withdraw(self, issue: str, audience: str) -> None:
        request = Request(issue, audience, withdraws=True)
        self.asked[request.id] = request

    def drop(self, request: Request) -> None:
        if self.asked.get(request.id) == request:
            del self.asked[request.id]


@dataclass
class FakePaces:
    """`Paces`: the book, and `meanwhile` what others reserve just before our next `put`, one a call."""

    book: Pace = field(default_factory=Pace)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def pace(self) -> Pace:
        return self.book

    def put(self, pace: Pace) -> Pace | None:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if (pace.version - 1, pace.per_second) != (self.book.version, self.book.per_second):
            return self.book
        self.book = pace
        return None

    def set_rate(self, per_second: float, window: float = 1.0) -> None:
        self.book = replace(self.book, per_second=per_second, window=window)


@dataclass
class FakeAccounts:
    """`Accounts`: a generous grant, unless another is given."""

    granted: Account = field(default_factory=lambda: Account(10_000.0, 1_000_000.0, 0.0))

    def account(self) -> Account:
        return self.granted


@dataclass
class FakeReaders:
    """`Readers`: the confirmed ones of a `FakeSubscribers`, so that who leaves there is gone here."""

    subscribers: FakeSubscribers

    def within(self, ids: Range, audience: str) -> list[Reader]:
        return [
            Reader(person.id, person.sealed_address)
            for _, person in sorted(self.subscribers.people.items())
            if ids.first <= person.id <= ids.last
            and person.status is Status.CONFIRMED
            and audience in person.audiences
        ]

    def estimate(self, audience: str) -> int:
        return len(self.within(Range("0" * 32, "f" * 32), audience))


@dataclass
class FakeDeliveries:
    """`Deliveries`: the orders that were put, and with which delays."""

    orders: list[ChunkOrder] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def put(self, orders: list[ChunkOrder], delays: Sequence[float] = ()) -> None:
        self.orders += orders
        self.delays += delays or [0.0] * len(orders)


@dataclass
class FakeSchedule:
    """`Schedule`: when which mailing is to be woken."""

    due: dict[str, datetime] = field(default_factory=dict)

    def at(self, mailing_id: str, due_at: datetime) -> None:
        self.due[mailing_id] = due_at


@dataclass(frozen=True)
class BulkCall:
    """One call of `send`."""

    body: Body
    letters: list[Letter]
    tags: dict[str, str]


@dataclass
class FakeBulkMailer:
    """`BulkMailer`: keeps `calls`; `mailed` has the subscriber ids of accepted letters, in order.

    `answers` are used first, one a call: standings to give, answers, or an error to raise (after the call
    was kept; only NotSentError promises that nobody was mailed). Then each letter gets
    `standings[its subscriber]`, else accepted.
    """

    answers: list[list[str] | Answers | Exception] = field(default_factory=list)
    standings: dict[str, str] = field(default_factory=dict)
    calls: list[BulkCall] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)

    def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> Answers:
        self.calls.append(BulkCall(body, letters, tags))
        answer = self.answers.pop(0) if self.answers else self._usual(letters)
        if isinstance(answer, Exception):
            if not isinstance(answer, NotSentError):
                self.mailed += [letter.subscriber_id for letter in letters]
            raise answer
        answers = answer if isinstance(answer, Answers) else Answers(answer)
        accepted = zip(letters, answers.standings, strict=True)
        self.mailed += [letter.subscriber_id for letter, standing in accepted if standing == "accepted"]
        return answers

    def _usual(self, letters: list[Letter]) -> list[str]:
        return [self.standings.get(letter.subscriber_id, Standing.ACCEPTED.value) for letter in letters]

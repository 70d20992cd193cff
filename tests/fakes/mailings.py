"""The mailings' ports in memory: ledger, readers, orders, schedule, bulk mailer."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from broadsheet.mailings.body import Body
from broadsheet.mailings.mailing import Chunk, Mailing, Range, Standing, State
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import ChunkState, LeasedError, Letter, NotSentError, Reader, StaleAttemptError
from broadsheet.subscribers.records import Status
from tests.fakes.subscribers import FakeSubscribers


@dataclass
class ChunkEntry:
    """A chunk as the ledger keeps it; `leased_until` in epoch seconds, 0 for nobody's."""

    attempt: int = 0
    leased_until: int = 0
    members: dict[str, str] | None = None
    afterwards: dict[str, str] = field(default_factory=dict)
    closed: bool = False


@dataclass
class FakeLedger:
    """`Ledger`: heads in `mailings` by id, `entries` by mailing and number, `ended` by mailing."""

    mailings: dict[str, Mailing] = field(default_factory=dict)
    entries: dict[tuple[str, int], ChunkEntry] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)

    def add(self, *mailings: Mailing) -> "FakeLedger":
        """Arrange that these mailings exist, in whatever state they are; gives itself."""
        self.mailings |= {mailing.id: mailing for mailing in mailings}
        return self

    def mailing(self, mailing_id: str) -> Mailing | None:
        return self.mailings.get(mailing_id)

    def unfinished(self) -> list[Mailing]:
        active = (State.HELD, State.SENDING)
        return [m for _, m in sorted(self.mailings.items()) if m.state in active]

    def hold(self, mailing: Mailing) -> Mailing:
        there = self.mailings.get(mailing.id)
        if there is None or there.state is State.WITHDRAWN:
            self.mailings[mailing.id] = mailing
        return self.mailings[mailing.id]

    def withdraw(self, mailing_id: str) -> Mailing | None:
        there = self.mailings.get(mailing_id)
        if there and there.state is State.HELD:
            self.mailings[mailing_id] = replace(there, state=State.WITHDRAWN)
        return self.mailings.get(mailing_id)

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
        )
        return True

    def end(self, mailing_id: str, state: State, at: datetime) -> None:
        mailing = self.mailings.get(mailing_id)
        if mailing and mailing.state is State.SENDING:
            self.mailings[mailing_id] = replace(mailing, state=state)
            self.ended[mailing_id] = at

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        entry = self.entries.get((mailing_id, number), ChunkEntry())
        if entry.closed:
            return None
        if entry.leased_until and entry.leased_until >= int(now.timestamp()):
            raise LeasedError(f"{mailing_id} chunk {number}")
        entry.attempt += 1
        entry.leased_until = int(now.timestamp()) + lease_seconds
        self.entries[mailing_id, number] = entry
        return Chunk(mailing_id, number, entry.attempt, None if entry.members is None else {**entry.members})

    def freeze(self, chunk: Chunk, members: list[str]) -> Chunk:
        entry = self._fenced(chunk)
        entry.members = dict.fromkeys(members, Standing.WAITING.value)
        entry.afterwards = {}
        return replace(chunk, members={**entry.members})

    def record(self, chunk: Chunk, standings: dict[str, str], *, close: bool = False) -> Chunk:
        if standings or close:
            entry = self._fenced(chunk)
            entry.members = {**(entry.members or {}), **standings}
            entry.closed = entry.closed or close
        return replace(chunk, members={**(chunk.members or {}), **standings})

    def chunks(self, mailing_id: str) -> list[ChunkState]:
        return [
            ChunkState(
                number,
                entry.closed,
                datetime.fromtimestamp(entry.leased_until, UTC),
                Chunk(mailing_id, number, entry.attempt, entry.members).counts(),
            )
            for (mailing, number), entry in sorted(self.entries.items())
            if mailing == mailing_id
        ]

    def note(self, mailing_id: str, number: int, subscriber_id: str, word: str) -> None:
        entry = self.entries.get((mailing_id, number), ChunkEntry())
        if subscriber_id in (entry.members or {}):
            entry.afterwards[subscriber_id] = word

    def _fenced(self, chunk: Chunk) -> ChunkEntry:
        entry = self.entries.get((chunk.mailing, chunk.number), ChunkEntry())
        if entry.attempt != chunk.attempt:
            raise StaleAttemptError(f"{chunk.mailing} chunk {chunk.number}")
        return entry


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
    """`Deliveries`: the orders that were put."""

    orders: list[ChunkOrder] = field(default_factory=list)

    def put(self, orders: list[ChunkOrder]) -> None:
        self.orders += orders


@dataclass
class FakeSchedule:
    """`Schedule`: when which mailing is to be woken."""

    due: dict[str, datetime] = field(default_factory=dict)

    def at(self, mailing_id: str, due_at: datetime) -> None:
        self.due.setdefault(mailing_id, due_at)


@dataclass(frozen=True)
class BulkCall:
    """One call of `send`."""

    body: Body
    letters: list[Letter]
    tags: dict[str, str]


@dataclass
class FakeBulkMailer:
    """`BulkMailer`: keeps `calls`; `mailed` holds the subscriber ids of accepted letters, in order.

    `answers` are used first, one a call: standings to give, or an error to raise (after the call was kept;
    only NotSentError promises that nobody was mailed). Then each letter gets `standings[its subscriber]`,
    else accepted.
    """

    answers: list[list[str] | Exception] = field(default_factory=list)
    standings: dict[str, str] = field(default_factory=dict)
    calls: list[BulkCall] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)

    def send(self, body: Body, letters: list[Letter], tags: dict[str, str]) -> list[str]:
        self.calls.append(BulkCall(body, letters, tags))
        answer = self.answers.pop(0) if self.answers else self._usual(letters)
        if isinstance(answer, Exception):
            if not isinstance(answer, NotSentError):
                self.mailed += [letter.subscriber_id for letter in letters]
            raise answer
        accepted = zip(letters, answer, strict=True)
        self.mailed += [letter.subscriber_id for letter, standing in accepted if standing == "accepted"]
        return answer

    def _usual(self, letters: list[Letter]) -> list[str]:
        return [self.standings.get(letter.subscriber_id, Standing.ACCEPTED.value) for letter in letters]

"""The mailings' ports in memory: ledger, recipients, queue, schedule, bulk mailer."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from broadsheet.aws.ledger import DISPATCHES_KEPT
from broadsheet.mail import NotSentError
from broadsheet.mailings.body import Body
from broadsheet.mailings.chunk_plan import ChunkPlan, IdRange
from broadsheet.mailings.mailing import (
    NEEDS_APPROVAL,
    Chunk,
    DeliveryStatus,
    Halt,
    Mailing,
    MailingState,
    mailing_id,
)
from broadsheet.mailings.ports import (
    TIMES_FORGOTTEN_AT_ONCE,
    Addressee,
    BulkResult,
    ChunkMessage,
    LeasedError,
    Recipient,
    SendingQuota,
    StaleAttemptError,
)
from broadsheet.mailings.rate_limit import LimiterState
from broadsheet.mailings.requests import MailingRequest
from broadsheet.subscribers.subscriber import Status
from tests.fakes.subscribers import FakeSubscribers


@dataclass
class ChunkEntry:
    """A chunk as stored; `leased_until` is in epoch seconds, 0 if it is not leased."""

    attempt: int = 0
    leased_until: int = 0
    members: dict[str, str] | None = None
    events: dict[str, frozenset[str]] = field(default_factory=dict)
    closed: bool = False
    called_at: datetime | None = None
    timed_out: int = 0
    parts: int = 1

    @property
    def has_times(self) -> bool:
        return bool(self.leased_until or self.called_at)


@dataclass
class FakeLedger:
    """`Ledger` and `Heads`: `mailings` by id, chunks in `entries` by mailing and number, `ended` by mailing.

    `inactive` are the mailings that the sweep does not visit, `marked` the subscribers that bounced or
    complained, `halts` the halts that workers requested.
    """

    mailings: dict[str, Mailing] = field(default_factory=dict)
    entries: dict[tuple[str, int], ChunkEntry] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    marked: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    halts: dict[str, Halt] = field(default_factory=dict)

    def add(self, *mailings: Mailing) -> "FakeLedger":
        """Store these mailings as they are; returns itself."""
        self.mailings |= {mailing.id: mailing for mailing in mailings}
        return self

    def mailing(self, mailing_id: str) -> Mailing | None:
        return self.mailings.get(mailing_id)

    def active(self) -> list[Mailing]:
        return [m for name, m in sorted(self.mailings.items()) if name not in self.inactive]

    def deactivate(self, mailing_id: str) -> None:
        self.inactive.add(mailing_id)

    def forget_times(self, mailing: Mailing, now: datetime) -> bool:
        timed = [e for (name, _), e in sorted(self.entries.items()) if name == mailing.id and e.has_times]
        for entry in timed[:TIMES_FORGOTTEN_AT_ONCE]:
            if entry.leased_until < int(now.timestamp()):
                entry.leased_until, entry.called_at = 0, None
        return len(timed) <= TIMES_FORGOTTEN_AT_ONCE

    def hold(self, mailing: Mailing) -> Mailing:
        there = self.mailings.get(mailing.id)
        self.inactive.discard(mailing.id)
        if there is None or there.state is MailingState.WITHDRAWN:
            self.mailings[mailing.id] = mailing
        return self.mailings[mailing.id]

    def withdraw(self, mailing_id: str) -> Mailing | None:
        there = self.mailings.get(mailing_id)
        if there and there.state is MailingState.HELD:
            self.mailings[mailing_id] = replace(there, state=MailingState.WITHDRAWN)
        return self.mailings.get(mailing_id)

    def approve(self, mailing_id: str, due_at: datetime) -> bool:
        return self._of_open(mailing_id, lambda held: replace(held, approved=True, due_at=due_at, reason=""))

    def require_approval(self, mailing_id: str) -> bool:
        return self._of_open(mailing_id, lambda held: replace(held, reason=NEEDS_APPROVAL))

    def _of_open(self, mailing_id: str, changed: Callable[[Mailing], Mailing]) -> bool:
        there = self.mailings.get(mailing_id)
        if there is None or there.state is not MailingState.HELD or there.approved:
            return False
        self.mailings[mailing_id] = changed(there)
        return True

    def begin(self, mailing: Mailing) -> bool:
        held = self.mailings.get(mailing.id)
        if held is None or held.state is not MailingState.HELD:
            return False
        self.mailings[mailing.id] = replace(
            held,
            state=MailingState.SENDING,
            edition=mailing.edition,
            revision=mailing.revision,
            plan=mailing.plan,
            trial_stage=mailing.trial_stage,
            digest=mailing.digest,
            planned=mailing.planned,
        )
        return True

    def request_halt(self, mailing_id: str, halt: Halt) -> None:
        self.halts[mailing_id] = replace(halt, at=_whole(halt.at))

    def requested_halt(self, mailing_id: str) -> Halt | None:
        return self.halts.get(mailing_id)

    def halt(self, mailing: Mailing, halt: Halt) -> bool:
        self.halts.pop(mailing.id, None)
        there = self.mailings[mailing.id]
        if not halt.is_current(mailing) or not _unmoved(there, mailing):
            return False
        self.mailings[mailing.id] = replace(
            there,
            state=halt.state,
            reason=mailing.reason_with(halt.reason),
            digest=halt.digest_for(mailing),
        )
        return True

    def move(
        self,
        mailing_id: str,
        before: Collection[MailingState],
        after: MailingState,
        at: datetime,
        reason: str = "",
    ) -> bool:
        mailing = self.mailings.get(mailing_id)
        if mailing is None or mailing.state not in before:
            return False
        moved_at = _whole(at) if after is MailingState.SENDING else mailing.moved_at
        ended_at = at if after is MailingState.CANCELLED else mailing.ended_at
        self.mailings[mailing_id] = replace(
            mailing, state=after, reason=reason, moved_at=moved_at, ended_at=ended_at
        )
        return True

    def end(self, mailing: Mailing, at: datetime) -> None:
        there = self.mailings.get(mailing.id)
        if there and _unmoved(there, mailing) and there.watermark == mailing.chunk_count:
            self.mailings[mailing.id] = replace(there, state=MailingState.DONE, ended_at=at)
            self.ended[mailing.id] = at

    def extend(self, mailing: Mailing, plan: ChunkPlan) -> bool:
        there = self.mailings[mailing.id]
        if there.plan != mailing.plan:
            return False
        self.mailings[mailing.id] = replace(there, plan=plan)
        return True

    def record_dispatch(self, mailing: Mailing, upto: int, at: datetime, stage: int) -> bool:
        there = self.mailings[mailing.id]
        if there.dispatched != mailing.dispatched or there.state is not MailingState.SENDING:
            return False
        dispatches = (*mailing.dispatches, (upto, _whole(at)))[-DISPATCHES_KEPT:]
        self.mailings[mailing.id] = replace(there, dispatches=dispatches, trial_stage=stage)
        return True

    def advance(self, mailing: Mailing, watermark: int, totals: dict[str, int]) -> bool:
        there = self.mailings[mailing.id]
        if there.watermark != mailing.watermark or not _unmoved(there, mailing):
            return False
        self.mailings[mailing.id] = replace(there, watermark=watermark, totals=totals)
        return True

    def reopen(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        entry = self.entries[mailing_id, number]
        stand = entry.members or {}
        still = all(stand.get(member) == status for member, status in members.items())
        if self.mailings[mailing_id].state is not MailingState.DONE or not still:
            return False
        entry.members = {**stand, **dict.fromkeys(members, DeliveryStatus.WAITING.value)}
        entry.closed, entry.leased_until, entry.attempt = False, 0, entry.attempt + 1
        head = replace(self.mailings[mailing_id], watermark=0, totals={}, moved_at=_whole(at))
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
        return self._chunk(mailing_id, number)

    def freeze(self, chunk: Chunk, members: dict[str, str], at: datetime | None = None) -> Chunk:
        entry = self._fenced(chunk)
        entry.members, entry.parts = {**members}, chunk.parts
        entry.called_at = _whole(at) if at else entry.called_at
        return replace(chunk, members={**members}, called_at=at or chunk.called_at)

    def record(
        self, chunk: Chunk, statuses: dict[str, str], *, at: datetime | None = None, timed_out: int = 0
    ) -> Chunk:
        if statuses or at:
            entry = self._fenced(chunk)
            entry.members = {**(entry.members or {}), **statuses}
            entry.called_at = _whole(at) if at else entry.called_at
            entry.timed_out += timed_out
        return replace(chunk, members={**(chunk.members or {}), **statuses}, called_at=at or chunk.called_at)

    def finish(self, chunk: Chunk, statuses: dict[str, str], at: datetime) -> Chunk:
        entry = self._fenced(chunk)
        entry.members = {**(entry.members or {}), **statuses}
        known = {**(chunk.members or {}), **statuses}
        entry.closed = not {DeliveryStatus.WAITING.value, DeliveryStatus.UNKNOWN.value} & set(known.values())
        if not entry.closed:
            entry.leased_until = int(at.timestamp()) - 1
        return replace(chunk, members=known)

    def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[Chunk]:
        return [
            self._chunk(mailing, number)
            for mailing, number in sorted(self.entries)
            if mailing == mailing_id and number >= first and (upto is None or number < upto)
        ]

    def _chunk(self, mailing_id: str, number: int) -> Chunk:
        entry = self.entries[mailing_id, number]
        return Chunk(
            mailing_id,
            number,
            entry.attempt,
            None if entry.members is None else {**entry.members},
            {**entry.events},
            entry.called_at,
            datetime.fromtimestamp(entry.leased_until, UTC),
            entry.closed,
            entry.timed_out,
            entry.parts,
        )

    def mark(self, mailing_id: str, kind: str, members: Collection[str]) -> None:
        self.marked.setdefault(mailing_id, set()).update((kind, member) for member in members)

    def marks(self, mailing_id: str) -> dict[str, int]:
        kinds = [kind for kind, _ in self.marked.get(mailing_id, ())]
        return {kind: kinds.count(kind) for kind in ("bounce", "complaint")}

    def record_events(self, mailing_id: str, number: int, words: dict[str, set[str]]) -> bool:
        entry = self.entries.get((mailing_id, number), ChunkEntry())
        if entry.members is None:
            return False
        for member, kinds in words.items():
            entry.events[member] = entry.events.get(member, frozenset()) | kinds
        return True

    def of_issue(self, issue: str) -> list[Mailing]:
        return [m for _, m in sorted(self.mailings.items()) if m.issue == issue]

    def latest(self, audience: str, upto: str, most: int) -> list[Mailing]:
        heads = [m for _, m in sorted(self.mailings.items(), reverse=True) if m.issue <= upto]
        return [head for head in heads if head.audience == audience and head.edition][:most]

    def events_of(self, mailing: Mailing, subscriber_id: str) -> frozenset[str]:
        entry = self.entries.get((mailing.id, mailing.plan.number_of(subscriber_id)), ChunkEntry())
        return entry.events.get(subscriber_id, frozenset())

    def mark_notified(self, mailing_id: str, what: str, results: dict[str, int]) -> bool:
        mailing = self.mailings.get(mailing_id)
        if mailing is None or what in mailing.reported:
            return False
        self.mailings[mailing_id] = replace(mailing, reported=mailing.reported | {what}, results=results)
        return True

    def unmark_notified(self, mailing_id: str, what: str) -> None:
        mailing = self.mailings[mailing_id]
        self.mailings[mailing_id] = replace(mailing, reported=mailing.reported - {what})

    def activate(self, mailing_id: str) -> None:
        self.inactive.discard(mailing_id)

    def _fenced(self, chunk: Chunk) -> ChunkEntry:
        entry = self.entries.get((chunk.mailing, chunk.number), ChunkEntry())
        if entry.attempt != chunk.attempt:
            raise StaleAttemptError(f"{chunk.mailing} chunk {chunk.number}")
        return entry


def _unmoved(there: Mailing, mailing: Mailing) -> bool:
    return there.state is MailingState.SENDING and there.moved_at == mailing.moved_at


def _whole(at: datetime) -> datetime:
    """The time in whole seconds, as it is stored."""
    return at.replace(microsecond=0)


@dataclass
class FakeMailingRequests:
    """`MailingRequests`: requests by mailing."""

    asked: dict[str, MailingRequest] = field(default_factory=dict)
    old: datetime | None = None

    def note_old(self, at: datetime) -> None:
        self.old = at

    def old_at(self) -> datetime | None:
        return self.old

    def get(self, mailing_id: str) -> MailingRequest | None:
        return self.asked.get(mailing_id)

    def all(self) -> list[MailingRequest]:
        return [request for _, request in sorted(self.asked.items())]

    def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, approved: bool) -> datetime:
        request = self.asked.get(mailing_id(issue, audience), MailingRequest(issue, audience))
        is_confirmed = approved or request.approved
        self.asked[request.id] = replace(request, due_at=request.due_at or due_at, approved=is_confirmed)
        return request.due_at or due_at

    def ask_to_withdraw(self, issue: str, audience: str) -> None:
        request = MailingRequest(issue, audience, withdraws=True)
        self.asked[request.id] = request

    def drop(self, request: MailingRequest) -> None:
        if self.asked.get(request.id) == request:
            del self.asked[request.id]


@dataclass
class FakeRateLimits:
    """`RateLimits`: one function of `meanwhile`, a reservation by others, runs before each `put`."""

    stored: LimiterState = field(default_factory=LimiterState)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def state(self) -> LimiterState:
        return self.stored

    def put(self, state: LimiterState) -> LimiterState | None:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if (state.version - 1, state.per_second) != (self.stored.version, self.stored.per_second):
            return self.stored
        self.stored = state
        return None

    def set_rate(self, per_second: float, window: float = 1.0) -> None:
        self.stored = replace(self.stored, per_second=per_second, window=window)


@dataclass
class FakeSendingQuotas:
    """`SendingQuotas`: a high quota by default."""

    granted: SendingQuota = field(default_factory=lambda: SendingQuota(10_000.0, 1_000_000.0, 0.0))

    def current(self) -> SendingQuota:
        return self.granted


@dataclass
class FakeRecipients:
    """`Recipients`: the confirmed subscribers of a `FakeSubscribers`."""

    subscribers: FakeSubscribers

    def within(self, ids: IdRange, audience: str, most: int | None = None) -> list[Recipient]:
        return [
            Recipient(person.id, person.sealed_address)
            for _, person in sorted(self.subscribers.people.items())
            if ids.first <= person.id <= ids.last
            and person.status is Status.CONFIRMED
            and audience in person.audiences
        ][:most]

    def estimate(self, audience: str) -> int:
        return len(self.within(IdRange("0" * 32, "f" * 32), audience))


@dataclass
class FakeDeliveryQueue:
    """`DeliveryQueue`: the messages that were sent, and their delays."""

    messages: list[ChunkMessage] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def enqueue(self, messages: list[ChunkMessage], delays: Sequence[float] = ()) -> None:
        self.messages += messages
        self.delays += delays or [0.0] * len(messages)


@dataclass
class FakeSchedule:
    """`Schedule`: when each mailing is due."""

    due: dict[str, datetime] = field(default_factory=dict)

    def at(self, mailing_id: str, due_at: datetime) -> None:
        self.due[mailing_id] = due_at


@dataclass(frozen=True)
class BulkCall:
    """One call of `send`."""

    body: Body
    addressees: list[Addressee]
    tags: dict[str, str]


@dataclass
class FakeBulkMailer:
    """`BulkMailer`: records `calls`; `mailed` lists the ids of accepted subscribers in order.

    Each call uses the next of `answers`: delivery statuses, a result, or an error to raise after the call was
    recorded (only NotSentError means that nobody was mailed). After them, each addressee gets
    `statuses[subscriber_id]`, by default accepted.
    """

    answers: list[list[str] | BulkResult | Exception] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    calls: list[BulkCall] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)

    def send(self, body: Body, addressees: list[Addressee], tags: dict[str, str]) -> BulkResult:
        self.calls.append(BulkCall(body, addressees, tags))
        answer = self.answers.pop(0) if self.answers else self._usual(addressees)
        if isinstance(answer, Exception):
            if not isinstance(answer, NotSentError):
                self.mailed += [addressee.subscriber_id for addressee in addressees]
            raise answer
        answers = answer if isinstance(answer, BulkResult) else BulkResult(answer)
        accepted = zip(addressees, answers.statuses, strict=True)
        self.mailed += [addressee.subscriber_id for addressee, status in accepted if status == "accepted"]
        return answers

    def _usual(self, addressees: list[Addressee]) -> list[str]:
        return [
            self.statuses.get(addressee.subscriber_id, DeliveryStatus.ACCEPTED.value)
            for addressee in addressees
        ]

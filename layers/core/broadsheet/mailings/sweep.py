"""The sweep, which runs every minute: it begins, dispatches, recovers, stops and ends mailings."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broadsheet.mail import QUOTA
from broadsheet.mailings.chunk_plan import SIZES, Sizes
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.failures import Failures
from broadsheet.mailings.mailing import (
    BOUNCES,
    COMPLAINTS,
    LONGEST_MAILING,
    NEEDS_APPROVAL,
    Mailing,
    MailingState,
)
from broadsheet.mailings.ports import ChunkMessage, DeliveryQueue, Ledger, SendingQuota
from broadsheet.mailings.recovery import (
    SILENT_AFTER,
    ChunkSummary,
    chunk_summaries,
    chunks_to_reenqueue,
    has_recipients_left,
    is_complete,
    is_stalled,
)
from broadsheet.mailings.requests import MailingRequests, apply_requests
from broadsheet.mailings.start import StartOutcome
from broadsheet.mailings.trial import next_step
from broadsheet.ports import Clock

STALLED = "NO_PROGRESS"
ROOM_IN_A_QUOTA = 0.02  # of a day's: with less, resuming is not worth it
STOPS = (  # reason, event, the largest share of the accepted, and how many there must be at least
    (BOUNCES, "bounce", 0.05, 5),
    (COMPLAINTS, "complaint", 0.001, 2),
)
UNANSWERED_AFTER = timedelta(days=1)
NEEDS_A_PERSON = (MailingState.SUSPENDED, MailingState.STOPPED)
NOT_ENDED = (MailingState.HELD, MailingState.SENDING, MailingState.PAUSED, *NEEDS_A_PERSON)


@dataclass(frozen=True)
class Sweep:
    """The use case with its ports.

    `start` begins a mailing by its id, `request_approval` asks editors to approve active mailings,
    `report_end` reports one that has ended and returns whether it may be deactivated, `alert` reports one
    that needs a person, `count_waiting` records how many do. `other_work` is done before the mailings are
    visited.
    """

    ledger: Ledger
    requests: MailingRequests
    queue: DeliveryQueue
    start: Callable[[str], StartOutcome]
    dispatch: Dispatch
    report_end: Callable[[Mailing], bool]
    clock: Clock
    alert: Callable[[Mailing], None] = lambda _: None
    count_waiting: Callable[[int], None] = lambda _: None
    other_work: Callable[[], None] = lambda: None
    request_approval: Callable[[list[Mailing]], None] = lambda _: None
    sizes: Sizes = SIZES

    def __call__(self) -> dict[str, int]:
        """Visit every active mailing; returns how many were begun, ended, stopped and so on.

        Every step can be repeated.

        Raises:
            ExceptionGroup: the failures, after every mailing was visited.
        """
        done: Counter[str] = Counter(begun=0, ended=0, messages=0, stopped=0, stuck=0, resumed=0)
        failures = Failures()
        failures.attempt(self.other_work)
        failures.attempt(lambda: apply_requests(self.requests.all(), self.ledger, self.requests))
        active = self.ledger.active()
        failures.attempt(self.request_approval, active)
        sending = [mailing for mailing in active if mailing.state is MailingState.SENDING]
        is_mailing = sending or any(mailing.state is MailingState.SUSPENDED for mailing in active)
        quota = self.dispatch.update_rate() if is_mailing else None
        sharing = sum(mailing.shares_the_rate for mailing in sending)
        for mailing in active:
            failures.attempt(self._visit, mailing, quota, max(1, sharing), done)
        unattended = sum(self._needs_a_person(mailing) for mailing in active)
        if waiting := done["stopped"] + done["stuck"] + unattended:
            self.count_waiting(waiting)
        failures.raise_all("what the sweep could not look after")
        return dict(done)

    def _needs_a_person(self, mailing: Mailing) -> bool:
        is_unanswered = mailing.state is MailingState.HELD and mailing.reason == NEEDS_APPROVAL
        overdue = self.clock() - mailing.due_at
        return mailing.state in NEEDS_A_PERSON or (is_unanswered and overdue > UNANSWERED_AFTER)

    def _visit(self, mailing: Mailing, quota: SendingQuota | None, sharing: int, done: Counter[str]) -> None:
        """Visit one mailing; `sharing` is how many mailings share the rate."""
        if mailing.state in NOT_ENDED and self.clock() - mailing.due_at >= LONGEST_MAILING:
            self._end_late(mailing)
            return
        match mailing.state:
            case MailingState.HELD:
                done["begun"] += self.start(mailing.id) is StartOutcome.BEGUN
            case MailingState.SUSPENDED if quota and _quota_is_back(mailing, quota):
                done["resumed"] += self._move(mailing, MailingState.SENDING, mailing.reason_with())
            case MailingState.SENDING if quota:
                self._continue_sending(mailing, quota, sharing, done)
            case MailingState.SUSPENDED | MailingState.STOPPED if self._is_complete(mailing):
                done["resumed"] += self._move(mailing, MailingState.SENDING, mailing.reason)
            case MailingState.SUSPENDED | MailingState.STOPPED:
                self.alert(mailing)
            case MailingState.DONE if mailing.watermark < mailing.chunk_count:
                done["resumed"] += self._resume_resend(mailing)
            case MailingState.DONE | MailingState.CANCELLED | MailingState.WITHDRAWN if self.report_end(
                mailing
            ):
                self._deactivate(mailing)

    def _is_complete(self, mailing: Mailing) -> bool:
        """Whether nobody waits for a mailing that needs a person: its workers went on to the end."""
        if mailing.dispatched < mailing.chunk_count:
            return False
        chunks = list(chunk_summaries(mailing, self.ledger, self.clock()))
        return is_complete(self._extend(mailing, chunks), chunks)

    def _end_late(self, mailing: Mailing) -> None:
        if mailing.reason == NEEDS_APPROVAL:  # nobody approved it; an approval later holds it again
            self.ledger.withdraw(mailing.id)
        else:
            now = self.clock()
            self.ledger.move(mailing.id, NOT_ENDED, MailingState.CANCELLED, now, mailing.reason)

    def _move(self, mailing: Mailing, after: MailingState, reason: str) -> bool:
        return self.ledger.move(mailing.id, [mailing.state], after, self.clock(), reason)

    def _resume_resend(self, mailing: Mailing) -> bool:
        """Resume a resend whose command died after it had reopened chunks."""
        is_silent = mailing.moved_at is not None and self.clock() - mailing.moved_at >= SILENT_AFTER
        return is_silent and self._move(mailing, MailingState.SENDING, mailing.reason_with())

    def _deactivate(self, mailing: Mailing) -> None:
        """Delete the chunks' times and deactivate the mailing, unless it changed since it was read."""
        if not self.ledger.forget_times(mailing, self.clock()):
            return
        self.ledger.deactivate(mailing.id)
        now = self.ledger.mailing(mailing.id)
        if now and (now.state, now.moved_at) != (mailing.state, mailing.moved_at):
            self.ledger.activate(mailing.id)

    def _continue_sending(
        self, mailing: Mailing, quota: SendingQuota, sharing: int, done: Counter[str]
    ) -> None:
        """Halt, stop or suspend the mailing if it must be; else dispatch its next chunks, or end it."""
        if self._halt_if_requested(mailing):
            done["stopped"] += 1
            return
        now = self.clock()
        chunks = list(chunk_summaries(mailing, self.ledger, now))
        is_stuck = is_stalled(mailing, chunks, now)
        mailing = self._advance(self._extend(mailing, chunks), chunks)
        chunks = [chunk for chunk in chunks if chunk.number >= mailing.watermark]
        if self._stop_if_bad(mailing, chunks):
            done["stopped"] += 1
        elif quota.is_used_up and has_recipients_left(mailing, chunks):
            self._move(
                mailing, MailingState.SUSPENDED, mailing.reason_with(QUOTA)
            )  # before SES refuses a call
        else:
            per_second = quota.per_second * self.dispatch.share / sharing
            done["messages"] += self._dispatch(mailing, chunks, per_second, now)
            if mailing.watermark == mailing.chunk_count:
                self.ledger.end(mailing, self.clock())
                done["ended"] += 1
            elif is_stuck:
                done["stuck"] += 1
                self.alert(replace(mailing, state=MailingState.SUSPENDED, reason=STALLED))

    def _dispatch(
        self, mailing: Mailing, chunks: list[ChunkSummary], per_second: float, now: datetime
    ) -> int:
        """Re-enqueue lost messages and dispatch new ones; returns how many."""
        numbers = chunks_to_reenqueue(mailing, chunks, now)
        self.queue.enqueue([ChunkMessage(mailing.id, number) for number in numbers])
        closed = sum(chunk.closed for chunk in chunks)
        step = next_step(mailing, chunks, now, self.sizes)
        return len(numbers) + self.dispatch(mailing, closed, per_second, step)

    def _halt_if_requested(self, mailing: Mailing) -> bool:
        """Halt and report the mailing if a worker asked for it; False if nothing was halted."""
        asked = self.ledger.requested_halt(mailing.id)
        if asked is None or not self.ledger.halt(mailing, asked):
            return False
        self.alert(replace(mailing, state=asked.state, reason=mailing.reason_with(asked.reason)))
        return True

    def _extend(self, mailing: Mailing, chunks: list[ChunkSummary]) -> Mailing:
        """Add the parts of chunks that were split to the plan; returns the mailing."""
        plan = mailing.plan
        for chunk in chunks:
            plan = plan.split(chunk.number, chunk.parts)
        if plan == mailing.plan or not self.ledger.extend(mailing, plan):
            return mailing
        return replace(mailing, plan=plan)

    def _advance(self, mailing: Mailing, chunks: list[ChunkSummary]) -> Mailing:
        """Move the watermark behind the chunks that are closed without a gap; returns the mailing.

        It stays where it is during the trial, which looks at all its chunks, and before a chunk whose other
        parts are not planned yet.
        """
        watermark, totals = mailing.watermark, Counter(mailing.totals)
        for chunk in chunks if not mailing.is_in_trial else []:
            is_planned = mailing.plan.knows(chunk.number, chunk.parts)
            if chunk.number != watermark or not chunk.closed or not is_planned:
                break
            watermark += 1
            totals.update({**chunk.counts, "expired": chunk.timed_out})
        if watermark == mailing.watermark:
            return mailing
        moved = self.ledger.advance(mailing, watermark, dict(totals))
        return replace(mailing, watermark=watermark, totals=dict(totals)) if moved else mailing

    def _stop_if_bad(self, mailing: Mailing, chunks: list[ChunkSummary]) -> bool:
        """Report too many bounces or complaints; returns whether the mailing was stopped: somebody waits."""
        reason = self._stop_reason(mailing, chunks)
        is_stopped = bool(reason) and not is_complete(mailing, chunks)
        if is_stopped:
            self._move(mailing, MailingState.STOPPED, reason)
        if reason:
            self.alert(replace(mailing, state=MailingState.STOPPED, reason=reason))
        return is_stopped

    def _stop_reason(self, mailing: Mailing, chunks: list[ChunkSummary]) -> str:
        """The reason with new stops, too many bounces or complaints; "" if there are none.

        Marks are written after the events: what the trial counts as known, it counts here as well.
        """
        accepted = mailing.totals.get("accepted", 0) + sum(chunk.counts["accepted"] for chunk in chunks)
        marks = self.ledger.marks(mailing.id) if accepted else {}
        new = []
        for reason, event, share, fewest in STOPS:
            found = max(marks.get(event, 0), sum(chunk.marked[event] for chunk in chunks))
            if found >= fewest and found > share * accepted and reason not in mailing.overridden:
                new.append(reason)
        return mailing.reason_with(*new) if new else ""


def _quota_is_back(mailing: Mailing, quota: SendingQuota) -> bool:
    """Whether the mailing was suspended for the day's quota and there is room again."""
    has_room = quota.per_day < 0 or quota.sent <= (1 - ROOM_IN_A_QUOTA) * quota.per_day
    return mailing.reason.endswith(QUOTA) and quota.is_sending and has_room

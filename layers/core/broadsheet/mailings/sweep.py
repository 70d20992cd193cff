"""Every minute: begin what is due, release orders, repair, stop what goes wrong, end what is complete."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from broadsheet.mail import QUOTA
from broadsheet.mailings.mailing import (
    BOUNCES,
    COMPLAINTS,
    LONGEST_MAILING,
    SEVERAL_AT_ONCE,
    Mailing,
    State,
)
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import Account, Deliveries, Ledger
from broadsheet.mailings.release import Release
from broadsheet.mailings.requests import Requests, carry_out
from broadsheet.mailings.seen import SILENT_AFTER, Seen, is_stuck, lost_orders, seen_of, somebody_is_left
from broadsheet.mailings.start import Outcome
from broadsheet.ports import Clock

STUCK = "NO_PROGRESS"
ROOM_IN_A_QUOTA = 0.02  # of a day's: less is not worth beginning with
MOST_BOUNCES, BOUNCES_AFTER = 0.05, 100
MOST_COMPLAINTS, COMPLAINTS_AFTER = 0.001, 1_000
UNANSWERED_AFTER = timedelta(days=1)
NEEDS_A_PERSON = (State.PARKED, State.STOPPED)
NOT_ENDED = (State.HELD, State.SENDING, State.PAUSED, *NEEDS_A_PERSON)


@dataclass(frozen=True)
class Sweep:
    """The use case with its ports.

    `start` begins a mailing by its id, `ask` asks editors about those of the live ones that came at once,
    `rested` may let go what has ended, `alert` tells of one that needs a
    person, `waiting` counts those; `besides` is what else has to be done each minute.
    """

    ledger: Ledger
    requests: Requests
    deliveries: Deliveries
    start: Callable[[str], Outcome]
    release: Release
    rested: Callable[[Mailing], bool]
    clock: Clock
    alert: Callable[[Mailing], None] = lambda _: None
    waiting: Callable[[int], None] = lambda _: None
    besides: Callable[[], None] = lambda: None
    ask: Callable[[list[Mailing]], None] = lambda _: None

    def __call__(self) -> dict[str, int]:
        """What was done. Run twice it does the same: everything here can be repeated.

        Raises:
            ExceptionGroup: what failed, once every mailing has had its turn.
        """
        done: Counter[str] = Counter(begun=0, ended=0, orders=0, stopped=0, stuck=0, resumed=0)
        failures: list[Exception] = []
        for work in (self.besides, self._carry_out):
            try:
                work()
            except Exception as error:  # noqa: BLE001  # raised below: the mailings come first
                failures.append(error)
        live = self.ledger.live()
        try:
            self.ask(live)
        except Exception as error:  # noqa: BLE001  # raised below, as well
            failures.append(error)
        sending = [mailing for mailing in live if mailing.state is State.SENDING]
        is_mailing = sending or any(mailing.state is State.PARKED for mailing in live)
        account = self.release.follow_grant() if is_mailing else None
        sharing = sum(mailing.released < mailing.chunk_count for mailing in sending)
        for mailing in live:
            try:
                self._look_after(mailing, account, max(1, sharing), done)
            except Exception as error:  # noqa: BLE001  # raised below: one bad mailing must not stop the others
                failures.append(error)
        needing = sum(self._needs_a_person(mailing) for mailing in live)
        if waiting := done["stopped"] + done["stuck"] + needing:
            self.waiting(waiting)
        if failures:
            raise ExceptionGroup("what the sweep could not look after", failures)
        return dict(done)

    def _needs_a_person(self, mailing: Mailing) -> bool:
        is_unanswered = mailing.state is State.HELD and mailing.reason == SEVERAL_AT_ONCE
        overdue = self.clock() - mailing.due_at
        return mailing.state in NEEDS_A_PERSON or (is_unanswered and overdue > UNANSWERED_AFTER)

    def _carry_out(self) -> None:
        """What publishing asked for."""
        carry_out(self.requests.all(), self.ledger, self.requests)

    def _look_after(
        self, mailing: Mailing, account: Account | None, sharing: int, done: Counter[str]
    ) -> None:
        """One mailing's turn; `sharing` have orders left to be put, and share the pace."""
        if mailing.state in NOT_ENDED and self.clock() - mailing.due_at >= LONGEST_MAILING:
            if mailing.reason == SEVERAL_AT_ONCE:  # nobody answered; a later yes holds it anew
                self.ledger.withdraw(mailing.id)
                return
            self.ledger.move(mailing.id, NOT_ENDED, State.CANCELLED, self.clock(), mailing.reason)
            return
        match mailing.state:
            case State.HELD:
                done["begun"] += self.start(mailing.id) is Outcome.BEGUN
            case State.PARKED if account and _goes_on(mailing, account):
                done["resumed"] += self._let_go_on(mailing)
            case State.SENDING if account:
                self._keep_going(mailing, account, sharing, done)
            case State.PARKED | State.STOPPED:
                self.alert(mailing)
            case State.DONE if mailing.frontier < mailing.chunk_count:
                self._resend(mailing, done)
            case State.DONE | State.CANCELLED | State.WITHDRAWN if self.rested(mailing):
                self._rest(mailing)

    def _let_go_on(self, mailing: Mailing) -> bool:
        reason = mailing.reason_with()
        return self.ledger.move(mailing.id, [mailing.state], State.SENDING, self.clock(), reason)

    def _park(self, mailing: Mailing) -> None:
        """SES's own count says that nothing more can be sent: no call has to be refused for that."""
        reason = mailing.reason_with(QUOTA)
        self.ledger.move(mailing.id, [State.SENDING], State.PARKED, self.clock(), reason)

    def _resend(self, mailing: Mailing, done: Counter[str]) -> None:
        """Go on with chunks that were opened again by a command that did not come to its end."""
        if mailing.moved_at and self.clock() - mailing.moved_at >= SILENT_AFTER:
            done["resumed"] += self._let_go_on(mailing)

    def _rest(self, mailing: Mailing) -> None:
        """Look after it no more, unless it has come back to life since it was read.

        Its last report is written, so nobody needs to know any more when which chunk was mailed.
        """
        if not self.ledger.forget_times(mailing, self.clock()):
            return
        self.ledger.rest(mailing.id)
        now = self.ledger.mailing(mailing.id)
        if now and (now.state, now.moved_at) != (mailing.state, mailing.moved_at):
            self.ledger.wake(mailing.id)

    def _keep_going(self, mailing: Mailing, account: Account, sharing: int, done: Counter[str]) -> None:
        if self._halted(mailing):
            done["stopped"] += 1
            return
        now = self.clock()
        chunks = list(seen_of(mailing, self.ledger, now))
        stuck = is_stuck(mailing, chunks, now)
        mailing = self._advanced(mailing, chunks)
        chunks = [chunk for chunk in chunks if chunk.number >= mailing.frontier]
        if reason := self._goes_wrong(mailing, chunks):
            done["stopped"] += self.ledger.move(
                mailing.id, [State.SENDING], State.STOPPED, self.clock(), reason
            )
            self.alert(replace(mailing, state=State.STOPPED, reason=reason))
            return
        if account.is_used_up and somebody_is_left(mailing, chunks):
            self._park(mailing)
            return
        orders = [ChunkOrder(mailing.id, number) for number in lost_orders(mailing, chunks, now)]
        self.deliveries.put(orders)
        closed = sum(chunk.closed for chunk in chunks)
        per_second = account.per_second * self.release.share / sharing
        done["orders"] += len(orders) + self.release(mailing, closed, per_second)
        if mailing.frontier == mailing.chunk_count:
            self.ledger.end(mailing, self.clock())
            done["ended"] += 1
        elif stuck:
            done["stuck"] += 1
            self.alert(replace(mailing, state=State.PARKED, reason=STUCK))

    def _halted(self, mailing: Mailing) -> bool:
        """Whether a worker asked to halt the mailing, and that was done; editors hear of it at once."""
        asked = self.ledger.halt_asked(mailing.id)
        if asked is None or not self.ledger.halt(mailing, asked):
            return False
        self.alert(replace(mailing, state=asked.state, reason=mailing.reason_with(asked.reason)))
        return True

    def _advanced(self, mailing: Mailing, chunks: list[Seen]) -> Mailing:
        """The mailing with its frontier behind the last of the chunks that are closed without a gap."""
        frontier, totals = mailing.frontier, Counter(mailing.totals)
        for chunk in chunks:
            if chunk.number != frontier or not chunk.closed:
                break
            frontier += 1
            totals.update({**chunk.counts, "expired": chunk.expired})
        if frontier == mailing.frontier:
            return mailing
        moved = self.ledger.advance(mailing, frontier, dict(totals))
        return replace(mailing, frontier=frontier, totals=dict(totals)) if moved else mailing

    def _goes_wrong(self, mailing: Mailing, chunks: list[Seen]) -> str:
        """Why the mailing has to stop, too many who bounce or complain; not what a person has overruled."""
        accepted = mailing.totals.get("accepted", 0) + sum(chunk.counts["accepted"] for chunk in chunks)
        marks = self.ledger.marks(mailing.id) if accepted >= BOUNCES_AFTER else {}
        found = []
        if accepted >= BOUNCES_AFTER and marks.get("bounce", 0) > MOST_BOUNCES * accepted:
            found.append(BOUNCES)
        if accepted >= COMPLAINTS_AFTER and marks.get("complaint", 0) > MOST_COMPLAINTS * accepted:
            found.append(COMPLAINTS)
        new = [why for why in found if why not in mailing.overruled]
        return mailing.reason_with(*new) if new else ""


def _goes_on(mailing: Mailing, account: Account) -> bool:
    """Whether what parked the mailing has passed by itself: a day's quota does, the rest needs a person."""
    has_room = account.per_day < 0 or account.sent <= (1 - ROOM_IN_A_QUOTA) * account.per_day
    return mailing.reason.endswith(QUOTA) and account.is_sending and has_room

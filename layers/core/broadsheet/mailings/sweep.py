"""Every minute: begin what is due, release orders, repair, stop what goes wrong, end what is complete."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from broadsheet.mailings.mailing import DOUBT_LASTS, LONGEST_MAILING, Mailing, Standing, State, settled_by
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import Account, ChunkState, Deliveries, Ledger
from broadsheet.mailings.release import AHEAD_SECONDS, Release
from broadsheet.mailings.start import Outcome
from broadsheet.subscribers.ports import Clock

SILENT_AFTER = timedelta(minutes=3)  # an order that comes back does so sooner
OVERDUE_AFTER = timedelta(seconds=2 * AHEAD_SECONDS) + SILENT_AFTER  # a second order would do no harm
QUOTA = "ACCOUNT_DAILY_QUOTA_EXCEEDED"
ROOM_IN_A_QUOTA = 0.02  # of a day's: less is not worth beginning with
MOST_BOUNCES, BOUNCES_AFTER = 0.05, 100
MOST_COMPLAINTS, COMPLAINTS_AFTER = 0.001, 1_000
NEEDS_A_PERSON = (State.PARKED, State.STOPPED)
NOT_ENDED = (State.HELD, State.SENDING, State.PAUSED, *NEEDS_A_PERSON)


@dataclass(frozen=True)
class Sweep:
    """The use case with its ports.

    `start` begins a mailing by its id, `rested` may let go what has ended, `alert` tells of one that needs a
    person, `waiting` counts those.
    """

    ledger: Ledger
    deliveries: Deliveries
    start: Callable[[str], Outcome]
    release: Release
    rested: Callable[[Mailing], bool]
    clock: Clock
    alert: Callable[[Mailing], None] = lambda _: None
    waiting: Callable[[int], None] = lambda _: None

    def __call__(self) -> dict[str, int]:
        """What was done. Run twice it does the same: everything here can be repeated.

        Raises:
            ExceptionGroup: what failed, once every mailing has had its turn.
        """
        done: Counter[str] = Counter(begun=0, ended=0, orders=0, stopped=0, resumed=0)
        failures: list[Exception] = []
        live = self.ledger.live()
        sending = [mailing for mailing in live if mailing.state is State.SENDING]
        is_mailing = sending or any(mailing.state is State.PARKED for mailing in live)
        account = self.release.follow_grant() if is_mailing else None
        for mailing in live:
            try:
                self._look_after(mailing, account, len(sending), done)
            except Exception as error:  # noqa: BLE001  # raised below: one bad mailing must not stop the others
                failures.append(error)
        if waiting := done["stopped"] + sum(mailing.state in NEEDS_A_PERSON for mailing in live):
            self.waiting(waiting)
        if failures:
            raise ExceptionGroup("mailings that the sweep could not look after", failures)
        return dict(done)

    def _look_after(
        self, mailing: Mailing, account: Account | None, sending: int, done: Counter[str]
    ) -> None:
        if mailing.state in NOT_ENDED and self.clock() - mailing.due_at >= LONGEST_MAILING:
            self.ledger.move(mailing.id, NOT_ENDED, State.CANCELLED, self.clock(), mailing.reason)
            return
        match mailing.state:
            case State.HELD:
                done["begun"] += self.start(mailing.id) is Outcome.BEGUN
            case State.PARKED if account and _goes_on(mailing, account):
                done["resumed"] += self.ledger.move(mailing.id, [State.PARKED], State.SENDING, self.clock())
            case State.SENDING if account:
                self._keep_going(mailing, account.per_second * self.release.share / sending, done)
            case State.PARKED | State.STOPPED:
                self.alert(mailing)
            case State.DONE | State.CANCELLED | State.WITHDRAWN if self.rested(mailing):
                self.ledger.rest(mailing.id)

    def _keep_going(self, mailing: Mailing, per_second: float, done: Counter[str]) -> None:
        chunks = self.ledger.chunks(mailing.id, mailing.frontier)
        mailing = self._advanced(mailing, chunks)
        chunks = [chunk for chunk in chunks if chunk.number >= mailing.frontier]
        reason = self._goes_wrong(mailing, chunks)
        if reason and reason != mailing.reason:  # somebody has let it go on in spite of that
            done["stopped"] += self.ledger.move(
                mailing.id, [State.SENDING], State.STOPPED, self.clock(), reason
            )
            self.alert(replace(mailing, state=State.STOPPED, reason=reason))
            return
        orders = [ChunkOrder(mailing.id, number) for number in self._lost(mailing, chunks)]
        self.deliveries.put(orders)
        closed = sum(chunk.closed for chunk in chunks)
        done["orders"] += len(orders) + self.release(mailing, closed, per_second)
        if mailing.frontier == mailing.chunk_count:
            self.ledger.end(mailing.id, State.DONE, self.clock())
            done["ended"] += 1

    def _advanced(self, mailing: Mailing, chunks: list[ChunkState]) -> Mailing:
        """The mailing with its frontier behind the last of the chunks that are closed without a gap."""
        frontier, totals = mailing.frontier, Counter(mailing.totals)
        for chunk in sorted(chunks, key=lambda chunk: chunk.number):
            if chunk.number != frontier or not chunk.closed:
                break
            frontier += 1
            totals.update({**chunk.counts, "resent": chunk.resent})
        if frontier == mailing.frontier:
            return mailing
        moved = self.ledger.advance(mailing, frontier, dict(totals))
        return replace(mailing, frontier=frontier, totals=dict(totals)) if moved else mailing

    def _goes_wrong(self, mailing: Mailing, chunks: list[ChunkState]) -> str:
        """Why the mailing has to stop: too many who bounce or complain."""
        accepted = mailing.totals.get("accepted", 0) + sum(chunk.counts["accepted"] for chunk in chunks)
        marks = self.ledger.marks(mailing.id) if accepted >= BOUNCES_AFTER else {}
        if accepted >= BOUNCES_AFTER and marks.get("bounce", 0) > MOST_BOUNCES * accepted:
            return "BOUNCES"
        if accepted >= COMPLAINTS_AFTER and marks.get("complaint", 0) > MOST_COMPLAINTS * accepted:
            return "COMPLAINTS"
        return ""

    def _lost(self, mailing: Mailing, chunks: list[ChunkState]) -> list[int]:
        """Chunks whose order may be lost, or that can go on since they were let go."""
        open_ones = [chunk.number for chunk in chunks if not chunk.closed and self._can_go_on(mailing, chunk)]
        claimed = {chunk.number for chunk in chunks}
        unclaimed = (n for n in range(mailing.frontier, mailing.released) if n not in claimed)
        return sorted([*open_ones, *(n for n in unclaimed if self._is_overdue(mailing, n))])

    def _can_go_on(self, mailing: Mailing, chunk: ChunkState) -> bool:
        now, counts = self.clock(), chunk.counts
        if chunk.leased_until >= now:
            return False
        if counts["waiting"] or not counts["in_doubt"]:
            went_on = mailing.moved_at is not None and chunk.leased_until <= mailing.moved_at
            return went_on or chunk.leased_until < now - SILENT_AFTER
        doubts = (m for m, standing in chunk.members.items() if standing == Standing.IN_DOUBT)
        is_old = chunk.called_at is not None and now - chunk.called_at >= DOUBT_LASTS
        return is_old or all(settled_by(chunk.afterwards.get(member, ())) for member in doubts)

    def _is_overdue(self, mailing: Mailing, number: int) -> bool:
        """Whether an order should have come by now, or came while the mailing was not sending."""
        put_at = next((at for upto, at in mailing.releases if number < upto), None)
        if put_at is None or (mailing.moved_at is not None and put_at <= mailing.moved_at):
            return True
        return self.clock() - put_at > OVERDUE_AFTER


def _goes_on(mailing: Mailing, account: Account) -> bool:
    """Whether what parked the mailing has passed by itself: a day's quota does, the rest needs a person."""
    has_room = account.per_day < 0 or account.sent <= (1 - ROOM_IN_A_QUOTA) * account.per_day
    return mailing.reason == QUOTA and account.is_sending and has_room

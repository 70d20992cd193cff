"""Stop and go, by command: pause, resume, cancel; mail those again who were refused for a passing reason."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from broadsheet.mailings.mailing import LONGEST_MAILING, SEVERAL_AT_ONCE, Mailing, Standing, State, settled_by
from broadsheet.mailings.ports import ChunkState, Heads, Ledger
from broadsheet.mailings.results import CHUNKS_AT_ONCE
from broadsheet.ports import Clock

CAN_BE_PAUSED = (State.SENDING,)
CAN_BE_RESUMED = (State.PAUSED, State.PARKED, State.STOPPED)
CAN_BE_CANCELLED = (State.HELD, State.SENDING, State.PAUSED, State.PARKED, State.STOPPED)
CAN_BE_RESENT = (State.DONE,)
# SES said no at once and sent nothing, for a fault of its own or of our set-up. The others last: an address
# that is none, a seal that is broken, a mail that can't be filled in or holds a virus.
PASSING = {f"{Standing.REFUSED.value}:{code}" for code in ("FAILED", "MESSAGE_REJECTED")}


class UnknownMailingError(LookupError):
    """There is no such mailing. Nothing was changed."""


class WrongStateError(RuntimeError):
    """The mailings are in a state in which that can't be done, as the message says. Nothing was changed."""


@dataclass(frozen=True)
class Control:
    """The use cases with their ports; `sweep` lets the sweep run at once. All can be repeated.

    Each is about the mailing of an issue to one audience, or to all audiences that it can be done with.
    """

    ledger: Ledger
    heads: Heads
    sweep: Callable[[], None]
    clock: Clock

    def mailings(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """The mailings that are meant.

        Raises:
            UnknownMailingError: there is none.
        """
        known = self.heads.of_issue(issue)
        found = [mailing for mailing in known if audience in (None, mailing.audience)]
        if found:
            return found
        if known:
            audiences = ", ".join(mailing.audience for mailing in known)
            raise UnknownMailingError(f"{issue} has no mailing to {audience}; there are: {audiences}.")
        raise UnknownMailingError(
            f"There is no mailing of {issue}: it is not published, or not to be mailed, as its report says;"
            " or its name is another."
            " One is there within a minute of being published."
        )

    def pause(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """Let no further call be made; workers see it within seconds. Gives what is paused now.

        Raises:
            UnknownMailingError, WrongStateError: nothing was changed.
        """
        return self._moved(issue, audience, CAN_BE_PAUSED, State.PAUSED, "paused")

    def resume(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """Go on where it was; a mailing that was stopped is not stopped for the same reasons again.

        One that is held because several came at once is confirmed, and begins at once.

        Raises:
            UnknownMailingError, WrongStateError: nothing was changed.
        """
        waiting = [m for m in self.mailings(issue, audience) if m.reason == SEVERAL_AT_ONCE]
        confirmed = [m.id for m in waiting if self.ledger.confirm(m.id, self.clock())]
        resumed = [head for each in confirmed if (head := self.ledger.mailing(each))]
        if not confirmed or any(m.state in CAN_BE_RESUMED for m in self.mailings(issue, audience)):
            resumed += self._moved(issue, audience, CAN_BE_RESUMED, State.SENDING, "resumed")
        self.sweep()
        return resumed

    def cancel(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """End it for good: who was not mailed never will be. Gives what is cancelled now.

        Raises:
            UnknownMailingError, WrongStateError: nothing was changed.
        """
        return self._moved(issue, audience, CAN_BE_CANCELLED, State.CANCELLED, "cancelled")

    def resend(self, issue: str, audience: str | None = None) -> int:
        """Let those wait again who were refused for a passing reason, and go on; gives how many they are.

        Their chunks are opened first, then the mailing is: after a crash in between, a second call goes on,
        or the sweep does. Of two calls at once one opens a chunk.
        Of a mailing so old that its details are about to be forgotten nobody is mailed again.

        Raises:
            UnknownMailingError, WrongStateError: nothing was changed.
        """
        reopened, goes_on = 0, False
        for mailing in self._in_one_of(issue, audience, CAN_BE_RESENT, "resent"):
            if self.clock() - mailing.due_at >= LONGEST_MAILING:
                continue
            found, is_open = self._reopened(mailing)
            reopened += found
            if found or is_open:
                self.ledger.wake(mailing.id)
                self.ledger.move(mailing.id, CAN_BE_RESENT, State.SENDING, self.clock(), mailing.reason)
                goes_on = True
        if goes_on:
            self.sweep()
        return reopened

    def _reopened(self, mailing: Mailing) -> tuple[int, bool]:
        """How many wait again, and whether a chunk had been opened before."""
        found, is_open = 0, False
        for first in range(0, mailing.chunk_count, CHUNKS_AT_ONCE):
            for chunk in self.ledger.chunks(mailing.id, first, first + CHUNKS_AT_ONCE):
                is_open = is_open or not chunk.closed
                members = _refused_for_now(chunk)
                if members and not found:  # first: should this die, the sweep goes on with what is open
                    self.ledger.wake(mailing.id)
                if members and self.ledger.reopen(mailing.id, chunk.number, members, self.clock()):
                    found += len(members)
        return found, is_open

    def _moved(
        self, issue: str, audience: str | None, before: Collection[State], after: State, done: str
    ) -> list[Mailing]:
        now = self.clock()
        meant = self._in_one_of(issue, audience, before, done)
        goes_on = after is State.SENDING
        reasons = ((m, m.reason_with() if goes_on else m.reason) for m in meant)
        moved = [m for m, reason in reasons if self.ledger.move(m.id, before, after, now, reason)]
        if not moved:  # somebody else was quicker with all of them
            raise _wrong_state(self.mailings(issue, audience), before, done)
        return [head for mailing in moved if (head := self.ledger.mailing(mailing.id))]

    def _in_one_of(
        self, issue: str, audience: str | None, states: Collection[State], done: str
    ) -> list[Mailing]:
        mailings = self.mailings(issue, audience)
        fit = [mailing for mailing in mailings if mailing.state in states]
        if not fit:
            raise _wrong_state(mailings, states, done)
        return fit


def _refused_for_now(chunk: ChunkState) -> dict[str, str]:
    """Those with their standings; not whom SES's events say that it mailed all the same."""
    return {
        member: standing
        for member, standing in chunk.members.items()
        if standing in PASSING and not settled_by(chunk.afterwards.get(member, ()))
    }


def _wrong_state(mailings: list[Mailing], states: Collection[State], done: str) -> WrongStateError:
    are = "; ".join(f"{mailing.id} is {mailing.state}" for mailing in mailings)
    return WrongStateError(f"Only what is {' or '.join(states)} can be {done}: {are}.")

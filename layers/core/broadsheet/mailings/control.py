"""The operator's commands: pause, resume and cancel mailings; resend after temporary refusals."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from broadsheet.mailings.mailing import (
    LONGEST_MAILING,
    NEEDS_APPROVAL,
    Chunk,
    DeliveryStatus,
    Mailing,
    MailingState,
    status_from_events,
)
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.mailings.progress import Progress, progress_of
from broadsheet.mailings.rate_limit import RateLimits
from broadsheet.mailings.statistics import chunks_in_parts
from broadsheet.ports import Clock

CAN_BE_PAUSED = (MailingState.SENDING,)
CAN_BE_RESUMED = (MailingState.PAUSED, MailingState.SUSPENDED, MailingState.STOPPED)
CAN_BE_CANCELLED = (MailingState.HELD, MailingState.SENDING, *CAN_BE_RESUMED)
CAN_BE_RESENT = (MailingState.DONE,)
# SES sent nothing, for a fault of its own or of our set-up. Other codes are permanent: an invalid address,
# a broken seal, a mail that can't be rendered or holds a virus.
TEMPORARY = {f"{DeliveryStatus.REFUSED.value}:{code}" for code in ("FAILED", "MESSAGE_REJECTED")}


class UnknownMailingError(LookupError):
    """There is no such mailing. Nothing was changed."""


class WrongStateError(RuntimeError):
    """The mailings' state does not allow it; the message says why. Nothing was changed."""


@dataclass(frozen=True)
class Control:
    """The commands with their ports; `sweep` runs the sweep at once. All can be repeated.

    Each applies to the mailing of an issue to one audience, or to all its mailings whose state allows it.

    Raises:
        UnknownMailingError, WrongStateError: the command changed nothing.
    """

    ledger: Ledger
    heads: Heads
    sweep: Callable[[], None]
    clock: Clock
    rate_limits: RateLimits

    def mailings(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """The mailings of an issue, or its one mailing to an audience."""
        known = self.heads.of_issue(issue)
        found = [mailing for mailing in known if audience in (None, mailing.audience)]
        if found:
            return found
        if known:
            audiences = ", ".join(mailing.audience for mailing in known)
            raise UnknownMailingError(f"{issue} has no mailing to {audience}; there are: {audiences}.")
        raise UnknownMailingError(
            f"There is no mailing of {issue}. Check the name; its report says whether it is published and"
            " will be emailed. A mailing exists within a minute of publishing."
        )

    def progress(self, issue: str, audience: str | None = None) -> list[Progress]:
        """How far they are. Mailings that are sent at the same time share the granted rate."""
        mailings = self.mailings(issue, audience)
        sending = [mailing for mailing in self.ledger.active() if mailing.state is MailingState.SENDING]
        sharing = sum(mailing.shares_the_rate for mailing in sending)
        per_second = self.rate_limits.state().per_second / max(1, sharing)
        return [progress_of(mailing, self.ledger, per_second, self.clock()) for mailing in mailings]

    def pause(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """Stop sending; workers notice within seconds. Returns the paused mailings."""
        return self._moved(issue, audience, CAN_BE_PAUSED, MailingState.PAUSED, "paused")

    def resume(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """Continue; a stopped mailing is not stopped for the same reasons again.

        A mailing that waits for approval is approved, and begins at once. Returns the resumed mailings.
        """
        unapproved = [m for m in self.mailings(issue, audience) if m.reason == NEEDS_APPROVAL]
        approved = [m.id for m in unapproved if self.ledger.approve(m.id, self.clock())]
        resumed = [head for each in approved if (head := self.ledger.mailing(each))]
        if not approved or any(m.state in CAN_BE_RESUMED for m in self.mailings(issue, audience)):
            resumed += self._moved(issue, audience, CAN_BE_RESUMED, MailingState.SENDING, "resumed")
        self.sweep()
        return resumed

    def cancel(self, issue: str, audience: str | None = None) -> list[Mailing]:
        """End it for good: the remaining members are never mailed. Returns the cancelled mailings."""
        return self._moved(issue, audience, CAN_BE_CANCELLED, MailingState.CANCELLED, "cancelled")

    def resend(self, issue: str, audience: str | None = None) -> int:
        """Mail members again who were refused for a temporary reason; returns how many.

        Their chunks are reopened before the mailing: after a crash in between, a second call or the sweep
        continues. Of two concurrent calls one reopens a chunk. A mailing whose details will soon be deleted
        is left out.
        """
        reopened, resumes = 0, False
        for mailing in self._in_one_of(issue, audience, CAN_BE_RESENT, "resent"):
            if self.clock() - mailing.due_at >= LONGEST_MAILING:
                continue
            found, is_open = self._reopened(mailing)
            reopened += found
            if found or is_open:
                self.ledger.activate(mailing.id)
                now, reason = self.clock(), mailing.reason
                self.ledger.move(mailing.id, CAN_BE_RESENT, MailingState.SENDING, now, reason)
                resumes = True
        if resumes:
            self.sweep()
        return reopened

    def resendable(self, issue: str, audience: str | None = None) -> list[tuple[str, int]]:
        """The ids of the mailings that `resend` is for, and how many each would mail again."""
        found = self._in_one_of(issue, audience, CAN_BE_RESENT, "resent")
        late = self.clock() - LONGEST_MAILING
        return [(mailing.id, self._refused(mailing)) for mailing in found if mailing.due_at > late]

    def _refused(self, mailing: Mailing) -> int:
        chunks = chunks_in_parts(mailing.id, self.ledger, range(mailing.chunk_count))
        return sum(len(_temporarily_refused(chunk)) for chunk in chunks)

    def _reopened(self, mailing: Mailing) -> tuple[int, bool]:
        """How many are waiting again, and whether a chunk was open before."""
        found, is_open = 0, False
        for chunk in chunks_in_parts(mailing.id, self.ledger, range(mailing.chunk_count)):
            is_open = is_open or not chunk.closed
            members = _temporarily_refused(chunk)
            if members and not found:  # first, so that after a crash the sweep continues with open chunks
                self.ledger.activate(mailing.id)
            if members and self.ledger.reopen(mailing.id, chunk.number, members, self.clock()):
                found += len(members)
        return found, is_open

    def _moved(
        self,
        issue: str,
        audience: str | None,
        before: Collection[MailingState],
        after: MailingState,
        done: str,
    ) -> list[Mailing]:
        now, resumes = self.clock(), after is MailingState.SENDING
        mailings = self._in_one_of(issue, audience, before, done)
        reasons = ((m, m.reason_with() if resumes else m.reason) for m in mailings)
        moved = [m for m, reason in reasons if self.ledger.move(m.id, before, after, now, reason)]
        if not moved:  # another command was first
            raise _wrong_state(self.mailings(issue, audience), before, done)
        return [head for mailing in moved if (head := self.ledger.mailing(mailing.id))]

    def _in_one_of(
        self, issue: str, audience: str | None, states: Collection[MailingState], done: str
    ) -> list[Mailing]:
        mailings = self.mailings(issue, audience)
        fit = [mailing for mailing in mailings if mailing.state in states]
        if not fit:
            raise _wrong_state(mailings, states, done)
        return fit


def _temporarily_refused(chunk: Chunk) -> dict[str, str]:
    """Members to resend to with their status; not those whom SES mailed after all, by its events."""
    return {
        member: status
        for member, status in (chunk.members or {}).items()
        if status in TEMPORARY and not status_from_events(chunk.events.get(member, ()))
    }


def _wrong_state(mailings: list[Mailing], states: Collection[MailingState], done: str) -> WrongStateError:
    are = "; ".join(f"{mailing.id} is {mailing.state.word}" for mailing in mailings)
    fit = " or ".join(state.word for state in states)
    return WrongStateError(f"Only what is {fit} can be {done}: {are}.")

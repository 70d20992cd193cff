"""What publishing asks for: to hold a mailing, or to withdraw it. The sweep and `start_mailing` carry it out.

Publishing reads what strangers wrote, pictures and all; so it has no right to a mailing itself.
Shape (LedgerTable): partition "requests", entry = the mailing's id: `issue`, `audience`, `withdraws` (true),
`due_at` (ISO text), `confirmed` (true: a person said that it is to be mailed). With `withdraws` and `due_at`
it is to be withdrawn, then held anew. And entry "old": `at` (ISO text), when an old issue was last published
for the first time; see `broadsheet.mailings.bursts`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from broadsheet.mailings.mailing import SEVERAL_AT_ONCE, Mailing, State, mailing_id
from broadsheet.mailings.ports import Ledger


@dataclass(frozen=True)
class Request:
    """What is asked for about a mailing."""

    issue: str
    audience: str
    withdraws: bool = False
    due_at: datetime | None = None
    confirmed: bool = False

    @property
    def id(self) -> str:
        """The mailing's."""
        return mailing_id(self.issue, self.audience)


class Requests(Protocol):
    """At most one request a mailing."""

    def get(self, mailing_id: str) -> Request | None:
        """What is asked for and not carried out yet."""

    def all(self) -> list[Request]:
        """All of them."""

    def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, confirmed: bool) -> datetime:
        """Ask, unless it is asked for already; gives the time that stands, which is the first one's.

        Once confirmed it is, until it is asked to be withdrawn.
        """

    def ask_to_withdraw(self, issue: str, audience: str) -> None:
        """Ask; what was asked for before is not to be held any more."""

    def note_old(self, at: datetime) -> None:
        """Note that an old issue was published for the first time; the last call's time counts."""

    def old_at(self) -> datetime | None:
        """When that was noted last; None if never."""

    def drop(self, request: Request) -> None:
        """Forget it, if it is still the same; a second time changes nothing."""


@dataclass(frozen=True)
class Desired:
    """Mailings as publishing sees them: as they are, or as they will be within a minute."""

    ledger: Ledger
    requests: Requests

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head as it is."""
        return self.ledger.mailing(mailing_id)

    def is_held(self, mailing_id: str) -> bool:
        """Whether it is held, or asked to be."""
        there, asked = self.ledger.mailing(mailing_id), self.requests.get(mailing_id)
        if asked and (asked.withdraws or asked.due_at):
            return asked.due_at is not None
        return there is not None and there.state is State.HELD

    def hold(self, mailing: Mailing, *, says_yes: bool = False) -> Mailing:
        """Ask for it where there is none or a withdrawn one; another stays, and is given back.

        It is asked for as confirmed if `mailing` is, or if an editor `says_yes` to one that is held, or asked
        for, already. That keeps its time, or waits the hold again where it waited for the word.
        """
        there, asked = self.ledger.mailing(mailing.id), self.requests.get(mailing.id)
        goes_away = asked is not None and asked.withdraws
        if there and (there.state not in (State.HELD, State.WITHDRAWN)):
            return there
        is_known = asked is not None and asked.due_at is not None
        if there and there.state is State.HELD and not goes_away:
            if there.confirmed or not says_yes:
                return there
            mailing = mailing if there.reason else replace(mailing, due_at=there.due_at)
            is_known = True
        confirmed = says_yes or (mailing.confirmed and not is_known)
        due_at = self.requests.ask_to_hold(
            mailing.issue, mailing.audience, mailing.due_at, confirmed=confirmed
        )
        return replace(mailing, due_at=due_at, confirmed=confirmed)

    def note_old(self, at: datetime) -> None:
        """Note that an old issue was published for the first time."""
        self.requests.note_old(at)

    def withdraw(self, issue: str, audience: str) -> Mailing | None:
        """Ask for it where it has not begun; gives the mailing as it will be, None if there is none."""
        name = mailing_id(issue, audience)
        there, asked = self.ledger.mailing(name), self.requests.get(name)
        is_held = there is not None and there.state is State.HELD
        if not is_held and (asked is None or asked.due_at is None):
            return there
        if there and not is_held and there.state is not State.WITHDRAWN:
            return there
        self.requests.ask_to_withdraw(issue, audience)
        known = there or Mailing(issue, audience, State.HELD, _time_of(asked))
        return replace(known, state=State.WITHDRAWN)


def after(request: Request, mailing: Mailing | None) -> Mailing | None:
    """The mailing once a request about it has been carried out.

    One that has begun, ended or was cancelled stays as it is. One that waited for a word goes on waiting when
    it is withdrawn and held anew, unless that is confirmed.
    """
    if request.withdraws and mailing and mailing.state is State.HELD:
        mailing = replace(mailing, state=State.WITHDRAWN)
    if request.due_at is None:
        return mailing
    if mailing is None or mailing.state is State.WITHDRAWN:
        waits = mailing is not None and mailing.reason == SEVERAL_AT_ONCE and not request.confirmed
        held = Mailing(request.issue, request.audience, State.HELD, request.due_at)
        return replace(held, confirmed=request.confirmed, reason=SEVERAL_AT_ONCE if waits else "")
    if request.confirmed and mailing.state is State.HELD and not mailing.confirmed:
        return replace(mailing, confirmed=True, due_at=request.due_at, reason="")
    return mailing


def carry_out(asked: Iterable[Request], ledger: Ledger, requests: Requests) -> None:
    """Do what is asked for, then forget it; a second time, or by two at once, it comes to the same.

    See `after` for what becomes of a mailing.
    """
    for request in asked:
        wanted = after(request, ledger.mailing(request.id))
        if request.withdraws:
            ledger.withdraw(request.id)
        if request.due_at and wanted:
            ledger.hold(wanted)
        if request.due_at and request.confirmed:
            ledger.confirm(request.id, request.due_at)
        requests.drop(request)


def _time_of(asked: Request | None) -> datetime:
    if asked is None or asked.due_at is None:
        raise AssertionError("looked at before")
    return asked.due_at

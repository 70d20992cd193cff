"""What publishing asks for: to hold a mailing, or to withdraw it. The sweep and `start_mailing` carry it out.

Publishing reads what strangers wrote, pictures and all; so it has no right to a mailing itself.
Shape (LedgerTable): partition "requests", entry = the mailing's id: `issue`, `audience`, `withdraws` (true),
`due_at` (ISO text), `confirmed` (true: an editor said that it is to be mailed). With `withdraws` and `due_at`
it is to be withdrawn, then held anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from broadsheet.mailings.mailing import Mailing, State, mailing_id
from broadsheet.mailings.ports import Ledger


@dataclass(frozen=True)
class Request:
    """What is asked for about a mailing."""

    issue: str
    audience: str
    withdraws: bool = False
    due_at: datetime | None = None
    confirmed: bool = False

    def held(self, due_at: datetime) -> Mailing:
        """The mailing that is to be held, due then."""
        return Mailing(self.issue, self.audience, State.HELD, due_at, confirmed=self.confirmed)

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

        Whether it is confirmed is what the last one says.
        """

    def ask_to_withdraw(self, issue: str, audience: str) -> None:
        """Ask; what was asked for before is not to be held any more."""

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

    def hold(self, mailing: Mailing) -> Mailing:
        """Ask for it where there is none or a withdrawn one; another stays, and is given back.

        One that is held and now confirmed is asked for, too: it keeps its time, or waits the hold again where
        it had not begun because nobody had confirmed it.
        """
        there, asked = self.ledger.mailing(mailing.id), self.requests.get(mailing.id)
        goes_away = asked is not None and asked.withdraws
        if there and (there.state not in (State.HELD, State.WITHDRAWN)):
            return there
        if there and there.state is State.HELD and not goes_away:
            if there.confirmed or not mailing.confirmed:
                return there
            mailing = mailing if there.reason else replace(mailing, due_at=there.due_at)
        due_at = self.requests.ask_to_hold(
            mailing.issue, mailing.audience, mailing.due_at, confirmed=mailing.confirmed
        )
        return replace(mailing, due_at=due_at)

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


def carry_out(asked: Iterable[Request], ledger: Ledger, requests: Requests) -> None:
    """Do what is asked for, then forget it; a second time, or by two at once, it comes to the same.

    A mailing that has begun, ended or was cancelled stays as it is.
    """
    for request in asked:
        if request.withdraws:
            ledger.withdraw(request.id)
        if request.due_at:
            ledger.hold(request.held(request.due_at))
        if request.due_at and request.confirmed:
            ledger.confirm(request.id, request.due_at)
        requests.drop(request)


def _time_of(asked: Request | None) -> datetime:
    if asked is None or asked.due_at is None:
        raise AssertionError("looked at before")
    return asked.due_at

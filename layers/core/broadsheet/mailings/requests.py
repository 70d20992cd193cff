"""Publishing's requests to hold or withdraw a mailing; the sweep and `start_mailing` apply them.

Publishing parses files of strangers, so it has no right to change mailings itself.
Shape (LedgerTable): partition "requests", entry = the mailing's id: `issue`, `audience`, `withdraws` (true),
`due_at` (ISO text), `confirmed` (true: a person approved it). With both `withdraws` and `due_at` the mailing
is withdrawn, then held again. And entry "old": `at` (ISO text), when an old issue was last published
for the first time; see `broadsheet.mailings.start`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState, mailing_id
from broadsheet.mailings.ports import Ledger


@dataclass(frozen=True)
class MailingRequest:
    """A request about one mailing."""

    issue: str
    audience: str
    withdraws: bool = False
    due_at: datetime | None = None
    approved: bool = False

    @property
    def id(self) -> str:
        """The mailing's id."""
        return mailing_id(self.issue, self.audience)


class MailingRequests(Protocol):
    """At most one request a mailing."""

    def get(self, mailing_id: str) -> MailingRequest | None:
        """The pending request about a mailing, if any."""

    def all(self) -> list[MailingRequest]:
        """All pending requests."""

    def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, approved: bool) -> datetime:
        """Request to hold a mailing until `due_at`; returns the first request's time, which counts.

        An approval lasts until a request to withdraw.
        """

    def ask_to_withdraw(self, issue: str, audience: str) -> None:
        """Request to withdraw a mailing; replaces a request to hold it."""

    def note_old(self, at: datetime) -> None:
        """Record the first publication of an old issue; the last call's time counts."""

    def old_at(self) -> datetime | None:
        """The time of the last such record, if any."""

    def drop(self, request: MailingRequest) -> None:
        """Delete a request if it has not changed; a second time changes nothing."""


def mailing_after(request: MailingRequest, mailing: Mailing | None) -> Mailing | None:
    """The mailing after a request was applied.

    One that has begun, ended or was cancelled does not change. One that waits for approval still does after
    it is withdrawn and held again, unless the request is approved.
    """
    if request.withdraws and mailing and mailing.state is MailingState.HELD:
        mailing = replace(mailing, state=MailingState.WITHDRAWN)
    if request.due_at is None:
        return mailing
    if mailing is None or mailing.state is MailingState.WITHDRAWN:
        waits = mailing is not None and mailing.reason == NEEDS_APPROVAL and not request.approved
        held = Mailing(request.issue, request.audience, MailingState.HELD, request.due_at)
        return replace(held, approved=request.approved, reason=NEEDS_APPROVAL if waits else "")
    if request.approved and mailing.state is MailingState.HELD and not mailing.approved:
        return replace(mailing, approved=True, due_at=request.due_at, reason="")
    return mailing


def apply_requests(asked: Iterable[MailingRequest], ledger: Ledger, requests: MailingRequests) -> None:
    """Apply each request (see `mailing_after`), then delete it; doing so twice or concurrently is safe."""
    for request in asked:
        wanted = mailing_after(request, ledger.mailing(request.id))
        if request.withdraws:
            ledger.withdraw(request.id)
        if request.due_at and wanted:
            ledger.hold(wanted)
        if request.due_at and request.approved:
            ledger.approve(request.id, request.due_at)
        requests.drop(request)

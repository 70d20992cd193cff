"""Begins a mailing when it is due."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from broadsheet.archive.register import Register
from broadsheet.mailings.approval import awaiting_approval, with_requests
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.hold import public_editions
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState, chunk_count
from broadsheet.mailings.ports import Ledger, Recipients
from broadsheet.mailings.requests import MailingRequests, apply_requests
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock


class StartOutcome(StrEnum):
    """The outcome of `start_mailing`."""

    BEGUN = "begun"
    NOT_DUE = "not due"
    NOTHING_TO_SEND = "nothing to send"
    NOT_HELD = "not held"
    NOT_APPROVED = "not approved"


def start_mailing(
    due: str,
    *,
    newsletter: Newsletter,
    ledger: Ledger,
    requests: MailingRequests,
    register: Register,
    editions: Callable[[str], set[str]],
    recipients: Recipients,
    dispatch: Dispatch,
    clock: Clock,
) -> StartOutcome:
    """Begin a mailing that is held and due: freeze edition, revision, digest and chunks, and dispatch.

    A pending request of publishing about it is applied first. A mailing that needs approval does not begin;
    the sweep asks editors for it. `editions` lists the editions whose text is in a folder of the desk now: a
    text that was just deleted is not mailed.
    A second call does nothing: after a crash between begin and dispatch the sweep continues.
    """
    asked = requests.get(due)
    apply_requests([asked] if asked else [], ledger, requests)
    mailing = ledger.mailing(due)
    if mailing is None or mailing.state is not MailingState.HELD:
        return StartOutcome.NOT_HELD
    if mailing.due_at > clock() + timedelta(seconds=1):
        return StartOutcome.NOT_DUE
    if mailing.reason == NEEDS_APPROVAL or _lacks_approval(mailing, ledger, requests):
        return StartOutcome.NOT_APPROVED
    available = editions(f"issues/{mailing.issue}")
    begun = _frozen(mailing, available, newsletter, register, recipients)
    if begun is None:
        return StartOutcome.NOTHING_TO_SEND
    if not ledger.begin(begun):
        return StartOutcome.NOT_HELD
    quota = dispatch.update_rate()
    dispatch(begun, 0, quota.per_second * dispatch.share)
    return StartOutcome.BEGUN


def _frozen(
    mailing: Mailing, available: set[str], newsletter: Newsletter, register: Register, recipients: Recipients
) -> Mailing | None:
    """The mailing, frozen with the first available public edition of its audience; None if there is none."""
    audience = newsletter.audience(mailing.audience)
    record = register.get(mailing.issue)
    public = available & set(record.public)
    edition = next((e for e in audience.editions if e in public), None) if audience else None
    if edition is None or audience is None or any(e.mail is False for e in public_editions(record, audience)):
        return None
    return replace(
        mailing,
        state=MailingState.SENDING,
        edition=edition,
        revision=record.editions[edition].revision,
        digest=letter_digest(record.editions[edition].mail_digest, newsletter),
        chunk_count=chunk_count(recipients.estimate(mailing.audience)),
    )


def _lacks_approval(mailing: Mailing, ledger: Ledger, requests: MailingRequests) -> bool:
    """Whether it needs approval and has none."""
    if mailing.approved:
        return False
    asked = requests.all()  # read first: requests applied meanwhile show in the mailings
    mailings = with_requests(ledger.active(), asked)
    waiting = awaiting_approval(mailings, mailing.due_at, requests.old_at())
    return mailing.id in {each.id for each in waiting}

"""Begins a mailing when it is due.

Issues that are published together are mailed only once a person has approved them: a folder of issues that is
copied to the desk must mail nobody, including the recent ones among them.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from broadsheet.archive.register import PublishedEdition, Record, Register
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.chunk_plan import SIZES, Sizes, plan_for
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.mailing import NEEDS_APPROVAL, TRIAL_IS_OVER, Mailing, MailingState
from broadsheet.mailings.ports import Ledger, Recipients
from broadsheet.mailings.requests import MailingRequest, MailingRequests, apply_requests, mailing_after
from broadsheet.newsletter import Audience, Newsletter
from broadsheet.ports import Clock

APART = timedelta(hours=1)  # issues due closer together than this need approval


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
    with_trial: bool = True,
    sizes: Sizes = SIZES,
) -> StartOutcome:
    """Begin a mailing that is held and due: freeze edition, revision and digest, plan chunks, and dispatch.

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
    frozen = _frozen(mailing, available, newsletter, register)
    if frozen is None:
        return StartOutcome.NOTHING_TO_SEND
    planned = recipients.estimate(mailing.audience)
    begun = replace(
        frozen,
        planned=planned,
        plan=plan_for(due, planned, sizes, with_trial=with_trial),
        trial_stage=0 if with_trial else TRIAL_IS_OVER,
    )
    if not ledger.begin(begun):
        return StartOutcome.NOT_HELD
    quota = dispatch.update_rate()
    dispatch(begun, 0, quota.per_second * dispatch.share)
    return StartOutcome.BEGUN


def _frozen(
    mailing: Mailing, available: set[str], newsletter: Newsletter, register: Register
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
    )


def _lacks_approval(mailing: Mailing, ledger: Ledger, requests: MailingRequests) -> bool:
    """Whether it needs approval and has none."""
    if mailing.approved:
        return False
    asked = requests.all()  # read first: requests applied meanwhile show in the mailings
    mailings = with_requests(ledger.active(), asked)
    waiting = awaiting_approval(mailings, mailing.due_at, requests.old_at())
    return mailing.id in {each.id for each in waiting}


def public_editions(record: Record, audience: Audience) -> list[PublishedEdition]:
    """The public editions of the audience, by preference."""
    return [record.public[edition] for edition in audience.editions if edition in record.public]


def awaiting_approval(
    mailings: Iterable[Mailing], now: datetime, old_at: datetime | None = None
) -> list[Mailing]:
    """The held mailings that must be approved before they begin.

    These are the ones that wait for approval already, and, for each audience, mailings due within an hour of
    one another once one of them would begin or waits. A single one also counts if an old issue was first
    published less than an hour before it is due; `old_at` is when that last happened.
    """
    held = [m for m in mailings if m.state is MailingState.HELD and not m.approved]
    groups = [group for audience in sorted({m.audience for m in held}) for group in _groups(held, audience)]
    return [
        mailing
        for group in groups
        for mailing in group
        if mailing.reason == NEEDS_APPROVAL
        or (_needs_approval(group, old_at) and any(m.due_at <= now or m.reason for m in group))
    ]


def with_requests(mailings: Iterable[Mailing], requests: Iterable[MailingRequest]) -> list[Mailing]:
    """The mailings as they will be once the requests are applied."""
    known = {mailing.id: mailing for mailing in mailings}
    for request in requests:
        if (mailing := mailing_after(request, known.get(request.id))) is not None:
            known[request.id] = mailing
    return list(known.values())


def _needs_approval(group: list[Mailing], old_at: datetime | None) -> bool:
    return len(group) > 1 or (old_at is not None and group[0].due_at - old_at < APART)


def _groups(held: list[Mailing], audience: str) -> list[list[Mailing]]:
    """An audience's mailings, grouped if due within an hour of the previous one."""
    ordered = sorted((m for m in held if m.audience == audience), key=lambda m: (m.due_at, m.id))
    groups = [[ordered[0]]]
    for before, mailing in pairwise(ordered):
        if mailing.due_at - before.due_at < APART:
            groups[-1].append(mailing)
        else:
            groups.append([mailing])
    return groups

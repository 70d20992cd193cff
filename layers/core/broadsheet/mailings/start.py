"""Hold a mailing for each audience of a published issue, and begin it when it is due."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.archive.register import PublishedEdition, Record, Register
from broadsheet.mailings.approval import APART, awaiting_approval, with_requests
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.eligibility import OLD, is_old, why_not_mailed
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState, chunk_count, mailing_id
from broadsheet.mailings.ports import Ledger, Recipients, Schedule, Texts
from broadsheet.mailings.requests import MailingRequests, PlannedMailings, apply_requests
from broadsheet.newsletter import Audience, Newsletter
from broadsheet.ports import Clock


class StartOutcome(StrEnum):
    """The outcome of `start_mailing`."""

    BEGUN = "begun"
    NOT_DUE = "not due"
    NOTHING_TO_SEND = "nothing to send"
    NOT_HELD = "not held"
    NOT_APPROVED = "not approved"


def hold_mailings(
    record: Record,
    *,
    newsletter: Newsletter,
    desired: PlannedMailings,
    schedule: Schedule,
    clock: Clock,
    hold: timedelta,
) -> list[Mailing]:
    """Request to hold a mailing for each audience that the issue is to be mailed to.

    It is due after `hold` or at `send_at`. If the issue is old, or its head says not to mail it, the mailing
    returned is withdrawn, with the reason. `mail: yes` and a future `send_at` count as approval; of an old
    issue, which may be part of an archive, only a `mail: yes` that comes with a correction does.

    Called after every change: an existing mailing keeps its time, so a correction neither restarts the hold
    nor mails again. If no edition is public any more, a mailing that has not begun is withdrawn; an edition
    that returns holds it again. One that has begun, ended or was cancelled does not change.
    """
    plan = _MailingPlan(newsletter, desired, schedule, clock(), hold)
    mailings = (plan(record, audience) for audience in newsletter.audiences)
    return [mailing for mailing in mailings if mailing]


@dataclass(frozen=True)
class _MailingPlan:
    """Decides what to request for one audience's mailing."""

    newsletter: Newsletter
    desired: PlannedMailings
    schedule: Schedule
    now: datetime
    hold: timedelta

    def __call__(self, record: Record, audience: Audience) -> Mailing | None:
        entries = _public(record, audience)
        if not entries:
            return self.desired.withdraw(record.issue, audience.id)
        today, within = self.now.astimezone(self.newsletter.zone).date(), self.newsletter.mail_within_days
        due_at = _due(entries[0].send_at, self.now, self.hold)
        wanted = Mailing(record.issue, audience.id, MailingState.HELD, due_at)
        why = why_not_mailed(entries, today, within)
        if why == OLD and any(self.now - entry.first_published_at < APART for entry in entries):
            self.desired.note_old(self.now)
        if why and not (why == OLD and self.desired.is_held(wanted.id)):
            return _withdrawn(self.desired.withdraw(record.issue, audience.id) or wanted, why)
        says_yes = _says_yes(entries, old=is_old(entries, today, within))
        is_planned = entries[0].send_at is not None and entries[0].send_at > self.now
        mailing = self.desired.hold(replace(wanted, approved=says_yes or is_planned), says_yes=says_yes)
        if mailing.state is MailingState.HELD and mailing.due_at > self.now:
            self.schedule.at(mailing.id, mailing.due_at)
        return mailing


def _public(record: Record, audience: Audience) -> list[PublishedEdition]:
    """The public editions of the audience, by preference."""
    return [record.public[edition] for edition in audience.editions if edition in record.public]


def _says_yes(entries: list[PublishedEdition], *, old: bool) -> bool:
    said = [entry for entry in entries if entry.mail]
    return any(not old or entry.changed_at > entry.first_published_at for entry in said)


def editions_mailed(issue: str, *, newsletter: Newsletter, ledger: Ledger) -> set[str]:
    """The editions of an issue that were mailed, so that corrections of them are marked."""
    heads = (ledger.mailing(mailing_id(issue, audience.id)) for audience in newsletter.audiences)
    return {head.edition for head in heads if head and head.edition}


def start_mailing(
    due: str,
    *,
    newsletter: Newsletter,
    ledger: Ledger,
    requests: MailingRequests,
    register: Register,
    desk: Callable[[], Texts],
    recipients: Recipients,
    dispatch: Dispatch,
    clock: Clock,
) -> StartOutcome:
    """Begin a mailing that is held and due: freeze edition, revision, digest and chunks, and dispatch.

    A pending request of publishing about it is applied first. A mailing that needs approval does not begin;
    the sweep asks editors for it. A text that was just deleted from the desk is not mailed.
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
    begun = _frozen(mailing, newsletter, register, desk(), recipients)
    if begun is None:
        return StartOutcome.NOTHING_TO_SEND
    if not ledger.begin(begun):
        return StartOutcome.NOT_HELD
    quota = dispatch.update_rate()
    dispatch(begun, 0, quota.per_second * dispatch.share)
    return StartOutcome.BEGUN


def _frozen(
    mailing: Mailing, newsletter: Newsletter, register: Register, desk: Texts, recipients: Recipients
) -> Mailing | None:
    """The mailing, frozen with the first published edition of its audience; None if there is none."""
    audience = newsletter.audience(mailing.audience)
    record = register.get(mailing.issue)
    there = desk.editions(f"issues/{mailing.issue}") & set(record.public)
    edition = next((e for e in audience.editions if e in there), None) if audience else None
    if edition is None or audience is None or any(e.mail is False for e in _public(record, audience)):
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


def _withdrawn(mailing: Mailing, why: str) -> Mailing:
    """The mailing as withdrawn for that reason, unless it has begun or was cancelled."""
    if mailing.state in (MailingState.HELD, MailingState.WITHDRAWN):
        return replace(mailing, state=MailingState.WITHDRAWN, reason=why)
    return mailing


def _due(send_at: datetime | None, now: datetime, hold: timedelta) -> datetime:
    return max(send_at, now) if send_at else now + hold

"""From published to mailed: hold a mailing for each audience, and begin it when its time has come."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.archive.register import Entry, Record, Register
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.bursts import APART, awaiting_confirmation, with_requests
from broadsheet.mailings.eligibility import OLD, is_old, why_not_mailed
from broadsheet.mailings.mailing import SEVERAL_AT_ONCE, Mailing, State, chunk_count, mailing_id
from broadsheet.mailings.ports import Ledger, Readers, Schedule, Texts
from broadsheet.mailings.release import Release
from broadsheet.mailings.requests import Desired, Requests, carry_out
from broadsheet.newsletter import Audience, Newsletter
from broadsheet.ports import Clock


class Outcome(StrEnum):
    """What a call to begin led to."""

    BEGUN = "begun"
    NOT_DUE = "not due"
    NOTHING_TO_SEND = "nothing to send"
    NOT_HELD = "not held"
    UNCONFIRMED = "unconfirmed"


def hold_mailings(
    record: Record,
    *,
    newsletter: Newsletter,
    desired: Desired,
    schedule: Schedule,
    clock: Clock,
    hold: timedelta,
) -> list[Mailing]:
    """Ask to hold a mailing for each audience that the issue is to be mailed to.

    It is due after `hold` or at `send_at`. Where the issue is old, or a head says that it is not to be
    mailed, the mailing given back is withdrawn, with the reason. Confirmed is what says `mail: yes`, or what
    comes with a `send_at` that is still to be; old issues that come with a yes may be a whole archive, so
    there it counts once it is written into a correction.

    Called after every change: a mailing that exists keeps its time, so that a correction neither restarts
    the hold nor mails again. Where no edition is public any more, a mailing that has not begun is withdrawn;
    an edition that comes back holds it anew. One that has begun, ended or was cancelled stays as it is.
    """
    arrange = _Arranged(newsletter, desired, schedule, clock(), hold)
    mailings = (arrange(record, audience) for audience in newsletter.audiences)
    return [mailing for mailing in mailings if mailing]


@dataclass(frozen=True)
class _Arranged:
    """What publishing asks for about one audience's mailing."""

    newsletter: Newsletter
    desired: Desired
    schedule: Schedule
    now: datetime
    hold: timedelta

    def __call__(self, record: Record, audience: Audience) -> Mailing | None:
        entries = _public(record, audience)
        if not entries:
            return self.desired.withdraw(record.issue, audience.id)
        today, within = self.now.astimezone(self.newsletter.zone).date(), self.newsletter.mail_within_days
        due_at = _due(entries[0].send_at, self.now, self.hold)
        wanted = Mailing(record.issue, audience.id, State.HELD, due_at)
        why = why_not_mailed(entries, today, within)
        if why == OLD and any(self.now - entry.first_published_at < APART for entry in entries):
            self.desired.note_old(self.now)
        if why and not (why == OLD and self.desired.is_held(wanted.id)):
            return _not_mailed(self.desired.withdraw(record.issue, audience.id) or wanted, why)
        says_yes = _says_yes(entries, old=is_old(entries, today, within))
        is_planned = entries[0].send_at is not None and entries[0].send_at > self.now
        mailing = self.desired.hold(replace(wanted, confirmed=says_yes or is_planned), says_yes=says_yes)
        if mailing.state is State.HELD and mailing.due_at > self.now:
            self.schedule.at(mailing.id, mailing.due_at)
        return mailing


def _public(record: Record, audience: Audience) -> list[Entry]:
    """The editions that the audience may get, the one that it would get first."""
    return [record.public[edition] for edition in audience.editions if edition in record.public]


def _says_yes(entries: list[Entry], *, old: bool) -> bool:
    said = [entry for entry in entries if entry.mail]
    return any(not old or entry.changed_at > entry.first_published_at for entry in said)


def editions_mailed(issue: str, *, newsletter: Newsletter, ledger: Ledger) -> set[str]:
    """The editions of an issue that somebody may have got: a correction of theirs is to be noted."""
    heads = (ledger.mailing(mailing_id(issue, audience.id)) for audience in newsletter.audiences)
    return {head.edition for head in heads if head and head.edition}


def start_mailing(
    due: str,
    *,
    newsletter: Newsletter,
    ledger: Ledger,
    requests: Requests,
    register: Register,
    desk: Callable[[], Texts],
    readers: Readers,
    release: Release,
    clock: Clock,
) -> Outcome:
    """Begin that mailing if it is held and due: freeze edition, revision, digest and chunks, put the orders.

    What publishing asked for about it and the sweep has not carried out yet is carried out first. One of
    several that came at once does not begin before it is confirmed; that the sweep asks editors.
    A text that an editor has just deleted is not mailed, although its pages may still stand for a moment.
    Called again for one that is sending it does nothing: a crash between begin and release is the sweep's.
    """
    asked = requests.get(due)
    carry_out([asked] if asked else [], ledger, requests)
    mailing = ledger.mailing(due)
    if mailing is None or mailing.state is not State.HELD:
        return Outcome.NOT_HELD
    if mailing.due_at > clock() + timedelta(seconds=1):
        return Outcome.NOT_DUE
    if mailing.reason == SEVERAL_AT_ONCE or _is_one_of_several(mailing, ledger, requests):
        return Outcome.UNCONFIRMED
    begun = _frozen(mailing, newsletter, register, desk(), readers)
    if begun is None:
        return Outcome.NOTHING_TO_SEND
    if not ledger.begin(begun):
        return Outcome.NOT_HELD
    account = release.follow_grant()
    release(begun, 0, account.per_second * release.share)
    return Outcome.BEGUN


def _frozen(
    mailing: Mailing, newsletter: Newsletter, register: Register, desk: Texts, readers: Readers
) -> Mailing | None:
    """The mailing with the first of its audience's editions that is published."""
    audience = newsletter.audience(mailing.audience)
    record = register.get(mailing.issue)
    there = desk.editions(f"issues/{mailing.issue}") & set(record.public)
    edition = next((e for e in audience.editions if e in there), None) if audience else None
    if edition is None or audience is None or any(e.mail is False for e in _public(record, audience)):
        return None
    return replace(
        mailing,
        state=State.SENDING,
        edition=edition,
        revision=record.editions[edition].revision,
        digest=letter_digest(record.editions[edition].mail_digest, newsletter),
        chunk_count=chunk_count(readers.estimate(mailing.audience)),
    )


def _is_one_of_several(mailing: Mailing, ledger: Ledger, requests: Requests) -> bool:
    """Whether others came with it, and nobody has confirmed it."""
    if mailing.confirmed:
        return False
    asked = requests.all()  # first: what is carried out meanwhile is among the mailings then
    mailings = with_requests(ledger.live(), asked)
    waiting = awaiting_confirmation(mailings, mailing.due_at, requests.old_at())
    return mailing.id in {each.id for each in waiting}


def _not_mailed(mailing: Mailing, why: str) -> Mailing:
    """The same, if it has begun or was cancelled; else one that will not be."""
    if mailing.state in (State.HELD, State.WITHDRAWN):
        return replace(mailing, state=State.WITHDRAWN, reason=why)
    return mailing


def _due(send_at: datetime | None, now: datetime, hold: timedelta) -> datetime:
    return max(send_at, now) if send_at else now + hold

"""From published to mailed: hold a mailing for each audience, and begin it when its time has come."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.issues.register import Record, Register
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.mailing import UNCONFIRMED, Mailing, State, chunk_count, mailing_id
from broadsheet.mailings.news import unconfirmed, why_not_mailed, with_requests
from broadsheet.mailings.ports import Ledger, Readers, Schedule, Texts
from broadsheet.mailings.release import Release
from broadsheet.mailings.requests import Desired, Requests, carry_out
from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.ports import Clock


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
    """Ask to hold a mailing for each audience whose edition is to be mailed.

    It is due after `hold` or at `send_at`.

    That edition is the first of the audience's that is public. Where it is old, or its head says that it is
    not to be mailed, the mailing given back is withdrawn, with the reason. Who wrote a `send_at` that is
    still to come, or `mail: yes`, has confirmed it.

    Called after every change: a mailing that exists keeps its time, so that a correction neither restarts
    the hold nor mails again. Where no edition is public any more, a mailing that has not begun is withdrawn;
    an edition that comes back holds it anew. One that has begun, ended or was cancelled stays as it is.
    """
    mailings: list[Mailing | None] = []
    now = clock()
    today = now.astimezone(newsletter.zone).date()
    for audience in newsletter.audiences:
        entry = next((record.public[e] for e in audience.editions if e in record.public), None)
        if entry is None:
            mailings.append(desired.withdraw(record.issue, audience.id))
            continue
        wanted = Mailing(record.issue, audience.id, State.HELD, _due(entry.send_at, now, hold))
        if why := why_not_mailed(entry, today, newsletter.mail_within_days):
            mailings.append(_not_mailed(desired.withdraw(record.issue, audience.id) or wanted, why))
            continue
        is_planned = entry.mail is True or (entry.send_at is not None and entry.send_at > now)
        mailing = desired.hold(replace(wanted, confirmed=is_planned))
        if mailing.state is State.HELD and mailing.due_at > clock():
            schedule.at(mailing.id, mailing.due_at)
        mailings.append(mailing)
    return [mailing for mailing in mailings if mailing]


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
    if mailing.reason == UNCONFIRMED or _is_one_of_several(mailing, ledger, requests):
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
    if edition is None or record.editions[edition].mail is False:
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
    others = with_requests(ledger.live(), requests.all())
    return mailing.id in {each.id for each in unconfirmed(others, mailing.due_at)}


def _not_mailed(mailing: Mailing, why: str) -> Mailing:
    """The same, if it has begun or was cancelled; else one that will not be."""
    if mailing.state in (State.HELD, State.WITHDRAWN):
        return replace(mailing, state=State.WITHDRAWN, reason=why)
    return mailing


def _due(send_at: datetime | None, now: datetime, hold: timedelta) -> datetime:
    return max(send_at, now) if send_at else now + hold

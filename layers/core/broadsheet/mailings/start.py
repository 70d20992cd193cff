"""From published to mailed: hold a mailing for each audience, and begin it when its time has come."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.issues.register import Record, Register
from broadsheet.mailings.body import letter_digest
from broadsheet.mailings.mailing import Mailing, State, chunk_count, mailing_id
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


def hold_mailings(
    record: Record,
    *,
    newsletter: Newsletter,
    desired: Desired,
    schedule: Schedule,
    clock: Clock,
    hold: timedelta,
) -> list[Mailing]:
    """Ask to hold a mailing for each audience that has a public edition, due after `hold` or at `send_at`.

    Called after every change: a mailing that exists keeps its time, so that a correction neither restarts
    the hold nor mails again. Where no edition is public any more, a mailing that has not begun is withdrawn;
    an edition that comes back holds it anew. One that has begun, ended or was cancelled stays as it is.
    """
    mailings = []
    for audience in newsletter.audiences:
        entries = [record.public[e] for e in audience.editions if e in record.public]
        if not entries:
            mailings.append(desired.withdraw(record.issue, audience.id))
            continue
        due_at = _due(entries[0].send_at, clock(), hold)
        mailing = desired.hold(Mailing(record.issue, audience.id, State.HELD, due_at))
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

    What publishing asked for about it and the sweep has not carried out yet is carried out first.
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
    if edition is None:
        return None
    return replace(
        mailing,
        state=State.SENDING,
        edition=edition,
        revision=record.editions[edition].revision,
        digest=letter_digest(record.editions[edition].mail_digest, newsletter),
        chunk_count=chunk_count(readers.estimate(mailing.audience)),
    )


def _due(send_at: datetime | None, now: datetime, hold: timedelta) -> datetime:
    return max(send_at, now) if send_at else now + hold

"""From published to mailed: hold a mailing for each audience, and begin it when its time has come."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.issues.register import Record, Register
from broadsheet.mailings.mailing import Mailing, State, chunk_count
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import Deliveries, Ledger, Readers, Schedule
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
    ledger: Ledger,
    schedule: Schedule,
    clock: Clock,
    hold: timedelta,
) -> list[Mailing]:
    """Hold a mailing for each audience that has a published edition, due after `hold` or at `send_at`.

    Called after every publication: a mailing that exists keeps its time, whatever its state, so that a
    correction neither restarts the hold nor mails again.
    """
    held = []
    for audience in newsletter.audiences:
        entries = [record.editions[e] for e in audience.editions if e in record.editions]
        if not entries:
            continue
        due_at = _due(entries[0].send_at, clock(), hold)
        mailing = ledger.hold(Mailing(record.issue, audience.id, State.HELD, due_at))
        if mailing.state is State.HELD and mailing.due_at > clock():
            schedule.at(mailing.id, mailing.due_at)
        held.append(mailing)
    return held


def start_mailing(
    mailing_id: str,
    *,
    newsletter: Newsletter,
    ledger: Ledger,
    register: Register,
    readers: Readers,
    deliveries: Deliveries,
    clock: Clock,
) -> Outcome:
    """Begin the mailing if it is held and due: freeze edition, revision and chunks, put the orders.

    Called again for one that is sending, it puts the orders of all chunks once more; closed and leased
    chunks refuse them. So a crash between the two writes loses nothing.
    """
    mailing = ledger.mailing(mailing_id)
    if mailing is None or mailing.state not in (State.HELD, State.SENDING):
        return Outcome.NOT_HELD
    if mailing.state is State.HELD:
        if mailing.due_at > clock() + timedelta(seconds=1):
            return Outcome.NOT_DUE
        begun = _frozen(mailing, newsletter, register, readers)
        if begun is None:
            return Outcome.NOTHING_TO_SEND
        if not ledger.begin(begun):
            return Outcome.NOT_HELD
        mailing = begun
    deliveries.put([ChunkOrder(mailing.id, number) for number in range(mailing.chunk_count)])
    return Outcome.BEGUN


def _frozen(mailing: Mailing, newsletter: Newsletter, register: Register, readers: Readers) -> Mailing | None:
    """The mailing with the first of its audience's editions that is published."""
    audience = newsletter.audience(mailing.audience)
    record = register.get(mailing.issue)
    edition = next((e for e in audience.editions if e in record.editions), None) if audience else None
    if edition is None:
        return None
    return replace(
        mailing,
        state=State.SENDING,
        edition=edition,
        revision=record.editions[edition].revision,
        chunk_count=chunk_count(readers.estimate(mailing.audience)),
    )


def _due(send_at: datetime | None, now: datetime, hold: timedelta) -> datetime:
    return send_at if send_at and send_at > now else now + hold

"""Which issues are mailed: recent ones, and those whose head says so; several at once wait for a word.

A folder of old issues that is laid on the desk must mail nobody. So age decides where the head is silent, and
of recent issues that come together none begins before a person has confirmed it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from broadsheet.issues.register import Entry
from broadsheet.mailings.mailing import UNCONFIRMED, Mailing, State
from broadsheet.mailings.requests import Request

OLD, SAID_NO = "OLD", "HEAD_SAYS_NO"  # why an issue is not mailed
APART = timedelta(hours=1)  # issues that come closer together than this are a burst


def why_not_mailed(entry: Entry, today: date, within_days: int) -> str:
    """`OLD` or `SAID_NO`; "" if this edition is to be mailed. `today` is a day by the newsletter's clock."""
    if entry.mail is not None:
        return "" if entry.mail else SAID_NO
    return OLD if (today - entry.last_day).days > within_days else ""


def bursts(mailings: Iterable[Mailing]) -> list[list[Mailing]]:
    """The held mailings that nobody confirmed and that come close together, two or more for one audience.

    An audience's mailings are one burst while each is due within an hour of the one before it.
    """
    waiting: dict[str, list[Mailing]] = {}
    for mailing in mailings:
        if mailing.state is State.HELD and not mailing.confirmed:
            waiting.setdefault(mailing.audience, []).append(mailing)
    found = [burst for each in waiting.values() for burst in _close_together(each)]
    return [burst for burst in found if len(burst) > 1]


def unconfirmed(mailings: Iterable[Mailing], now: datetime) -> list[Mailing]:
    """The mailings of those bursts of which one would begin by now, or already waits for a word."""
    return [
        mailing
        for burst in bursts(mailings)
        if any(each.due_at <= now or each.reason == UNCONFIRMED for each in burst)
        for mailing in burst
    ]


def with_requests(mailings: Iterable[Mailing], asked: Iterable[Request]) -> list[Mailing]:
    """The mailings as they will be once what is asked for has been carried out."""
    known = {mailing.id: mailing for mailing in mailings}
    for request in asked:
        known = {**known, **{m.id: m for m in _as_asked(known.get(request.id), request)}}
    return list(known.values())


def _as_asked(known: Mailing | None, request: Request) -> list[Mailing]:
    if request.withdraws and known and known.state is State.HELD:
        known = replace(known, state=State.WITHDRAWN)
    is_free = known is None or known.state is State.WITHDRAWN
    if request.due_at and (is_free or (request.confirmed and known and known.state is State.HELD)):
        return [request.held(request.due_at)]
    return [known] if known else []


def _close_together(mailings: list[Mailing]) -> list[list[Mailing]]:
    ordered = sorted(mailings, key=lambda mailing: (mailing.due_at, mailing.id))
    groups = [[ordered[0]]]
    for before, after in pairwise(ordered):
        if after.due_at - before.due_at < APART:
            groups[-1].append(after)
        else:
            groups.append([after])
    return groups

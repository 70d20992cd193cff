"""Issues that come several at once: none is mailed before a person has confirmed it.

A folder of issues that is laid on the desk must mail nobody, the recent ones among them included.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from broadsheet.mailings.mailing import SEVERAL_AT_ONCE, Mailing, State
from broadsheet.mailings.requests import Request, after

APART = timedelta(hours=1)  # issues that come closer together than this are a burst


def awaiting_confirmation(
    mailings: Iterable[Mailing], now: datetime, old_at: datetime | None = None
) -> list[Mailing]:
    """The held mailings that are not to begin before a person confirms them.

    Those that wait already; and of each audience those that are due within an hour of one another, as soon as
    one of them would begin, or wait already. One alone, too, if an old issue was published for the first time
    less than an hour before it is due: `old_at` is when that last happened.
    """
    held = [m for m in mailings if m.state is State.HELD and not m.confirmed]
    groups = [group for audience in sorted({m.audience for m in held}) for group in _groups(held, audience)]
    return [
        mailing
        for group in groups
        for mailing in group
        if mailing.reason == SEVERAL_AT_ONCE
        or (_is_burst(group, old_at) and any(m.due_at <= now or m.reason for m in group))
    ]


def with_requests(mailings: Iterable[Mailing], asked: Iterable[Request]) -> list[Mailing]:
    """The mailings as they will be once what is asked for has been carried out."""
    known = {mailing.id: mailing for mailing in mailings}
    for request in asked:
        if (mailing := after(request, known.get(request.id))) is not None:
            known[request.id] = mailing
    return list(known.values())


def _is_burst(group: list[Mailing], old_at: datetime | None) -> bool:
    return len(group) > 1 or (old_at is not None and group[0].due_at - old_at < APART)


def _groups(held: list[Mailing], audience: str) -> list[list[Mailing]]:
    """An audience's mailings, each group of those due within an hour of the one before."""
    ordered = sorted((m for m in held if m.audience == audience), key=lambda m: (m.due_at, m.id))
    groups = [[ordered[0]]]
    for before, mailing in pairwise(ordered):
        if mailing.due_at - before.due_at < APART:
            groups[-1].append(mailing)
        else:
            groups.append([mailing])
    return groups

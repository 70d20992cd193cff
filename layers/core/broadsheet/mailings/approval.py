"""Issues that are published together are mailed only once a person has approved them.

A folder of issues that is copied to the desk must mail nobody, including the recent ones among them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.requests import MailingRequest, mailing_after

APART = timedelta(hours=1)  # issues due closer together than this need approval


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

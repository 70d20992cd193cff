"""Keys, the register and the ledger: missing items are restored, live ones are kept.

Shape: items as the tables keep them; `broadsheet.aws.keyring`, `broadsheet.archive.register` and
`broadsheet.mailings.mailing` describe them.
"""

from datetime import datetime

from broadsheet.mailings.mailing import MailingState
from broadsheet.restore.ports import Item, Verdict

RESTORED = "RESTORED"  # the reason of a restored mailing
REWRITTEN_BY_USE = ("tally", "press")  # recomputed, or written by the next rebuild
HEADS, LIVE = "mailings", "live"
DETAILS = ("chunk#", "bounce#", "complaint#")
UNDER_WAY = {MailingState.SENDING, MailingState.PAUSED, MailingState.SUSPENDED, MailingState.STOPPED}
NOT_BEGUN = {MailingState.HELD, MailingState.WITHDRAWN}


def judge_key(item: Item, live: Item | None, _: datetime) -> Verdict:
    """A wrapped data key; if the name has another live key, what this one sealed can't be opened: a conflict.

    The item that names the current key has no `wrapped`, and never conflicts.
    """
    if live is None:
        return Verdict.RESTORED
    same = live.get("wrapped") == item.get("wrapped")
    return Verdict.UNCHANGED if same else Verdict.CONFLICT


def judge_record(item: Item, live: Item | None, _: datetime) -> Verdict:
    """An item of the register. No record is ever deleted, so a missing one was lost."""
    if item["collection"] in REWRITTEN_BY_USE:
        return Verdict.SKIPPED
    if live is None:
        return Verdict.RESTORED
    return Verdict.CONFLICT if live.get("version", 0) < item.get("version", 0) else Verdict.UNCHANGED


def judge_entry(item: Item, live: Item | None, now: datetime) -> Verdict:
    """An item of the ledger; without it an issue could be mailed twice.

    A mailing that was under way may have continued after the backup: it is restored as paused, and a person
    decides. One that had not begun may have been mailed since: it is restored as cancelled.
    """
    partition, entry = item["mailing"], item["entry"]
    if partition not in (HEADS, LIVE) and not entry.startswith(DETAILS):
        return Verdict.SKIPPED  # outdated: the rate limiter, what panic turned off
    if live is not None:
        return Verdict.UNCHANGED
    if "expires_at" in item and int(item["expires_at"]) <= now.timestamp():
        return Verdict.LAPSED
    if partition == HEADS and item["state"] in UNDER_WAY:
        return Verdict.PAUSED
    return Verdict.CANCELLED if partition == HEADS and item["state"] in NOT_BEGUN else Verdict.RESTORED


def as_written(item: Item, verdict: Verdict) -> Item:
    """The item as it is restored."""
    states = {Verdict.PAUSED: MailingState.PAUSED.value, Verdict.CANCELLED: MailingState.CANCELLED.value}
    return {**item, "state": states[verdict], "reason": RESTORED} if verdict in states else item

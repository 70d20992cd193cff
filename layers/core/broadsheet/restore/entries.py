"""Keys, the register and the ledger: a missing item comes back, a live one stays whatever it says.

Shape: items as the tables keep them; `broadsheet.aws.keyring`, `broadsheet.archive.register` and
`broadsheet.mailings.mailing` describe them.
"""

from datetime import datetime

from broadsheet.mailings.mailing import State
from broadsheet.restore.ports import Item, Verdict

RESTORED = "RESTORED"  # the reason of a mailing that came back
REWRITTEN_BY_USE = ("tally", "press")  # counted anew, or told by the next rebuild
HEADS, LIVE = "mailings", "live"
DETAILS = ("chunk#", "bounce#", "complaint#")
UNDER_WAY = {State.SENDING.value, State.PAUSED.value, State.PARKED.value, State.STOPPED.value}
NOT_BEGUN = {State.HELD.value, State.WITHDRAWN.value}


def judge_key(item: Item, live: Item | None, _: datetime) -> Verdict:
    """A wrapped data key: with another one under its name, what it sealed stays shut.

    Which key is in use has no `wrapped`; where that is told today, another one of then is no conflict.
    """
    if live is None:
        return Verdict.RESTORED
    same = live.get("wrapped") == item.get("wrapped")
    return Verdict.UNCHANGED if same else Verdict.CONFLICT


def judge_record(item: Item, live: Item | None, _: datetime) -> Verdict:
    """An item of the register. No record is ever deleted, so one that is missing was lost."""
    if item["collection"] in REWRITTEN_BY_USE:
        return Verdict.SKIPPED
    if live is None:
        return Verdict.RESTORED
    return Verdict.CONFLICT if live.get("version", 0) < item.get("version", 0) else Verdict.UNCHANGED


def judge_entry(item: Item, live: Item | None, now: datetime) -> Verdict:
    """An item of the ledger: without it an issue could be mailed twice.

    A mailing that had not ended may have gone on after the time of the backup. It comes back paused, and a
    person decides; one that had not begun comes back cancelled, for it may have been mailed since.
    """
    partition, entry = item["mailing"], item["entry"]
    if partition not in (HEADS, LIVE) and not entry.startswith(DETAILS):
        return Verdict.SKIPPED  # the rate limiter, panic's note: they say how things stood then
    if live is not None:
        return Verdict.UNCHANGED
    if "expires_at" in item and int(item["expires_at"]) <= now.timestamp():
        return Verdict.LAPSED
    if partition == HEADS and item["state"] in UNDER_WAY:
        return Verdict.PAUSED
    return Verdict.CANCELLED if partition == HEADS and item["state"] in NOT_BEGUN else Verdict.RESTORED


def as_written(item: Item, verdict: Verdict) -> Item:
    """The item as it comes back."""
    states = {Verdict.PAUSED: State.PAUSED.value, Verdict.CANCELLED: State.CANCELLED.value}
    return {**item, "state": states[verdict], "reason": RESTORED} if verdict in states else item

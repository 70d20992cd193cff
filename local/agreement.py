"""Whether the ledger and the SES emulator agree on who was mailed, before the local system starts.

They do whatever is killed: a worker writes `in doubt` before each call, and the outcome after it. They don't
after a power cut, or if somebody deleted or replaced a part of the state. Then a mailing that went on might
mail readers a second time, so it waits until a person resumes it.

This reads and changes the files of both (local/engine_state.py, local/ses/outbox.py) while neither runs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.mailings.mailing import BOUNCES, COMPLAINTS, NEEDS_APPROVAL, MailingState
from local.ses.outbox import ACCEPTED
from local.store import Store

LEDGER, HEADS, CHUNK = "-LedgerTable-", "mailings", "chunk#"
REASON = "LEDGER_AND_SES_DISAGREE"
ENDED = (MailingState.DONE, MailingState.CANCELLED, MailingState.WITHDRAWN)
Item = dict[str, Any]  # in DynamoDB's JSON
Counts = dict[tuple[str, int], int]  # mailing, chunk: recipients that SES accepted


@dataclass(frozen=True)
class Disagreement:
    """Mailings that were suspended, and those that the emulator has mailed and the ledger does not know."""

    suspended: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def suspend_where_they_disagree(engine: Path, emulator: Path) -> Disagreement:
    """Compare the two files, and suspend each mailing on which they disagree and that has not ended.

    One that is still held waits for its approval. A second call finds the same, and changes nothing more.
    """
    if not (engine.is_file() and emulator.is_file()):
        return Disagreement()
    store, counts = Store(engine), _accepted(emulator)
    try:
        ledger = [one for one in store.collections() if one.startswith("tables ") and LEDGER in one]
        tables = {name: {key: json.loads(text) for key, text in store.entries(name)} for name in ledger}
        known, found = set[str](), list[str]()
        for name, items in tables.items():
            heads = {key: item for key, item in items.items() if item["mailing"]["S"] == HEADS}
            known |= {head["entry"]["S"] for head in heads.values()}
            differing = _differing(items, counts)
            chosen = {key: head for key, head in heads.items() if _is_affected(head, differing)}
            store.write({(name, key): json.dumps(_suspended(head)) for key, head in chosen.items()})
            found += [head["entry"]["S"] for head in chosen.values()]
        unknown = {mailing for mailing, _ in counts} - known
        return Disagreement(tuple(sorted(found)), tuple(sorted(unknown)))
    finally:
        store.close()


def _accepted(emulator: Path) -> Counts:
    store = Store(emulator)
    try:
        keys = ((*key.rsplit(" ", 1), count) for key, count in store.entries(ACCEPTED))
        return {(mailing, int(chunk)): int(count) for mailing, chunk, count in keys}
    finally:
        store.close()


def _differing(items: dict[str, Item], counts: Counts) -> set[str]:
    """The mailings of which SES has accepted more than were handed over, or fewer than it said."""
    chunks = {(mailing, number): item for mailing, number, item in _chunks(items)}
    return {
        mailing
        for mailing, number in chunks.keys() | counts.keys()
        if not _agrees(chunks.get((mailing, number), {}), counts.get((mailing, number), 0))
    }


def _agrees(chunk: Item, accepted: int) -> bool:
    statuses: list[str] = [status["S"] for status in chunk.get("members", {}).get("M", {}).values()]
    again = int(chunk.get("expired", {}).get("N", 0))  # outcomes that timed out: mailed twice, or skipped
    handed_over = sum(status != "waiting" for status in statuses) + again
    return statuses.count("accepted") <= accepted <= handed_over


def _chunks(items: dict[str, Item]) -> Iterator[tuple[str, int, Item]]:
    for item in items.values():
        entry = item["entry"]["S"]
        if entry.startswith(CHUNK):
            yield item["mailing"]["S"], int(entry.removeprefix(CHUNK)), item


def _is_affected(head: Item, differing: set[str]) -> bool:
    return head["entry"]["S"] in differing and head["state"]["S"] not in ENDED


def _suspended(head: Item) -> Item:
    if head["state"]["S"] == MailingState.HELD:
        return {**head, "reason": {"S": NEEDS_APPROVAL}, "confirmed": {"BOOL": False}}
    overridden = [why for why in head.get("reason", {}).get("S", "").split() if why in (BOUNCES, COMPLAINTS)]
    reason = " ".join([*overridden, REASON])
    return {**head, "state": {"S": MailingState.SUSPENDED.value}, "reason": {"S": reason}}

"""Judges of a mailing on the local system, which import nothing of the project.

One counts what the SES emulator accepted for whom; the other adds up the ledger from DynamoDB's raw items.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import urllib3


@dataclass(frozen=True)
class Acceptance:
    """One recipient that SES accepted: to whom, when (Unix seconds), and under which tags."""

    address: str
    at: float
    tags: dict[str, str]


def accepted(address: str, mailing: str) -> list[Acceptance]:
    """What the SES emulator accepted of a mailing, in order of acceptance."""
    answer = urllib3.request("GET", f"{address}/_local/ses/messages", timeout=60, retries=False)
    return [
        Acceptance(recipient, record["accepted_at"], record["tags"])
        for record in json.loads(answer.data)
        if record["tags"].get("mailing") == mailing
        for recipient in record["to"]
    ]


@dataclass
class Balance:
    """A mailing in the ledger: its head's state, totals and watermark, and what its chunks add up to."""

    state: str = ""
    chunk_count: int = 0
    watermark: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    members: list[str] = field(default_factory=list)
    closed: int = 0

    @property
    def balances(self) -> bool:
        """Whether every member has a status, and the head's totals match the chunks."""
        status = ("waiting", "in_doubt", "accepted", "refused", "skipped")
        by_chunks = {**{name: self.counts[name] for name in status}, "members": len(self.members)}
        timed_out = self.totals.get("expired", 0) == self.counts["expired"]
        totals = {name: self.totals.get(name, 0) for name in by_chunks}
        return (
            sum(self.counts[name] for name in status) == len(self.members)
            and timed_out
            and totals == by_chunks
        )


def balance(dynamodb: Any, table: str, mailing: str) -> Balance:
    """Read the mailing's and the chunks' items, and add up."""
    found = Balance()
    for item in items(dynamodb, table, "mailings"):
        if item["entry"]["S"] == mailing:
            found.state = item["state"]["S"]
            found.chunk_count = _chunk_count(item)
            found.watermark = int(item.get("frontier", {}).get("N", 0))
            found.totals = {name: int(n["N"]) for name, n in item.get("totals", {}).get("M", {}).items()}
    for item in items(dynamodb, table, mailing):
        if item["entry"]["S"].startswith("chunk#"):
            _add(found, item)
    return found


def items(dynamodb: Any, table: str, partition: str) -> Iterator[dict[str, Any]]:
    """The raw items of a partition of the ledger."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="mailing = :mailing",
        ExpressionAttributeValues={":mailing": {"S": partition}},
    )
    for page in pages:
        yield from page["Items"]


def _chunk_count(head: dict[str, Any]) -> int:
    """The chunks of equal width, those more that are small for the trial, and those more that splits made."""
    stored = head.get("chunk_count", {})
    if "L" not in stored:
        return int(stored.get("N", 0))
    (count, small, _), *splits = ([int(number["N"]) for number in each["L"]] for each in stored["L"])
    return count + max(0, small - 1) + sum(parts - 1 for _, parts in splits)


def _add(found: Balance, chunk: dict[str, Any]) -> None:
    members = chunk.get("members", {}).get("M", {})
    found.members += members
    found.closed += chunk.get("closed", {}).get("BOOL", False)
    found.counts["expired"] += int(chunk.get("expired", {}).get("N", 0))
    for status in members.values():
        found.counts[status["S"].split(":")[0].replace(" ", "_")] += 1

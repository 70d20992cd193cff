"""Repair the live list before anything is copied back: each subscriber has their own fingerprint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.aws.dynamodb import write_together
from broadsheet.aws.list_tables import ListTables
from broadsheet.aws.restore_list import IS_MISSING, THEIRS
from broadsheet.aws.subscriber_items import key, lapsed
from broadsheet.restore.people import BackupTime, Evidence, judge_live
from broadsheet.restore.ports import Item, Verdict
from broadsheet.subscribers.subscriber import Status


@dataclass(frozen=True)
class LiveList:
    """Subscribers on the list, each of whom must be behind their own fingerprint."""

    tables: ListTables
    since: BackupTime
    clock: Callable[[], datetime]

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """By the rules of `judge_live`."""
        now = self.clock()
        return [
            judge_live(evidence, self.since, lapsed=lapsed(item, now))
            for item, evidence in zip(items, self.tables.evidence(items, now), strict=True)
        ]

    def write(self, item: Item, verdict: Verdict) -> bool:
        """Delete a subscriber who must not stay, or point the fingerprint at one who must."""
        (evidence,) = self.tables.evidence([item], self.clock())
        if evidence.person is None or judge_live(evidence, self.since, lapsed=False) is not verdict:
            return False
        if verdict is Verdict.REMOVED and evidence.opted_out_on:
            self.tables.both.leave(evidence.person, evidence.opted_out_on)
            return True
        if verdict is Verdict.REMOVED:
            self.tables.subscribers.delete_item(Key=key(item["subscriber_id"]))
            return True
        return self._rejoin(item, evidence)

    def _rejoin(self, item: Item, evidence: Evidence) -> bool:
        """Lead the fingerprint to the record that is there; a pending one of the same address goes."""
        before = evidence.known.subscriber_id or ""
        theirs = {
            "TableName": self.tables.fingerprints.name,
            "Item": {name: item[name] for name in THEIRS if name in item},
            "ConditionExpression": f"{IS_MISSING} OR subscriber_id = :before OR expires_at <= :now",
            "ExpressionAttributeValues": {":before": before, ":now": int(self.clock().timestamp())},
        }
        person = {
            "TableName": self.tables.subscribers.name,
            "Key": key(item["subscriber_id"]),
            "ConditionExpression": "#status = :status",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":status": item["status"]},
        }
        writes: list[dict[str, Any]] = [{"Put": theirs}, {"ConditionCheck": person}]
        if before:
            writes.append({"Delete": self._unless_confirmed(before)})
        return write_together(self.tables.subscribers.meta.client, writes)

    def _unless_confirmed(self, subscriber_id: str) -> Item:
        return {
            "TableName": self.tables.subscribers.name,
            "Key": key(subscriber_id),
            "ConditionExpression": "attribute_not_exists(subscriber_id) OR #status = :pending",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":pending": Status.PENDING.value},
        }

"""Copy subscribers and fingerprints of a backup back to the live list.

Shape: `broadsheet.subscribers.subscriber` describes both tables.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from broadsheet.aws.dynamodb import write_together
from broadsheet.aws.list_tables import ListTables
from broadsheet.aws.subscriber_items import from_item, lapsed, opt_out_key
from broadsheet.restore.people import BackupTime, Evidence, judge_opt_out, judge_person, judge_suppression
from broadsheet.restore.ports import Item, Verdict
from broadsheet.subscribers.limits import absent_counter, address_counter
from broadsheet.subscribers.subscriber import Reason

LEFT = "left#"
IS_MISSING = "attribute_not_exists(fingerprint)"
THEIRS = ("fingerprint", "subscriber_id", "expires_at")  # of a subscriber's item, what their fingerprint has


@dataclass(frozen=True)
class RestoredSubscribers:
    """Subscribers of a backup."""

    tables: ListTables
    since: BackupTime
    clock: Callable[[], datetime]

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """By the rules of `judge_person`."""
        now = self.clock()
        return [
            judge_person(from_item(item), evidence, self.since, now, lapsed=lapsed(item, now))
            for item, evidence in zip(items, self.tables.evidence(items, now), strict=True)
        ]

    def write(self, item: Item, _: Verdict) -> bool:
        """Record and fingerprint in one transaction, conditional on no opt-out, suppression or tombstone."""
        theirs = {
            "TableName": self.tables.fingerprints.name,
            "Item": {name: item[name] for name in THEIRS if name in item},
            "ConditionExpression": f"{IS_MISSING} OR subscriber_id = :id OR expires_at <= :now",
            "ExpressionAttributeValues": {
                ":id": item["subscriber_id"],
                ":now": int(self.clock().timestamp()),
            },
        }
        person = {
            "TableName": self.tables.subscribers.name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(subscriber_id)",
        }
        counters = (address_counter(item["fingerprint"]), absent_counter(item["subscriber_id"]))
        checks = [self._has_not_left(item), *map(self._is_not_gone, counters)]
        writes: list[dict[str, Any]] = [{"Put": person}, {"Put": theirs}]
        client = self.tables.subscribers.meta.client
        return write_together(client, [*writes, *({"ConditionCheck": check} for check in checks)])

    def _has_not_left(self, item: Item) -> Item:
        name = self.tables.fingerprints.name
        return {
            "TableName": name,
            "Key": opt_out_key(item["fingerprint"]),
            "ConditionExpression": IS_MISSING,
        }

    def _is_not_gone(self, counter: str) -> Item:
        return {
            "TableName": self.tables.limits.name,
            "Key": {"counter": counter},
            "ConditionExpression": "attribute_not_exists(gone_at) OR gone_at < :since",
            "ExpressionAttributeValues": {":since": self.since.tombstones_from},
        }


@dataclass(frozen=True)
class OptOuts:
    """Fingerprints of a backup: suppressions and opt-out records. The others come with their subscriber."""

    tables: ListTables
    since: BackupTime
    clock: Callable[[], datetime]

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """By the rules of `judge_suppression` and `judge_opt_out`."""
        prints = [("", item["fingerprint"].removeprefix(LEFT)) for item in items]
        looked = self.tables.look(prints, self.clock())
        return [self._verdict(*pair) for pair in zip(items, looked, strict=True)]

    def write(self, item: Item, verdict: Verdict) -> bool:
        """Suppress, or write the opt-out record, or let whoever was imported over it leave."""
        if "reason" in item:
            on = date.fromisoformat(item["since"])
            self.tables.both.suppress(item["fingerprint"], Reason(item["reason"]), on)
            return True
        if verdict is Verdict.REMOVED:
            return self._leave(item)
        is_free = {
            "TableName": self.tables.fingerprints.name,
            "Key": {"fingerprint": item["fingerprint"].removeprefix(LEFT)},
            "ConditionExpression": f"{IS_MISSING} OR attribute_exists(expires_at)",  # nobody, or pending
        }
        note = {
            "TableName": self.tables.fingerprints.name,
            "Item": item,
            "ConditionExpression": IS_MISSING,
        }
        client = self.tables.fingerprints.meta.client
        return write_together(client, [{"Put": note}, {"ConditionCheck": is_free}])

    def _verdict(self, item: Item, evidence: Evidence) -> Verdict:
        if "reason" in item:
            return judge_suppression(evidence)
        if not item["fingerprint"].startswith(LEFT):
            return Verdict.SKIPPED
        return judge_opt_out(date.fromisoformat(item["since"]), evidence, self.since)

    def _leave(self, item: Item) -> bool:
        fingerprint = item["fingerprint"].removeprefix(LEFT)
        ((evidence),) = self.tables.look([("", fingerprint)], self.clock())
        on = date.fromisoformat(item["since"])
        if evidence.other is None or judge_opt_out(on, evidence, self.since) is not Verdict.REMOVED:
            return False
        self.tables.both.leave(evidence.other, on)
        return True

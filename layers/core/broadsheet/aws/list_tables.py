"""What the live tables say about a subscriber and a fingerprint: many a call.

Shape: `broadsheet.subscribers.subscriber` describes the tables of the list,
`broadsheet.subscribers.limits` the tombstones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.reading import Wanted, partitions, read_items
from broadsheet.aws.subscriber_items import SHARDS, from_item, key, lapsed, opt_out_key
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.restore.people import Evidence
from broadsheet.restore.ports import Item
from broadsheet.subscribers.limits import absent_counter, address_counter
from broadsheet.subscribers.subscriber import Known, Reason, Subscriber


@dataclass(frozen=True)
class ListTables:
    """The live tables."""

    subscribers: Table
    fingerprints: Table
    limits: Table

    def look(self, wanted: Sequence[tuple[str, str]], now: datetime) -> list[Evidence]:
        """What is known of each pair of a subscriber id, empty if none is meant, and a fingerprint."""
        asked = Wanted()
        for subscriber_id, fingerprint in wanted:
            if subscriber_id:
                asked.add(self.subscribers, key(subscriber_id))
                asked.add(self.limits, {"counter": absent_counter(subscriber_id)})
            asked.add(self.fingerprints, {"fingerprint": fingerprint})
            asked.add(self.fingerprints, opt_out_key(fingerprint))
            asked.add(self.limits, {"counter": address_counter(fingerprint)})
        found = read_items(asked)
        known = [self._known(found, fingerprint, now) for _, fingerprint in wanted]
        behind = Wanted()
        for (subscriber_id, _), one in zip(wanted, known, strict=True):
            if one.subscriber_id not in (None, subscriber_id):
                behind.add(self.subscribers, key(str(one.subscriber_id)))
        found |= read_items(behind)
        return [self._evidence(found, *pair, one) for pair, one in zip(wanted, known, strict=True)]

    def evidence(self, items: Sequence[Item], now: datetime) -> list[Evidence]:
        """What is known of each item of the subscribers table."""
        return self.look([(item["subscriber_id"], item["fingerprint"]) for item in items], now)

    def everyone(self) -> Iterator[list[Item]]:
        """The live list, page by page."""
        return partitions(self.subscribers, "shard", SHARDS)

    @property
    def both(self) -> DynamoDBSubscribers:
        """What the list can do itself."""
        return DynamoDBSubscribers(self.subscribers, self.fingerprints)

    def _known(self, found: dict[tuple[str, ...], Item], fingerprint: str, now: datetime) -> Known:
        item = found.get((self.fingerprints.name, fingerprint), {})
        if "reason" in item:
            return Known(reason=Reason(item["reason"]))
        return Known(item["subscriber_id"]) if item and not lapsed(item, now) else Known()

    def _evidence(
        self, found: dict[tuple[str, ...], Item], subscriber_id: str, fingerprint: str, known: Known
    ) -> Evidence:
        left = found.get((self.fingerprints.name, opt_out_key(fingerprint)["fingerprint"]))
        names = [(self.limits.name, address_counter(fingerprint))]
        names += [(self.limits.name, absent_counter(subscriber_id))] if subscriber_id else []
        gone = [int(found[name]["gone_at"]) for name in names if "gone_at" in found.get(name, {})]
        return Evidence(
            self._person(found, subscriber_id),
            known,
            self._person(found, known.subscriber_id) if known.subscriber_id != subscriber_id else None,
            date.fromisoformat(left["since"]) if left else None,
            max(gone, default=None),
        )

    def _person(self, found: dict[tuple[str, ...], Item], subscriber_id: str | None) -> Subscriber | None:
        item = found.get((self.subscribers.name, subscriber_id[0], subscriber_id)) if subscriber_id else None
        return from_item(item) if item else None

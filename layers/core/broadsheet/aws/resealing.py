"""Resealing in DynamoDB: sealed addresses page by page, and retired keys.

Shape: `broadsheet.subscribers.subscriber` describes the list, `broadsheet.aws.keyring` the keys.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.keyring import Keyring, generation, is_key_of
from broadsheet.aws.subscriber_items import SHARDS, key
from broadsheet.subscribers.resealing import AddressPage
from broadsheet.subscribers.subscriber import SealedAddress


@dataclass(frozen=True)
class DynamoDBSealedAddresses:
    """The subscribers table, projected to id, sealed address and key id."""

    table: Table

    def page(self, after: str, limit: int) -> AddressPage:
        """Query one shard; at its end, `after` is the next shard, which sorts before all of its ids."""
        shard = after[:1] or SHARDS[0]
        answer = self.table.query(
            "#shard = :shard AND subscriber_id > :after",
            {":shard": shard, ":after": after or shard},
            ProjectionExpression="#shard, subscriber_id, sealed_address, address_key",
            Select="SPECIFIC_ATTRIBUTES",
            Limit=limit,
        )
        found = tuple(
            (item["subscriber_id"], SealedAddress(item["sealed_address"], item["address_key"]))
            for item in answer["Items"]
        )
        if "LastEvaluatedKey" in answer:
            return AddressPage(found, answer["LastEvaluatedKey"]["subscriber_id"])
        return AddressPage(found, SHARDS[SHARDS.index(shard) + 1 :][:1])

    def reseal(self, item_id: str, old: SealedAddress, new: SealedAddress) -> bool:
        """Replace two attributes if they are unchanged: a deleted item is not created again."""
        values = {":new": new.content, ":new_key": new.key_id, ":old": old.content, ":old_key": old.key_id}
        return self.table.update(
            key(item_id),
            "SET sealed_address = :new, address_key = :new_key",
            values,
            "sealed_address = :old AND address_key = :old_key",
        )


@dataclass(frozen=True)
class DynamoDBOldKeys:
    """The keys table, limited to the keyring's purpose."""

    keyring: Keyring

    def current(self) -> str:
        """The keyring's current key, read again, since a key replaced a second ago is old."""
        self.keyring.refresh()
        return self.keyring.current()

    def is_older(self, key_id: str) -> bool:
        """Compare by year and number; an invalid id counts as older, and opens nothing."""
        is_valid = is_key_of(self.keyring.purpose, key_id)
        return not is_valid or generation(key_id) < generation(self.keyring.current())

    def older(self) -> dict[str, datetime | None]:
        """A scan: there are a few keys a year."""
        items = (item for page in self.keyring.table.scan_pages() for item in page)
        return {
            item["key_id"]: _retired_at(item)
            for item in items
            if is_key_of(self.keyring.purpose, item["key_id"]) and self.is_older(item["key_id"])
        }

    def retire(self, key_id: str, at: datetime) -> None:
        """Write the time, unless there is one or the key does not exist."""
        is_unretired = "attribute_exists(key_id) AND attribute_not_exists(retired_at)"
        values = {":at": int(at.timestamp())}
        self.keyring.table.update({"key_id": key_id}, "SET retired_at = :at", values, is_unretired)

    def use_again(self, key_id: str) -> None:
        """Remove the time."""
        is_retired = "attribute_exists(retired_at)"
        self.keyring.table.update({"key_id": key_id}, "REMOVE retired_at", condition=is_retired)

    def delete(self, key_id: str) -> None:
        """Delete the item, if it is still retired."""
        self.keyring.table.delete({"key_id": key_id}, "attribute_exists(retired_at)")


def _retired_at(item: dict[str, Any]) -> datetime | None:
    return datetime.fromtimestamp(item["retired_at"], UTC) if "retired_at" in item else None

"""Resealing in DynamoDB: sealed addresses page by page, and retired keys.

Shape: `broadsheet.subscribers.subscriber` describes the list, `broadsheet.aws.keyring` the keys.
"""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from broadsheet.aws.dynamodb import Table, pages
from broadsheet.aws.keyring import Keyring, NoSuchKeyError, order
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
        answer: Any = self.table.query(
            KeyConditionExpression="#shard = :shard AND subscriber_id > :after",
            ProjectionExpression="#shard, subscriber_id, sealed_address, address_key",
            ExpressionAttributeNames={"#shard": "shard"},
            ExpressionAttributeValues={":shard": shard, ":after": after or shard},
            Select="SPECIFIC_ATTRIBUTES",
            ConsistentRead=True,
            Limit=limit,
        )
        found = tuple(
            (item["subscriber_id"], SealedAddress(bytes(item["sealed_address"]), item["address_key"]))
            for item in answer["Items"]
        )
        if "LastEvaluatedKey" in answer:
            return AddressPage(found, str(answer["LastEvaluatedKey"]["subscriber_id"]))
        return AddressPage(found, SHARDS[SHARDS.index(shard) + 1 :][:1])

    def reseal(self, subscriber_id: str, old: SealedAddress, new: SealedAddress) -> bool:
        """Replace two attributes if they are unchanged: a deleted item is not created again."""
        try:
            self.table.update_item(
                Key=key(subscriber_id),
                UpdateExpression="SET sealed_address = :new, address_key = :new_key",
                ConditionExpression="sealed_address = :old AND address_key = :old_key",
                ExpressionAttributeValues={
                    ":new": new.content,
                    ":new_key": new.key_id,
                    ":old": old.content,
                    ":old_key": old.key_id,
                },
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


@dataclass(frozen=True)
class DynamoDBOldKeys:
    """The keys table, limited to the keyring's purpose."""

    keyring: Keyring

    def current(self) -> str:
        """The keyring's current key, read again: one replaced a second ago is old."""
        self.keyring.look_again()
        return self.keyring.current()

    def is_older(self, key_id: str) -> bool:
        """Compare by year and number; an invalid id counts as older, and opens nothing."""
        try:
            return order(key_id) < order(self.keyring.current())
        except NoSuchKeyError:
            return True

    def older(self) -> dict[str, datetime | None]:
        """A scan: there are a few keys a year."""
        items = (item for page in pages(self.keyring.table.scan, ConsistentRead=True) for item in page)
        return {
            item["key_id"]: _when(item)
            for item in items
            if self._is_ours(item["key_id"]) and self.is_older(item["key_id"])
        }

    def retire(self, key_id: str, at: datetime) -> None:
        """Write the time, unless there is one or the key does not exist."""
        self._change(
            key_id,
            "SET retired_at = :at",
            "attribute_exists(key_id) AND attribute_not_exists(retired_at)",
            {":at": int(at.timestamp())},
        )

    def use_again(self, key_id: str) -> None:
        """Remove the time."""
        self._change(key_id, "REMOVE retired_at", "attribute_exists(retired_at)")

    def delete(self, key_id: str) -> None:
        """Delete the item, if it is still retired."""
        with contextlib.suppress(self._failed):
            self.keyring.table.delete_item(
                Key={"key_id": key_id}, ConditionExpression="attribute_exists(retired_at)"
            )

    def _change(self, key_id: str, change: str, condition: str, values: dict[str, Any] | None = None) -> None:
        given: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        with contextlib.suppress(self._failed):
            self.keyring.table.update_item(
                Key={"key_id": key_id}, UpdateExpression=change, ConditionExpression=condition, **given
            )

    def _is_ours(self, key_id: str) -> bool:
        if not key_id.startswith(f"{self.keyring.purpose}-"):
            return False
        try:
            order(key_id)
        except NoSuchKeyError:
            return False  # the item that names the current key
        return True

    @property
    def _failed(self) -> type[Exception]:
        failed: type[Exception] = self.keyring.table.meta.client.exceptions.ConditionalCheckFailedException
        return failed


def _when(item: dict[str, Any]) -> datetime | None:
    return datetime.fromtimestamp(int(item["retired_at"]), UTC) if "retired_at" in item else None

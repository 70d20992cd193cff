"""What resealing the list needs of DynamoDB: sealed addresses page by page, and the keys that came before.

Shape: `broadsheet.subscribers.subscriber` describes the list, `broadsheet.aws.keyring` the keys.
"""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from broadsheet.aws.dynamodb import Table, pages
from broadsheet.aws.keyring import Keyring, NoSuchKeyError, order
from broadsheet.aws.subscriber_items import key
from broadsheet.subscribers.resealing import Page
from broadsheet.subscribers.subscriber import SealedAddress

SHARDS = "0123456789abcdef"


@dataclass(frozen=True)
class DynamoDBSealedAddresses:
    """The table of the list; of its items nothing but id, sealed address and the key's id is asked for."""

    table: Table

    def page(self, after: str, limit: int) -> Page:
        """A query of one shard; where it ends, `after` is the next shard, which is before all of its ids."""
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
            return Page(found, str(answer["LastEvaluatedKey"]["subscriber_id"]))
        return Page(found, SHARDS[SHARDS.index(shard) + 1 :][:1])

    def reseal(self, subscriber_id: str, old: SealedAddress, new: SealedAddress) -> bool:
        """Two attributes, if they are as they were: an item that is gone is not made anew."""
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
    """The table of keys, of which those of the keyring's purpose are looked at."""

    keyring: Keyring

    def current(self) -> str:
        """The keyring's, as of now: a key that was replaced a second ago is an old one."""
        self.keyring.look_again()
        return self.keyring.current()

    def is_older(self, key_id: str) -> bool:
        """By year and number; an id that is none is older, too, and opens nothing."""
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
        """Write the time, unless there is one, or no such key."""
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
            return False  # which key is in use
        return True

    @property
    def _failed(self) -> type[Exception]:
        failed: type[Exception] = self.keyring.table.meta.client.exceptions.ConditionalCheckFailedException
        return failed


def _when(item: dict[str, Any]) -> datetime | None:
    return datetime.fromtimestamp(int(item["retired_at"]), UTC) if "retired_at" in item else None

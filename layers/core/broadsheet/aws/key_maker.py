"""Making data keys: each year's, and one in the place of another. Who makes them never sees one unwrapped.

Shape: `broadsheet.aws.keyring` describes the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from broadsheet.aws.dynamodb import Table, write_together
from broadsheet.aws.keyring import (
    REPLACEABLE,
    KeyMissingError,
    NoSuchKeyError,
    context_of,
    id_in_use,
    order,
    pointed_to,
    pointer_of,
)
from broadsheet.ports import Clock

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

MADE_AHEAD = timedelta(days=30)


@dataclass(frozen=True)
class KeyMaker:
    """Makes the keys of each purpose; `wrapping_keys` are KMS's, by purpose."""

    kms: "KMSClient"
    wrapping_keys: Mapping[str, str]
    table: Table
    clock: Clock

    def __call__(self) -> list[str]:
        """Make this year's keys, and the next one's when it is near; gives the ids of those it made.

        A second time, or by two at once, a key that is there stays. For a year whose key was replaced none is
        made: what replaced it may have outlived it.
        """
        now = self.clock()
        years = sorted({now.year, (now + MADE_AHEAD).year})
        return [
            f"{purpose}-{year}"
            for purpose in self.wrapping_keys
            for year in years[self._replaced(purpose, years) :]
            if self._made(purpose, f"{purpose}-{year}")
        ]

    def replace(self, key_id: str) -> str:
        """Make a key in the place of `key_id`, if that is in use, and have it used; gives the id in use.

        A second time, or by two at once, no second key is made. The old one stays, to open what it sealed.

        Raises:
            NoSuchKeyError: that is no id of a key that can be replaced.
        """
        purpose = key_id.partition("-")[0]
        order(key_id)
        if purpose not in REPLACEABLE:
            raise NoSuchKeyError(key_id)
        year, pointed = self.clock().year, pointed_to(self.table, purpose)
        if id_in_use(purpose, year, pointed, self._is_there) != key_id:
            return self._current_one(purpose)
        new = self._successor(purpose, key_id)
        write_together(self.table.meta.client, self._replacing(purpose, new, pointed))
        return self._current_one(purpose)

    def _current_one(self, purpose: str) -> str:
        year, pointed = self.clock().year, pointed_to(self.table, purpose)
        found = id_in_use(purpose, year, pointed, self._is_there)
        if found is None:
            raise KeyMissingError(f"{purpose}-{year}")
        return found

    def _successor(self, purpose: str, key_id: str) -> str:
        """The id of the next key: of the next year, where that one's is made ahead and must be replaced."""
        (before, number), year = order(key_id), self.clock().year
        ahead = year + 1 if self._is_there(f"{purpose}-{year + 1}") else year
        latest = max(before, ahead)
        return f"{purpose}-{latest}-{number + 1 if latest == before else 2}"

    def _replacing(self, purpose: str, new: str, pointed: str | None) -> list[dict[str, Any]]:
        """The key and that it is in use, in one transaction: neither is ever without the other."""
        pointer: dict[str, Any] = {
            "TableName": self.table.name,
            "Item": {**pointer_of(purpose), "current": new},
            "ConditionExpression": "attribute_not_exists(key_id)",
        }
        if pointed:
            pointer |= {
                "ConditionExpression": "#current = :pointed",
                "ExpressionAttributeNames": {"#current": "current"},
                "ExpressionAttributeValues": {":pointed": pointed},
            }
        key = {
            "TableName": self.table.name,
            "Item": self._wrapped(purpose, new),
            "ConditionExpression": "attribute_not_exists(key_id)",
        }
        return [{"Put": key}, {"Put": pointer}]

    def _replaced(self, purpose: str, years: list[int]) -> int:
        """How many of these years have a key that was replaced, or came after it."""
        pointed = pointed_to(self.table, purpose) if purpose in REPLACEABLE else None
        return sum(year <= order(pointed)[0] for year in years) if pointed else 0

    def _is_there(self, key_id: str) -> bool:
        return "Item" in self.table.get_item(Key={"key_id": key_id}, ConsistentRead=True)

    def _made(self, purpose: str, key_id: str) -> bool:
        if self._is_there(key_id):
            return False
        try:
            self.table.put_item(
                Item=self._wrapped(purpose, key_id), ConditionExpression="attribute_not_exists(key_id)"
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _wrapped(self, purpose: str, key_id: str) -> dict[str, Any]:
        made = self.kms.generate_data_key_without_plaintext(
            KeyId=self.wrapping_keys[purpose], KeySpec="AES_256", EncryptionContext=context_of(key_id)
        )
        return {
            "key_id": key_id,
            "wrapped": made["CiphertextBlob"],
            "born_on": self.clock().date().isoformat(),
        }

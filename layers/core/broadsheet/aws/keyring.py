"""Data keys, wrapped by KMS and kept in a table: unwrapped once for each container.

Shape (KeysTable): key `key_id` (`<purpose>-<year>`); `wrapped` (bytes), `born_on`. Keys of earlier years stay
readable under their ids. They are made by a function of their own, for DynamoDB knows no right to create
without one to overwrite: who uses keys only reads them, and who makes them never sees one unwrapped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from broadsheet.subscribers.ports import Clock

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_kms import KMSClient

_KEY_ID = re.compile(r"[a-z]{1,16}-[0-9]{4}")


MADE_AHEAD = timedelta(days=30)


class KeyMissingError(LookupError):
    """The key is not made yet. Nothing was written; it is made within minutes, so come again."""


@dataclass
class Keyring:
    """The data keys of one purpose (`link`, `address`), 32 bytes each."""

    kms: "KMSClient"
    wrapping_key: str
    table: "Table"
    purpose: str
    clock: Clock
    _open: dict[str, bytes] = field(default_factory=dict)

    def current(self) -> str:
        """The id of the key to use for something new: this year's, or the last one's until that is made.

        Raises:
            KeyMissingError: there is neither.
        """
        year = self.clock().year
        for key_id in (f"{self.purpose}-{year}", f"{self.purpose}-{year - 1}"):
            if self.key(key_id) is not None:
                return key_id
        raise KeyMissingError(f"{self.purpose}-{year}")

    def key(self, key_id: str) -> bytes | None:
        """The key of that id, or None if there is none; ids come from links, so any text is harmless."""
        if key_id not in self._open:
            if not _KEY_ID.fullmatch(key_id) or not key_id.startswith(f"{self.purpose}-"):
                return None
            item = self.table.get_item(Key={"key_id": key_id}, ConsistentRead=True).get("Item")
            if item is None:
                return None
            self._open[key_id] = self._unwrap(key_id, bytes(item["wrapped"]))  # type: ignore[arg-type]  # a Binary
        return self._open[key_id]

    def _unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        answer = self.kms.decrypt(
            KeyId=self.wrapping_key, CiphertextBlob=wrapped, EncryptionContext=_context(key_id)
        )
        return answer["Plaintext"]


@dataclass(frozen=True)
class KeyMaker:
    """Makes the keys of each purpose; `wrapping_keys` are KMS's, by purpose."""

    kms: "KMSClient"
    wrapping_keys: Mapping[str, str]
    table: "Table"
    clock: Clock

    def __call__(self) -> list[str]:
        """Make this year's keys, and the next one's when it is near; gives the ids of those it made.

        A second time, or by two at once, a key that is there stays.
        """
        now = self.clock()
        years = sorted({now.year, (now + MADE_AHEAD).year})
        wanted = [(purpose, f"{purpose}-{year}") for purpose in self.wrapping_keys for year in years]
        return [key_id for purpose, key_id in wanted if self._made(purpose, key_id)]

    def _made(self, purpose: str, key_id: str) -> bool:
        if "Item" in self.table.get_item(Key={"key_id": key_id}, ConsistentRead=True):
            return False
        made = self.kms.generate_data_key_without_plaintext(
            KeyId=self.wrapping_keys[purpose], KeySpec="AES_256", EncryptionContext=_context(key_id)
        )
        item = {
            "key_id": key_id,
            "wrapped": made["CiphertextBlob"],
            "born_on": self.clock().date().isoformat(),
        }
        try:
            self.table.put_item(Item=item, ConditionExpression="attribute_not_exists(key_id)")
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _context(key_id: str) -> dict[str, str]:
    return {"purpose": key_id.rpartition("-")[0], "key_id": key_id}

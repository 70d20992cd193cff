"""Data keys, wrapped by KMS and kept in a table: unwrapped once for each container.

Shape (KeysTable): key `key_id` (`<purpose>-<year>`); `wrapped` (bytes), `born_on`. A new year's key is born
at its first use by a conditional put; keys of earlier years stay readable under their ids.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broadsheet.subscribers.ports import Clock

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_kms import KMSClient

_KEY_ID = re.compile(r"[a-z]{1,16}-[0-9]{4}")


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
        """The id of the key to use for something new; the key is made if it does not exist yet."""
        key_id = f"{self.purpose}-{self.clock().year}"
        if self.key(key_id) is None:
            self._create(key_id)
        return key_id

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

    def _create(self, key_id: str) -> None:
        """Make and keep the key; if another container was first, its key is the one."""
        made = self.kms.generate_data_key(
            KeyId=self.wrapping_key, KeySpec="AES_256", EncryptionContext=self._context(key_id)
        )
        try:
            self.table.put_item(
                Item={
                    "key_id": key_id,
                    "wrapped": made["CiphertextBlob"],
                    "born_on": self.clock().date().isoformat(),
                },
                ConditionExpression="attribute_not_exists(key_id)",
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return
        self._open[key_id] = made["Plaintext"]

    def _unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        answer = self.kms.decrypt(
            KeyId=self.wrapping_key, CiphertextBlob=wrapped, EncryptionContext=self._context(key_id)
        )
        return answer["Plaintext"]

    def _context(self, key_id: str) -> dict[str, str]:
        return {"purpose": self.purpose, "key_id": key_id}

"""Data keys, wrapped by KMS and kept in a table: unwrapped once for each container.

Shape (KeysTable): key `key_id` (`<purpose>-<year>`, or `<purpose>-<year>-<number>` of one that replaced
another); `wrapped` (bytes), `born_on`; `retired_at` (epoch seconds): since then nothing is sealed under it.
Item `<purpose>-current`, once a key was replaced: `current`, the id of the key that replaced it. Earlier keys
stay readable under their ids. Keys are made by a function of their own, for DynamoDB knows no right to create
without one to overwrite: who uses keys only reads them, and who makes them never sees one unwrapped.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from broadsheet.aws.dynamodb import Table
from broadsheet.ports import Clock

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

_KEY_ID = re.compile(r"([a-z]{1,16})-([0-9]{4})(?:-([1-9][0-9]{0,3}))?", re.ASCII)
REPLACEABLE = {"address"}  # of the link keys every one stays in use: letters that were mailed carry its id
REPLACED_IS_KNOWN_WITHIN = timedelta(seconds=5)  # by who seals; an import seals hundreds a second
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class KeyMissingError(LookupError):
    """The key is not made yet. Nothing was written; it is made within minutes, so come again."""


class NoSuchKeyError(ValueError):
    """That is no id of a key that can be replaced. Nothing was written."""


def order(key_id: str) -> tuple[int, int]:
    """By what keys of a purpose are older and newer: the year, and how many before it had the same.

    Raises:
        NoSuchKeyError: that is no id of a key.
    """
    found = _KEY_ID.fullmatch(key_id)
    if found is None:
        raise NoSuchKeyError(key_id)
    return int(found[2]), int(found[3] or 1)


def id_in_use(purpose: str, year: int, pointed: str | None, is_there: Callable[[str], bool]) -> str | None:
    """The id of the key to use: one that replaced another, unless a later year has begun.

    A key that was made ahead for the next year is replaced together with this year's, so what replaced them
    may be of the next year, too.
    """
    newer = [pointed] if pointed and order(pointed)[0] >= year else []
    older = [pointed] if pointed else []
    wanted = [*newer, f"{purpose}-{year}", *older, f"{purpose}-{year - 1}"]
    return next((key_id for key_id in wanted if is_there(key_id)), None)


def pointed_to(table: Table, purpose: str) -> str | None:
    """The id of the key that replaced another last."""
    item = table.get_item(Key=pointer_of(purpose), ConsistentRead=True).get("Item", {})
    return str(item["current"]) if item else None


def pointer_of(purpose: str) -> dict[str, str]:
    """The primary key of the item that tells which key replaced another."""
    return {"key_id": f"{purpose}-current"}


def context_of(key_id: str) -> dict[str, str]:
    """What KMS binds a wrapped key to."""
    return {"purpose": key_id.partition("-")[0], "key_id": key_id}


@dataclass
class Keyring:
    """The data keys of one purpose (`link`, `address`), 32 bytes each."""

    kms: "KMSClient"
    wrapping_key: str
    table: Table
    purpose: str
    clock: Clock
    _open: dict[str, bytes] = field(default_factory=dict)
    _pointed: str | None = None
    _looked_at: datetime = LONG_AGO

    def current(self) -> str:
        """The id of the key to use for something new: the one that replaced another, else this year's.

        The last year's serves until this year's is made. That a key was replaced is known within seconds.

        Raises:
            KeyMissingError: there is none.
        """
        now = self.clock()
        if self.purpose in REPLACEABLE and now - self._looked_at >= REPLACED_IS_KNOWN_WITHIN:
            self._pointed, self._looked_at = pointed_to(self.table, self.purpose), now
        found = id_in_use(self.purpose, now.year, self._pointed, lambda key_id: self.key(key_id) is not None)
        if found is None:
            raise KeyMissingError(f"{self.purpose}-{now.year}")
        return found

    def look_again(self) -> None:
        """Learn with the next `current` whether a key was replaced."""
        self._looked_at = LONG_AGO

    def key(self, key_id: str) -> bytes | None:
        """The key of that id, or None if there is none; ids come from links, so any text is harmless."""
        if key_id not in self._open:
            if not _KEY_ID.fullmatch(key_id) or not key_id.startswith(f"{self.purpose}-"):
                return None
            item = self.table.get_item(Key={"key_id": key_id}, ConsistentRead=True).get("Item")
            if item is None:
                return None
            self._open[key_id] = self._unwrap(key_id, bytes(item["wrapped"]))
        return self._open[key_id]

    def _unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        answer = self.kms.decrypt(
            KeyId=self.wrapping_key, CiphertextBlob=wrapped, EncryptionContext=context_of(key_id)
        )
        return answer["Plaintext"]

"""Data keys, wrapped by KMS and kept in a table; each container unwraps a key once.

Shape (KeysTable): key `key_id` (`<purpose>-<year>`, or `<purpose>-<year>-<number>` if it replaced another
key); `wrapped` (bytes), `born_on`; `retired_at` (epoch seconds): since then nothing is sealed under it. Once
a key was replaced, the item `<purpose>-current` has `current`, the id of the latest replacement. Replaced
keys stay readable under their ids. A function of its own makes the keys, since DynamoDB has no right to
create items without one to overwrite them: functions that use keys only read them, and the one that makes
keys never sees one unwrapped.
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
REPLACEABLE = {"address"}  # every link key stays in use: mailed links carry its id
REPLACEMENT_CACHED = timedelta(seconds=5)  # an import seals hundreds of addresses a second
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class KeyMissingError(LookupError):
    """The key is not made yet. Nothing was written; it is made within minutes, so try again."""


class NoSuchKeyError(ValueError):
    """That is no id of a key that can be replaced. Nothing was written."""


def is_key_of(purpose: str, key_id: str) -> bool:
    """Whether a text can be the id of a key of that purpose."""
    found = _KEY_ID.fullmatch(key_id)
    return found is not None and found[1] == purpose


def generation(key_id: str) -> tuple[int, int]:
    """The year and the number within it, by which a key is older or newer than others of its purpose.

    Raises:
        NoSuchKeyError: that is no id of a key.
    """
    found = _KEY_ID.fullmatch(key_id)
    if found is None:
        raise NoSuchKeyError(key_id)
    return int(found[2]), int(found[3] or 1)


def id_in_use(purpose: str, year: int, latest: str | None, is_there: Callable[[str], bool]) -> str | None:
    """The id of the key to use: the `latest` replacement, unless a later year has begun.

    A key that was made ahead for the next year is replaced together with this year's, so the replacement
    may be of the next year, too.
    """
    newer = [latest] if latest and generation(latest)[0] >= year else []
    older = [latest] if latest else []
    candidates = [*newer, f"{purpose}-{year}", *older, f"{purpose}-{year - 1}"]
    return next((key_id for key_id in candidates if is_there(key_id)), None)


def latest_replacement(table: Table, purpose: str) -> str | None:
    """The id of the key that replaced another last."""
    item = table.get(pointer_key(purpose))
    return str(item["current"]) if item else None


def pointer_key(purpose: str) -> dict[str, str]:
    """The primary key of the item that names the latest replacement."""
    return {"key_id": f"{purpose}-current"}


def context_of(key_id: str) -> dict[str, str]:
    """The encryption context that KMS binds a wrapped key to."""
    return {"purpose": key_id.partition("-")[0], "key_id": key_id}


@dataclass
class Keyring:
    """The data keys of one purpose (`link`, `address`), 32 bytes each."""

    kms: "KMSClient"
    wrapping_key: str
    table: Table
    purpose: str
    clock: Clock
    _unwrapped: dict[str, bytes] = field(default_factory=dict)
    _latest: str | None = None
    _read_at: datetime = LONG_AGO

    def current(self) -> str:
        """The id of the key to use for something new: the latest replacement, or this year's key.

        Last year's key is used until this year's is made. A replacement is noticed within seconds.

        Raises:
            KeyMissingError: there is none.
        """
        now = self.clock()
        if self.purpose in REPLACEABLE and now - self._read_at >= REPLACEMENT_CACHED:
            self._latest, self._read_at = latest_replacement(self.table, self.purpose), now
        found = id_in_use(self.purpose, now.year, self._latest, lambda key_id: self.key(key_id) is not None)
        if found is None:
            raise KeyMissingError(f"{self.purpose}-{now.year}")
        return found

    def refresh(self) -> None:
        """Make the next call of `current` read again whether a key was replaced."""
        self._read_at = LONG_AGO

    def key(self, key_id: str) -> bytes | None:
        """The key of that id, None if there is none; ids come from links, so any text is allowed."""
        if key_id not in self._unwrapped:
            item = self.table.get({"key_id": key_id}) if is_key_of(self.purpose, key_id) else None
            if item is None:
                return None
            self._unwrapped[key_id] = self.kms.decrypt(
                KeyId=self.wrapping_key, CiphertextBlob=item["wrapped"], EncryptionContext=context_of(key_id)
            )["Plaintext"]
        return self._unwrapped[key_id]

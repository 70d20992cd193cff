"""Makes data keys, each year's and replacements, without ever seeing one unwrapped.

Shape: `broadsheet.aws.keyring` describes the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.keyring import (
    REPLACEABLE,
    KeyMissingError,
    NoSuchKeyError,
    context_of,
    generation,
    id_in_use,
    latest_replacement,
    pointer_key,
)
from broadsheet.ports import Clock

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

MADE_AHEAD = timedelta(days=30)
IS_NEW = "attribute_not_exists(key_id)"


@dataclass(frozen=True)
class KeyMaker:
    """Makes the keys of each purpose; `wrapping_keys` are KMS's, by purpose."""

    kms: "KMSClient"
    wrapping_keys: Mapping[str, str]
    table: Table
    clock: Clock

    def __call__(self) -> list[str]:
        """Make this year's keys, and the next one's when it is near; returns the ids of those it made.

        On a second or a concurrent call existing keys stay. No key is made for a year whose key was
        replaced: the replacement may be valid beyond that year.
        """
        now = self.clock()
        years = sorted({now.year, (now + MADE_AHEAD).year})
        return [
            f"{purpose}-{year}"
            for purpose in self.wrapping_keys
            for year in years[self._replaced(purpose, years) :]
            if self._make(purpose, f"{purpose}-{year}")
        ]

    def replace(self, key_id: str) -> str:
        """Make a replacement for `key_id`, if that is in use; returns the id in use afterwards.

        A second or a concurrent call makes no second key. The old key stays, to open what it sealed.

        Raises:
            NoSuchKeyError: that is no id of a key that can be replaced.
            KeyMissingError: there is no key in use.
        """
        purpose, wanted = key_id.partition("-")[0], generation(key_id)
        if purpose not in REPLACEABLE:
            raise NoSuchKeyError(key_id)
        latest = latest_replacement(self.table, purpose)
        in_use = self._in_use(purpose, latest)
        if in_use != key_id:
            return in_use
        new = self._successor(purpose, *wanted)
        is_unchanged, values = ("#current = :latest", {":latest": latest}) if latest else (IS_NEW, None)
        self.table.transact(
            self.table.put_request(self._wrapped(purpose, new), IS_NEW),
            self.table.put_request({**pointer_key(purpose), "current": new}, is_unchanged, values),
        )
        return self._in_use(purpose, latest_replacement(self.table, purpose))

    def _in_use(self, purpose: str, latest: str | None) -> str:
        year = self.clock().year
        found = id_in_use(purpose, year, latest, self._exists)
        if found is None:
            raise KeyMissingError(f"{purpose}-{year}")
        return found

    def _successor(self, purpose: str, key_year: int, number: int) -> str:
        """The id of the replacement: of the next year if its key was made ahead and must be replaced too."""
        year = self.clock().year
        ahead = year + 1 if self._exists(f"{purpose}-{year + 1}") else year
        latest = max(key_year, ahead)
        return f"{purpose}-{latest}-{number + 1 if latest == key_year else 2}"

    def _replaced(self, purpose: str, years: list[int]) -> int:
        """How many of these years have a key that was replaced, or end before its replacement."""
        latest = latest_replacement(self.table, purpose) if purpose in REPLACEABLE else None
        return sum(year <= generation(latest)[0] for year in years) if latest else 0

    def _exists(self, key_id: str) -> bool:
        return self.table.get({"key_id": key_id}) is not None

    def _make(self, purpose: str, key_id: str) -> bool:
        return not self._exists(key_id) and self.table.put(self._wrapped(purpose, key_id), IS_NEW)

    def _wrapped(self, purpose: str, key_id: str) -> dict[str, Any]:
        made = self.kms.generate_data_key_without_plaintext(
            KeyId=self.wrapping_keys[purpose], KeySpec="AES_256", EncryptionContext=context_of(key_id)
        )
        born_on = self.clock().date().isoformat()
        return {"key_id": key_id, "wrapped": made["CiphertextBlob"], "born_on": born_on}

"""Encrypts and decrypts stored addresses with KMS; only functions that mail have the rights."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broadsheet.aws.fingerprints import KMSFingerprints
from broadsheet.aws.keyring import Keyring
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.seal import SIGN_UP_CONTEXT, padded, unpadded
from broadsheet.settings import setting
from broadsheet.subscribers.ports import SealBrokenError
from broadsheet.subscribers.subscriber import SealedAddress

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

NONCE_BYTES = 12


@dataclass(frozen=True)
class StoredAddresses:
    """Encrypts addresses with data keys that KMS wrapped; each is unwrapped once."""

    keyring: Keyring

    def close(self, address: str, subscriber_id: str) -> SealedAddress:
        """Encrypt under this year's data key, padded to one length and bound to the subscriber's id."""
        key_id = self.keyring.current()
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._key(key_id)).encrypt(nonce, padded(address), subscriber_id.encode())
        return SealedAddress(nonce + sealed, key_id)

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """Decrypt an address.

        Raises:
            SealBrokenError: the content is damaged, or belongs to another subscriber.
            KeyError: its key is not in the keyring.
        """
        nonce, content = sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:]
        cipher = AESGCM(self._key(sealed.key_id))
        try:
            return unpadded(cipher.decrypt(nonce, content, subscriber_id.encode()))
        except (InvalidTag, ValueError):
            raise SealBrokenError(subscriber_id) from None

    def _key(self, key_id: str) -> bytes:
        key = self.keyring.key(key_id)
        if key is None:
            raise KeyError(key_id)
        return key


def stored_addresses_by(aws: Resources) -> StoredAddresses:
    """Addresses under the keys that AddressKey wraps."""
    keys = aws.table("KEYS_TABLE")
    return StoredAddresses(Keyring(aws.kms, setting("ADDRESS_KEY"), keys, "address", utc_now))


@dataclass(frozen=True)
class KMSVault:
    """All that `process_signup` may do with an address: open a sign-up, fingerprint it, store it sealed."""

    kms: "KMSClient"
    address_key: str
    fingerprints: KMSFingerprints
    stored: StoredAddresses

    def open_sign_up(self, sealed: bytes) -> str:
        """The address that `KMSSeal` sealed."""
        answer = self.kms.decrypt(
            KeyId=self.address_key, CiphertextBlob=sealed, EncryptionContext=SIGN_UP_CONTEXT
        )
        return unpadded(answer["Plaintext"])

    def fingerprint(self, address: str) -> str:
        """The keyed hash of the address."""
        return self.fingerprints.fingerprint(address)

    def close(self, address: str, subscriber_id: str) -> SealedAddress:
        """The address as it is stored."""
        return self.stored.close(address, subscriber_id)

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """A stored address again; raises as `StoredAddresses.open` does."""
        return self.stored.open(sealed, subscriber_id)

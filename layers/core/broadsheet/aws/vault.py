"""Encrypts and decrypts stored addresses; only functions that mail have the rights."""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broadsheet.aws.keyring import Keyring
from broadsheet.aws.kms import SIGN_UP_CONTEXT, KMSFingerprints, padded, unpadded
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.settings import setting
from broadsheet.subscribers.ports import SealBrokenError
from broadsheet.subscribers.subscriber import SealedAddress

NONCE_BYTES = 12


@dataclass(frozen=True)
class StoredAddresses:
    """Encrypts addresses with data keys that KMS wrapped; each is unwrapped once."""

    keyring: Keyring

    def seal(self, address: str, subscriber_id: str) -> SealedAddress:
        """Encrypt under the current data key, padded to one length and bound to the subscriber's id."""
        key_id = self.keyring.current()
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher(key_id).encrypt(nonce, padded(address), subscriber_id.encode())
        return SealedAddress(nonce + sealed, key_id)

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """Decrypt an address.

        Raises:
            SealBrokenError: the content is damaged, or belongs to another subscriber.
            KeyError: its key is not in the keyring.
        """
        nonce, content = sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:]
        cipher = self._cipher(sealed.key_id)
        try:
            return unpadded(cipher.decrypt(nonce, content, subscriber_id.encode()))
        except (InvalidTag, ValueError):
            raise SealBrokenError(subscriber_id) from None

    def _cipher(self, key_id: str) -> AESGCM:
        key = self.keyring.key(key_id)
        if key is None:
            raise KeyError(key_id)
        return AESGCM(key)


@dataclass(frozen=True)
class KMSVault(StoredAddresses):
    """All that `process_signup` may do with an address: open a sign-up, fingerprint it, store it sealed."""

    hashes: KMSFingerprints

    def open_sign_up(self, sealed: bytes) -> str:
        """The address that `KMSSeal` sealed."""
        answer = self.keyring.kms.decrypt(
            KeyId=self.keyring.wrapping_key, CiphertextBlob=sealed, EncryptionContext=SIGN_UP_CONTEXT
        )
        return unpadded(answer["Plaintext"])

    def fingerprint(self, address: str) -> str:
        """The keyed hash of the address."""
        return self.hashes.fingerprint(address)


def make_address_keyring(aws: Resources) -> Keyring:
    """The data keys that AddressKey wraps."""
    return Keyring(aws.kms, setting("ADDRESS_KEY"), aws.table("KEYS_TABLE"), "address", utc_now)

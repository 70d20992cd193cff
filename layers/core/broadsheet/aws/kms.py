"""What KMS does with an address: seal it for the sign-up queue, and take its fingerprint."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.subscribers.ports import FingerprintsClosedError, SignupClosedError
from broadsheet.subscribers.subscriber import for_fingerprint

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

SIGN_UP_CONTEXT = {"purpose": "sign-up"}
PADDING = b"\0"
PADDED_BYTES = 320  # longer than any address, so that neither a message's nor an item's length reveals it


def padded(address: str) -> bytes:
    """The address as it is sealed, on the queue as in the table."""
    return address.encode().ljust(PADDED_BYTES, PADDING)


def unpadded(opened: bytes) -> str:
    """The address that was sealed; earlier releases stored it without padding."""
    return opened.rstrip(PADDING).decode()


@contextmanager
def _raising_if_disabled(kms: "KMSClient", error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except (kms.exceptions.DisabledException, kms.exceptions.KMSInvalidStateException) as cause:
        raise error(type(cause).__name__) from None


@dataclass(frozen=True)
class KMSSeal:
    """Encrypts under the address key; its role has no right to decrypt."""

    kms: "KMSClient"
    key_id: str

    def __call__(self, address: str) -> bytes:
        """The address as KMS ciphertext.

        Raises:
            SignUpClosedError: the key is disabled, or about to be deleted.
        """
        with _raising_if_disabled(self.kms, SignupClosedError):
            return self.kms.encrypt(
                KeyId=self.key_id, Plaintext=padded(address), EncryptionContext=SIGN_UP_CONTEXT
            )["CiphertextBlob"]


@dataclass(frozen=True)
class KMSFingerprints:
    """Keyed hashes of addresses."""

    kms: "KMSClient"
    key_id: str

    def fingerprint(self, address: str) -> str:
        """HMAC-SHA-256 in hex under a key that never leaves KMS, so that nobody can try addresses offline.

        Raises:
            FingerprintsClosedError: the key is disabled, or about to be deleted.
        """
        with _raising_if_disabled(self.kms, FingerprintsClosedError):
            return self.kms.generate_mac(
                KeyId=self.key_id, MacAlgorithm="HMAC_SHA_256", Message=for_fingerprint(address)
            )["Mac"].hex()

"""Addresses locked with KMS, for the queue: all that the public function may do with one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.subscribers.ports import SignUpClosedError

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

SIGN_UP_CONTEXT = {"purpose": "sign-up"}
PADDING = b"\0"
PADDED_BYTES = 320  # longer than any address, so that neither an order's nor an item's length tells about it


def padded(address: str) -> bytes:
    """The address as it is sealed, on the queue as in the table."""
    return address.encode().ljust(PADDED_BYTES, PADDING)


def unpadded(opened: bytes) -> str:
    """The address that was sealed; earlier releases stored it without padding."""
    return opened.rstrip(PADDING).decode()


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
        plain = padded(address)
        closed = (self.kms.exceptions.DisabledException, self.kms.exceptions.KMSInvalidStateException)
        try:
            answer = self.kms.encrypt(KeyId=self.key_id, Plaintext=plain, EncryptionContext=SIGN_UP_CONTEXT)
        except closed as error:
            raise SignUpClosedError(type(error).__name__) from None
        return answer["CiphertextBlob"]

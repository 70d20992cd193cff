"""Addresses locked with KMS, for the queue: all that the public function may do with one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

SIGN_UP_CONTEXT = {"purpose": "sign-up"}


@dataclass(frozen=True)
class KMSSeal:
    """Encrypts under the address key; its role has no right to decrypt."""

    kms: "KMSClient"
    key_id: str

    def __call__(self, address: str) -> bytes:
        """The address as KMS ciphertext."""
        answer = self.kms.encrypt(
            KeyId=self.key_id, Plaintext=address.encode(), EncryptionContext=SIGN_UP_CONTEXT
        )
        return answer["CiphertextBlob"]

"""Fingerprints of addresses, taken by KMS."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.subscribers.ports import FingerprintsClosedError
from broadsheet.subscribers.subscriber import for_fingerprint

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient


@dataclass(frozen=True)
class KMSFingerprints:
    """Keyed hashes of addresses."""

    kms: "KMSClient"
    key_id: str

    def fingerprint(self, address: str) -> str:
        """HMAC-SHA-256 under a key that never leaves KMS, in hex: nobody can try addresses offline.

        Raises:
            FingerprintsClosedError: the key is disabled, or about to be deleted.
        """
        closed = (self.kms.exceptions.DisabledException, self.kms.exceptions.KMSInvalidStateException)
        try:
            answer = self.kms.generate_mac(
                KeyId=self.key_id, MacAlgorithm="HMAC_SHA_256", Message=for_fingerprint(address)
            )
        except closed as error:
            raise FingerprintsClosedError(type(error).__name__) from None
        return answer["Mac"].hex()

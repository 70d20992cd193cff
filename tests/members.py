"""Stores thousands of confirmed subscribers in a local system by the product's adapters."""

import secrets
from datetime import UTC, date, datetime

from broadsheet.aws.dynamodb import table_of
from broadsheet.aws.keyring import Keyring
from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.subscriber_items import to_item
from broadsheet.aws.vault import StoredAddresses
from broadsheet.subscribers.subscriber import Consent, Status, Subscriber
from local.system import LocalSystem
from tests.from_template import OpenTable


def plant(system: LocalSystem, addresses: list[str], audience: str) -> dict[str, str]:
    """Store them as confirmed; returns the addresses by id."""
    stack = system.stack
    kms = stack.client("kms")
    keys = table(system, "KeysTable")
    ring = Keyring(kms, stack.physical("AddressKey"), keys, "address", lambda: datetime.now(UTC))
    stored = StoredAddresses(ring)
    fingerprints = KMSFingerprints(kms, stack.physical("FingerprintKey"))
    today = datetime.now(UTC).date()
    planted = [_confirmed(address, audience, stored, fingerprints, today) for address in addresses]
    with (
        table(system, "SubscribersTable").batch_writer() as people,
        table(system, "FingerprintsTable").batch_writer() as prints,
    ):
        for one in planted:
            people.put_item(Item=to_item(one))
            prints.put_item(Item={"fingerprint": one.fingerprint, "subscriber_id": one.id})
    return {one.id: address for one, address in zip(planted, addresses, strict=True)}


def table(system: LocalSystem, logical_id: str) -> OpenTable:
    """A table of the deployed stack."""
    name = system.stack.physical(logical_id)
    return OpenTable(table_of(system.session, name, endpoint_url=system.stack.endpoint).client, name)


def _confirmed(
    address: str, audience: str, stored: StoredAddresses, fingerprints: KMSFingerprints, on: date
) -> Subscriber:
    subscriber_id = secrets.token_hex(16)
    return Subscriber(
        id=subscriber_id,
        status=Status.CONFIRMED,
        fingerprint=fingerprints.fingerprint(address),
        language="en",
        sealed_address=stored.seal(address, subscriber_id),
        audiences=frozenset({audience}),
        consent=Consent(secrets.token_hex(8), "planted", "test", "en", on, on),
    )

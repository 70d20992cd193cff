"""What `Seal`, `Vault`, `Addresses` and the fingerprints promise, kept by the fake and by KMS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broadsheet.aws.key_maker import KeyMaker
from broadsheet.aws.keyring import Keyring
from broadsheet.aws.kms import KMSFingerprints, KMSSeal
from broadsheet.aws.vault import KMSVault, StoredAddresses
from broadsheet.subscribers.ports import Addresses, FingerprintsClosedError, Seal, Vault
from broadsheet.subscribers.subscriber import SealedAddress
from tests.builders import ADDRESS, SUBSCRIBER_ID
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeVault
from tests.from_template import create_keys, create_tables

REFUSED = (ValueError, ClientError, InvalidTag)
SOMEBODY_ELSES_ID = "b" * 32


@dataclass
class KeyRights:
    """The rights around one address key, each as a role would hold it."""

    seal: Seal
    vault: Vault
    addresses: Addresses


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["fake", "KMS"])
def rights(request: pytest.FixtureRequest, clock: FakeClock) -> KeyRights:
    if request.param == "fake":
        return KeyRights(FakeVault(), FakeVault(), FakeVault())
    return with_kms(request.getfixturevalue("aws"), clock)


def with_kms(aws: dict[str, Any], clock: FakeClock) -> KeyRights:
    keys = create_keys(aws, ["AddressKey", "FingerprintKey"])
    table = create_tables(aws, ["KeysTable"])["KeysTable"]
    kms = boto3.client("kms")
    KeyMaker(kms, {"address": keys["AddressKey"]}, table, clock)()
    stored = StoredAddresses(Keyring(kms, keys["AddressKey"], table, "address", clock))
    fingerprints = KMSFingerprints(kms, keys["FingerprintKey"])
    vault = KMSVault(stored.keyring, fingerprints)
    another_container = StoredAddresses(Keyring(kms, keys["AddressKey"], table, "address", clock))
    return KeyRights(KMSSeal(kms, keys["AddressKey"]), vault, another_container)


@pytest.mark.parametrize("address", [ADDRESS, "a@b.example", "x" * 64 + "@xn--e1afmkfd.example"])
def test_a_sealed_sign_up_decrypts_to_the_same_address(rights: KeyRights, address: str) -> None:
    assert rights.vault.open_sign_up(rights.seal(address)) == address


def test_a_sealed_sign_up_shows_nothing_of_the_address(rights: KeyRights) -> None:
    sealed = rights.seal(ADDRESS)

    assert [part for part in (b"ana@", b"example") if part in sealed] == []


def test_the_length_of_a_sealed_sign_up_reveals_nothing(rights: KeyRights) -> None:
    lengths = {
        len(rights.seal(address)) for address in ("a@b.example", ADDRESS, f"{'x' * 64}@{'y' * 60}.example")
    }

    assert len(lengths) == 1


def test_a_damaged_sign_up_cannot_be_decrypted(rights: KeyRights) -> None:
    sealed = rights.seal(ADDRESS)

    with pytest.raises(REFUSED):
        rights.vault.open_sign_up(bytes([sealed[0] ^ 1]) + sealed[1:])


def test_a_stored_address_can_be_decrypted_with_its_id(rights: KeyRights) -> None:
    stored = rights.vault.seal(ADDRESS, SUBSCRIBER_ID)

    assert stored.key_id == "address-2016"
    assert rights.addresses.open(stored, SUBSCRIBER_ID) == ADDRESS


def test_a_stored_address_cannot_be_decrypted_under_another_id(rights: KeyRights) -> None:
    stored = rights.vault.seal(ADDRESS, SUBSCRIBER_ID)

    with pytest.raises(REFUSED):
        rights.addresses.open(stored, SOMEBODY_ELSES_ID)


def test_a_stored_address_reveals_nothing_of_itself(rights: KeyRights) -> None:
    stored = rights.vault.seal(ADDRESS, SUBSCRIBER_ID)

    assert [part for part in (b"ana@", b"example") if part in stored.content] == []


def test_a_stored_address_is_no_sign_up(rights: KeyRights) -> None:
    stored = rights.vault.seal(ADDRESS, SUBSCRIBER_ID)

    with pytest.raises(REFUSED):
        rights.vault.open_sign_up(stored.content)


def test_a_fingerprint_finds_an_address_again_and_no_other(rights: KeyRights) -> None:
    found = rights.vault.fingerprint(ADDRESS)

    assert found == rights.vault.fingerprint(ADDRESS)
    assert found != rights.vault.fingerprint(f"{ADDRESS}.")
    assert len(bytes.fromhex(found)) == 32


def test_a_reader_is_the_same_in_capitals(rights: KeyRights) -> None:
    assert rights.vault.fingerprint("ana@example.org") == rights.vault.fingerprint("Ana@example.org")


def test_the_same_address_is_stored_differently_each_time(aws: dict[str, Any], clock: FakeClock) -> None:
    rights = with_kms(aws, clock)

    stored = {rights.vault.seal(ADDRESS, SUBSCRIBER_ID).content for _ in range(3)}

    assert len(stored) == 3


def test_addresses_of_earlier_years_can_still_be_decrypted(aws: dict[str, Any], clock: FakeClock) -> None:
    rights = with_kms(aws, clock)
    old = rights.vault.seal(ADDRESS, SUBSCRIBER_ID)
    clock.move(timedelta(days=365))

    new = rights.vault.seal(ADDRESS, SUBSCRIBER_ID)

    assert (old.key_id, new.key_id) == ("address-2016", "address-2017")
    assert [rights.addresses.open(stored, SUBSCRIBER_ID) for stored in (old, new)] == [ADDRESS, ADDRESS]


def test_the_error_for_an_address_under_a_deleted_key_names_the_key_only(
    aws: dict[str, Any], clock: FakeClock
) -> None:
    rights = with_kms(aws, clock)
    stored = rights.vault.seal(ADDRESS, SUBSCRIBER_ID)

    with pytest.raises(KeyError, match=r"^'address-1999'$"):
        rights.addresses.open(SealedAddress(stored.content, "address-1999"), SUBSCRIBER_ID)


def test_with_the_address_key_disabled_a_new_container_can_neither_decrypt_nor_store(
    aws: dict[str, Any], clock: FakeClock
) -> None:
    """moto decrypts under a disabled key, so KMS's answer is given by botocore's own stub."""
    keys = create_keys(aws, ["AddressKey"])
    table = create_tables(aws, ["KeysTable"])["KeysTable"]
    kms = boto3.client("kms")
    KeyMaker(kms, {"address": keys["AddressKey"]}, table, clock)()
    fresh = StoredAddresses(Keyring(kms, keys["AddressKey"], table, "address", clock))
    vault = KMSVault(fresh.keyring, KMSFingerprints(kms, "not used"))
    attempts: list[Callable[[], object]] = [
        lambda: fresh.open(SealedAddress(b"sealed", "address-2016"), SUBSCRIBER_ID),
        lambda: fresh.seal(ADDRESS, SUBSCRIBER_ID),
        lambda: vault.open_sign_up(b"sealed"),
    ]

    for attempt in attempts:
        with Stubber(kms) as stub:
            stub.add_client_error("decrypt", "DisabledException")
            with pytest.raises(ClientError, match="DisabledException"):
                attempt()

    assert {item["key_id"] for item in table.scan()["Items"]} == {"address-2016", "address-2017"}


def test_stored_addresses_are_of_one_length(rights: KeyRights) -> None:
    addresses = ["a@b.example", f"{'a' * 64}@{'b' * 60}.example", "ana@xn--80aswg.example"]
    stored = [rights.vault.seal(address, SUBSCRIBER_ID) for address in addresses]
    assert len({len(sealed.content) for sealed in stored}) == 1
    assert [rights.addresses.open(sealed, SUBSCRIBER_ID) for sealed in stored] == addresses


def test_an_address_that_was_stored_without_padding_is_still_opened(
    aws: dict[str, Any], clock: FakeClock
) -> None:
    rights = with_kms(aws, clock)
    assert isinstance(rights.vault, KMSVault)
    keyring = rights.vault.keyring
    key_id, nonce = keyring.current(), b"n" * 12
    key = keyring.key(key_id)
    assert key is not None
    content = nonce + AESGCM(key).encrypt(nonce, ADDRESS.encode(), SUBSCRIBER_ID.encode())
    assert rights.addresses.open(SealedAddress(content, key_id), SUBSCRIBER_ID) == ADDRESS


@pytest.mark.parametrize("code", ["DisabledException", "KMSInvalidStateException"])
def test_with_the_fingerprint_key_disabled_no_fingerprint_is_computed(aws: dict[str, Any], code: str) -> None:
    """moto takes one under a disabled key, so KMS's answer is given by botocore's own stub."""
    kms = boto3.client("kms")
    fingerprints = KMSFingerprints(kms, create_keys(aws, ["FingerprintKey"])["FingerprintKey"])
    with Stubber(kms) as stub:
        stub.add_client_error("generate_mac", code)
        with pytest.raises(FingerprintsClosedError, match=code):
            fingerprints.fingerprint(ADDRESS)
    assert len(fingerprints.fingerprint(ADDRESS)) == 64

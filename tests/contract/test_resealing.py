"""Resealing in DynamoDB, with keys of KMS: what is read, what is written, and what a restore needs."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from broadsheet.aws.key_maker import KeyMaker
from broadsheet.aws.keyring import Keyring
from broadsheet.aws.resealing import DynamoDBOldKeys, DynamoDBSealedAddresses
from broadsheet.aws.restore_records import MissingItems
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.aws.vault import StoredAddresses
from broadsheet.restore.entries import judge_key
from broadsheet.restore.ports import Verdict
from broadsheet.retention import OLD_KEYS
from broadsheet.subscribers.resealing import ResealList
from broadsheet.subscribers.subscriber import Status, Subscriber
from tests.builders import a_pending_address, a_subscriber
from tests.contract.people import NOW, TODAY
from tests.fakes.clock import FakeClock
from tests.from_template import create_keys, create_tables

PEOPLE = [f"{digit}{number:031x}" for number, digit in enumerate("0009aff")]


@dataclass
class Account:
    """A list of seven subscribers in DynamoDB, a KMS key, and functions with a cold start for each call."""

    tables: dict[str, Any]
    wrapping_key: str
    clock: FakeClock

    @property
    def stored(self) -> StoredAddresses:
        return StoredAddresses(
            Keyring(boto3.client("kms"), self.wrapping_key, self.tables["KeysTable"], "address", self.clock)
        )

    @property
    def use_case(self) -> ResealList:
        stored = self.stored
        people = DynamoDBSealedAddresses(self.tables["SubscribersTable"])
        return ResealList(people, stored, DynamoDBOldKeys(stored.keyring), self.clock)

    @property
    def maker(self) -> KeyMaker:
        wrapping = {"address": self.wrapping_key}
        return KeyMaker(boto3.client("kms"), wrapping, self.tables["KeysTable"], self.clock)

    @property
    def subscribers(self) -> DynamoDBSubscribers:
        return DynamoDBSubscribers(self.tables["SubscribersTable"], self.tables["FingerprintsTable"])

    def add(self, subscriber_id: str) -> Subscriber:
        sealed = self.stored.seal(f"{subscriber_id[:4]}@example.org", subscriber_id)
        person = a_subscriber(
            id=subscriber_id,
            status=Status.PENDING,
            fingerprint=f"{subscriber_id}{'f' * 32}",
            sealed_address=sealed,
        )
        assert self.subscribers.put_pending(person, NOW, is_new=True)
        assert self.subscribers.confirm(person.confirmed(TODAY))
        return person

    def items(self) -> dict[str, dict[str, Any]]:
        found = self.tables["SubscribersTable"].scan()["Items"]
        return {item["subscriber_id"]: item for item in found}

    def addresses(self) -> dict[str, tuple[str, str]]:
        """Everybody's address and the id of its key, opened by a container that starts now."""
        people = {each: self.subscribers.get(each, NOW) for each in self.items()}
        return {
            each: (self.stored.open(person.sealed_address, each), person.sealed_address.key_id)
            for each, person in people.items()
            if person
        }

    def keys(self) -> dict[str, dict[str, Any]]:
        return {item["key_id"]: item for item in self.tables["KeysTable"].scan()["Items"]}


@pytest.fixture
def account(aws: dict[str, Any]) -> Account:
    tables = create_tables(aws, ["KeysTable", "SubscribersTable", "FingerprintsTable"])
    made = Account(tables, create_keys(aws, ["AddressKey"])["AddressKey"], FakeClock())
    made.clock.move(timedelta(days=-60))  # no key is made ahead
    made.maker()
    for each in PEOPLE:
        made.add(each)
    return made


def everybody(key_id: str) -> dict[str, tuple[str, str]]:
    return {each: (f"{each[:4]}@example.org", key_id) for each in PEOPLE}


def test_the_list_moves_to_the_new_key_and_nothing_else_of_anybody_changes(account: Account) -> None:
    before = account.items()
    assert account.addresses() == everybody("address-2016")

    assert account.maker.replace("address-2016") == "address-2016-2"
    assert account.use_case.waiting() == ("address-2016-2", len(PEOPLE))
    done = account.use_case(lambda: True)

    assert (done.current, done.resealed, done.unreadable) == ("address-2016-2", len(PEOPLE), 0)
    assert account.addresses() == everybody("address-2016-2")
    sealed = ("sealed_address", "address_key")
    assert [
        {name: value for name, value in item.items() if name not in sealed}
        for item in account.items().values()
    ] == [{name: value for name, value in item.items() if name not in sealed} for item in before.values()]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_hold_everybody_once_whatever_their_size(account: Account, limit: int) -> None:
    people = DynamoDBSealedAddresses(account.tables["SubscribersTable"])
    page = people.page("", limit)
    found = [each for each, _ in page.sealed]
    while page.after:
        page = people.page(page.after, limit)
        found += [each for each, _ in page.sealed]
    assert found == sorted(PEOPLE)


def test_a_reader_who_left_while_their_address_was_sealed_stays_deleted(account: Account) -> None:
    person = account.subscribers.get(PEOPLE[0], NOW)
    assert person is not None
    account.maker.replace("address-2016")
    new = account.stored.seal("0000@example.org", person.id)
    account.subscribers.leave(person, TODAY)

    people = DynamoDBSealedAddresses(account.tables["SubscribersTable"])
    assert not people.reseal(person.id, person.sealed_address, new)

    assert person.id not in account.items()


def test_an_address_that_changed_hands_meanwhile_is_left_alone(account: Account) -> None:
    person = account.subscribers.get(PEOPLE[0], NOW)
    assert person is not None
    account.maker.replace("address-2016")
    account.use_case(lambda: True)
    after = account.items()

    people = DynamoDBSealedAddresses(account.tables["SubscribersTable"])
    assert not people.reseal(person.id, person.sealed_address, person.sealed_address)

    assert account.items() == after


def test_an_old_key_is_deleted_once_no_backup_can_need_it_and_others_stay(account: Account) -> None:
    account.tables["KeysTable"].put_item(Item={"key_id": "link-2015", "wrapped": b"w"})
    account.maker.replace("address-2016")
    for _ in range(2):
        account.use_case(lambda: True)
    retired_at = account.keys()["address-2016"]["retired_at"]
    assert retired_at == int(account.clock.now.timestamp())
    account.clock.move(OLD_KEYS - timedelta(seconds=1))
    account.use_case(lambda: True)
    assert account.keys()["address-2016"]["retired_at"] == retired_at
    account.clock.move(timedelta(seconds=1))
    account.use_case(lambda: True)
    assert set(account.keys()) == {"address-2016-2", "address-current", "link-2015"}
    assert account.addresses() == everybody("address-2016-2")


def test_a_backup_from_before_comes_back_under_its_old_key_and_is_then_resealed(account: Account) -> None:
    """Seven days after the last was resealed, the longest that a backup reaches back."""
    backup = account.items()[PEOPLE[3]]
    account.maker.replace("address-2016")
    for _ in range(2):
        account.use_case(lambda: True)
    account.tables["SubscribersTable"].delete_item(Key={"shard": PEOPLE[3][0], "subscriber_id": PEOPLE[3]})
    account.clock.move(timedelta(days=7))
    account.use_case(lambda: True)

    account.tables["SubscribersTable"].put_item(Item=backup)

    assert account.addresses()[PEOPLE[3]] == ("9000@example.org", "address-2016")
    account.use_case(lambda: True)
    assert account.addresses() == everybody("address-2016-2")
    assert "retired_at" not in account.keys()["address-2016"]


def test_a_backup_from_after_comes_back_under_the_new_key(account: Account) -> None:
    account.maker.replace("address-2016")
    for _ in range(2):
        account.use_case(lambda: True)
    backup = account.items()[PEOPLE[3]]
    account.tables["SubscribersTable"].delete_item(Key={"shard": PEOPLE[3][0], "subscriber_id": PEOPLE[3]})
    account.clock.move(OLD_KEYS)
    account.use_case(lambda: True)

    account.tables["SubscribersTable"].put_item(Item=backup)

    assert account.addresses() == everybody("address-2016-2")


def test_a_key_that_was_deleted_too_soon_comes_back_by_restoring_the_keys(account: Account) -> None:
    backup, keys = account.items()[PEOPLE[3]], account.keys()
    account.maker.replace("address-2016")
    for _ in range(2):
        account.use_case(lambda: True)
    account.clock.move(OLD_KEYS)
    account.use_case(lambda: True)
    in_use = account.keys()["address-current"]
    account.tables["SubscribersTable"].put_item(Item=backup)
    missing = MissingItems(account.tables["KeysTable"], ("key_id",), judge_key, account.clock)

    lost, pointer = keys["address-2016"], {"key_id": "address-current", "current": "address-2015-9"}
    assert missing.judge([lost, pointer]) == [Verdict.RESTORED, Verdict.UNCHANGED]
    assert missing.write(lost, Verdict.RESTORED)

    assert account.keys()["address-current"] == in_use
    account.use_case(lambda: True)
    assert account.addresses() == everybody("address-2016-2")


def test_keys_that_were_never_replaced_are_read_as_before(account: Account) -> None:
    """A deployed stack has `address-<year>` alone; the list moves on with the year."""
    account.clock.move(timedelta(days=80))
    account.maker()
    account.use_case(lambda: True)
    assert account.addresses() == everybody("address-2017")


def test_a_function_that_runs_reseals_under_a_key_that_was_made_a_second_ago(account: Account) -> None:
    running = account.use_case
    assert running.waiting() == ("address-2016", 0)
    account.maker.replace("address-2016")
    assert running.waiting() == ("address-2016-2", len(PEOPLE))
    assert running(lambda: True).resealed == len(PEOPLE)
    assert account.addresses() == everybody("address-2016-2")


def test_an_address_that_waits_for_its_confirmation_moves_to_the_new_key_too(account: Account) -> None:
    wanted = a_pending_address(
        a_subscriber(),
        subscriber_id=PEOPLE[0],
        sealed_address=account.stored.seal("new@example.org", PEOPLE[0]),
    )
    reader = account.subscribers.get(PEOPLE[0], wanted.expires_at)
    assert reader
    assert account.subscribers.put_address(reader, wanted)
    account.maker.replace("address-2016")
    assert account.use_case.waiting() == ("address-2016-2", len(PEOPLE) + 1)

    done = account.use_case(lambda: True)

    assert (done.resealed, done.unreadable) == (len(PEOPLE) + 1, 0)
    after = account.subscribers.pending_address(PEOPLE[0], NOW)
    assert after is not None
    assert after.sealed_address.key_id == "address-2016-2"
    assert account.stored.open(after.sealed_address, PEOPLE[0]) == "new@example.org"
    assert replace(after, sealed_address=wanted.sealed_address) == wanted

"""Data keys: born once, kept wrapped, bound to their purpose, unwrapped once for each container."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from broadsheet.aws.key_maker import KeyMaker
from broadsheet.aws.keyring import KeyMissingError, Keyring, NoSuchKeyError
from tests.fakes.clock import FakeClock
from tests.from_template import create_keys, create_tables, open_table


@dataclass
class Account:
    """One KMS key, one table, and a new container whenever it is asked for."""

    wrapping_key: str
    table_name: str
    clock: FakeClock
    calls: list[str] = field(default_factory=list)

    def container(self, purpose: str = "link") -> Keyring:
        """A keyring in a container of its own, its calls written down."""
        kms, table = boto3.client("kms"), open_table(self.table_name)
        for client in (kms, table.client):
            client.meta.events.register("before-call", self._write_down)
        return Keyring(kms, self.wrapping_key, table, purpose, self.clock)

    def maker(self) -> KeyMaker:
        """Who makes keys, the calls written down."""
        kms, table = boto3.client("kms"), open_table(self.table_name)
        for client in (kms, table.client):
            client.meta.events.register("before-call", self._write_down)
        wrapping = {"link": self.wrapping_key, "address": self.wrapping_key}
        return KeyMaker(kms, wrapping, table, self.clock)

    def items(self) -> list[dict[str, Any]]:
        """All that is kept."""
        found: list[dict[str, Any]] = open_table(self.table_name).scan()["Items"]
        return found

    def _write_down(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)


@pytest.fixture
def account(aws: dict[str, Any]) -> Account:
    table = create_tables(aws, ["KeysTable"])["KeysTable"]
    return Account(create_keys(aws, ["LinkKey"])["LinkKey"], table.name, FakeClock())


def test_the_keys_of_each_purpose_are_made_once_and_kept_wrapped(account: Account) -> None:
    assert account.maker()() == ["link-2016", "link-2017", "address-2016", "address-2017"]
    before = account.items()
    assert account.maker()() == []

    keyring = account.container()
    key = keyring.key(keyring.current())
    item = next(item for item in account.items() if item["key_id"] == "link-2016")
    assert account.items() == before
    assert keyring.current() == "link-2016"
    assert key is not None
    assert len(key) == 32
    assert (set(item), item["born_on"]) == ({"key_id", "wrapped", "born_on"}, "2016-12-12")
    assert key not in bytes(item["wrapped"])


def test_the_next_years_keys_are_made_when_it_is_near_and_not_sooner(account: Account) -> None:
    account.clock.move(timedelta(days=-30))
    assert account.maker()() == ["link-2016", "address-2016"]
    account.clock.move(timedelta(days=30))
    assert account.maker()() == ["link-2017", "address-2017"]


def test_the_function_that_makes_keys_never_sees_one(account: Account) -> None:
    account.clock.move(timedelta(days=-30))
    account.maker()()
    made = ["GetItem", "GenerateDataKeyWithoutPlaintext", "PutItem"]
    assert account.calls == [*made, "GetItem", *made]  # and whether a key of addresses was replaced


def test_if_two_workers_make_a_key_at_once_the_first_key_stays(account: Account) -> None:
    slow, quick = account.maker(), account.maker()
    quick_ones: list[dict[str, Any]] = []

    def overtake(**_: Any) -> None:
        if not quick_ones:
            quick_ones.append({})
            quick()
            quick_ones[:] = account.items()

    slow.table.client.meta.events.register_first("before-call.dynamodb.PutItem", overtake)

    assert slow() == []
    assert sorted(account.items(), key=repr) == sorted(quick_ones, key=repr)


def test_functions_that_use_keys_make_none_and_report_a_missing_one(account: Account) -> None:
    with pytest.raises(KeyMissingError):
        account.container().current()
    assert account.calls == ["GetItem", "GetItem"]
    assert account.items() == []


def test_every_container_has_the_same_key(account: Account) -> None:
    account.maker()()
    first, second = account.container(), account.container()

    assert first.key(first.current()) == second.key(second.current()) is not None


def test_a_key_is_unwrapped_once_for_each_container(account: Account) -> None:
    account.maker()()
    keyring = account.container()
    account.calls.clear()

    for _ in range(3):
        keyring.key(keyring.current())

    assert account.calls == ["GetItem", "Decrypt"]


def test_a_new_year_has_a_new_key_and_the_old_one_stays(account: Account) -> None:
    account.maker()()
    keyring = account.container()
    old = keyring.key(keyring.current())
    account.clock.move(timedelta(days=20))

    assert keyring.current() == "link-2017"

    later = account.container()
    assert later.key("link-2016") == old
    assert later.key("link-2017") not in (None, old)


def test_until_a_new_year_s_key_is_made_the_last_one_s_is_used(account: Account) -> None:
    account.clock.move(timedelta(days=-30))
    account.maker()()
    account.clock.move(timedelta(days=50))
    assert account.container().current() == "link-2016"


def test_a_wrapped_key_unwraps_only_for_its_own_purpose_and_id(account: Account) -> None:
    account.maker()()
    item = next(item for item in account.items() if item["key_id"] == "link-2016")
    table = open_table(account.table_name)
    table.put_item(Item={**item, "key_id": "address-2016"})
    table.put_item(Item={**item, "key_id": "link-2015"})

    for purpose, key_id in (("address", "address-2016"), ("link", "link-2015")):
        with pytest.raises(ClientError):
            account.container(purpose).key(key_id)


@pytest.mark.parametrize(
    "key_id",
    [
        "",
        "link",
        "link-",
        "link-201",
        "link-20166",
        "link-2016-",
        "link-2016-0",
        "link-2016-02",
        "link-2016-20166",
        "link-current",
        "link-2016\n",
        "link-2016 ",
        "LINK-2016",
        "link-２０１６",
        "../link-2016",
        "address-2016",
        "x" * 300,
    ],
)
def test_an_id_that_is_none_of_ours_is_not_even_looked_up(account: Account, key_id: str) -> None:
    account.maker()()
    keyring = account.container()
    keyring.current()
    account.calls.clear()

    assert keyring.key(key_id) is None

    assert account.calls == []


def test_a_key_that_was_never_made_is_unknown(account: Account) -> None:
    assert account.container().key("link-1999") is None

    assert account.items() == []


# -- keys that are replaced


def a_second_year(account: Account) -> None:
    """As in the summer, when no key is made ahead."""
    account.clock.move(timedelta(days=180))


def test_a_replaced_key_is_used_no_more_and_stays_readable(account: Account) -> None:
    a_second_year(account)
    account.maker()()
    before = account.container("address")
    old = before.key(before.current())

    assert account.maker().replace("address-2017") == "address-2017-2"

    after = account.container("address")
    assert after.current() == "address-2017-2"
    assert after.key("address-2017") == old
    assert after.key("address-2017-2") not in (None, old)


def test_replacing_the_same_key_a_second_time_makes_no_second_key(account: Account) -> None:
    a_second_year(account)
    account.maker()()
    for _ in range(2):
        assert account.maker().replace("address-2017") == "address-2017-2"
    assert account.maker().replace("address-2017-2") == "address-2017-3"
    assert account.maker().replace("address-2017") == "address-2017-3"
    assert sorted(i["key_id"] for i in account.items() if i["key_id"].startswith("address")) == [
        *("address-2017", "address-2017-2", "address-2017-3", "address-current"),
    ]


def test_if_two_workers_replace_a_key_at_once_the_first_key_is_used(account: Account) -> None:
    a_second_year(account)
    account.maker()()
    slow, quick = account.maker(), account.maker()
    won: list[str] = []

    def overtake(**_: Any) -> None:
        if not won:
            won.append("")
            won[:] = [quick.replace("address-2017")]

    slow.table.client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", overtake)
    before = account.container("address").key("address-2017")

    assert slow.replace("address-2017") == "address-2017-2"
    assert won == ["address-2017-2"]
    first = account.container("address").key("address-2017-2")
    assert first not in (None, before)
    assert len([item for item in account.items() if item["key_id"] == "address-2017-2"]) == 1


def test_the_role_that_replaces_keys_never_sees_one(account: Account) -> None:
    a_second_year(account)
    account.maker()()
    account.calls.clear()
    account.maker().replace("address-2017")
    assert set(account.calls) == {"GetItem", "GenerateDataKeyWithoutPlaintext", "TransactWriteItems"}


def test_a_container_that_runs_knows_within_seconds_that_a_key_was_replaced(account: Account) -> None:
    a_second_year(account)
    account.maker()()
    running = account.container("address")
    assert running.current() == "address-2017"
    account.maker().replace("address-2017")
    account.clock.move(timedelta(seconds=5))
    assert running.current() == "address-2017-2"


def test_sealing_many_addresses_needs_no_call_for_each(account: Account) -> None:
    a_second_year(account)
    account.maker()()
    running = account.container("address")
    account.calls.clear()
    for _ in range(100):
        running.current()
    assert account.calls == ["GetItem", "GetItem", "Decrypt"]


def test_a_key_that_was_made_ahead_is_replaced_together_with_this_year_s(account: Account) -> None:
    """A role that could unwrap this year's key could unwrap next year's, too."""
    account.maker()()
    assert account.container("address").key("address-2017") is not None

    assert account.maker().replace("address-2016") == "address-2017-2"

    assert account.container("address").current() == "address-2017-2"
    account.clock.move(timedelta(days=40))
    assert account.container("address").current() == "address-2017-2"


def test_a_new_year_has_a_new_key_after_one_was_replaced_too(account: Account) -> None:
    account.clock.move(timedelta(days=-60))
    account.maker()()
    assert account.maker().replace("address-2016") == "address-2016-2"
    account.clock.move(timedelta(days=80))
    assert account.container("address").current() == "address-2016-2"  # until this year's is made
    assert account.maker()() == ["link-2017", "address-2017"]
    assert account.container("address").current() == "address-2017"
    assert account.maker().replace("address-2017") == "address-2017-2"


def test_for_a_year_whose_key_was_replaced_none_is_made_again(account: Account) -> None:
    account.maker()()
    account.maker().replace("address-2016")
    table = open_table(account.table_name)
    for old in ("address-2016", "address-2017"):
        table.delete_item(Key={"key_id": old})
    assert account.maker()() == []


@pytest.mark.parametrize("key_id", ["link-2016", "address-current", "address", "", "address-2016-1x"])
def test_a_key_of_another_purpose_is_not_replaced(account: Account, key_id: str) -> None:
    account.maker()()
    before = account.items()
    with pytest.raises(NoSuchKeyError):
        account.maker().replace(key_id)
    assert account.items() == before

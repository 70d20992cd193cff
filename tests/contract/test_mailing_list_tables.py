"""What an import leaves in the tables, and what happens when others write at that moment or AWS can't."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from broadsheet.aws.dynamodb import PAUSES, Table, plain_values
from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.mailing_list import DynamoDBMailingList
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.subscribers.mailing_list.ports import ImportStatus, ListBusyError
from broadsheet.subscribers.subscriber import Known, Reason
from tests.builders import ADDRESS, a_subscriber
from tests.contract.people import NOW, PENDING, TODAY, confirmed
from tests.from_template import create_keys, create_tables, open_table

ONE, TWO = a_subscriber(id="b" * 32), a_subscriber("bo@example.org", id="c" * 32)
CALL = "TransactWriteItems"


class Crash(Exception):  # noqa: N818  # it stands for the power going off
    """The operator's machine died."""


class Client:
    """The client, with what is to be answered first in place of its own answers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.instead: dict[str, list[Callable[[dict[str, Any]], Any]]] = {}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name in ("exceptions", "meta"):
            return found

        def call(**what: Any) -> Any:
            self.calls.append(name)
            return self.instead[name].pop(0)(what) if self.instead.get(name) else found(**what)

        return call


@pytest.fixture
def client(aws: dict[str, Any]) -> Client:
    create_tables(aws, ["SubscribersTable", "FingerprintsTable"])
    return Client(plain_values(boto3.client("dynamodb", config=Config(parameter_validation=False))))


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def mailing_list(aws: dict[str, Any], client: Client, slept: list[float]) -> DynamoDBMailingList:
    hashes = KMSFingerprints(boto3.client("kms"), create_keys(aws, ["FingerprintKey"])["FingerprintKey"])
    tables = Table(client, "SubscribersTable"), Table(client, "FingerprintsTable")
    return DynamoDBMailingList(*tables, hashes, slept.append)


@pytest.fixture
def subscribers() -> DynamoDBSubscribers:
    return DynamoDBSubscribers(open_table("SubscribersTable"), open_table("FingerprintsTable"))


def everything(subscribers: DynamoDBSubscribers) -> list[dict[str, Any]]:
    return [*subscribers.table.scan()["Items"], *subscribers.fingerprints.scan()["Items"]]


def cancelled(client: Client, *reasons: str) -> Callable[[dict[str, Any]], Any]:
    """DynamoDB's answer to a transaction that it did not carry out."""

    def refuse(_: dict[str, Any]) -> None:
        response = {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": [{"Code": reason} for reason in reasons],
        }
        raise client.exceptions.TransactionCanceledException(response, CALL)

    return refuse


def before_the_next_write(client: Client, others: Callable[[], object]) -> None:
    """Arrange what others do after we looked and before we write."""

    def write(what: dict[str, Any]) -> Any:
        others()
        return client.transact_write_items(**what)

    client.instead["transact_write_items"] = [write]


def test_the_tables_hold_no_address(
    mailing_list: DynamoDBMailingList, subscribers: DynamoDBSubscribers
) -> None:
    mailing_list.add_new([ONE, TWO], NOW)

    dump = repr(everything(subscribers))

    assert [word for word in (ADDRESS, "bo@", "example.org") if word in dump] == []


def test_an_import_that_crashes_while_it_writes_leaves_nothing_half_done(
    mailing_list: DynamoDBMailingList, client: Client, subscribers: DynamoDBSubscribers
) -> None:
    def die(_: dict[str, Any]) -> None:
        raise Crash

    client.instead["transact_write_items"] = [die]
    with pytest.raises(Crash):
        mailing_list.add_new([ONE, TWO], NOW)
    assert everything(subscribers) == []

    assert mailing_list.add_new([ONE, TWO], NOW) == [ImportStatus.NEW] * 2


def test_a_lost_answer_imports_nobody_twice(
    mailing_list: DynamoDBMailingList, client: Client, subscribers: DynamoDBSubscribers
) -> None:
    def lose(what: dict[str, Any]) -> None:
        client.transact_write_items(**what)
        raise Crash

    client.instead["transact_write_items"] = [lose]
    with pytest.raises(Crash):
        mailing_list.add_new([ONE], NOW)
    again = a_subscriber(id="d" * 32)

    assert mailing_list.add_new([again], NOW) == [ImportStatus.PRESENT]

    assert [item["subscriber_id"] for item in everything(subscribers)] == [ONE.id, ONE.id]


def test_a_reader_who_leaves_at_the_same_time_has_left(
    mailing_list: DynamoDBMailingList, client: Client, subscribers: DynamoDBSubscribers
) -> None:
    person = confirmed(subscribers)

    def leave() -> None:
        subscribers.leave(person, TODAY)

    before_the_next_write(client, leave)

    assert mailing_list.add_new([ONE, TWO], NOW) == [ImportStatus.LEFT, ImportStatus.NEW]
    assert subscribers.get(ONE.id, NOW) is None
    assert subscribers.get(TWO.id, NOW) == TWO


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reader_who_bounces_at_the_same_time_is_not_mailed_again(
    mailing_list: DynamoDBMailingList, client: Client, subscribers: DynamoDBSubscribers, reason: Reason
) -> None:
    before_the_next_write(client, lambda: subscribers.suppress(ONE.fingerprint, reason, TODAY))

    assert mailing_list.add_new([TWO, ONE], NOW) == [ImportStatus.NEW, ImportStatus.SUPPRESSED]
    assert subscribers.find(ONE.fingerprint, NOW) == Known(reason=reason)


def test_a_reader_who_signs_up_at_the_same_time_is_not_changed(
    mailing_list: DynamoDBMailingList, client: Client, subscribers: DynamoDBSubscribers
) -> None:
    before_the_next_write(client, lambda: subscribers.put_pending(PENDING, NOW, is_new=True))

    assert mailing_list.add_new([ONE], NOW) == [ImportStatus.PRESENT]
    assert subscribers.get(PENDING.id, NOW) == PENDING


@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_a_temporary_status_is_waited_for(
    mailing_list: DynamoDBMailingList, client: Client, slept: list[float], reason: str
) -> None:
    once = cancelled(client, "None", reason, "None")
    client.instead["transact_write_items"] = [once, once]

    assert mailing_list.add_new([ONE], NOW) == [ImportStatus.NEW]
    assert slept == [0.05, 0.1]


def test_a_permanent_error_ends_the_import(
    mailing_list: DynamoDBMailingList, client: Client, slept: list[float]
) -> None:
    client.instead["transact_write_items"] = [cancelled(client, "TransactionConflict", "None", "None")] * 99
    with pytest.raises(ListBusyError):
        mailing_list.add_new([ONE], NOW)
    assert len(slept) == PAUSES

    client.instead["transact_write_items"] = [cancelled(client, "ValidationError", "None", "None")]
    with pytest.raises(client.exceptions.TransactionCanceledException):
        mailing_list.add_new([ONE], NOW)


def test_keys_that_were_not_read_are_asked_for_again(
    mailing_list: DynamoDBMailingList, client: Client, subscribers: DynamoDBSubscribers, slept: list[float]
) -> None:
    confirmed(subscribers)

    def half(what: dict[str, Any]) -> Any:
        (table,) = what["RequestItems"]
        keys = what["RequestItems"][table]["Keys"]
        return {"Responses": {table: []}, "UnprocessedKeys": {table: {"Keys": keys}}}

    client.instead["batch_get_item"] = [half]

    assert mailing_list.look_up([ONE.fingerprint, TWO.fingerprint], NOW) == [
        ImportStatus.PRESENT,
        ImportStatus.NEW,
    ]
    assert slept == [0.05]


def test_many_are_looked_up_and_written_with_few_calls(
    mailing_list: DynamoDBMailingList, client: Client
) -> None:
    those = [a_subscriber(f"r{n}@example.org", id=f"{n:032x}") for n in range(100)]

    mailing_list.look_up([one.fingerprint for one in those], NOW)
    mailing_list.add_new(those, NOW)

    assert client.calls == ["batch_get_item"] * 2 + ["transact_write_items"] * 4


def test_all_are_read_shard_by_shard_and_no_query_uses_a_reserved_word(
    mailing_list: DynamoDBMailingList, client: Client
) -> None:
    """moto takes `shard` for a name like any other; DynamoDB does not."""
    asked: list[dict[str, Any]] = []

    def note(what: dict[str, Any]) -> Any:
        asked.append(what)
        return {"Items": []}

    client.instead["query"] = [note] * 16

    assert list(mailing_list.everyone()) == []
    assert {what["ExpressionAttributeValues"][":shard"] for what in asked} == set("0123456789abcdef")
    assert {what["KeyConditionExpression"] for what in asked} == {"#shard = :shard"}

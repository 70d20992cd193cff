"""Our tables keep boto3's promises: what one writes the other reads, conditions and errors are the same."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from broadsheet.aws.dynamodb import Table, is_expired
from broadsheet.aws.dynamodb_json import answer_of, from_wire, to_wire
from tests.from_template import create_tables

EVERY_KIND: dict[str, Any] = {
    "text": "Мост",
    "whole": 7,
    "broken": Decimal("1.5"),
    "truth": True,
    "nothing": None,
    "bytes": b"\x00\xff",
    "texts": {"a", "b"},
    "list": [1, "x", [False]],
    "map": {"in": {"deeper": 0}},
}
KEY = {"mailing": "m", "entry": "e"}


@pytest.fixture
def tables(aws: dict[str, Any]) -> dict[str, Any]:
    """One table, as boto3's resource and as ours."""
    ours = create_tables(aws, ["LedgerTable"])["LedgerTable"]
    return {"boto3": boto3.resource("dynamodb").Table(ours.name), "ours": ours}


def client_of(table: Any) -> Any:
    """The client of one of our tables, or of boto3's."""
    return table.client if isinstance(table, Table) else table.meta.client


@pytest.mark.parametrize(("writer", "reader"), [("ours", "boto3"), ("boto3", "ours"), ("ours", "ours")])
def test_values_of_every_type_are_read_as_they_were_written(
    writer: str, reader: str, tables: dict[str, Any]
) -> None:
    tables[writer].put_item(Item={**KEY, **EVERY_KIND})
    item = tables[reader].get_item(Key=KEY, ConsistentRead=True)["Item"]
    item["bytes"] = bytes(item["bytes"])
    assert item == {**KEY, **EVERY_KIND}


def test_a_value_that_a_table_cannot_store_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        to_wire({"share": 0.1})
    assert from_wire(to_wire([])) == []


def test_nothing_is_found_where_nothing_is(tables: dict[str, Any]) -> None:
    assert "Item" not in tables["ours"].get_item(Key=KEY)


def test_a_query_finds_the_same_page_by_page(tables: dict[str, Any]) -> None:
    with tables["ours"].batch_writer(overwrite_by_pkeys=["mailing", "entry"]) as batch:
        for number in range(40):
            batch.put_item(Item={"mailing": "m", "entry": f"{number:02}", "kind": number % 2})
    query: dict[str, Any] = {
        "TableName": tables["ours"].name,
        "KeyConditionExpression": "mailing = :mailing AND entry BETWEEN :first AND :last",
        "FilterExpression": "kind = :one",
        "ExpressionAttributeValues": {":mailing": "m", ":first": "05", ":last": "30", ":one": 1},
        "Limit": 10,
    }
    found: dict[str, list[Any]] = {}
    for name, table in tables.items():
        read, found[name] = client_of(table).query, []
        page = read(**query)
        while found[name].extend(page["Items"]) or "LastEvaluatedKey" in page:
            page = read(ExclusiveStartKey=page["LastEvaluatedKey"], **query)
    assert found["ours"] == found["boto3"]
    assert [item["entry"] for item in found["ours"]] == [f"{n:02}" for n in range(5, 31) if n % 2]


@pytest.mark.parametrize("name", ["ours", "boto3"])
def test_a_condition_that_fails_is_an_error_of_its_own(name: str, tables: dict[str, Any]) -> None:
    table = tables[name]
    table.put_item(Item={**KEY, "attempt": 1})
    failed = client_of(table).exceptions.ConditionalCheckFailedException
    with pytest.raises(failed) as caught:
        table.update_item(
            Key=KEY,
            UpdateExpression="SET attempt = :new",
            ConditionExpression="attempt = :old",
            ExpressionAttributeValues={":new": 3, ":old": 2},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"]["attempt"] == {"N": "1"}
    changed = table.update_item(
        Key=KEY,
        UpdateExpression="ADD attempt :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="ALL_NEW",
    )
    assert changed["Attributes"] == {**KEY, "attempt": 2}


@pytest.mark.parametrize("name", ["ours", "boto3"])
def test_a_transaction_says_why_it_was_cancelled(name: str, tables: dict[str, Any]) -> None:
    table = tables[name]
    put = {
        "TableName": table.name,
        "Item": {**KEY, "x": {"y": 1}},
        "ConditionExpression": "attribute_exists(x)",
    }
    other = {"TableName": table.name, "Item": {"mailing": "m", "entry": "other"}}
    client = client_of(table)
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=[{"Put": put}, {"Put": other}])
    assert [why["Code"] for why in caught.value.response["CancellationReasons"]] == [
        "ConditionalCheckFailed",
        "None",
    ]
    client.transact_write_items(TransactItems=[{"Put": other}])
    table.delete_item(Key={"mailing": "m", "entry": "other"})
    assert tables["ours"].query_all("#mailing = :mailing", {":mailing": "m"}) == []


def test_any_other_error_is_botocores_own(tables: dict[str, Any]) -> None:
    table = Table(tables["ours"].client, "no-such-table")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.get(KEY)


def test_all_pages_are_read_and_names_are_filled_in(tables: dict[str, Any]) -> None:
    table = tables["ours"]
    for number in range(5):
        table.put({"mailing": "m", "entry": f"{number}", "state": "held", "kind": number % 2})
    found = table.query_all(
        "#mailing = :mailing AND begins_with(#entry, :nothing)",
        {":mailing": "m", ":nothing": "4", ":held": "held"},
        FilterExpression="#state = :held",
        ProjectionExpression="#entry",
        Limit=2,
    )
    assert found == [{"entry": "4"}]
    every = table.query_all("#mailing = :mailing", {":mailing": "m"}, Limit=2)
    assert [item["entry"] for item in every] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("name", ["ours", "boto3"])
def test_items_are_read_by_their_keys(name: str, tables: dict[str, Any]) -> None:
    table = tables[name]
    table.put_item(Item={**KEY, "kind": 1})
    answer = client_of(table).batch_get_item(
        RequestItems={table.name: {"Keys": [KEY, {"mailing": "m", "entry": "none"}], "ConsistentRead": True}}
    )
    assert answer["Responses"] == {table.name: [{**KEY, "kind": 1}]}
    assert answer["UnprocessedKeys"] == {}


def test_keys_that_were_not_read_come_back_as_plain_values() -> None:
    answer = answer_of({"Responses": {}, "UnprocessedKeys": {"t": {"Keys": [{"entry": {"S": "e"}}]}}})
    assert answer["UnprocessedKeys"] == {"t": {"Keys": [{"entry": "e"}]}}


def test_a_write_whose_condition_fails_writes_nothing_and_says_so(tables: dict[str, Any]) -> None:
    table, is_new, values = tables["ours"], "attribute_not_exists(#state)", {":state": "held"}
    assert table.put({**KEY, "state": "sending"}, is_new)

    assert not table.put({**KEY, "state": "held"}, is_new)
    assert not table.update(KEY, "SET #state = :new", {**values, ":new": "done"}, "#state = :state")
    assert not table.delete(KEY, "#state = :state", values)
    assert not table.transact(
        table.put_request({"mailing": "m", "entry": "other"}),
        table.check_request(KEY, "#state = :state", values),
    )

    assert list(table.scan_pages()) == [[{**KEY, "state": "sending"}]]


def test_a_write_gives_back_what_is_asked_for(tables: dict[str, Any]) -> None:
    table = tables["ours"]
    request = table.update_request(KEY, "SET #own = :one", {":one": 1}, names={"#own": "state#1"})

    assert table.write(request, ReturnValues="ALL_NEW") == {**KEY, "state#1": 1}
    assert table.write(table.delete_request(KEY), ReturnValues="ALL_OLD") == {**KEY, "state#1": 1}
    assert table.write(table.delete_request(KEY), ReturnValues="ALL_OLD") == {}
    assert table.get(KEY) is None


def test_an_item_is_over_at_its_very_second() -> None:
    at = datetime(2016, 12, 12, tzinfo=UTC)
    ends = [int(at.timestamp()) + seconds for seconds in (-1, 0, 1)]
    assert [is_expired({"expires_at": end}, at) for end in ends] == [True, True, False]
    assert not is_expired({}, at)

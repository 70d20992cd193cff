"""DynamoDB: tables with plain values, conditional writes, transactions, all pages of an answer.

Expressions are strings, and `dynamodb_json` converts values; see decision 12.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import boto3
from boto3.dynamodb.table import BatchWriter
from botocore.config import Config
from botocore.exceptions import ClientError

from broadsheet.aws.direct_json import as_json, use_direct_json
from broadsheet.aws.dynamodb_json import Content, answer_of, request_of, tables_in

Item = dict[str, Any]
Values = Item | None
Names = dict[str, str] | None
Write = dict[str, Content]  # an entry of TransactWriteItems: its kind, its parameters

_PLACEHOLDER = re.compile(r"#(\w+)")
SINGLE_WRITES = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}
CONFLICTS = {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
REFUSED = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}
CONFLICT_TRIES = 6
CONFLICT_PAUSE_SECONDS = 0.05  # at most, doubled with each try: 1.6 seconds in all
PAUSES, FIRST_PAUSE_SECONDS = 8, 0.05


def plain_values(client: Any) -> Any:  # noqa: ANN401  # the SDK's clients have no common type
    """The DynamoDB client, from now on with plain values. It must not validate parameters."""
    use_direct_json(client, "", lambda parameters: as_json(request_of(parameters)), answer_of, tables_in)
    return client


@dataclass(frozen=True)
class Table:
    """One table; `client` takes plain values.

    Expressions name attributes as they are (`attempt`) or, as reserved words need, by placeholders of the
    same name (`#state`); if `names` is given, it explains all placeholders instead. Values are given as
    DynamoDB takes them (`{":held": "held"}`). Every write may have a condition; if that fails, nothing is
    written.
    """

    client: Any
    name: str

    def get(self, key: Item) -> Item | None:
        """The item, as of every write acknowledged before; None if there is none."""
        answer: Content = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def put(self, item: Item, condition: str = "", values: Values = None) -> bool:
        """Write an item over the one with its key; False if the condition failed."""
        return self.write(self.put_request(item, condition, values)) is not None

    def update(
        self, key: Item, change: str, values: Values = None, condition: str = "", names: Names = None
    ) -> bool:
        """Change an item, or create it; False if the condition failed."""
        return self.write(self.update_request(key, change, values, condition, names)) is not None

    def delete(self, key: Item, condition: str = "", values: Values = None) -> bool:
        """Delete an item, if there is one; False if the condition failed."""
        return self.write(self.delete_request(key, condition, values)) is not None

    def write(self, request: Write, **options: str) -> Item | None:
        """Carry out one request; returns what `ReturnValues` asks for, None if the condition failed."""
        ((kind, parameters),) = request.items()
        try:
            answer: Content = getattr(self.client, SINGLE_WRITES[kind])(**parameters, **options)
        except self.client.exceptions.ConditionalCheckFailedException:
            return None
        attributes: Item = answer.get("Attributes", {})
        return attributes

    def update_or_read(self, key: Item, change: str, values: Item, condition: str) -> Item | None:
        """Change an item; if the condition fails, the same call reads it and it is returned, else None."""
        request = self.update_request(key, change, values, condition)["Update"]
        try:
            self.client.update_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except self.client.exceptions.ConditionalCheckFailedException as error:
            found: Item = answer_of({"Item": error.response.get("Item", {})})["Item"]
            return found
        return None

    def put_request(self, item: Item, condition: str = "", values: Values = None) -> Write:
        """`put`, as a part of a transaction."""
        return self._request("Put", {"Item": item}, condition, values)

    def update_request(
        self, key: Item, change: str, values: Values = None, condition: str = "", names: Names = None
    ) -> Write:
        """`update`, as a part of a transaction."""
        return self._request("Update", {"Key": key, "UpdateExpression": change}, condition, values, names)

    def delete_request(self, key: Item, condition: str = "", values: Values = None) -> Write:
        """`delete`, as a part of a transaction."""
        return self._request("Delete", {"Key": key}, condition, values)

    def check_request(self, key: Item, condition: str, values: Values = None) -> Write:
        """A condition on an item that a transaction does not write."""
        return self._request("ConditionCheck", {"Key": key}, condition, values)

    def _request(
        self, kind: str, parameters: Content, condition: str, values: Values, names: Names = None
    ) -> Write:
        optional = {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names or names_in(parameters.get("UpdateExpression", ""), condition),
            "ExpressionAttributeValues": values,
        }
        given = {name: value for name, value in optional.items() if value}
        return {kind: {"TableName": self.name, **parameters, **given}}

    def transact(
        self,
        *writes: Write,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> bool:
        """Write all or nothing, here and in other tables of the client; False if a condition failed.

        A write that conflicts with a transaction is tried again a few times, after a random pause. A single
        write costs half as much as a transaction.

        Raises:
            ClientError: others kept writing the same items, or another fault. Nothing was written.
        """
        for number in range(CONFLICT_TRIES):
            try:
                self._write_all(writes)
            except ClientError as error:
                reasons = _reasons(error)
                if reasons & REFUSED:
                    return False
                if not reasons & CONFLICTS or number == CONFLICT_TRIES - 1:
                    raise
                sleep(chance() * CONFLICT_PAUSE_SECONDS * 2**number)
            else:
                return True
        raise AssertionError("the last try returns or raises")

    def _write_all(self, writes: Sequence[Write]) -> None:
        if len(writes) > 1:
            self.client.transact_write_items(TransactItems=writes)
        else:
            ((kind, parameters),) = writes[0].items()
            getattr(self.client, SINGLE_WRITES[kind])(**parameters)

    def query(self, condition: str, values: Item, **options: Any) -> Content:  # noqa: ANN401  # DynamoDB's
        """One page of a partition as DynamoDB answers it, strongly consistent by default.

        `condition` is the key condition.
        """
        expressions = (text for name, text in options.items() if name.endswith("Expression"))
        names = names_in(condition, *expressions)
        page: Content = self.client.query(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            **({"ExpressionAttributeNames": names} if names else {}),
            **{"ConsistentRead": True, **options},
        )
        return page

    def query_pages(self, condition: str, values: Item, **options: Any) -> Iterator[list[Item]]:  # noqa: ANN401  # as above
        """The items of all pages, page by page, each read when it is asked for."""
        return _pages(partial(self.query, condition, values, **options))

    def query_all(self, condition: str, values: Item, **options: Any) -> list[Item]:  # noqa: ANN401  # as above
        """The items of all pages."""
        return [item for page in self.query_pages(condition, values, **options) for item in page]

    def scan_pages(self) -> Iterator[list[Item]]:
        """The whole table, strongly consistent, page by page."""
        return _pages(partial(self.client.scan, TableName=self.name, ConsistentRead=True))

    def batch_writer(self, overwrite_by_pkeys: list[str] | None = None) -> BatchWriter:
        """Write many items, by twenty-five."""
        return BatchWriter(self.name, self.client, overwrite_by_pkeys=overwrite_by_pkeys)


def table_of(
    session: boto3.Session, name: str, config: Config | None = None, endpoint_url: str | None = None
) -> Table:
    """A table by a client of its own."""
    unchecked = (config or Config()).merge(Config(parameter_validation=False))
    return Table(plain_values(session.client("dynamodb", config=unchecked, endpoint_url=endpoint_url)), name)


def read_keys(
    client: Any,  # noqa: ANN401  # as above
    wanted: dict[str, list[Item]],
    pauses: Iterator[None],
) -> Iterator[tuple[str, Item]]:
    """Up to a hundred items by the names of their tables and their keys, strongly consistent.

    Keys that DynamoDB leaves unread are asked for again after the next one of `pauses`.
    """
    asked: Content = {table: {"Keys": keys, "ConsistentRead": True} for table, keys in wanted.items() if keys}
    while asked:
        answer = client.batch_get_item(RequestItems=asked)
        yield from ((table, item) for table, items in answer["Responses"].items() for item in items)
        asked = answer.get("UnprocessedKeys", {})
        if asked:
            next(pauses)


def pauses(busy: Exception, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Sleep whenever the next one is asked for, twice as long each time; raise `busy` after the last."""
    for number in range(PAUSES):
        sleep(FIRST_PAUSE_SECONDS * 2**number)
        yield
    raise busy


def is_expired(item: Item, now: datetime) -> bool:
    """Whether its time to live is over; DynamoDB deletes late, so reads check."""
    return "expires_at" in item and int(item["expires_at"]) <= now.timestamp()


def _reasons(error: ClientError) -> set[str]:
    """Why a write failed: each reason of a cancelled transaction, or the error's own code."""
    cancelled: list[Content] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]  # the stubs know less than the service gives
    return {reason["Code"] for reason in cancelled} - {"None"} or {error.response["Error"]["Code"]}


def names_in(*expressions: str) -> dict[str, str]:
    """`ExpressionAttributeNames` for placeholders that are called as their attributes are: `#state`."""
    return {f"#{name}": name for name in _PLACEHOLDER.findall(" ".join(expressions))}


def _pages(read: Callable[..., Content]) -> Iterator[list[Item]]:
    start: Content = {}
    while True:
        page = read(**start)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

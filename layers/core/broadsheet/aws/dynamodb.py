"""DynamoDB: tables with plain values, all pages of an answer, several writes at once.

boto3's resource layer walks every value of a request along the service's model to translate it, botocore
walks it again to check and once more to write it, and answers alike: more than half of the CPU of mailing.
Here values become DynamoDB's JSON at once. What botocore does for a call besides stays as it is: events,
signing, retries, errors. Expressions are strings. See decision 12.

Shape: numbers come back as `int` where they are whole, binary values as `bytes`, sets of texts as `set`.
Source: DynamoDB API, AttributeValue.
"""

import base64
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.table import BatchWriter
from botocore.config import Config

from broadsheet.aws.directly import as_json, speak_directly

Content = dict[str, Any]
Item = dict[str, Any]

_PLACEHOLDER = re.compile(r"#(\w+)")
CONFLICT_TRIES = 5
CONFLICT_WAIT_SECONDS = 0.05
BY_NAME = ("Key", "Item", "ExclusiveStartKey", "ExpressionAttributeValues")  # maps of values
ANSWERED = ("Item", "Attributes", "LastEvaluatedKey")


def plain_values(client: Any) -> Any:  # noqa: ANN401  # the SDK's clients have no common type
    """The DynamoDB client, from now on with plain values. It must not validate parameters."""
    speak_directly(client, "", lambda parameters: as_json(request_of(parameters)), answer_of, tables_in)
    return client


@dataclass(frozen=True)
class Meta:
    """Where boto3's tables have their client."""

    client: Any


@dataclass(frozen=True)
class Table:
    """One table; `client` takes plain values. The operations are DynamoDB's."""

    client: Any
    name: str

    @property
    def meta(self) -> Meta:
        """As boto3's tables have it."""
        return Meta(self.client)

    def get_item(self, **what: object) -> Content:
        """Read one item."""
        return self._called("get_item", what)

    def query(self, **what: object) -> Content:
        """Read a page of a partition."""
        return self._called("query", what)

    def scan(self, **what: object) -> Content:
        """Read a page of the table."""
        return self._called("scan", what)

    def put_item(self, **what: object) -> Content:
        """Write an item."""
        return self._called("put_item", what)

    def update_item(self, **what: object) -> Content:
        """Change an item."""
        return self._called("update_item", what)

    def delete_item(self, **what: object) -> Content:
        """Delete an item."""
        return self._called("delete_item", what)

    def _called(self, operation: str, what: Content) -> Content:
        answer: Content = getattr(self.client, operation)(TableName=self.name, **what)
        return answer

    def batch_writer(self, overwrite_by_pkeys: list[str] | None = None) -> BatchWriter:
        """Write many items, by twenty-five."""
        return BatchWriter(self.name, self.client, overwrite_by_pkeys=overwrite_by_pkeys)


def table_of(
    session: boto3.Session, name: str, config: Config | None = None, endpoint_url: str | None = None
) -> Table:
    """A table by a client of its own."""
    unchecked = (config or Config()).merge(Config(parameter_validation=False))
    return Table(plain_values(session.client("dynamodb", config=unchecked, endpoint_url=endpoint_url)), name)


def names_in(*expressions: str) -> dict[str, str]:
    """`ExpressionAttributeNames` for placeholders that are called as their attributes are: `#state`."""
    return {f"#{name}": name for name in _PLACEHOLDER.findall(" ".join(expressions))}


def query_pages(table: Table, condition: str, values: Content, **options: Any) -> Iterator[list[Item]]:  # noqa: ANN401  # DynamoDB's
    """The pages of a partition, strongly consistent, each read when it is asked for.

    `condition` is the key condition; of every expression the placeholders for names are filled in.
    """
    names = names_in(condition, *(str(value) for key, value in options.items() if key.endswith("Expression")))
    return pages(
        table.query,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        ConsistentRead=True,
        **({"ExpressionAttributeNames": names} if names else {}),
        **options,
    )


def query_all(table: Table, condition: str, values: Content, **options: Any) -> list[Item]:  # noqa: ANN401  # as above
    """The items of all these pages."""
    return [item for page in query_pages(table, condition, values, **options) for item in page]


def pages(read: Callable[..., Content], **options: Any) -> Iterator[list[Item]]:  # noqa: ANN401  # as above
    """The pages that a table's `query` or `scan` gives to these arguments, each read when it is asked for."""
    start: Content = {}
    while True:
        page = read(**options, **start)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def write_together(client: Any, writes: Sequence[dict[str, Any]]) -> bool:  # noqa: ANN401  # boto3's or our own
    """Write all or nothing; false if a condition does not hold. Of two at once, one tries again.

    Raises:
        ClientError: others kept writing the same items, or another fault. Nothing was written.
    """
    for tries_left in reversed(range(CONFLICT_TRIES)):
        try:
            client.transact_write_items(TransactItems=list(writes))
        except client.exceptions.TransactionCanceledException as error:
            reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" in reasons:
                return False
            if "TransactionConflict" not in reasons or not tries_left:
                raise
            time.sleep(CONFLICT_WAIT_SECONDS * random.uniform(1, CONFLICT_TRIES - tries_left + 1))  # noqa: S311  # a pause
        else:
            return True
    raise AssertionError("the last try returns or raises")


def request_of(parameters: Content) -> Content:
    """A call's parameters as DynamoDB takes them."""
    if "TransactItems" in parameters:
        return {**parameters, "TransactItems": [_each(item) for item in parameters["TransactItems"]]}
    if "RequestItems" in parameters:
        tables = parameters["RequestItems"].items()
        return {**parameters, "RequestItems": {name: _asked(what) for name, what in tables}}
    request = {**parameters}
    for name in BY_NAME:
        if name in request:
            request[name] = {key: to_wire(value) for key, value in request[name].items()}
    return request


def answer_of(answer: Content) -> Content:
    """An answer with plain values."""
    for name in ANSWERED:
        if name in answer:
            answer[name] = _item(answer[name])
    if "Items" in answer:
        answer["Items"] = [_item(item) for item in answer["Items"]]
    if "Responses" in answer:
        tables = answer["Responses"].items()
        answer["Responses"] = {name: [_item(item) for item in items] for name, items in tables}
    if "UnprocessedKeys" in answer:
        tables = answer["UnprocessedKeys"].items()
        answer["UnprocessedKeys"] = {
            name: {**what, "Keys": [_item(item) for item in what["Keys"]]} for name, what in tables
        }
    if "UnprocessedItems" in answer:
        tables = answer["UnprocessedItems"].items()
        answer["UnprocessedItems"] = {name: [_back(item) for item in items] for name, items in tables}
    return answer


def tables_in(parameters: Content) -> Content:
    """The parameters with the names of their tables alone: an account's own endpoint is found by them."""
    if "RequestItems" in parameters:
        return {"RequestItems": {name: type(what)() for name, what in parameters["RequestItems"].items()}}
    if "TransactItems" in parameters:
        return {"TransactItems": [_tables_of(write) for write in parameters["TransactItems"]]}
    return {"TableName": parameters["TableName"]}


def to_wire(value: Any) -> Content:  # noqa: ANN401  # whatever a table keeps
    """A value as DynamoDB's JSON has it.

    Raises:
        TypeError: DynamoDB can't keep it, or not exactly.
    """
    for kinds, write in WRITTEN:
        if isinstance(value, kinds):
            return write(value)
    raise TypeError(f"a table keeps no {type(value).__name__}")


def from_wire(value: Content) -> Any:  # noqa: ANN401  # whatever a table keeps
    """A value out of DynamoDB's JSON."""
    ((kind, content),) = value.items()
    return READ[kind](content)


WRITTEN: tuple[tuple[tuple[type, ...], Callable[[Any], Content]], ...] = (  # the most frequent first
    ((str,), lambda text: {"S": text}),
    ((bool,), lambda truth: {"BOOL": truth}),  # before numbers: it is one
    ((int, Decimal), lambda number: {"N": str(number)}),
    ((dict,), lambda values: {"M": {name: to_wire(inner) for name, inner in values.items()}}),
    ((set, frozenset), lambda texts: {"SS": sorted(texts)}),
    ((list, tuple), lambda values: {"L": [to_wire(inner) for inner in values]}),
    ((bytes,), lambda content: {"B": base64.b64encode(content).decode()}),
    ((type(None),), lambda _: {"NULL": True}),
)
READ: dict[str, Callable[[Any], Any]] = {
    "S": lambda text: text,
    "N": lambda number: int(number) if number.lstrip("-").isdigit() else Decimal(number),
    "M": lambda values: {name: from_wire(inner) for name, inner in values.items()},
    "L": lambda values: [from_wire(inner) for inner in values],
    "SS": set,
    "B": base64.b64decode,
    "BOOL": lambda truth: truth,
    "NULL": lambda _: None,
}


def _item(item: Content) -> Content:
    return {name: from_wire(value) for name, value in item.items()}


def _asked(what: list[Content] | Content) -> list[Content] | Content:
    """What a batch asks of one table: writes, or keys to read."""
    if isinstance(what, list):
        return [_each(write) for write in what]
    return {**what, "Keys": [{name: to_wire(value) for name, value in key.items()} for key in what["Keys"]]}


def _each(write: Content) -> Content:
    """One write of a batch or of a transaction."""
    return {kind: request_of(content) for kind, content in write.items()}


def _tables_of(write: Content) -> Content:
    return {kind: {"TableName": content["TableName"]} for kind, content in write.items()}


def _back(write: Content) -> Content:
    """A write of a batch that was not done, to be written again."""
    return {kind: {name: _item(content) for name, content in of.items()} for kind, of in write.items()}

"""Converts calls of DynamoDB and their answers between plain values and DynamoDB's JSON.

boto3's resource layer walks every value of a request along the service's model to translate it, botocore
walks it again to validate it and once more to serialise it, and does the same for answers: more than half of
the CPU of a mailing. Here values become DynamoDB's JSON at once. Events, signing, retries and errors stay
botocore's.

Shape: numbers come back as `int` where they are whole, binary values as `bytes`, sets of texts as `set`.
Source: DynamoDB API, AttributeValue.
"""

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

Content = dict[str, Any]
VALUE_MAPS = ("Key", "Item", "ExclusiveStartKey", "ExpressionAttributeValues")  # maps of plain values
ANSWERED_MAPS = ("Item", "Attributes", "LastEvaluatedKey")


def request_of(parameters: Content) -> Content:
    """A call's parameters with plain values as DynamoDB's JSON."""
    if "TransactItems" in parameters:
        return {**parameters, "TransactItems": [_write_request(item) for item in parameters["TransactItems"]]}
    if "RequestItems" in parameters:
        tables = parameters["RequestItems"].items()
        return {**parameters, "RequestItems": {name: _batch_part(what) for name, what in tables}}
    request = {**parameters}
    for name in VALUE_MAPS:
        if name in request:
            request[name] = {key: to_wire(value) for key, value in request[name].items()}
    return request


def answer_of(answer: Content) -> Content:
    """An answer with plain values."""
    for name in ANSWERED_MAPS:
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
        answer["UnprocessedItems"] = {
            name: [_unprocessed_write(item) for item in items] for name, items in tables
        }
    return answer


def tables_in(parameters: Content) -> Content:
    """The table names in a call's parameters, by which botocore finds the account's own endpoint."""
    if "RequestItems" in parameters:
        return {"RequestItems": {name: type(what)() for name, what in parameters["RequestItems"].items()}}
    if "TransactItems" in parameters:
        return {"TransactItems": [_tables_of(write) for write in parameters["TransactItems"]]}
    return {"TableName": parameters["TableName"]}


def to_wire(value: Any) -> Content:  # noqa: ANN401  # whatever a table keeps
    """A plain value as DynamoDB's JSON.

    Raises:
        TypeError: DynamoDB can't store it exactly.
    """
    for types, write in TO_JSON:
        if isinstance(value, types):
            return write(value)
    raise TypeError(f"DynamoDB stores no {type(value).__name__}")


def from_wire(value: Content) -> Any:  # noqa: ANN401  # whatever a table keeps
    """The plain value of DynamoDB's JSON."""
    ((kind, content),) = value.items()
    return FROM_JSON[kind](content)


TO_JSON: tuple[tuple[tuple[type, ...], Callable[[Any], Content]], ...] = (  # the most frequent first
    ((str,), lambda text: {"S": text}),
    ((bool,), lambda truth: {"BOOL": truth}),  # before int, its base class
    ((int, Decimal), lambda number: {"N": str(number)}),
    ((dict,), lambda values: {"M": {name: to_wire(inner) for name, inner in values.items()}}),
    ((set, frozenset), lambda texts: {"SS": sorted(texts)}),
    ((list, tuple), lambda values: {"L": [to_wire(inner) for inner in values]}),
    ((bytes,), lambda content: {"B": base64.b64encode(content).decode()}),
    ((type(None),), lambda _: {"NULL": True}),
)
FROM_JSON: dict[str, Callable[[Any], Any]] = {
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


def _batch_part(what: list[Content] | Content) -> list[Content] | Content:
    """A batch's part for one table: writes, or keys to read."""
    if isinstance(what, list):
        return [_write_request(write) for write in what]
    return {**what, "Keys": [{name: to_wire(value) for name, value in key.items()} for key in what["Keys"]]}


def _write_request(write: Content) -> Content:
    """One write of a batch or of a transaction."""
    return {kind: request_of(content) for kind, content in write.items()}


def _tables_of(write: Content) -> Content:
    return {kind: {"TableName": content["TableName"]} for kind, content in write.items()}


def _unprocessed_write(write: Content) -> Content:
    """An unprocessed write of a batch, to be sent again."""
    return {kind: {name: _item(content) for name, content in of.items()} for kind, of in write.items()}

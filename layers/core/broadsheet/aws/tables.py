"""DynamoDB's tables with plain values, as boto3's resource layer has them, at a third of its work for a call.

The resource layer walks every value of a request along the service's model to translate it, botocore walks it
again to check and once more to write it, and answers alike. Here values become DynamoDB's JSON at once. What
botocore does for a call besides stays as it is: events, signing, retries, errors.

Shape: numbers come back as `int` where they are whole, binary values as `bytes`, sets of texts as `set`.
Source: DynamoDB API, AttributeValue.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from broadsheet.aws.directly import as_json, speak_directly

if TYPE_CHECKING:
    from boto3.dynamodb.table import BatchWriter

Content = dict[str, Any]

CONDITIONS = ("KeyConditionExpression", "FilterExpression", "ConditionExpression")
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

    def batch_writer(self, overwrite_by_pkeys: list[str] | None = None) -> "BatchWriter":
        """Write many items, by twenty-five."""
        from boto3.dynamodb.table import BatchWriter  # noqa: PLC0415  # dear to load, and few write many

        return BatchWriter(self.name, self.client, overwrite_by_pkeys=overwrite_by_pkeys)


def request_of(parameters: Content) -> Content:
    """A call's parameters as DynamoDB takes them."""
    if "TransactItems" in parameters:
        return {**parameters, "TransactItems": [_each(item) for item in parameters["TransactItems"]]}
    if "RequestItems" in parameters:
        tables = parameters["RequestItems"].items()
        return {
            **parameters,
            "RequestItems": {name: [_each(item) for item in items] for name, items in tables},
        }
    request = _with_conditions(parameters)
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
    if "UnprocessedItems" in answer:
        tables = answer["UnprocessedItems"].items()
        answer["UnprocessedItems"] = {name: [_back(item) for item in items] for name, items in tables}
    return answer


def tables_in(parameters: Content) -> Content:
    """The parameters with the names of their tables alone: an account's own endpoint is found by them."""
    if "RequestItems" in parameters:
        return {"RequestItems": {name: [] for name in parameters["RequestItems"]}}
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


def _each(write: Content) -> Content:
    """One write of a batch or of a transaction."""
    return {kind: request_of(content) for kind, content in write.items()}


def _tables_of(write: Content) -> Content:
    return {kind: {"TableName": content["TableName"]} for kind, content in write.items()}


def _back(write: Content) -> Content:
    """A write of a batch that was not done, to be written again."""
    return {kind: {name: _item(content) for name, content in of.items()} for kind, of in write.items()}


def _with_conditions(parameters: Content) -> Content:
    """The parameters with boto3's conditions written out."""
    request, builder = {**parameters}, None
    for name in CONDITIONS:
        condition = request.get(name)
        if condition is not None and not isinstance(condition, str):
            builder = builder or _condition_builder()
            built = builder.build_expression(condition, is_key_condition=name == CONDITIONS[0])
            request[name] = built.condition_expression
            names = {**request.get("ExpressionAttributeNames", {}), **built.attribute_name_placeholders}
            values = {**request.get("ExpressionAttributeValues", {}), **built.attribute_value_placeholders}
            request |= {"ExpressionAttributeNames": names}
            if values:  # DynamoDB refuses an empty map
                request |= {"ExpressionAttributeValues": values}
    return request


def _condition_builder() -> Any:  # noqa: ANN401  # boto3's, untyped
    from boto3.dynamodb.conditions import ConditionExpressionBuilder  # noqa: PLC0415  # who has conditions has it

    return ConditionExpressionBuilder()

"""Checks each call of a function against its role: no local engine enforces IAM.

Compared are the action, the resource (by logical id), an object's key, the prefix of a list, the purpose of a
KMS call, and an item's key if the statement has a condition on it.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from boto3.dynamodb.conditions import AttributeBase, ConditionBase, Equals

from tests.ses_rights import needed
from tests.template_rules import Template, as_list, named, statements_of

TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
NAMES = ("TableName", "QueueUrl", "KeyId", "SecretId")
SINGLE_KEYS = (
    "counter",
    "key_id",
    "mailing",
    "collection",
)  # of the tables whose items are granted by their keys
EVERYTHING = "*"  # what an action without resources is about
NAMED_OTHERWISE = {  # Source: Service Authorization Reference, S3 and SQS
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


@dataclass(frozen=True)
class Need:
    """A permission that a call needs.

    `path` is an object's key, `prefix` and `delimiter` are those of a list, `purpose` is in a KMS encryption
    context, `key` is an item's; `attributes` are those that a query reads or compares, `select` its `Select`.
    """

    action: str
    target: str
    path: str = ""
    purpose: str = ""
    prefix: str = ""
    delimiter: str = ""
    key: str = ""
    recipients: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    select: str = ""


def needs(service: str, operation: str, parameters: dict[str, Any], names: dict[str, str]) -> Iterator[Need]:
    """The permissions that a call needs; `names` maps names and addresses of resources to logical ids."""
    action = NAMED_OTHERWISE.get(f"{service}:{operation}", f"{service}:{operation}")
    if operation == "TransactWriteItems":
        for item in parameters["TransactItems"]:
            for kind, write in item.items():
                key = _leading_key(write)
                yield Need(f"dynamodb:{TRANSACTED[kind]}", names[write["TableName"]], key=key)
    elif operation in ("BatchWriteItem", "BatchGetItem"):
        for table, items in parameters["RequestItems"].items():
            yield from (Need(action, names[table], key=key) for key in sorted(_keys_of_batch(items)))
    elif service == "ses":
        to = tuple(parameters.get("Destination", {}).get("ToAddresses", ()))
        yield from (
            Need(action, _of_ses(resource, names), recipients=to)
            for action, resource in needed(operation, parameters)
        )
    elif service == "scheduler":
        yield Need(action, names[parameters["GroupName"]])
        yield Need("iam:PassRole", parameters["Target"]["RoleArn"].rsplit("/", 1)[-1])
    elif service == "s3":
        path, prefix = parameters.get("Key", ""), parameters.get("Prefix", "")
        delimiter = parameters.get("Delimiter", "")
        yield Need(action, names[parameters["Bucket"]], path, prefix=prefix, delimiter=delimiter)
    else:
        name = next(parameters[key] for key in NAMES if key in parameters)
        purpose = parameters.get("EncryptionContext", {}).get("purpose", "")
        yield Need(
            action,
            names[name],
            purpose=purpose,
            key=_leading_key(parameters),
            attributes=tuple(sorted(_attributes(parameters))),
            select=str(parameters.get("Select", "")),
        )


def _of_ses(resource: str, names: dict[str, str]) -> str:
    """The logical id of an SES resource, or its own name."""
    kind, _, name = resource.partition("/")
    return names.get(name, resource) if kind in ("identity", "configuration-set") else resource


def is_allowed(template: Template, function: str, need: Need, editors: Collection[str] = ()) -> bool:
    """Whether a statement of the function allows it; `editors` are those of the deployment."""
    return any(
        need.action in as_list(statement["Action"])
        and any(_covers(resource, need) for resource in as_list(statement["Resource"]))
        and _purpose_fits(statement, need)
        and _prefix_fits(statement, need)
        and _key_fits(statement, need)
        and _attributes_fit(statement, need)
        and _recipients_fit(statement, need, editors)
        for statement in statements_of(template, function)
    )


def _covers(resource: Any, need: Need) -> bool:
    if need.target == EVERYTHING:
        return bool(resource == EVERYTHING)
    if need.target not in named(resource):
        return False
    if not need.path:
        return True
    _, _, pattern = resource.get("Fn::Sub", "").partition("}/")
    return fnmatchcase(need.path, pattern)


def _leading_key(parameters: dict[str, Any]) -> str:
    item = parameters.get("Key") or parameters.get("Item") or _queried(parameters)
    value = next((item[name] for name in SINGLE_KEYS if name in item), "")
    return str(value["S"] if isinstance(value, dict) else value)


def _queried(parameters: dict[str, Any]) -> dict[str, Any]:
    """The attributes that a query's key condition compares for equality."""
    condition = parameters.get("KeyConditionExpression")
    found: dict[str, Any] = {}
    if isinstance(condition, Equals):
        attribute, value = condition.get_expression()["values"]
        found[attribute.name] = value
    elif isinstance(condition, ConditionBase):
        for part in condition.get_expression()["values"]:
            found |= _queried({"KeyConditionExpression": part})
    elif isinstance(condition, str):
        for name, value in re.findall(r"(#\w+) = (:\w+)", condition):
            attribute = parameters["ExpressionAttributeNames"][name]
            found[attribute] = parameters["ExpressionAttributeValues"][value]
    return found


def _keys_of_batch(items: Any) -> set[str]:
    writes = items if isinstance(items, list) else [{"Get": {"Key": key}} for key in items.get("Keys", [])]
    return {_leading_key(write) for each in writes for write in each.values()}


def _key_fits(statement: dict[str, Any], need: Need) -> bool:
    """Source: IAM, "dynamodb:LeadingKeys": the partition keys of the items of a call."""
    condition = statement.get("Condition", {})
    patterns = [
        condition[operator]["dynamodb:LeadingKeys"]
        for operator in ("ForAllValues:StringLike", "ForAllValues:StringEquals")
        if "dynamodb:LeadingKeys" in condition.get(operator, {})
    ]
    return all(any(fnmatchcase(need.key, pattern) for pattern in each) for each in patterns)


def _attributes(parameters: dict[str, Any]) -> set[str]:
    """The attributes that a query reads or compares, as `dynamodb:Attributes` lists them."""
    names = parameters.get("ExpressionAttributeNames", {})
    projected = [name.strip() for name in parameters.get("ProjectionExpression", "").split(",") if name]
    compared = [
        name
        for expression in ("KeyConditionExpression", "FilterExpression")
        for name in _compared(parameters.get(expression))
    ]
    return {names.get(name, name) for name in (*projected, *compared)}


def _compared(condition: Any) -> Iterator[str]:
    if isinstance(condition, ConditionBase):
        for value in condition.get_expression()["values"]:
            yield from [value.name] if isinstance(value, AttributeBase) else _compared(value)
    elif isinstance(condition, str):
        yield from re.findall(r"#\w+", condition)


def _attributes_fit(statement: dict[str, Any], need: Need) -> bool:
    condition = statement.get("Condition", {})
    listed = condition.get("ForAllValues:StringEquals", {}).get("dynamodb:Attributes")
    select = condition.get("StringEquals", {}).get("dynamodb:Select", need.select)
    return select == need.select and (listed is None or set(need.attributes) <= set(listed))


def _recipients_fit(statement: dict[str, Any], need: Need, editors: Collection[str]) -> bool:
    wanted = statement.get("Condition", {}).get("ForAllValues:StringEquals", {}).get("ses:Recipients")
    return wanted is None or (bool(need.recipients) and set(need.recipients) <= set(editors))


def _purpose_fits(statement: dict[str, Any], need: Need) -> bool:
    wanted = statement.get("Condition", {}).get("StringEquals", {}).get("kms:EncryptionContext:purpose")
    return wanted is None or need.purpose in as_list(wanted)


def _prefix_fits(statement: dict[str, Any], need: Need) -> bool:
    condition = statement.get("Condition", {})
    if condition.get("StringEquals", {}).get("s3:delimiter"):
        asked = {"s3:prefix": need.prefix, "s3:delimiter": need.delimiter}
        return bool(condition["StringEquals"] == asked)
    patterns = condition.get("StringLike", {}).get("s3:prefix")
    return patterns is None or any(fnmatchcase(need.prefix, pattern) for pattern in as_list(patterns))

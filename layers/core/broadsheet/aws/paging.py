"""All the items that DynamoDB has, page by page."""

from collections.abc import Callable, Iterator
from typing import Any

Item = dict[str, Any]


def pages(read: Callable[..., Any], **asked: Any) -> Iterator[list[Item]]:  # noqa: ANN401  # as boto3 takes it
    """The pages that a table's `query` or `scan` gives to these arguments, each read when asked for."""
    start: Item = {}
    while True:
        page = read(**asked, **start)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def items(read: Callable[..., Any], **asked: Any) -> list[Item]:  # noqa: ANN401  # as boto3 takes it
    """The items of all pages."""
    return [item for page in pages(read, **asked) for item in page]

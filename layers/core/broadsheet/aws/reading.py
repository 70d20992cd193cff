"""Many items a call, from boto3's tables: by their keys, a whole table, a whole partition."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from broadsheet.aws.dynamodb import Table, pages, query_pages
from broadsheet.restore.ports import Item, RestoreBusyError

TRIES = 8
FIRST_WAIT_SECONDS = 0.05
Keys = list[dict[str, Any]]


@dataclass
class Wanted:
    """Keys to read, table by table; each once, as DynamoDB asks."""

    keys: dict[Table, Keys] = field(default_factory=dict)

    def add(self, table: Table, key: dict[str, Any]) -> None:
        """One more key."""
        asked = self.keys.setdefault(table, [])
        if key not in asked:
            asked.append(key)


def read_items(wanted: Wanted, sleep: Callable[[float], None] = time.sleep) -> dict[tuple[str, ...], Item]:
    """The items that are there, each under its table's name and the values of its key.

    Up to a hundred keys, read as of every write acknowledged before.

    Raises:
        RestoreBusyError: DynamoDB left keys unread time and again.
    """
    names = {table.name: tuple(keys[0]) for table, keys in wanted.keys.items()}
    asked: Any = {
        table.name: {"Keys": keys, "ConsistentRead": True} for table, keys in wanted.keys.items() if keys
    }
    found: dict[tuple[str, ...], Item] = {}
    for number in range(TRIES):
        if not asked:
            return found
        if number:
            sleep(FIRST_WAIT_SECONDS * 2**number)
        client = next(iter(wanted.keys)).meta.client
        answer = client.batch_get_item(RequestItems=asked)
        for table, items in answer["Responses"].items():
            for item in items:
                found[table, *(str(item[name]) for name in names[table])] = item
        asked = answer.get("UnprocessedKeys", {})
    raise RestoreBusyError("DynamoDB allows no more reads for now. Run it again later.")


def whole_table(table: Table) -> Iterator[list[Item]]:
    """All items of a table, page by page."""
    yield from pages(table.scan, ConsistentRead=True)


def partitions(table: Table, name: str, values: Sequence[str]) -> Iterator[list[Item]]:
    """All items of these partitions, page by page; `name` is the partition key's."""
    for value in values:
        yield from query_pages(table, f"#{name} = :value", {":value": value})

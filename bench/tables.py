"""As much of DynamoDB as delivery, the sweep and feedback use, with the request units that it would charge.

Source: DynamoDB developer guide, "Item sizes and formats", "Read and write operations": a unit is 4 KB read
strongly consistently, or 1 KB written; an update is charged for the item's size before or after, the larger.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

Item = dict[str, dict[str, Any]]
Key = tuple[str, str]
READ_UNIT_BYTES, WRITE_UNIT_BYTES = 4096, 1024


class ConditionFailedError(ValueError):
    """The book of the pace is at another version."""


@dataclass
class Tables:
    """Readers, who never change, and all other items under their keys."""

    reader_ids: list[str]
    readers: list[str]
    reader_bytes: int
    items: dict[Key, Item] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def readers_between(self, first: str, last: str) -> list[str]:
        """A query of the readers: their items as JSON."""
        found = self.readers[bisect_left(self.reader_ids, first) : bisect_right(self.reader_ids, last)]
        self._read(len(found) * self.reader_bytes)
        return found

    def entries(self, partition: str, first: str, last: str) -> list[Item]:
        """A query of a partition, from one sort key to another."""
        found = [
            item for key, item in sorted(self.items.items()) if self._is_within(key, partition, first, last)
        ]
        self._read(sum(map(item_bytes, found)))
        return found

    def _is_within(self, key: Key, partition: str, first: str, last: str) -> bool:
        return key[0] == partition and first <= key[1] <= last

    def get(self, request: dict[str, Any]) -> Item | None:
        """One item."""
        item = self.items.get(key_of(request["Key"]))
        self._read(item_bytes(item or {}))
        return item

    def update(self, request: dict[str, Any]) -> Item:
        """Carry out the expression; of conditions only the pace's version is looked at."""
        names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        key = key_of(request["Key"])
        item = self.items.setdefault(key, {**request["Key"]})
        before = item_bytes(item)
        if ":before" in values and item.get("version", values[":before"]) != values[":before"]:
            self._write(before)
            raise ConditionFailedError
        for action, path, value in actions(request["UpdateExpression"]):
            apply(item, action, [names.get(part, part) for part in path.split(".")], values.get(value, {}))
        self._write(max(before, item_bytes(item)))
        return item

    def put(self, item: Item) -> None:
        """Keep an item; its key is in its first attributes, as our adapters write them."""
        self.items[key_of(dict(list(item.items())[:2]))] = item
        self._write(item_bytes(item))

    def delete(self, request: dict[str, Any]) -> None:
        """One item less."""
        self._write(item_bytes(self.items.pop(key_of(request["Key"]), {})))

    def _read(self, size_bytes: int) -> None:
        self.counts["read units"] += max(1, ceil(size_bytes / READ_UNIT_BYTES))

    def _write(self, size_bytes: int) -> None:
        self.counts["write units"] += max(1, ceil(size_bytes / WRITE_UNIT_BYTES))


def key_of(key: Item) -> Key:
    """A primary key as a tuple; "" where there is no sort key."""
    first, second = (*(value["S"] for value in key.values()), "")[:2]
    return first, second


def item_bytes(item: Item) -> int:
    """What DynamoDB counts as the size of an item."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: dict[str, Any]) -> int:
    """The size of one value; a truth, or none, is a byte."""
    ((kind, content),) = value.items()
    return SIZES[kind](content) if kind in SIZES else 1


SIZES: dict[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": lambda digits: 1 + ceil(len(digits.strip("-").replace(".", "")) / 2),
    "B": lambda base64: len(base64) * 3 // 4,
    "SS": lambda texts: sum(len(text.encode()) for text in texts),
    "M": lambda values: 3 + sum(1 + len(name.encode()) + value_bytes(v) for name, v in values.items()),
    "L": lambda values: 3 + sum(1 + value_bytes(v) for v in values),
}


def actions(expression: str) -> list[tuple[str, str, str]]:
    """`SET a = :a, b.#c = :c ADD d :d` as (SET, a, :a), (SET, b.#c, :c), (ADD, d, :d).

    REMOVE has no value.
    """
    found: list[tuple[str, str, str]] = []
    action = path = ""
    for word in expression.replace(",", " ").replace("=", " ").split():
        if word in ("SET", "ADD", "REMOVE"):
            action = word
        elif action == "REMOVE":
            found.append((action, word, ""))
        elif word.startswith(":"):
            found.append((action, path, word))
        else:
            path = word
    return found


def apply(item: Item, action: str, path: list[str], value: dict[str, Any]) -> None:
    """Carry out one action on an item: SET or REMOVE anything, ADD to a number or to a set of texts."""
    place: dict[str, Any] = item
    for part in path[:-1]:
        place = place[part]["M"]
    last = path[-1]
    if action == "REMOVE":
        place.pop(last, None)
        return
    if action == "ADD" and "N" in value:
        value = {"N": str(int(place.get(last, {"N": "0"})["N"]) + int(value["N"]))}
    elif action == "ADD":
        value = {"SS": sorted({*place.get(last, {"SS": []})["SS"], *value["SS"]})}
    place[last] = value

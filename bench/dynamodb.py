"""As much of DynamoDB as delivery, the sweep and feedback use, with the request units that it would charge.

Source: DynamoDB developer guide, "Item sizes and formats", "Read and write operations": a unit is 4 KB read
strongly consistently, or 1 KB written; an update is charged for the item's size before or after, the larger.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from bench.answering import ConditionFailedError

Item = dict[str, dict[str, Any]]
Key = tuple[str, str]
READ_UNIT_BYTES, WRITE_UNIT_BYTES, ID_LETTERS = 4096, 1024, 32
ACTION = re.compile(r"\b(SET|ADD|REMOVE)\b|([\w.#]+)(?:\s*=?\s*(:\w+))?")


@dataclass
class Tables:
    """Readers, who never change, as JSON by their ids in order; all other items under their keys.

    Its methods take the requests of the operations and give their answers.
    """

    reader_ids: list[str]
    readers: list[str]
    reader_bytes: int
    items: dict[Key, Item] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def query(self, request: dict[str, Any]) -> bytes:
        """Readers by the range of their ids; or the items of a partition by a range, or a prefix, of keys."""
        values = sorted(value["S"] for value in request["ExpressionAttributeValues"].values())
        ids = [value for value in values if len(value) == ID_LETTERS]
        if ids:
            found = self.readers[
                bisect_left(self.reader_ids, ids[0]) : bisect_right(self.reader_ids, ids[-1])
            ]
            self._read(len(found) * self.reader_bytes)
        else:
            found = [json.dumps(item) for item in self._entries(values)]
        return f'{{"Items":[{",".join(found)}],"Count":{len(found)},"ScannedCount":{len(found)}}}'.encode()

    def _entries(self, values: list[str]) -> list[Item]:
        partitions = {key[0] for key in self.items}
        (partition,) = partitions.intersection(values) or {values[0]}
        first, *rest = [value for value in values if value != partition] or ["", "~"]
        last = rest[0] if rest else f"{first}~"
        found = [
            i for key, i in sorted(self.items.items()) if key[0] == partition and first <= key[1] <= last
        ]
        self._read(sum(map(item_bytes, found)))
        return found

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetItem."""
        item = self.items.get(_key(request["Key"]))
        self._read(item_bytes(item or {}))
        return {"Item": item} if item else {}

    def put(self, request: dict[str, Any]) -> dict[str, Any]:
        """PutItem; the key is in the item's first attributes, as our adapters write them."""
        item = request["Item"]
        self.items[_key(dict(list(item.items())[:2]))] = item
        self._write(item_bytes(item))
        return {}

    def batch_write(self, request: dict[str, Any]) -> dict[str, Any]:
        """BatchWriteItem of a table, puts alone."""
        for write in next(iter(request["RequestItems"].values())):
            self.put(write["PutRequest"])
        return {"UnprocessedItems": {}}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteItem."""
        self._write(item_bytes(self.items.pop(_key(request["Key"]), {})))
        return {}

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateItem; of all conditions only the rate limiter's version is checked.

        Raises:
            ConditionFailedError: it has another version.
        """
        names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        item = self.items.setdefault(_key(request["Key"]), {**request["Key"]})
        before = item_bytes(item)
        if ":before" in values and item.get("version", values[":before"]) != values[":before"]:
            self._write(before)
            raise ConditionFailedError
        action = ""
        for keyword, path, value in ACTION.findall(request["UpdateExpression"]):
            action = keyword or action
            if path:
                _apply(
                    item, action, [names.get(part, part) for part in path.split(".")], values.get(value, {})
                )
        self._write(max(before, item_bytes(item)))
        return {"Attributes": item} if request.get("ReturnValues") == "ALL_NEW" else {}

    def _read(self, size_bytes: int) -> None:
        self.counts["read units"] += max(1, ceil(size_bytes / READ_UNIT_BYTES))

    def _write(self, size_bytes: int) -> None:
        self.counts["write units"] += max(1, ceil(size_bytes / WRITE_UNIT_BYTES))


def item_bytes(item: Item) -> int:
    """What DynamoDB counts as the size of an item."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S" | "SS":
            texts = [content] if kind == "S" else content
            return sum(len(text.encode()) for text in texts)
        case "N":
            return 1 + ceil(len(content.strip("-").replace(".", "")) / 2)
        case "B":
            return len(content) * 3 // 4
        case "M":
            return 3 + len(content) + item_bytes(content)
        case "L":
            return 3 + sum(1 + _value_bytes(each) for each in content)
    return 1  # BOOL, NULL


def _key(key: Item) -> Key:
    """A primary key as a tuple; "" where there is no sort key."""
    first, second = (*(value["S"] for value in key.values()), "")[:2]
    return first, second


def _apply(item: Item, action: str, path: Iterable[str], value: dict[str, Any]) -> None:
    """SET or REMOVE an attribute, ADD to a number or to a set of texts."""
    place: dict[str, Any] = item
    *parents, last = path
    for part in parents:
        place = place[part]["M"]
    if action == "REMOVE":
        place.pop(last, None)
    elif action == "ADD" and "N" in value:
        place[last] = {"N": str(int(place.get(last, {"N": "0"})["N"]) + int(value["N"]))}
    elif action == "ADD":
        place[last] = {"SS": sorted({*place.get(last, {"SS": []})["SS"], *value["SS"]})}
    else:
        place[last] = value

"""As much of DynamoDB as delivery, the sweep and feedback use, with the request units that it would charge.

Source: DynamoDB developer guide, "Item sizes and formats", "Read and write operations": a unit is 4 KB read
strongly consistently, or 1 KB written; an update is charged for the item's size before or after, the larger.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil

from bench.answering import ConditionFailedError
from bench.measuring import Json

Item = dict[str, Json]
Key = tuple[str, str]
READ_UNIT_BYTES, WRITE_UNIT_BYTES, ID_LETTERS = 4096, 1024, 32
ACTION = re.compile(r"\b(SET|ADD|REMOVE)\b|([\w.#]+)(?:\s*=?\s*(:\w+))?")


@dataclass
class Tables:
    """Readers, who never change, as JSON by their ids in order; all other items under their keys."""

    reader_ids: list[str]
    readers: list[str]
    reader_bytes: int
    items: dict[Key, Item] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def operations(self) -> dict[str, Callable[[Json], Json]]:
        """DynamoDB's operations, from request to answer."""
        return {
            "DynamoDB Query": self._query,
            "DynamoDB GetItem": self._get,
            "DynamoDB PutItem": self._put,
            "DynamoDB UpdateItem": self._update,
            "DynamoDB DeleteItem": self._delete,
            "DynamoDB BatchWriteItem": self._batch_write,
        }

    def _query(self, request: Json) -> bytes:
        """Readers by the range of their ids; or the items of a partition by a range, or a prefix, of keys."""
        values = sorted(value["S"] for value in request["ExpressionAttributeValues"].values())
        if ids := [value for value in values if len(value) == ID_LETTERS]:
            first, last = bisect_left(self.reader_ids, ids[0]), bisect_right(self.reader_ids, ids[-1])
            found = self.readers[first:last]
            self._read(len(found) * self.reader_bytes)
        else:
            items = self._entries(values)
            self._read(sum(map(item_bytes, items)))
            found = [json.dumps(item) for item in items]
        return f'{{"Items":[{",".join(found)}],"Count":{len(found)},"ScannedCount":{len(found)}}}'.encode()

    def _entries(self, values: list[str]) -> list[Item]:
        (partition,) = {key[0] for key in self.items}.intersection(values) or {values[0]}
        first, *rest = [value for value in values if value != partition] or ["", "~"]
        last = rest[0] if rest else f"{first}~"
        within = sorted(key for key in self.items if key[0] == partition and first <= key[1] <= last)
        return [self.items[key] for key in within]

    def _get(self, request: Json) -> Json:
        item = self.items.get(_key(request["Key"]), {})
        self._read(item_bytes(item))
        return {"Item": item} if item else {}

    def _put(self, request: Json) -> Json:
        item = request["Item"]  # its key is in its first attributes, as our adapters write them
        self.items[_key(dict(list(item.items())[:2]))] = item
        self._write(item_bytes(item))
        return {}

    def _batch_write(self, request: Json) -> Json:
        for write in next(iter(request["RequestItems"].values())):
            self._put(write["PutRequest"])
        return {"UnprocessedItems": {}}

    def _delete(self, request: Json) -> Json:
        self._write(item_bytes(self.items.pop(_key(request["Key"]), {})))
        return {}

    def _update(self, request: Json) -> Json:
        """Of all conditions only the rate limiter's version is checked."""
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


def _value_bytes(value: Json) -> int:
    ((kind, content),) = value.items()
    sizes = {
        "S": lambda: len(content.encode()),
        "SS": lambda: sum(len(text.encode()) for text in content),
        "N": lambda: 1 + ceil(len(content.strip("-").replace(".", "")) / 2),
        "B": lambda: len(content) * 3 // 4,
        "M": lambda: 3 + len(content) + item_bytes(content),
        "L": lambda: 3 + sum(1 + _value_bytes(each) for each in content),
    }
    return sizes.get(kind, lambda: 1)()  # BOOL, NULL


def _key(key: Item) -> Key:
    """A primary key as a tuple; "" where there is no sort key."""
    first, second = (*(value["S"] for value in key.values()), "")[:2]
    return first, second


def _apply(item: Item, action: str, path: Iterable[str], value: Json) -> None:
    """SET or REMOVE an attribute, ADD to a number or to a set of texts."""
    place: Json = item
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

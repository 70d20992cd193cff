"""The many records of MiniStack's state: items of tables, messages of queues, log streams.

They are too many to be compared with what was written, all at each request. Whatever changes an item or a
queue notes it here, in any thread; each `take` returns what has to be written since the last one.

Shape: collection `tables <account> <region> <table>`, key `[partition, sort]`; `queues <account> <region>
<url>`, key: the message's id; `log_groups <account> <region> <group>`, key: the stream's name. Values are
MiniStack's records as JSON.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from local.store import Key, Store

Record = dict[str, Any]
MOST_STREAMS = 1000  # that are restored of a group


@dataclass
class Changes:
    """What has to be written at once: collections that are emptied first, and entries; None deletes one."""

    emptied: list[str] = field(default_factory=list)
    entries: dict[Key, str | None] = field(default_factory=dict)

    def add(self, other: "Changes") -> None:
        """Add later changes."""
        self.emptied += other.emptied
        self.entries |= other.entries


class Items:
    """The items of DynamoDB's tables."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed: dict[tuple[str, str, str], Record] = {}  # collection, partition, sort: the table
        self._replaced: dict[str, Record] = {}

    def note(self, table: Record, partition: str, sort: str) -> None:
        """An item was stored or removed."""
        with self._lock:
            self._changed[items_of(table), partition, sort] = table

    def note_all(self, table: Record) -> None:
        """All items of a table were replaced."""
        with self._lock:
            self._replaced[items_of(table)] = table

    def take(self) -> Changes:
        """The present items at the keys that were noted."""
        with self._lock:
            changed, self._changed = self._changed, {}
            replaced, self._replaced = self._replaced, {}
        found = Changes([*replaced])
        keys = [
            (collection, table, partition, sort)
            for collection, table in replaced.items()
            for partition, of_partition in table["items"].items()
            for sort in of_partition
        ]
        keys += [(name, table, partition, sort) for (name, partition, sort), table in changed.items()]
        for collection, table, partition, sort in keys:
            item = table["items"].get(partition, {}).get(sort)
            text = None if item is None else json.dumps(item)
            found.entries[collection, json.dumps([partition, sort])] = text
        return found


class Messages:
    """The messages of SQS's queues. What may change of one is its visibility and its receipts."""

    def __init__(self) -> None:
        self._touched: dict[str, Record] = {}
        self._written: dict[str, dict[str, object]] = {}

    def note(self, queue: Record) -> None:
        """The messages of a queue may have changed.

        What another thread than that of the requests does (event source mappings), nobody was told: the next
        tick notes every queue.
        """
        if threading.current_thread() is threading.main_thread():
            self._touched[messages_of(queue)] = queue

    def take(self) -> Changes:
        """The messages that came, changed or went since the last call, in the queues that were noted."""
        touched, self._touched = self._touched, {}
        found = Changes()
        for collection, queue in touched.items():
            before = self._written.get(collection, {})
            messages = {message["id"]: message for message in list(queue["messages"])}
            now = {each: (one["visible_at"], one["receipt_handle"]) for each, one in messages.items()}
            for each in before.keys() - now.keys():
                found.entries[collection, each] = None
            for each, state in now.items():
                if before.get(each) != state:
                    found.entries[collection, each] = json.dumps(dict(messages[each]))  # threads change it
            self._written[collection] = dict(now)
        return found

    def restored(self, queue: Record, entries: Iterable[tuple[str, str]]) -> None:
        """Give a queue its messages, in the order in which they were sent."""
        messages = [json.loads(text) for _, text in entries]
        queue["messages"] = sorted(messages, key=lambda message: float(message["sent_at"]))
        state = {one["id"]: (one["visible_at"], one["receipt_handle"]) for one in queue["messages"]}
        self._written[messages_of(queue)] = dict(state)


class Streams:
    """The log streams of CloudWatch's groups. MiniStack makes one for each invocation."""

    def __init__(self) -> None:
        self._written: dict[str, dict[str, int]] = {}  # collection: streams and their numbers of events

    def take(self, groups: Iterable[tuple[str, Record]], *, whole: bool = False) -> Changes:
        """The streams of these collections that came since the last call; `whole`: or grew."""
        found = Changes()
        for collection, group in groups:
            written = self._written.setdefault(collection, {})
            for name, stream in reversed(list(group["streams"].items())):
                if written.get(name) == len(stream["events"]):
                    if whole:
                        continue
                    break
                written[name] = len(stream["events"])
                found.entries[collection, name] = json.dumps(stream)
        return found

    def restored(self, collection: str, group: Record, store: Store) -> None:
        """Give a group its newest streams; older ones are deleted."""
        found = [(name, json.loads(text)) for name, text in store.entries(collection)]
        found.sort(key=lambda each: int(each[1]["creationTime"]))
        old, kept = found[:-MOST_STREAMS], dict(found[-MOST_STREAMS:])
        store.write({(collection, name): None for name, _ in old})
        group["streams"] = kept
        self._written[collection] = {name: len(stream["events"]) for name, stream in kept.items()}


def items_from(entries: Iterable[tuple[str, str]]) -> dict[str, dict[str, Record]]:
    """The items of a table from their entries, as MiniStack has them: by partition, then by sort key."""
    found: dict[str, dict[str, Record]] = defaultdict(dict)
    for key, text in entries:
        partition, sort = json.loads(key)
        found[partition][sort] = json.loads(text)
    return found


def items_of(table: Record) -> str:
    """The collection of a table's items, by its ARN."""
    _, _, _, region, account, resource = table["TableArn"].split(":", 5)
    return collection_of("tables", (account, region, resource.removeprefix("table/")))


def messages_of(queue: Record) -> str:
    """The collection of a queue's messages."""
    _, _, _, region, account, _ = queue["attributes"]["QueueArn"].split(":", 5)
    return collection_of("queues", (account, region, queue["url"]))


def collection_of(store: str, scope: tuple[str, ...]) -> str:
    """The collection of the records that belong to a record of a store."""
    return " ".join([store, *scope])

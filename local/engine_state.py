"""MiniStack's state in a store: what it acknowledged survives its death, whoever kills it and when.

MiniStack has its state in memory, and writes it when it ends. Here everything that a request changed is in
the store before the request is answered, in one transaction: a killed engine comes back with a state that it
had after its last answer. What MiniStack changes by itself (receipts of event source mappings, expired items,
fired schedules, logs) is written within a second.

Shape: collection `service <name>`: for each store of the service's `get_state` an entry `[store]`, which is
empty or the whole plain value, and an entry `[store, account, region, repr of the key]` for each of its
records. Items, messages and streams have collections of their own (local/engine_records.py).

Not kept: uploads in parts that were not completed, asynchronous invocations that were not finished (the sweep
of each minute does what they would have done), metrics.
"""

import ast
import contextlib
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from local.engine_records import Changes, Items, Messages, Record, Streams, collection_of, items_from
from local.store import Store

Entries = dict[str, str]
Scope = tuple[Any, ...]  # account, region, key; or account, key

# The stores that are read where they are: `get_state` would copy them with all their records.
READ_IN_PLACE: dict[str, tuple[str, ...]] = {
    "dynamodb": (
        "tables", "tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights",
        "backups", "resource_policies", "exports", "imports",
    ),
    "sqs": ("queues",),
    "cloudwatch_logs": ("log_groups", "destinations", "resource_policies", "metric_filters"),
    "cloudwatch": ("alarms", "composite_alarms", "composite_triggers", "dashboards", "resource_tags"),
}  # fmt: skip
# What of their records has a collection of its own, or is derived from it.
LEFT_OUT = {"tables": ("items", "_index_members"), "queues": ("messages",), "log_groups": ("streams",)}
COMPLETE = ("engine", "complete")  # the store has everything: MiniStack's own files are not read any more


class EngineState:
    """The state of MiniStack in `store`; `app` is its module `ministack.app`, `persistence` the codec's.

    `write` is called in the thread that answers requests, where no request is half done.
    """

    def __init__(self, store: Store, app: ModuleType, persistence: ModuleType) -> None:
        self.items, self.messages, self._streams = Items(), Messages(), Streams()
        self._store, self._app, self._codec = store, app, persistence
        self._services: set[str] = set()  # to be compared
        self._written: dict[str, Entries] = {}
        self._events_of_stacks: object = None
        self._then: list[Callable[[], object]] = []

    def load(self) -> None:
        """Restore every service, as MiniStack does when it starts; then write what the store lacks.

        Until the store is complete, this reads the files of a MiniStack without one.
        """
        is_complete = any(self._store.entries(COMPLETE[0]))
        for service, module in self._app._state_map.items():
            found = self._read(service) if is_complete else self._app.load_state(service)
            if found:
                self._app._get_module(module).load_persisted_state(found)
        for _, table in self._stored("dynamodb", "tables"):
            self._app._get_module("dynamodb")._update_counts(table)
            if not is_complete:
                self.items.note_all(table)
        self._let_interrupted_stacks_be_updated()
        self._write(self._known(), Changes(entries={COMPLETE: "1"}))
        for service in self._app._state_map:
            Path(self._codec.STATE_DIR, f"{service}.json").unlink(missing_ok=True)

    def _let_interrupted_stacks_be_updated(self) -> None:
        """A deployment that died with the engine is never gone on with: the next one does all of it."""
        for _, stack in self._stored("cloudformation", "stacks"):
            if stack["StackStatus"].endswith("_IN_PROGRESS"):
                stack["StackStatus"] = "UPDATE_ROLLBACK_COMPLETE"
                stack["_template"] = {}  # from which every template differs

    def save_all(self, _: Mapping[str, Callable[[], Any]]) -> None:
        """Write everything; takes the place of MiniStack's function, which is called when the engine ends."""
        self.tick()
        self._write(self._known())

    def close(self) -> None:
        """Close the store. Nothing can be written after."""
        self._store.close()

    def tick(self) -> None:
        """Write what MiniStack changed by itself, and the log."""
        for _, queue in self._stored("sqs", "queues"):
            self.messages.note(queue)
        self._write({"scheduler", "eventbridge"}, self._new_streams())

    def write(self, services: Collection[str]) -> None:
        """Write the changes of a request to these services, with everything else that was noted meanwhile.

        A service that another thread changes at this very moment is written by the next call.
        """
        moved = "cloudformation" in services and self._has_stack_moved()
        logs = self._new_streams(whole=True) if "cloudwatch_logs" in services else None
        self._write(self._known() if moved else services, logs)

    def _write(self, services: Collection[str], more: Changes | None = None) -> None:
        changes = more or Changes()
        self._services |= {*services} & self._known()
        compared: dict[str, Entries] = {}
        for service in sorted(self._services):
            with contextlib.suppress(RuntimeError):  # a dictionary changed its size during iteration
                compared[service] = self._entries(service)
        for service, entries in compared.items():
            changes.add(self._difference(service, entries))
        changes.add(self.items.take())
        changes.add(self.messages.take())
        self._store.write(changes.entries, changes.emptied)
        self._written |= compared
        self._services -= compared.keys()
        while self._then:
            self._then.pop(0)()

    def after_writing(self, function: Callable[..., object]) -> Callable[..., None]:
        """The function, which is not called before what is known now has been written."""
        return lambda *arguments: self._then.append(lambda: function(*arguments))

    def _new_streams(self, *, whole: bool = False) -> Changes:
        groups = self._stored("cloudwatch_logs", "log_groups")
        named = ((collection_of("log_groups", scope), group) for scope, group in groups)
        return self._streams.take(named, whole=whole)

    def _has_stack_moved(self) -> bool:
        """Whether a stack has an event since the last call: it changes services that no request names."""
        stacks = self._app._get_module("cloudformation")._stack_events
        now = [(scope, len(events)) for scope, events in list(stacks._data.items())]
        before, self._events_of_stacks = self._events_of_stacks, now
        return now != before

    def _known(self) -> set[str]:
        return {*self._app._build_persistence_save_dict()}

    def _stored(self, service: str, store: str) -> list[tuple[Scope, Record]]:
        module = self._app._get_module(self._app._state_map[service])
        return list(getattr(module, f"_{store}")._data.items())

    def _difference(self, service: str, now: Entries) -> Changes:
        """What differs from what was written. A table, a queue or a group that went takes its records."""
        before, collection, found = self._written.get(service, {}), f"service {service}", Changes()
        for key in before.keys() - now.keys():
            found.entries[collection, key] = None
            store, *scope = json.loads(key)
            if scope and store in LEFT_OUT:
                found.emptied.append(collection_of(store, (*scope[:-1], ast.literal_eval(scope[-1]))))
        for key, text in now.items():
            if before.get(key) != text:
                found.entries[collection, key] = text
        return found

    def _entries(self, service: str) -> Entries:
        """The service's stores as entries; none if they are empty."""
        stores, found, has_any = self._stores(service), {}, False
        for name, store in stores.items():
            records = self._records(name, store)
            has_any = has_any or bool(records if hasattr(store, "_data") else store)
            found[json.dumps([name])] = self._text(type(store)() if hasattr(store, "_data") else store)
            for scope, record in records:
                found[json.dumps([name, *scope[:-1], repr(scope[-1])])] = self._text(record)
        return found if has_any else {}

    def _stores(self, service: str) -> dict[str, Any]:
        module = self._app._get_module(self._app._state_map[service])
        if service in READ_IN_PLACE:
            return {name: getattr(module, f"_{name}") for name in READ_IN_PLACE[service]}
        return module.get_state() or {}

    def _records(self, name: str, store: object) -> list[tuple[Scope, Any]]:
        records = list(getattr(store, "_data", {}).items())
        if not (left_out := LEFT_OUT.get(name)):
            return records
        return [
            (scope, {key: value for key, value in record.items() if key not in left_out})
            for scope, record in records
        ]

    def _text(self, value: object) -> str:
        return json.dumps(value, default=self._codec._json_default)

    def _read(self, service: str) -> dict[str, Any]:
        """The service's state in the form of `get_state`."""
        entries = dict(self._store.entries(f"service {service}"))
        self._written[service] = entries
        found: dict[str, Any] = {}
        parsed = [(json.loads(key), text) for key, text in entries.items()]
        for (name, *scope), text in sorted(parsed, key=lambda entry: len(entry[0])):  # the stores first
            value = json.loads(text, object_hook=self._codec._json_object_hook)
            if not scope:
                found[name] = value
                continue
            whole = (*scope[:-1], ast.literal_eval(scope[-1]))
            found[name]._data[whole] = value
            if name in LEFT_OUT:
                self._complete(name, whole, value)
        return found

    def _complete(self, store: str, scope: Scope, record: Record) -> None:
        """Give a table its items, a queue its messages, a group its streams."""
        collection = collection_of(store, scope)
        if store == "tables":
            record["items"] = items_from(self._store.entries(collection))
        elif store == "queues":
            self.messages.restored(record, self._store.entries(collection))
        else:
            self._streams.restored(collection, record, self._store)

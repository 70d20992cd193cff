"""What publishing remembers beside the register, in its table.

Shape (RegisterTable): `collection` and `issue` are the key; each class describes its items.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from broadsheet.aws.dynamodb import Item, Table
from broadsheet.content.pictures import PictureSize, SitePicture
from broadsheet.publishing.desk_events import Rebuild, desk_event
from broadsheet.publishing.drafts import Preview
from broadsheet.publishing.misplaced_files import Misplaced
from broadsheet.publishing.picture_inspection import Inspection
from broadsheet.publishing.rebuild import ENDED

RUN_KEY: Item = {"collection": "press", "issue": "run"}


@dataclass(frozen=True)
class DynamoDBPendingFolders:
    """Folders of the desk that wait to be processed: one item for each, deleted when processing begins.

    Shape: collection "folder", `issue` = the folder (`issues/<id>`, `drafts/<id>`; "strays" for all
    misplaced files); `event`, the id of the event that marked it; `until`, epoch seconds.
    """

    table: Table

    def mark(self, folder: str, event: str, until: datetime, now: datetime) -> bool:
        """One conditional write."""
        is_free = "attribute_not_exists(#event) OR #event = :event OR #until <= :now"
        item = {**self._key(folder), "event": event, "until": int(until.timestamp())}
        return self.table.put(item, is_free, {":event": event, ":now": int(now.timestamp())})

    def clear(self, folder: str, event: str) -> None:
        """Delete the item if it is that event's."""
        is_its = "attribute_not_exists(#event) OR #event = :event"
        self.table.delete(self._key(folder), is_its, {":event": event})

    def _key(self, folder: str) -> Item:
        return {"collection": "folder", "issue": folder}


@dataclass(frozen=True)
class DynamoDBMisplacedKeys:
    """The keys of misplaced files that were not reported yet, in one item.

    Shape: collection "strays", `issue` = "keys"; `keys`, a set, missing if there are none; `more`, a count.
    """

    table: Table

    def add(self, key: str, most: int) -> None:
        """One conditional write, or a second one that only counts."""
        has_room = "attribute_not_exists(#keys) OR size(#keys) < :most OR contains(#keys, :key)"
        values = {":keys": {key}, ":key": key, ":most": most}
        if not self.table.update(self._key, "ADD #keys :keys", values, has_room):
            self.table.update(self._key, "ADD #more :one", {":one": 1})

    def remove(self, key: str) -> None:
        """One conditional write, or a second one if the key is not in the set."""
        values = {":keys": {key}, ":key": key}
        if not self.table.update(self._key, "DELETE #keys :keys", values, "contains(#keys, :key)"):
            self.table.update(self._key, "ADD #more :less", {":less": -1, ":none": 0}, "#more > :none")

    def all(self) -> Misplaced:
        """One read."""
        item = self.table.get(self._key) or {}
        return Misplaced(frozenset(item.get("keys", ())), item.get("more", 0))

    def forget(self, reported: Misplaced) -> None:
        """One write, or two if files were counted: DynamoDB has no empty set."""
        if reported.keys:
            self.table.update(self._key, "DELETE #keys :keys", {":keys": reported.keys})
        if reported.more and not self._count_down(reported.more):
            self.table.update(self._key, "REMOVE #more")  # some were deleted since

    def _count_down(self, files: int) -> bool:
        return self.table.update(
            self._key, "ADD #more :less", {":less": -files, ":files": files}, "#more >= :files"
        )

    @property
    def _key(self) -> Item:
        return {"collection": "strays", "issue": "keys"}


@dataclass(frozen=True)
class DynamoDBPreviews:
    """Previews of drafts.

    Shape: collection "preview", `issue` = the draft's id; `token`, `digest`.
    """

    table: Table

    def get(self, draft: str) -> Preview | None:
        """The draft's preview."""
        item = self.table.get(self._key(draft))
        return Preview(draft, item["token"], item["digest"]) if item else None

    def keep(self, preview: Preview) -> None:
        """Write the item over the last one."""
        self.table.put({**self._key(preview.draft), "token": preview.token, "digest": preview.digest})

    def _key(self, draft: str) -> Item:
        return {"collection": "preview", "issue": draft}


@dataclass(frozen=True)
class DynamoDBRendererVersions:
    """The renderer version of the last completed rebuild.

    Shape: collection "press", `issue` = "last"; `press`, the version.
    """

    table: Table

    def current(self) -> str:
        """One read; "" without an item."""
        version: str = (self.table.get({"collection": "press", "issue": "last"}) or {}).get("press", "")
        return version

    def complete(self, version: str) -> None:
        """Write it over the last one."""
        self.table.put({"collection": "press", "issue": "last", "press": version})


@dataclass(frozen=True)
class DynamoDBRebuilds:
    """The rebuild that was begun last.

    Shape: collection "press", `issue` = "run"; the fields of its last message, as `Rebuild.to_json` has them.
    """

    table: Table

    def latest(self) -> Rebuild | None:
        """One read."""
        item = self.table.get(RUN_KEY)
        fields = {name: value for name, value in (item or {}).items() if name not in RUN_KEY}
        event = desk_event(json.dumps({"rebuild": fields})) if fields else None
        return event if isinstance(event, Rebuild) else None

    def begin(self, first: Rebuild) -> None:
        """Write it over the last one."""
        self.table.put(_run_item(first))

    def save(self, message: Rebuild) -> bool:
        """One conditional write. A message without an id, of an older release, is not refused."""
        if not message.run:
            return True
        condition = "#run = :run AND #done <= :done AND #phase <> :ended"
        return self.table.put(
            _run_item(message), condition, {":run": message.run, ":done": message.done, ":ended": ENDED}
        )


@dataclass(frozen=True)
class DynamoDBInspectionCache:
    """Inspections of the pictures on the desk.

    Shape: collection "picture#<folder>" (`issues/<id>`, `drafts/<id>`), `issue` = the picture's path in it;
    `state`, its ETag then; `digest`, SHA-256 in hex, `is_ours`, as in `Inspection`; `rules`, a list of
    {rule, values, is_error}; `shown`, a list of [path, width, height], ascending, missing where it can't be
    shown.
    """

    table: Table

    def of(self, folder: str) -> dict[str, tuple[str, Inspection]]:
        """One query; a thousand pictures fit into its page of a megabyte."""
        items = self.table.query_all("#collection = :folder", {":folder": f"picture#{folder}"})
        return {item["issue"]: (item["state"], _inspection(item)) for item in items}

    def keep(self, folder: str, name: str, state: str, inspection: Inspection) -> None:
        """Write the item over the last one."""
        item: Item = {
            **self._key(folder, name),
            "state": state,
            "digest": inspection.digest,
            "is_ours": inspection.is_ours,
            "rules": [
                {"rule": rule, "values": values, "is_error": is_error}
                for rule, values, is_error in inspection.rules
            ],
        }
        if inspection.shown:
            item["shown"] = [[size.path, size.width, size.height] for size in inspection.shown.sizes]
        self.table.put(item)

    def forget(self, folder: str, name: str) -> None:
        """Delete the item."""
        self.table.delete(self._key(folder, name))

    def _key(self, folder: str, name: str) -> Item:
        return {"collection": f"picture#{folder}", "issue": name}


def _run_item(message: Rebuild) -> Item:
    return {**RUN_KEY, **json.loads(message.to_json())["rebuild"]}


def _inspection(item: Item) -> Inspection:
    rules = [(each["rule"], each["values"], each["is_error"]) for each in item["rules"]]
    sizes = tuple(PictureSize(*size) for size in item.get("shown", ()))
    return Inspection(
        item["digest"], rules, SitePicture(sizes) if sizes else None, item.get("is_ours", False)
    )

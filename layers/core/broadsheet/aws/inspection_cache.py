"""Inspections of the pictures on the desk.

Shape (RegisterTable): collection "picture#<folder>" (`issues/<id>`, `drafts/<id>`), `issue` = the picture's
path in it; `state`, its ETag then; `digest`, SHA-256 in hex, `is_ours`, as in `Inspection`; `rules`, a list
of {rule, values, is_error}; `shown`, a list of [path, width, height], ascending, missing where it can't be
shown.
"""

from dataclasses import dataclass
from typing import Any

from broadsheet.aws.dynamodb import Table, query_all
from broadsheet.content.pictures import PictureSize, SitePicture
from broadsheet.publishing.picture_inspection import Inspection


@dataclass(frozen=True)
class DynamoDBInspectionCache:
    """One item for each picture."""

    table: Table

    def of(self, folder: str) -> dict[str, tuple[str, Inspection]]:
        """One query; a thousand pictures fit into its page of a megabyte."""
        found = query_all(self.table, "#collection = :folder", {":folder": _collection(folder)})
        return {str(item["issue"]): (str(item["state"]), _inspection(item)) for item in found}

    def keep(self, folder: str, name: str, state: str, inspection: Inspection) -> None:
        """Write the item over the last one."""
        item: dict[str, Any] = {
            "collection": _collection(folder),
            "issue": name,
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
        self.table.put_item(Item=item)

    def forget(self, folder: str, name: str) -> None:
        """Delete the item."""
        self.table.delete_item(Key={"collection": _collection(folder), "issue": name})


def _collection(folder: str) -> str:
    return f"picture#{folder}"


def _inspection(item: Any) -> Inspection:  # noqa: ANN401  # as DynamoDB gives it
    rules = [
        (
            str(each["rule"]),
            {str(name): str(text) for name, text in each["values"].items()},
            bool(each["is_error"]),
        )
        for each in item["rules"]
    ]
    sizes = tuple(
        PictureSize(str(path), int(width), int(height)) for path, width, height in item.get("shown", ())
    )
    return Inspection(
        str(item["digest"]), rules, SitePicture(sizes) if sizes else None, bool(item.get("is_ours"))
    )

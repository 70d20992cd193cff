"""What was found out about pictures on the desk.

Shape (RegisterTable): collection "picture#<folder>" (`issues/<id>`, `drafts/<id>`), `issue` = the picture's
path in it; `state`, its ETag then; `digest`, SHA-256 in hex, `is_ours`, as in `Look`; `rules`, a list of
{rule, values, is_error}; `shown`, a list of [path, width, height], ascending, missing where it can't be
shown.
"""

from dataclasses import dataclass
from typing import Any

from broadsheet.aws.dynamodb import Table, query_all
from broadsheet.content.pictures import Shown, Size
from broadsheet.publishing.looks import Look


@dataclass(frozen=True)
class DynamoDBPictureMemory:
    """One item a picture."""

    table: Table

    def of(self, folder: str) -> dict[str, tuple[str, Look]]:
        """One query; a thousand pictures are less than its page of a megabyte."""
        found = query_all(self.table, "#collection = :folder", {":folder": _collection(folder)})
        return {str(item["issue"]): (str(item["state"]), _look(item)) for item in found}

    def keep(self, folder: str, name: str, state: str, look: Look) -> None:
        """Write it over the last."""
        item: dict[str, Any] = {
            "collection": _collection(folder),
            "issue": name,
            "state": state,
            "digest": look.digest,
            "is_ours": look.is_ours,
            "rules": [
                {"rule": rule, "values": values, "is_error": is_error}
                for rule, values, is_error in look.rules
            ],
        }
        if look.shown:
            item["shown"] = [[size.path, size.width, size.height] for size in look.shown.sizes]
        self.table.put_item(Item=item)

    def forget(self, folder: str, name: str) -> None:
        """Delete the item."""
        self.table.delete_item(Key={"collection": _collection(folder), "issue": name})


def _collection(folder: str) -> str:
    return f"picture#{folder}"


def _look(item: Any) -> Look:  # noqa: ANN401  # as DynamoDB gives it
    rules = [
        (
            str(each["rule"]),
            {str(name): str(text) for name, text in each["values"].items()},
            bool(each["is_error"]),
        )
        for each in item["rules"]
    ]
    sizes = tuple(Size(str(path), int(width), int(height)) for path, width, height in item.get("shown", ()))
    return Look(str(item["digest"]), rules, Shown(sizes) if sizes else None, bool(item.get("is_ours")))

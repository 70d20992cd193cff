"""Previews of drafts.

Shape (RegisterTable): collection "preview", `issue` = the draft's id; `token`, `digest`.
"""

from dataclasses import dataclass

from broadsheet.aws.dynamodb import Table
from broadsheet.publishing.drafts import Preview


@dataclass(frozen=True)
class DynamoDBPreviews:
    """One item for each draft."""

    table: Table

    def get(self, draft: str) -> Preview | None:
        """The draft's preview."""
        item = self.table.get_item(Key=_key(draft), ConsistentRead=True).get("Item")
        return Preview(draft, str(item["token"]), str(item["digest"])) if item else None

    def keep(self, preview: Preview) -> None:
        """Write the item over the last one."""
        values = {"token": preview.token, "digest": preview.digest}
        self.table.put_item(Item={**_key(preview.draft), **values})


def _key(draft: str) -> dict[str, str]:
    return {"collection": "preview", "issue": draft}

"""The renderer version of the last completed rebuild.

Shape (RegisterTable): collection "press", `issue` = "last"; `press`, the version.
"""

from dataclasses import dataclass

from broadsheet.aws.dynamodb import Table

_KEY = {"collection": "press", "issue": "last"}


@dataclass(frozen=True)
class DynamoDBRendererVersions:
    """One item."""

    table: Table

    def current(self) -> str:
        """One read; "" without an item."""
        item = self.table.get_item(Key=_KEY, ConsistentRead=True).get("Item", {})
        return str(item.get("press", ""))

    def complete(self, version: str) -> None:
        """Write it over the last one."""
        self.table.put_item(Item={**_KEY, "press": version})

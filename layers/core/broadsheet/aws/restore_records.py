"""Copying keys, the register and the ledger back: items that are missing, each by a conditional write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.reading import Wanted, read_items
from broadsheet.restore.entries import as_written
from broadsheet.restore.ports import Item, Verdict

Rule = Callable[[Item, Item | None, datetime], Verdict]


@dataclass(frozen=True)
class MissingItems:
    """The items of a backup that the live table lacks; `names` are those of its key, partition first."""

    table: Table
    names: tuple[str, ...]
    rule: Rule
    clock: Callable[[], datetime]

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """By the table's rule."""
        wanted = Wanted()
        for item in items:
            wanted.add(self.table, self._key(item))
        found, now = read_items(wanted), self.clock()
        return [
            self.rule(item, found.get((self.table.name, *map(str, self._key(item).values()))), now)
            for item in items
        ]

    def write(self, item: Item, verdict: Verdict) -> bool:
        """Put it where nothing is."""
        try:
            self.table.put_item(
                Item=as_written(item, verdict),
                ConditionExpression="attribute_not_exists(#name)",
                ExpressionAttributeNames={"#name": self.names[0]},
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _key(self, item: Item) -> dict[str, Any]:
        return {name: item[name] for name in self.names}

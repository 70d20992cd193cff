"""Copies keys, the register and the ledger back: items that are missing, each by a conditional write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from broadsheet.aws.dynamodb import Item, Table, pauses, read_keys
from broadsheet.restore.entries import as_written
from broadsheet.restore.ports import RestoreBusyError, Verdict

Rule = Callable[[Item, Item | None, datetime], Verdict]


@dataclass(frozen=True)
class MissingItems:
    """The items of a backup that the live table lacks; `names` are those of its key, partition first."""

    table: Table
    names: tuple[str, ...]
    rule: Rule
    clock: Callable[[], datetime]

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """Read the live items with these keys, and apply the table's rule."""
        wanted = {self.table.name: [{name: item[name] for name in self.names} for item in items]}
        busy = RestoreBusyError("DynamoDB allows no more reads for now. Run it again later.")
        found = {self._key(item): item for _, item in read_keys(self.table.client, wanted, pauses(busy))}
        now = self.clock()
        return [self.rule(item, found.get(self._key(item)), now) for item in items]

    def write(self, item: Item, verdict: Verdict) -> bool:
        """Put the item, unless there is one with its key."""
        return self.table.put(as_written(item, verdict), f"attribute_not_exists(#{self.names[0]})")

    def _key(self, item: Item) -> tuple[str, ...]:
        return tuple(item[name] for name in self.names)

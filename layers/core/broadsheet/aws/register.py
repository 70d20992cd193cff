"""The register in DynamoDB.

Shape: `broadsheet.archive.register` describes the table, `broadsheet.archive.history` a record in it.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from broadsheet.archive.history import record_from, record_map
from broadsheet.archive.register import ISSUE_ID, ArchiveTally, Record
from broadsheet.aws.dynamodb import Table, Write
from broadsheet.aws.dynamodb_json import Content

COLLECTION, MISNAMED = "issue", "misnamed"
TALLY_KEY = {"collection": "tally", "issue": "all"}
ROOMY_PAGE = 100


@dataclass(frozen=True)
class DynamoDBRegister:
    """All issues of the newsletter, in the order of their days, and their tally."""

    table: Table
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def get(self, issue: str) -> Record:
        """The record, or an empty one."""
        item = self.table.get({"collection": _collection(issue), "issue": issue})
        return record_from(item) if item else Record(issue)

    def put(self, record: Record, before: Record) -> bool:
        """Write over the version before, and move the tally with it, in one transaction or not at all.

        A second call with the same records returns False and changes nothing, since the version has moved.
        So False may be about our own write, whose answer was lost: read again. Issues that are published at
        the same time conflict at the tally, and are tried again a few times.

        Raises:
            ClientError: others kept writing. Nothing was written; try again later.
            ValueError: the record does not follow `before`. Nothing was written.
        """
        if (record.issue, record.version) != (before.issue, before.version + 1):
            raise ValueError(
                f"{record.issue} {record.version} does not follow {before.issue} {before.version}"
            )
        condition, values = "attribute_not_exists(issue)", None
        if before.version:
            condition, values = "#version = :before", {":before": before.version}
        item = {"collection": _collection(record.issue), **record_map(record)}
        put = self.table.put_request(item, condition, values)
        tally = self._tally_requests(record, before)
        return self.table.transact(put, *tally, sleep=self.sleep, chance=self.chance)

    def of_year(self, year: int) -> list[Record]:
        """One query over a year's issues."""
        span = " AND begins_with(#issue, :year)"
        return list(self._records(span, {":year": f"{year:04}-"}))

    def tally(self) -> ArchiveTally:
        """One read, however long the archive is."""
        item = self.table.get(TALLY_KEY) or {}
        return ArchiveTally({key: count for key, count in item.items() if key not in TALLY_KEY and count})

    def after(self, issue: str, most: int) -> list[Record]:
        """Ascending, after `issue`; "" begins at the first."""
        if not issue:  # DynamoDB compares no key with an empty string
            return list(islice(self._records("", {}, first_page=most, ascending=True), most))
        behind = self._records(" AND #issue > :issue", {":issue": issue}, first_page=most, ascending=True)
        return list(islice(behind, most))

    def count(self) -> int:
        """How many issues there are, withdrawn ones included; reads the whole register."""
        behind = "#collection = :collection"
        return len(self.table.query_all(behind, {":collection": COLLECTION}, ProjectionExpression="issue"))

    def _tally_requests(self, record: Record, before: Record) -> list[Write]:
        """The update of the tally, if it changes; `#` in its names has a meaning in expressions."""
        new, old = record.tally(), before.tally()
        changed = list(enumerate(key for key in sorted(new | old) if new[key] != old[key]))
        if not changed:
            return []
        change = "ADD " + ", ".join(f"#k{i} :n{i}" for i, _ in changed)
        values = {f":n{i}": new[key] - old[key] for i, key in changed}
        return [
            self.table.update_request(TALLY_KEY, change, values, names={f"#k{i}": key for i, key in changed})
        ]

    def _records(
        self, span: str, values: dict[str, str], *, first_page: int = ROOMY_PAGE, ascending: bool = False
    ) -> Iterator[Record]:
        """Read page by page, the next one only when it is asked for."""
        page_size, start = first_page, Content()
        while True:
            page = self.table.query(
                f"#collection = :collection{span}",
                {":collection": COLLECTION, **values},
                ScanIndexForward=ascending,
                Limit=page_size,
                **start,
            )
            yield from map(record_from, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            page_size = min(2 * page_size, ROOMY_PAGE)
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _collection(issue: str) -> str:
    """Folders that are no issue's have their own collection: they were reported, and no list reads them."""
    return COLLECTION if ISSUE_ID.fullmatch(issue) else MISNAMED

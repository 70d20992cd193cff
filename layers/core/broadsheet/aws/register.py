"""The register in DynamoDB.

Shape: `broadsheet.archive.register` describes the table, `broadsheet.archive.history` a record in it.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from broadsheet.archive.history import record_from, record_map
from broadsheet.archive.register import ISSUE_ID, ArchiveTally, Record
from broadsheet.aws.dynamodb import Content, Table, Write

COLLECTION, MISNAMED = "issue", "misnamed"
TALLY_KEY = {"collection": "tally", "issue": "all"}
ROOMY_PAGE = 100
TRIES = 6
LONGEST_FIRST_WAIT_SECONDS = 0.05  # doubled with each try: 1.6 seconds in all, at most
_BUSY = {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
_REFUSED = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}


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
        writes = self._writes(record, before)
        for number in range(TRIES):
            try:
                self._write(writes)
            except ClientError as error:
                reasons = _reasons(error)
                if reasons & _REFUSED:
                    return False
                if not reasons <= _BUSY or number == TRIES - 1:
                    raise
                self.sleep(self.chance() * LONGEST_FIRST_WAIT_SECONDS * 2**number)
            else:
                return True
        raise AssertionError("the last try returns or raises")

    def newest(self, edition: str, most: int) -> list[Record]:
        """Newest first, from the years that the tally has for this edition; usually one query is enough."""
        years = (
            record for year in self.tally().years(edition) for record in self._of_year(year, first_page=most)
        )
        return list(islice((record for record in years if edition in record.public), most))

    def of_year(self, year: int) -> list[Record]:
        """One query over a year's issues."""
        return list(self._of_year(year))

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

    def _writes(self, record: Record, before: Record) -> list[Write]:
        condition, values = "attribute_not_exists(issue)", None
        if before.version:
            condition, values = "#version = :before", {":before": before.version}
        item = {"collection": _collection(record.issue), **record_map(record)}
        changes = _tally_changes(record, before)
        return [self.table.put_request(item, condition, values), *self._adding(changes)]

    def _adding(self, changes: dict[str, int]) -> list[Write]:
        """The update of the tally, if there are changes; `#` in its names has a meaning in expressions."""
        if not changes:
            return []
        numbered = list(enumerate(changes.items()))
        change = "ADD " + ", ".join(f"#k{i} :n{i}" for i, _ in numbered)
        values = {f":n{i}": number for i, (_, number) in numbered}
        names = {f"#k{i}": key for i, (key, _) in numbered}
        return [self.table.update_request(TALLY_KEY, change, values, names=names)]

    def _write(self, writes: list[Write]) -> None:
        """A single write costs half of a transaction."""
        if len(writes) > 1:
            self.table.client.transact_write_items(TransactItems=writes)
        else:
            self.table.client.put_item(**writes[0]["Put"])

    def _of_year(self, year: int, first_page: int = ROOMY_PAGE) -> Iterator[Record]:
        span = " AND begins_with(#issue, :year)"
        return self._records(span, {":year": f"{year:04}-"}, first_page=first_page)

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


def _tally_changes(record: Record, before: Record) -> dict[str, int]:
    """By how much each number of the tally changes."""
    new, old = record.tally(), before.tally()
    return {key: new[key] - old[key] for key in sorted(new | old) if new[key] != old[key]}


def _reasons(error: ClientError) -> set[str]:
    """Why a write was refused: each reason of a cancelled transaction, or the error's own code."""
    cancelled: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]  # the stubs know less than the service gives
    return {reason["Code"] for reason in cancelled} - {"None"} or {error.response["Error"]["Code"]}


def _collection(issue: str) -> str:
    """Folders that are no issue's have their own collection: they were reported, and no list reads them."""
    return COLLECTION if ISSUE_ID.fullmatch(issue) else MISNAMED

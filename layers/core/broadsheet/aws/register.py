"""The register in DynamoDB.

Shape: `broadsheet.issues.register` describes the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase, Key

from broadsheet.issues.register import Digest, Entry, Record

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

COLLECTION = "issue"
AFTER_ALL_YEARS = ":"  # sorts behind every digit


@dataclass(frozen=True)
class DynamoDBRegister:
    """All issues of the newsletter, in the order of their days."""

    table: "Table"

    def get(self, issue: str) -> Record:
        """The record, or an empty one."""
        item = self.table.get_item(Key={"collection": COLLECTION, "issue": issue}, ConsistentRead=True).get(
            "Item"
        )
        return _record(item) if item else Record(issue)

    def put(self, record: Record) -> bool:
        """Write over the version before."""
        try:
            self.table.put_item(
                Item=_item(record),
                ConditionExpression="attribute_not_exists(issue) OR #version = :before",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues={":before": record.version - 1},
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def newest(self, edition: str, most: int) -> list[Record]:
        """Newest first, until enough have the edition; usually all do."""
        items = self._newest_first(Key("collection").eq(COLLECTION), page_size=most)
        return list(islice((_record(item) for item in items if edition in item["editions"]), most))

    def of_year(self, edition: str, year: int) -> list[Record]:
        """A year's issues, newest first."""
        items = self._newest_first(Key("collection").eq(COLLECTION) & Key("issue").begins_with(f"{year:04}-"))
        return [_record(item) for item in items if edition in item["editions"]]

    def years(self, edition: str) -> list[int]:
        """A read a year, however many issues there are: each begins below the year that was found last."""
        found: list[int] = []
        below = AFTER_ALL_YEARS
        while True:
            older = Key("collection").eq(COLLECTION) & Key("issue").lt(below)
            items = self._newest_first(older, page_size=4)
            newest = next((item for item in items if edition in item["editions"]), None)
            if newest is None:
                return found
            below = f"{newest['issue'][:4]}-"
            found.append(int(newest["issue"][:4]))

    def _newest_first(self, condition: ConditionBase, page_size: int = 200) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            page: dict[str, Any] = self.table.query(  # type: ignore[assignment]  # DynamoDB's answer
                KeyConditionExpression=condition,
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=page_size,
                **start,
            )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _item(record: Record) -> dict[str, Any]:
    return {
        "collection": COLLECTION,
        "issue": record.issue,
        "version": record.version,
        "settled": record.settled,
        "settled_at": record.settled_at.isoformat() if record.settled_at else None,
        "reported": record.reported,
        "editions": {edition: _entry_map(entry) for edition, entry in record.editions.items()},
    }


def _record(item: dict[str, Any]) -> Record:
    editions = {edition: _entry(stored) for edition, stored in item["editions"].items()}
    settled_at = datetime.fromisoformat(item["settled_at"]) if item["settled_at"] else None
    return Record(
        item["issue"], int(item["version"]), item["settled"], settled_at, dict(item["reported"]), editions
    )


def _entry_map(entry: Entry) -> dict[str, Any]:
    return {
        "revision": entry.revision,
        "title": entry.title,
        "summary": entry.summary,
        "first_day": entry.first_day.isoformat(),
        "last_day": entry.last_day.isoformat(),
        "send_at": entry.send_at.isoformat() if entry.send_at else None,
        "commentaries": [
            {"name": d.name, "topic": d.topic, "headline": d.headline, "trend": d.trend, "summary": d.summary}
            for d in entry.commentaries
        ],
        "first_published_at": entry.first_published_at.isoformat(),
    }


def _entry(stored: dict[str, Any]) -> Entry:
    return Entry(
        stored["revision"],
        stored["title"],
        stored["summary"],
        date.fromisoformat(stored["first_day"]),
        date.fromisoformat(stored["last_day"]),
        datetime.fromisoformat(stored["send_at"]) if stored["send_at"] else None,
        tuple(Digest(**digest) for digest in stored["commentaries"]),
        datetime.fromisoformat(stored["first_published_at"]),
    )

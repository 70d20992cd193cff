"""How many reports were mailed and withheld in each hour.

Shape (RegisterTable): collection "reports", `issue` = the hour (`2016-12-12T08`); `mailed`; `held`, a list of
subjects, and `number`, how many were withheld; `told`, the numbers of the editors who got the digest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from broadsheet.aws.dynamodb import Table
from broadsheet.publishing.report_mailer import NAMED_IN_A_DIGEST, WithheldReports

COLLECTION = "reports"
HOUR = "%Y-%m-%dT%H"


@dataclass(frozen=True)
class DynamoDBReportCounts:
    """One item for each hour."""

    table: Table

    def take(self, hour: datetime, subject: str, most: int) -> bool:
        """One conditional write, or two or three if the hour's reports are used up."""
        is_left, values = "attribute_not_exists(mailed) OR mailed < :most", {":one": 1, ":most": most}
        if self.table.update(_key(hour), "ADD mailed :one", values, is_left):
            return True
        withheld = "SET held = list_append(if_not_exists(held, :none), :subject) ADD #number :one"
        is_short = "attribute_not_exists(#number) OR #number < :named"
        subjects = {":none": [], ":subject": [subject]}
        is_named = self.table.update(
            _key(hour), withheld, {":one": 1, ":named": NAMED_IN_A_DIGEST, **subjects}, is_short
        )
        if not is_named:
            self.table.update(_key(hour), "ADD #number :one", {":one": 1})
        return False

    def hours(self) -> list[datetime]:
        """One query over a few items."""
        page = self.table.query(
            "#collection = :reports",
            {":reports": COLLECTION},
            ProjectionExpression="#collection, issue",
            ConsistentRead=False,
        )
        return [datetime.strptime(item["issue"], HOUR).replace(tzinfo=UTC) for item in page["Items"]]

    def held(self, hour: datetime) -> WithheldReports | None:
        """One read."""
        item = self.table.get(_key(hour))
        return WithheldReports(tuple(item.get("held", ())), item.get("number", 0)) if item else None

    def claim(self, hour: datetime, editor: int) -> bool:
        """One conditional write."""
        is_open = "attribute_exists(#number) AND NOT contains(told, :editor)"
        values = {":editors": {str(editor)}, ":editor": str(editor)}
        return self.table.update(_key(hour), "ADD told :editors", values, is_open)

    def release(self, hour: datetime, editor: int) -> None:
        """One conditional write, which changes nothing after `end`."""
        values = {":editors": {str(editor)}}
        self.table.update(_key(hour), "DELETE told :editors", values, "attribute_exists(#number)")

    def end(self, hour: datetime) -> None:
        """Delete the item."""
        self.table.delete(_key(hour))


def _key(hour: datetime) -> dict[str, str]:
    return {"collection": COLLECTION, "issue": hour.strftime(HOUR)}

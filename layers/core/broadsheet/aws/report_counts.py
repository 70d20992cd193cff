"""How many reports were mailed in each hour, and which were withheld.

Shape (RegisterTable): collection "reports", `issue` = the hour (`2016-12-12T08`); `mailed`; `held`, a list of
subjects, and `number`, how many were withheld; `told`, the numbers of the editors who got the digest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.publishing.report_mailer import NAMED_IN_A_DIGEST, WithheldReports

COLLECTION = "reports"
HOUR = "%Y-%m-%dT%H"


@dataclass(frozen=True)
class DynamoDBReportCounts:
    """One item for each hour."""

    table: Table

    def take(self, hour: datetime, subject: str, most: int) -> bool:
        """One conditional write; two or three once the hour has its most."""
        is_left = "attribute_not_exists(mailed) OR mailed < :most"
        if self._update(hour, "ADD mailed :one", is_left, {":one": 1, ":most": most}):
            return True
        held = "SET held = list_append(if_not_exists(held, :none), :subject) ADD #number :one"
        is_short = "attribute_not_exists(#number) OR #number < :named"
        values = {":one": 1, ":none": [], ":subject": [subject], ":named": NAMED_IN_A_DIGEST}
        if not self._update(hour, held, is_short, values):
            self._update(hour, "ADD #number :one", "", {":one": 1})
        return False

    def hours(self) -> list[datetime]:
        """One query over a few items."""
        answer: Any = self.table.query(
            KeyConditionExpression="#collection = :reports",
            ProjectionExpression="#collection, issue",
            ExpressionAttributeNames={"#collection": "collection"},
            ExpressionAttributeValues={":reports": COLLECTION},
        )
        found = [str(item["issue"]) for item in answer["Items"]]
        return [datetime.strptime(hour, HOUR).replace(tzinfo=UTC) for hour in found]

    def held(self, hour: datetime) -> WithheldReports | None:
        """One read."""
        item: Any = self.table.get_item(Key=_key(hour), ConsistentRead=True).get("Item")
        if item is None:
            return None
        return WithheldReports(tuple(str(each) for each in item.get("held", ())), int(item.get("number", 0)))

    def claim(self, hour: datetime, editor: int) -> bool:
        """One conditional write."""
        return self._update(
            hour,
            "ADD told :editors",
            "attribute_exists(#number) AND NOT contains(told, :editor)",
            {":editors": {str(editor)}, ":editor": str(editor)},
        )

    def release(self, hour: datetime, editor: int) -> None:
        """One write; nothing if the hour is ended."""
        self._update(hour, "DELETE told :editors", "attribute_exists(#number)", {":editors": {str(editor)}})

    def end(self, hour: datetime) -> None:
        """Delete the item."""
        self.table.delete_item(Key=_key(hour))

    def _update(self, hour: datetime, expression: str, condition: str, values: dict[str, Any]) -> bool:
        """Whether the condition held and the item was written."""
        more: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if "#number" in expression + condition:
            more["ExpressionAttributeNames"] = {"#number": "number"}
        try:
            self.table.update_item(
                Key=_key(hour), UpdateExpression=expression, ExpressionAttributeValues=values, **more
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(hour: datetime) -> dict[str, str]:
    return {"collection": COLLECTION, "issue": hour.strftime(HOUR)}

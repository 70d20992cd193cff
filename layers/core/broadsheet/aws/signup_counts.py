"""Sign-up counts: reported by the hour while some wait, and once a day in total.

Processing a sign-up writes no log line and no metric of its own: with their time, they would tell whoever
types an address what became of it.

Shape (LimitsTable): `budget#<hour>` (`broadsheet.subscribers.limits`) with `told` once it was read here;
`signups#<day>`: `total`, the mails of the day's hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.limits import budget_key
from broadsheet.subscribers.signup_report import HourOfSignups

KEPT = timedelta(days=3)


@dataclass(frozen=True)
class DynamoDBSignupCounts:
    """`SignupCounts`: returns each hour and each day once."""

    table: Table

    def take_hour(self, hour: datetime) -> HourOfSignups | None:
        """The counts of an hour, which are added to its day; None on a second call or without sign-ups."""
        try:
            item: Any = self.table.update_item(
                Key=budget_key(hour),
                UpdateExpression="SET told = :true",
                ConditionExpression="attribute_exists(#counter) AND attribute_not_exists(told)",
                ExpressionAttributeNames={"#counter": "counter"},
                ExpressionAttributeValues={":true": True},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        mailed = int(item.get("total", 0))
        self.table.update_item(
            Key=_day_key(hour),
            UpdateExpression="ADD #total :mailed SET expires_at = :end",
            ExpressionAttributeNames={"#total": "total"},
            ExpressionAttributeValues={":mailed": mailed, ":end": int((hour + KEPT).timestamp())},
        )
        return HourOfSignups(mailed, int(item.get("waited", 0)), str(item.get("not_taken", "")))

    def take_day(self, day: datetime) -> int | None:
        """The mails of a day; None on a second call or if there were none."""
        item: Any = self.table.delete_item(Key=_day_key(day), ReturnValues="ALL_OLD").get("Attributes")
        return None if not item else int(item.get("total", 0))


def _day_key(moment: datetime) -> dict[str, str]:
    return {"counter": f"signups#{moment.date().isoformat()}"}

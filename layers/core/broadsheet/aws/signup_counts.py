"""How many sign-ups there were: told by the hour where some wait, and once a day in all.

Processing a sign-up writes no line and no metric of its own: beside a time, they would tell whoever types an
address and looks what became of it.

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
    """`SignupCounts`: each hour and each day is given once."""

    table: Table

    def take_hour(self, hour: datetime) -> HourOfSignups | None:
        """What that hour had, and count it for its day; None a second time, or if nobody signed up."""
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
        """How many mails the day had; None a second time, or if there were none."""
        item: Any = self.table.delete_item(Key=_day_key(day), ReturnValues="ALL_OLD").get("Attributes")
        return None if not item else int(item.get("total", 0))


def _day_key(moment: datetime) -> dict[str, str]:
    return {"counter": f"signups#{moment.date().isoformat()}"}

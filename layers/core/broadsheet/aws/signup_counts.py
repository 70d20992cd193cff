"""Sign-up counts: of each hour in which a sign-up waited, and of each day.

Processing a sign-up writes no log line and no metric of its own: their times would reveal to whoever typed
an address what happened to it.

Shape (LimitsTable): `budget#<hour>` (`broadsheet.subscribers.limits`), with `told` once it was read here;
`signups#<day>`: `total`, the mails of the day's hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
        is_new = "attribute_exists(#counter) AND attribute_not_exists(told)"
        marking = self.table.update_request(budget_key(hour), "SET told = :true", {":true": True}, is_new)
        item = self.table.write(marking, ReturnValues="ALL_NEW")
        if item is None:
            return None
        mailed = item.get("total", 0)
        values = {":mailed": mailed, ":end": int((hour + KEPT).timestamp())}
        self.table.update(_day_key(hour), "ADD #total :mailed SET expires_at = :end", values)
        return HourOfSignups(mailed, item.get("waited", 0), item.get("not_taken", ""))

    def take_day(self, day: datetime) -> int | None:
        """The mails of a day; None on a second call or if there were none."""
        item = self.table.write(self.table.delete_request(_day_key(day)), ReturnValues="ALL_OLD")
        return item.get("total", 0) if item else None


def _day_key(moment: datetime) -> dict[str, str]:
    return {"counter": f"signups#{moment.date().isoformat()}"}

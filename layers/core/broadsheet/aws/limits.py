"""What limits sign-up, in one table that forgets by itself and has no backups.

Shape: `broadsheet.subscribers.limits` describes it. Items of yesterday may still lie there: DynamoDB deletes
late, so keys name their day or hour, and whoever reads looks at the time.
"""

import contextlib
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.retention import BACKUPS, NETWORK_COUNTERS, TOMBSTONE
from broadsheet.subscribers.limits import absent_counter
from broadsheet.subscribers.networks import WIDE_SHARES, Share
from broadsheet.subscribers.send_history import SendHistory, end_of_day, expiry_of

SALT_BYTES = 32
OWN_DIGITS = 16  # of a hash, within the item of a wide network
SALTS_LOOKED_FOR = 4  # DynamoDB deletes by itself what is older
MINUTES_OF_ENDING = 5  # some sweeps may be missed
IS_NEW = "attribute_not_exists(#counter)"
BUDGETS_KEPT = timedelta(hours=2)


@dataclass
class DynamoDBNetworks:
    """Counts of networks, each under a keyed hash whose key is of that day and then gone."""

    table: Table
    salts: Table
    _salts: dict[str, bytes] = field(default_factory=dict)

    def count(self, share: Share, now: datetime) -> int:
        """Count one more; one conditional write, and one or two calls more at a worker's first of the day.

        Both counts are in one item, so that it is the same call for every network. What a network asks for
        beyond its own share is not counted, or it alone could use up the shares of all around it.
        """
        day = now.date().isoformat()
        wide, own = (
            hmac.digest(self._salt(day, now), name.encode(), hashlib.sha256).hex()
            for name in (share.around, share.network)
        )
        try:
            item: Any = self.table.update_item(
                Key={"counter": f"network#{wide}"},
                UpdateExpression="ADD #number :one, #own :one SET expires_at = :end",
                ConditionExpression="(attribute_not_exists(#number) OR #number < :wide)"
                " AND (attribute_not_exists(#own) OR #own < :most)",
                ExpressionAttributeNames={"#number": "number", "#own": f"own_{own[:OWN_DIGITS]}"},
                ExpressionAttributeValues={
                    ":one": 1,
                    ":most": share.most,
                    ":wide": share.most * WIDE_SHARES,
                    ":end": _end_of_day(now),
                },
                ReturnValues="UPDATED_NEW",
            )["Attributes"]
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return share.most + 1
        return share.attempt(int(item[f"own_{own[:OWN_DIGITS]}"]), int(item["number"]))

    def _salt(self, day: str, now: datetime) -> bytes:
        if day not in self._salts:
            self._salts = {day: self._read_salt(day) or self._new_salt(day, now)}
        return self._salts[day]

    def _new_salt(self, day: str, now: datetime) -> bytes:
        """Make the day's salt; if another worker was first, theirs is the one. Those before end at once.

        They end first, so that a crash between leaves none of them.
        """
        self._end_salts(now)
        made = os.urandom(SALT_BYTES)
        try:
            self.salts.put_item(
                Item={"day": day, "salt": made, "expires_at": _end_of_day(now)},
                ConditionExpression="attribute_not_exists(#day)",
                ExpressionAttributeNames={"#day": "day"},
            )
        except self.salts.meta.client.exceptions.ConditionalCheckFailedException:
            return self._read_salt(day) or made
        return made

    def _end_salts(self, now: datetime) -> None:
        for day in _days_before(now):
            with contextlib.suppress(self.salts.meta.client.exceptions.ConditionalCheckFailedException):
                self.salts.delete_item(
                    Key={"day": day},
                    ConditionExpression="attribute_not_exists(expires_at) OR expires_at <= :now",
                    ExpressionAttributeValues={":now": int(now.timestamp())},
                )

    def _read_salt(self, day: str) -> bytes | None:
        item: Any = self.salts.get_item(Key={"day": day}, ConsistentRead=True).get("Item")
        return None if item is None else bytes(item["salt"])

    def end_of_day(self, now: datetime) -> None:
        """In the first minutes of a day, end the salts of those before: perhaps nobody signs up who would.

        Those of earlier releases, too, which lie in LimitsTable. A second time nothing is there.
        """
        if now.hour == 0 and now.minute < MINUTES_OF_ENDING:
            self._end_salts(now)
            for day in _days_before(now):
                self.table.delete_item(Key={"counter": f"salt#{day}"})


@dataclass(frozen=True)
class DynamoDBLimits:
    """When an address was mailed or its reader gone, and the budget of each hour."""

    table: Table

    def send_history(self, counter: str) -> SendHistory:
        """What is remembered there, as of every write acknowledged before."""
        item: Any = self.table.get_item(Key={"counter": counter}, ConsistentRead=True).get("Item", {})
        gone_at = item.get("gone_at")
        return SendHistory(
            mailed=tuple((str(request_id), int(at)) for request_id, at in item.get("mailed", ())),
            gone_at=None if gone_at is None else int(gone_at),
            version=int(item.get("version", 0)),
            unconfirmed=str(item.get("unsure", "")),
            over=frozenset(str(request_id) for request_id, _ in item.get("over", ())),
        )

    def put_history(self, counter: str, what: SendHistory) -> bool:
        """Write it over the version before it; false if that is not there any more."""
        item: dict[str, Any] = {
            "counter": counter,
            "mailed": [list(entry) for entry in what.mailed],
            "version": what.version,
            "expires_at": expiry_of(what),
        }
        if what.gone_at is not None:
            item["gone_at"] = what.gone_at
            item["over"] = [[request_id, 0] for request_id in sorted(what.over)]
        if what.unconfirmed:
            item["unsure"] = what.unconfirmed
        before: dict[str, Any] = {
            "ConditionExpression": "version = :before",
            "ExpressionAttributeValues": {":before": what.version - 1},
        }
        if what.version == 1:
            before = {"ConditionExpression": IS_NEW, "ExpressionAttributeNames": {"#counter": "counter"}}
        try:
            self.table.put_item(Item=item, **before)
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def put_tombstone(self, counter: str, at: datetime) -> None:
        """Remember that this reader was gone on that day, and which orders are over; forget the rest.

        A second time, nobody being there any more, which orders these were is forgotten, too.
        """
        self.table.update_item(
            Key={"counter": counter},
            UpdateExpression=(
                "SET gone_at = :at, expires_at = :end, #over = if_not_exists(mailed, :none)"
                " ADD version :one REMOVE mailed, unsure"
            ),
            ExpressionAttributeNames={"#over": "over"},
            ExpressionAttributeValues={
                ":none": [],
                ":at": end_of_day(at),
                ":end": end_of_day(at + TOMBSTONE),
                ":one": 1,
            },
        )

    def put_absent_tombstone(self, subscriber_id: str, at: datetime) -> None:
        """Write it under the id; a second time it is kept longer."""
        self.table.update_item(
            Key={"counter": absent_counter(subscriber_id)},
            UpdateExpression="SET gone_at = :at, expires_at = :end",
            ExpressionAttributeValues={
                ":at": end_of_day(at),
                ":end": end_of_day(at + BACKUPS),
            },
        )

    def delete_mails(self, counter: str, at: datetime) -> None:
        """Forget the mails; what is left stays as long as a note that somebody is gone."""
        with contextlib.suppress(self.table.meta.client.exceptions.ConditionalCheckFailedException):
            self.table.update_item(
                Key={"counter": counter},
                UpdateExpression="SET expires_at = :end ADD version :one REMOVE mailed, unsure",
                ConditionExpression="attribute_exists(#counter)",
                ExpressionAttributeNames={"#counter": "counter"},
                ExpressionAttributeValues={":end": end_of_day(at + TOMBSTONE), ":one": 1},
            )

    def delete_history(self, counter: str) -> None:
        """Delete the item."""
        self.table.delete_item(Key={"counter": counter})

    def take(self, hour: datetime, in_all: int, priority: int, later: int | None) -> bool:
        """Take one mail of that hour's; one conditional write."""
        if in_all < 1 or later == 0:
            return False
        values = {":one": 1, ":all": in_all, ":end": int((hour + BUDGETS_KEPT).timestamp())}
        counted, condition = "#total :one", "(attribute_not_exists(#total) OR #total < :all)"
        condition += "".join(f" AND attribute_not_exists(waits_{lower})" for lower in range(1, priority))
        if later is not None:
            counted += ", later :one"
            condition += " AND (attribute_not_exists(later) OR later < :later)"
            values[":later"] = later
        try:
            self.table.update_item(
                Key=budget_key(hour),
                UpdateExpression=f"ADD {counted} SET expires_at = :end",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#total": "total"},
                ExpressionAttributeValues=values,
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def give_back(self, hour: datetime, *, is_late: bool) -> None:
        """Count one less."""
        self.table.update_item(
            Key=budget_key(hour),
            UpdateExpression="ADD #total :less" + (", later :less" if is_late else ""),
            ExpressionAttributeNames={"#total": "total"},
            ExpressionAttributeValues={":less": -1},
        )

    def note_waiting(self, hour: datetime, priority: int) -> None:
        """Mark the hour's budget."""
        self.table.update_item(
            Key=budget_key(hour),
            UpdateExpression=f"SET waits_{priority} = :true, expires_at = :end",
            ExpressionAttributeValues={":true": True, ":end": int((hour + BUDGETS_KEPT).timestamp())},
        )

    def count_waiting(self, hour: datetime, not_taken: str) -> None:
        """Count that an order waited, and keep the code by which SES took no mail, if that was why."""
        values: dict[str, Any] = {":one": 1, ":end": int((hour + BUDGETS_KEPT).timestamp())}
        expression = "ADD waited :one SET expires_at = :end"
        if not_taken:
            expression, values = f"{expression}, not_taken = :code", {**values, ":code": not_taken}
        self.table.update_item(
            Key=budget_key(hour), UpdateExpression=expression, ExpressionAttributeValues=values
        )


def budget_key(hour: datetime) -> dict[str, str]:
    """The key of an hour's budget."""
    return {"counter": f"budget#{hour:%Y-%m-%dT%H}"}


def _days_before(now: datetime) -> list[str]:
    return [(now.date() - timedelta(days=days)).isoformat() for days in range(1, SALTS_LOOKED_FOR + 1)]


def _end_of_day(now: datetime) -> int:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight + NETWORK_COUNTERS).timestamp())

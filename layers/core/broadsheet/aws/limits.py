"""The limits of sign-up, in a table whose items expire and which has no backups.

Shape: `broadsheet.subscribers.limits` describes it. DynamoDB deletes expired items late, so keys name their
day or hour, and readers check times.
"""

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
OWN_DIGITS = 16  # of a network's hash, in the item of the wide network around it
SALTS_LOOKED_FOR = 4  # DynamoDB has deleted older ones by itself
FIRST_MINUTES = 5  # of a day; some sweeps may be missed
BUDGETS_KEPT = timedelta(hours=2)


@dataclass
class DynamoDBNetworks:
    """Sign-ups counted by network, under a keyed hash whose key is deleted after the day."""

    table: Table
    salts: Table
    _salts: dict[str, bytes] = field(default_factory=dict)

    def count(self, share: Share, now: datetime) -> int:
        """Count by one conditional write; a worker's first of the day reads or makes the salt as well.

        Both counts are in one item, so that every network costs the same call. What a network asks for
        beyond its share is not counted, or it alone could use up the shares of all networks around it.
        """
        day = now.date().isoformat()
        wide, own = (
            hmac.digest(self._salt(day, now), name.encode(), hashlib.sha256).hex()
            for name in (share.around, share.network)
        )
        number, own_number = "number", f"own_{own[:OWN_DIGITS]}"
        counted = self.table.write(
            self.table.update_request(
                {"counter": f"network#{wide}"},
                f"ADD #{number} :one, #{own_number} :one SET expires_at = :end",
                {":one": 1, ":most": share.most, ":wide": share.most * WIDE_SHARES, ":end": _end_of_day(now)},
                f"(attribute_not_exists(#{number}) OR #{number} < :wide)"
                f" AND (attribute_not_exists(#{own_number}) OR #{own_number} < :most)",
            ),
            ReturnValues="UPDATED_NEW",
        )
        return share.attempt(counted[own_number], counted[number]) if counted else share.most + 1

    def _salt(self, day: str, now: datetime) -> bytes:
        if day not in self._salts:
            self._salts = {day: self._read_salt(day) or self._new_salt(day, now)}
        return self._salts[day]

    def _new_salt(self, day: str, now: datetime) -> bytes:
        """Make the day's salt, or take the one that another worker made first.

        Earlier salts are deleted before, so that a crash in between leaves none of them.
        """
        self._delete_salts(now)
        made = os.urandom(SALT_BYTES)
        item = {"day": day, "salt": made, "expires_at": _end_of_day(now)}
        is_first = self.salts.put(item, "attribute_not_exists(#day)")
        return made if is_first else self._read_salt(day) or made

    def _delete_salts(self, now: datetime) -> None:
        is_over = "attribute_not_exists(expires_at) OR expires_at <= :now"
        for day in _days_before(now):
            self.salts.delete({"day": day}, is_over, {":now": int(now.timestamp())})

    def _read_salt(self, day: str) -> bytes | None:
        item = self.salts.get({"day": day})
        return item["salt"] if item else None

    def delete_old_salts(self, now: datetime) -> None:
        """In the first minutes of a day, delete earlier salts; at other times nothing happens.

        Without this they would stay until the first sign-up of the day. Those that earlier releases kept in
        LimitsTable are deleted, too. A second call finds nothing.
        """
        if now.hour == 0 and now.minute < FIRST_MINUTES:
            self._delete_salts(now)
            for day in _days_before(now):
                self.table.delete({"counter": f"salt#{day}"})


@dataclass(frozen=True)
class DynamoDBLimits:
    """The send history of each address, tombstones, and the budget of each hour."""

    table: Table

    def send_history(self, counter: str) -> SendHistory:
        """The history, as of every write acknowledged before."""
        item = self.table.get({"counter": counter}) or {}
        return SendHistory(
            mailed=tuple((request_id, at) for request_id, at in item.get("mailed", ())),
            gone_at=item.get("gone_at"),
            version=item.get("version", 0),
            unconfirmed=item.get("unsure", ""),
            over=frozenset(request_id for request_id, _ in item.get("over", ())),
        )

    def put_history(self, counter: str, history: SendHistory) -> bool:
        """Write the history over its previous version; False if another one was written since."""
        item: dict[str, Any] = {
            "counter": counter,
            "mailed": [list(mail) for mail in history.mailed],
            "version": history.version,
            "expires_at": expiry_of(history),
        }
        if history.gone_at is not None:
            item["gone_at"] = history.gone_at
            item["over"] = [[request_id, 0] for request_id in sorted(history.over)]
        if history.unconfirmed:
            item["unsure"] = history.unconfirmed
        if history.version == 1:
            return self.table.put(item, "attribute_not_exists(#counter)")
        return self.table.put(item, "version = :before", {":before": history.version - 1})

    def put_tombstone(self, counter: str, at: datetime) -> None:
        """Write the tombstone of that day with the requests that were mailed before; delete the rest.

        A second call deletes these requests, too, since the reader is no longer on the list.
        """
        self.table.update(
            {"counter": counter},
            "SET gone_at = :at, expires_at = :end, #over = if_not_exists(mailed, :none)"
            " ADD version :one REMOVE mailed, unsure",
            {":none": [], ":at": end_of_day(at), ":end": end_of_day(at + TOMBSTONE), ":one": 1},
        )

    def put_absent_tombstone(self, subscriber_id: str, at: datetime) -> None:
        """Write it under the id; a second call keeps it longer."""
        values = {":at": end_of_day(at), ":end": end_of_day(at + BACKUPS)}
        key = {"counter": absent_counter(subscriber_id)}
        self.table.update(key, "SET gone_at = :at, expires_at = :end", values)

    def delete_mails(self, counter: str, at: datetime) -> None:
        """Delete the mails of a history, if there is one; the rest is kept as long as a tombstone."""
        self.table.update(
            {"counter": counter},
            "SET expires_at = :end ADD version :one REMOVE mailed, unsure",
            {":end": end_of_day(at + TOMBSTONE), ":one": 1},
            "attribute_exists(#counter)",
        )

    def delete_history(self, counter: str) -> None:
        """Delete the item."""
        self.table.delete({"counter": counter})

    def take(self, hour: datetime, in_all: int, priority: int, later: int | None) -> bool:
        """Take one mail of the hour's budget by one conditional write."""
        if in_all < 1 or later == 0:
            return False
        values = {":one": 1, ":all": in_all, ":end": _end_of_budget(hour)}
        counted, condition = "#total :one", "(attribute_not_exists(#total) OR #total < :all)"
        condition += "".join(f" AND attribute_not_exists(waits_{lower})" for lower in range(1, priority))
        if later is not None:
            counted += ", later :one"
            condition += " AND (attribute_not_exists(later) OR later < :later)"
            values[":later"] = later
        return self.table.update(budget_key(hour), f"ADD {counted} SET expires_at = :end", values, condition)

    def give_back(self, hour: datetime, *, is_late: bool) -> None:
        """Count one less."""
        counted = "#total :less, later :less" if is_late else "#total :less"
        self.table.update(budget_key(hour), f"ADD {counted}", {":less": -1})

    def note_waiting(self, hour: datetime, priority: int) -> None:
        """Mark the hour's budget."""
        change = f"SET waits_{priority} = :true, expires_at = :end"
        self.table.update(budget_key(hour), change, {":true": True, ":end": _end_of_budget(hour)})

    def count_waiting(self, hour: datetime, not_taken: str) -> None:
        """Count a message that waited, and keep SES's code if SES refused its mail."""
        change, values = "ADD waited :one SET expires_at = :end", {":one": 1, ":end": _end_of_budget(hour)}
        code = {":code": not_taken} if not_taken else {}
        self.table.update(budget_key(hour), change + (", not_taken = :code" if code else ""), values | code)


def budget_key(hour: datetime) -> dict[str, str]:
    """The key of an hour's budget."""
    return {"counter": f"budget#{hour:%Y-%m-%dT%H}"}


def _end_of_budget(hour: datetime) -> int:
    return int((hour + BUDGETS_KEPT).timestamp())


def _days_before(now: datetime) -> list[str]:
    return [(now.date() - timedelta(days=days)).isoformat() for days in range(1, SALTS_LOOKED_FOR + 1)]


def _end_of_day(now: datetime) -> int:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight + NETWORK_COUNTERS).timestamp())

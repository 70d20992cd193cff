"""The ledger in DynamoDB.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from broadsheet.mailings.mailing import Chunk, Mailing, Standing, State
from broadsheet.mailings.ports import ChunkState, LeasedError, StaleAttemptError

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

HEADS = "mailings"
_ACTIVE = (State.HELD, State.SENDING)


@dataclass(frozen=True)
class DynamoDBLedger:
    """Heads and chunks of all mailings."""

    table: "Table"

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head."""
        item = self.table.get_item(Key=_head_key(mailing_id), ConsistentRead=True).get("Item")
        return _mailing(item) if item else None

    def unfinished(self) -> list[Mailing]:
        """Heads that are held or sending: one query over all heads, some 300 bytes each."""
        return [m for m in map(_mailing, self._all(HEADS)) if m.state in _ACTIVE]

    def hold(self, mailing: Mailing) -> Mailing:
        """Write the head if there is none, or a withdrawn one."""
        item = {
            **_head_key(mailing.id),
            "state": mailing.state.value,
            "issue": mailing.issue,
            "audience": mailing.audience,
            "due_at": mailing.due_at.isoformat(),
        }
        try:
            self.table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(entry) OR #state = :withdrawn",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":withdrawn": State.WITHDRAWN.value},
            )
        except self._failed:
            return self.mailing(mailing.id) or mailing
        return mailing

    def withdraw(self, mailing_id: str) -> Mailing | None:
        """Withdraw what has not begun."""
        self._move(mailing_id, State.HELD, {"state": State.WITHDRAWN.value})
        return self.mailing(mailing_id)

    def begin(self, mailing: Mailing) -> bool:
        """Freeze what a held mailing sends."""
        return self._move(
            mailing.id,
            State.HELD,
            {
                "state": State.SENDING.value,
                "edition": mailing.edition,
                "revision": mailing.revision,
                "chunk_count": mailing.chunk_count,
            },
        )

    def end(self, mailing_id: str, state: State, at: datetime) -> None:
        """End a mailing that is sending."""
        self._move(mailing_id, State.SENDING, {"state": state.value, "ended_at": at.isoformat()})

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        """Take the next attempt, if nobody's lease runs."""
        try:
            item = self.table.update_item(
                Key=_chunk_key(mailing_id, number),
                UpdateExpression="SET leased_until = :until ADD attempt :one",
                ConditionExpression="attribute_not_exists(closed) AND"
                " (attribute_not_exists(leased_until) OR leased_until < :now)",
                ExpressionAttributeValues={
                    ":until": int(now.timestamp()) + lease_seconds,
                    ":now": int(now.timestamp()),
                    ":one": 1,
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._failed as error:
            if error.response.get("Item", {}).get("closed"):  # type: ignore[attr-defined]  # asked for above
                return None
            raise LeasedError(f"{mailing_id} chunk {number}") from None
        members: Any = item.get("members")
        return Chunk(
            mailing_id, number, int(str(item["attempt"])), dict(members) if members is not None else None
        )

    def freeze(self, chunk: Chunk, members: list[str]) -> Chunk:
        """Write the members, all waiting."""
        waiting = dict.fromkeys(members, Standing.WAITING.value)
        self._fenced(
            chunk, "SET members = :members, afterwards = :none", {}, {":members": waiting, ":none": {}}
        )
        return replace(chunk, members=waiting)

    def record(self, chunk: Chunk, standings: dict[str, str], *, close: bool = False) -> Chunk:
        """Write new standings, and the end of the chunk with them, in one call."""
        names = {f"#m{i}": member for i, member in enumerate(standings)}
        values: dict[str, Any] = {f":s{i}": standing for i, standing in enumerate(standings.values())}
        sets = [f"members.#m{i} = :s{i}" for i in range(len(standings))]
        if close:
            sets.append("closed = :true")
            values[":true"] = True
        left = {**(chunk.members or {}), **standings}
        if sets:
            self._fenced(chunk, f"SET {', '.join(sets)}", names, values)
        return replace(chunk, members=left)

    def chunks(self, mailing_id: str) -> list[ChunkState]:
        """Every chunk that was claimed."""
        return [_chunk_state(item) for item in self._all(mailing_id)]

    def note(self, mailing_id: str, number: int, subscriber_id: str, word: str) -> None:
        """Keep the latest word about a member; an unknown chunk or member gets none."""
        try:
            self.table.update_item(
                Key=_chunk_key(mailing_id, number),
                UpdateExpression="SET afterwards.#member = :word",
                ConditionExpression="attribute_exists(members.#member)",
                ExpressionAttributeNames={"#member": subscriber_id},
                ExpressionAttributeValues={":word": word},
            )
        except self._failed:
            return

    def _fenced(self, chunk: Chunk, expression: str, names: dict[str, str], values: dict[str, Any]) -> None:
        more = {"ExpressionAttributeNames": names} if names else {}
        try:
            self.table.update_item(
                Key=_chunk_key(chunk.mailing, chunk.number),
                UpdateExpression=expression,
                ConditionExpression="attempt = :attempt",
                ExpressionAttributeValues={**values, ":attempt": chunk.attempt},
                **more,  # type: ignore[arg-type]  # a mapping of names
            )
        except self._failed:
            raise StaleAttemptError(f"{chunk.mailing} chunk {chunk.number}") from None

    def _move(self, mailing_id: str, before: State, changes: dict[str, Any]) -> bool:
        names = {f"#{key}": key for key in changes} | {"#state": "state"}
        values = {f":{key}": value for key, value in changes.items()}
        try:
            self.table.update_item(
                Key=_head_key(mailing_id),
                UpdateExpression="SET " + ", ".join(f"#{key} = :{key}" for key in changes),
                ConditionExpression="#state = :before",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={**values, ":before": before.value},
            )
        except self._failed:
            return False
        return True

    def _all(self, partition: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            page = self.table.query(
                KeyConditionExpression="mailing = :mailing",
                ExpressionAttributeValues={":mailing": partition},
                ConsistentRead=True,
                **start,
            )
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    @property
    def _failed(self) -> type[Exception]:
        return self.table.meta.client.exceptions.ConditionalCheckFailedException


def _head_key(mailing_id: str) -> dict[str, str]:
    return {"mailing": HEADS, "entry": mailing_id}


def _chunk_key(mailing_id: str, number: int) -> dict[str, str]:
    return {"mailing": mailing_id, "entry": f"chunk#{number:06}"}


def _mailing(item: dict[str, Any]) -> Mailing:
    return Mailing(
        item["issue"],
        item["audience"],
        State(item["state"]),
        datetime.fromisoformat(item["due_at"]),
        item.get("edition", ""),
        item.get("revision", ""),
        int(item.get("chunk_count", 0)),
    )


def _chunk_state(item: dict[str, Any]) -> ChunkState:
    number = int(item["entry"].split("#")[1])
    chunk = Chunk(item["mailing"], number, int(item["attempt"]), item.get("members"))
    leased_until = datetime.fromtimestamp(int(item.get("leased_until", 0)), UTC)
    return ChunkState(number, bool(item.get("closed")), leased_until, chunk.counts())

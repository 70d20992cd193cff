"""The ledger in DynamoDB.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from broadsheet.aws.dynamodb import Table, names_in, query_all
from broadsheet.aws.ledger_items import (
    AFTER_ALL_CHUNKS,
    CHUNKS,
    LIVE,
    MOST_BY_NAME,
    asking_to_halt,
    chunk_from,
    chunk_key,
    chunk_state_of,
    confirmed_for,
    expiry,
    frozen_in,
    halt_key,
    halt_of,
    halted_by,
    head_key,
    held_item,
    is_kept,
    mailing_of,
    moved_to,
    noting,
    reopening,
    setting_of,
    unmoved,
    utc_now,
)
from broadsheet.aws.ledger_times import forget_times
from broadsheet.mailings.mailing import SEVERAL_AT_ONCE, Chunk, Halt, Mailing, Standing, State
from broadsheet.mailings.ports import ChunkState, LeasedError, StaleAttemptError

RELEASES_KEPT = 6
MARKS = ("bounce", "complaint")
HELD = {":held": State.HELD.value}
IS_HELD = "#state = :held"
IS_UNCONFIRMED = f"{IS_HELD} AND NOT #confirmed = :yes", {**HELD, ":yes": True}
FAILED_CONDITION = {"None", "ConditionalCheckFailed"}


@dataclass(frozen=True)
class DynamoDBLedger:
    """Heads and chunks of all mailings; `clock` says what of the chunks and marks is to be forgotten."""

    table: Table
    clock: Callable[[], datetime] = utc_now

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head."""
        item = self.table.get_item(Key=head_key(mailing_id), ConsistentRead=True).get("Item")
        return mailing_of(item) if item else None

    def live(self) -> list[Mailing]:
        """The heads that the live partition names."""
        live = query_all(self.table, "#mailing = :live", {":live": LIVE})
        heads = (self.mailing(str(item["entry"])) for item in live)
        return [head for head in heads if head]

    def rest(self, mailing_id: str) -> None:
        """Take it out of the live partition."""
        self.table.delete_item(Key={"mailing": LIVE, "entry": mailing_id})

    def forget_times(self, mailing: Mailing, now: datetime) -> bool:
        """Take them from each chunk that has any; a lease that runs, and what was called under it, stays."""
        return forget_times(self.table, self.chunks, mailing, now)

    def wake(self, mailing_id: str) -> None:
        """Put it into the live partition; as an update, for which all who wake have the right."""
        key, yes = {"mailing": LIVE, "entry": mailing_id}, {":true": True}
        self.table.update_item(Key=key, UpdateExpression="SET live = :true", ExpressionAttributeValues=yes)

    def hold(self, mailing: Mailing) -> Mailing:
        """Write the head if there is none, or a withdrawn one."""
        self.wake(mailing.id)  # first: a live one is never missed
        try:
            self.table.put_item(
                Item=held_item(mailing),
                ConditionExpression="attribute_not_exists(entry) OR #state = :withdrawn",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":withdrawn": State.WITHDRAWN.value},
            )
        except self._failed:
            return self.mailing(mailing.id) or mailing
        self.wake(mailing.id)  # once more: a sweep may have put to rest what was withdrawn
        return mailing

    def withdraw(self, mailing_id: str) -> Mailing | None:
        """Withdraw what has not begun."""
        self._change(mailing_id, {"state": State.WITHDRAWN.value}, IS_HELD, HELD)
        return self.mailing(mailing_id)

    def confirm(self, mailing_id: str, due_at: datetime) -> bool:
        """Set mark and time, and empty the reason."""
        return self._change(mailing_id, confirmed_for(due_at), *IS_UNCONFIRMED)

    def ask_to_confirm(self, mailing_id: str) -> bool:
        """Set the reason."""
        return self._change(mailing_id, {"reason": SEVERAL_AT_ONCE}, *IS_UNCONFIRMED)

    def begin(self, mailing: Mailing) -> bool:
        """Freeze what a held mailing sends."""
        return self._change(mailing.id, frozen_in(mailing), IS_HELD, HELD)

    def move(
        self, mailing_id: str, before: Collection[State], after: State, at: datetime, reason: str = ""
    ) -> bool:
        """Move the head; one that goes on sending, or is cancelled, remembers when."""
        states = {f":before{number}": state.value for number, state in enumerate(before)}
        return self._change(
            mailing_id, moved_to(after, at, reason), f"#state IN ({', '.join(states)})", states
        )

    def ask_to_halt(self, mailing_id: str, halt: Halt) -> None:
        """Write the request over the last, as an update, which is all that a worker has the right to."""
        self.table.update_item(**asking_to_halt(mailing_id, halt, self.clock()))

    def halt_asked(self, mailing_id: str) -> Halt | None:
        """Read the request."""
        item: Any = self.table.get_item(Key=halt_key(mailing_id), ConsistentRead=True).get("Item")
        return halt_of(item) if item else None

    def halt(self, mailing: Mailing, halt: Halt) -> bool:
        """Move the head, then delete the request: after a crash in between it is stale once it goes on."""
        is_meant = halt.is_meant(mailing)
        moved = is_meant and self._change(mailing.id, halted_by(halt, mailing), *unmoved(mailing))
        self.table.delete_item(Key=halt_key(mailing.id))
        return moved

    def end(self, mailing: Mailing, at: datetime) -> None:
        """End a mailing that is sending and whose chunks are all closed."""
        changes = {"state": State.DONE.value, "ended_at": at.isoformat()}
        self._at_frontier(mailing, mailing.chunk_count, changes)

    def release(self, mailing: Mailing, upto: int, at: datetime) -> bool:
        """Write the release over the last that `mailing` knows."""
        releases = [*mailing.releases, (upto, at)][-RELEASES_KEPT:]
        kept = [[number, int(put_at.timestamp())] for number, put_at in releases]
        changes = {"releases": kept, "released": upto}
        before = "#released = :before" if mailing.released else "attribute_not_exists(#released)"
        values = {":before": mailing.released} if mailing.released else {}
        return self._change(
            mailing.id,
            changes,
            f"{before} AND #state = :sending",
            {**values, ":sending": State.SENDING.value},
        )

    def advance(self, mailing: Mailing, frontier: int, totals: dict[str, int]) -> bool:
        """Write frontier and totals over the frontier that `mailing` knows."""
        return self._at_frontier(mailing, mailing.frontier, {"frontier": frontier, "totals": totals})

    def reopen(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        """Open the chunk and put the frontier back, together; for many members part by part."""
        named = list(members.items())
        parts = (dict(named[start : start + MOST_BY_NAME]) for start in range(0, len(named), MOST_BY_NAME))
        return all(self._reopened(mailing_id, number, part, at) for part in parts)

    def _reopened(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        client = self.table.meta.client
        try:
            client.transact_write_items(
                TransactItems=reopening(self.table.name, mailing_id, number, members, at)
            )
        except client.exceptions.TransactionCanceledException as error:
            if {reason["Code"] for reason in error.response["CancellationReasons"]} <= FAILED_CONDITION:
                return False
            raise
        return True

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        """Take the next attempt, if nobody's lease runs."""
        seconds = int(now.timestamp())
        try:
            item = self.table.update_item(
                Key=chunk_key(mailing_id, number),
                UpdateExpression="SET leased_until = :until ADD attempt :one",
                ConditionExpression="attribute_not_exists(closed) AND"
                " (attribute_not_exists(leased_until) OR leased_until < :now)",
                ExpressionAttributeValues={":until": seconds + lease_seconds, ":now": seconds, ":one": 1},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._failed as error:
            if error.response.get("Item", {}).get("closed"):  # type: ignore[attr-defined]  # asked for above
                return None
            raise LeasedError(f"{mailing_id} chunk {number}") from None
        return chunk_from(mailing_id, number, item)

    def freeze(self, chunk: Chunk, members: dict[str, str], at: datetime | None = None) -> Chunk:
        """Write the members, and when they are to be forgotten."""
        calling = {":called": int(at.timestamp())} if at else {}
        expression = "SET members = :members, expires_at = :end" + (", called_at = :called" if at else "")
        self._fenced(chunk, expression, {}, {":members": members, ":end": expiry(self.clock()), **calling})
        return replace(chunk, members=members, called_at=at or chunk.called_at)

    def record(
        self, chunk: Chunk, standings: dict[str, str], *, at: datetime | None = None, expired: int = 0
    ) -> Chunk:
        """Write new standings in one call."""
        sets, names, values = setting_of(standings, chunk)
        if at:
            sets.append("called_at = :called")
            values[":called"] = int(at.timestamp())
        if expired:
            values[":expired"] = expired
        if sets:
            adding = " ADD expired :expired" if expired else ""
            self._fenced(chunk, f"SET {', '.join(sets)}{adding}", names, values)
        return replace(chunk, members={**(chunk.members or {}), **standings}, called_at=at or chunk.called_at)

    def finish(self, chunk: Chunk, standings: dict[str, str], at: datetime) -> Chunk:
        """Write new standings, and either the end of the chunk or the end of the lease, in one call."""
        members = {**(chunk.members or {}), **standings}
        is_open = {Standing.WAITING.value, Standing.IN_DOUBT.value} & set(members.values())
        sets, names, values = setting_of(standings, chunk)
        if is_open:
            sets.append("leased_until = :now")
            values[":now"] = int(at.timestamp()) - 1
        else:
            sets.append("closed = :true")
            values[":true"] = True
        self._fenced(chunk, f"SET {', '.join(sets)}", names, values)
        return replace(chunk, members=members)

    def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[ChunkState]:
        """Every chunk that was claimed, from `first` on, and below `upto`."""
        last = AFTER_ALL_CHUNKS if upto is None else f"{CHUNKS}{max(upto - 1, 0):06}"
        span = {":first": f"{CHUNKS}{first:06}", ":last": last}
        return [
            chunk_state_of(item) for item in self._kept(mailing_id, "#entry BETWEEN :first AND :last", span)
        ]

    def mark(self, mailing_id: str, kind: str, members: Collection[str]) -> None:
        """An item a member."""
        mark = {"mailing": mailing_id, "expires_at": expiry(self.clock())}
        with self.table.batch_writer(overwrite_by_pkeys=["mailing", "entry"]) as batch:
            for member in members:
                batch.put_item(Item={**mark, "entry": f"{kind}#{member}"})

    def marks(self, mailing_id: str) -> dict[str, int]:
        """Count the items."""
        return {
            kind: len(self._kept(mailing_id, "begins_with(#entry, :kind)", {":kind": f"{kind}#"}))
            for kind in MARKS
        }

    def note(self, mailing_id: str, number: int, words: dict[str, set[str]]) -> bool:
        """Add the members to each word's set, in one call; an unknown chunk gets none."""
        if not any(words.values()):
            return True
        try:
            self.table.update_item(**noting(mailing_id, number, words))
        except self._failed:
            return False
        return True

    def _fenced(self, chunk: Chunk, expression: str, names: dict[str, str], values: dict[str, Any]) -> None:
        more = {"ExpressionAttributeNames": names} if names else {}
        try:
            self.table.update_item(
                Key=chunk_key(chunk.mailing, chunk.number),
                UpdateExpression=expression,
                ConditionExpression="attempt = :attempt",
                ExpressionAttributeValues={**values, ":attempt": chunk.attempt},
                **more,
            )
        except self._failed:
            raise StaleAttemptError(f"{chunk.mailing} chunk {chunk.number}") from None

    def _at_frontier(self, mailing: Mailing, frontier: int, changes: dict[str, Any]) -> bool:
        """Change the head of a mailing that still sends, if its frontier is there."""
        condition, values = unmoved(mailing)
        return self._change(
            mailing.id, changes, f"#frontier = :there AND {condition}", {**values, ":there": frontier}
        )

    def _change(
        self, mailing_id: str, changes: dict[str, Any], condition: str, values: dict[str, Any]
    ) -> bool:
        """Set attributes of the head; false if the condition does not hold."""
        expression = "SET " + ", ".join(f"#{name} = :new_{name}" for name in changes)
        try:
            self.table.update_item(
                Key=head_key(mailing_id),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=names_in(expression, condition),
                ExpressionAttributeValues={
                    **{f":new_{name}": value for name, value in changes.items()},
                    **values,
                },
            )
        except self._failed:
            return False
        return True

    def _kept(self, mailing_id: str, span: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        """The entries of a mailing in that span that are not to be forgotten yet."""
        found = query_all(self.table, f"#mailing = :mailing AND {span}", {":mailing": mailing_id, **values})
        now = self.clock()
        return [item for item in found if is_kept(item, now)]

    @property
    def _failed(self) -> type[Exception]:
        failed: type[Exception] = self.table.meta.client.exceptions.ConditionalCheckFailedException
        return failed

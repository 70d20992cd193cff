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
    adding_events,
    approved_for,
    asking_to_halt,
    chunk_from,
    chunk_key,
    chunk_state_of,
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
    reopening,
    setting_of,
    unchanged,
    utc_now,
)
from broadsheet.aws.ledger_times import forget_times
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Chunk, DeliveryStatus, Halt, Mailing, MailingState
from broadsheet.mailings.ports import ChunkState, LeasedError, StaleAttemptError

DISPATCHES_KEPT = 6
MARKS = ("bounce", "complaint")
HELD = {":held": MailingState.HELD.value}
IS_HELD = "#state = :held"
IS_UNAPPROVED = f"{IS_HELD} AND NOT #confirmed = :yes", {**HELD, ":yes": True}
FAILED_CONDITION = {"None", "ConditionalCheckFailed"}


@dataclass(frozen=True)
class DynamoDBLedger:
    """`Ledger` on DynamoDB; `clock` decides which chunks and marks have expired."""

    table: Table
    clock: Callable[[], datetime] = utc_now

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head."""
        item = self.table.get_item(Key=head_key(mailing_id), ConsistentRead=True).get("Item")
        return mailing_of(item) if item else None

    def active(self) -> list[Mailing]:
        """Read the heads that the partition "live" names."""
        live = query_all(self.table, "#mailing = :live", {":live": LIVE})
        heads = (self.mailing(str(item["entry"])) for item in live)
        return [head for head in heads if head]

    def deactivate(self, mailing_id: str) -> None:
        """Delete it from the partition "live"."""
        self.table.delete_item(Key={"mailing": LIVE, "entry": mailing_id})

    def forget_times(self, mailing: Mailing, now: datetime) -> bool:
        """Remove them chunk by chunk; a leased chunk keeps them."""
        return forget_times(self.table, self.chunks, mailing, now)

    def activate(self, mailing_id: str) -> None:
        """Add it to the partition "live", by an update: the roles that do this may not put items."""
        key, yes = {"mailing": LIVE, "entry": mailing_id}, {":true": True}
        self.table.update_item(Key=key, UpdateExpression="SET live = :true", ExpressionAttributeValues=yes)

    def hold(self, mailing: Mailing) -> Mailing:
        """Put the head if there is none, or a withdrawn one."""
        self.activate(mailing.id)  # first, so that the sweep never misses it
        try:
            self.table.put_item(
                Item=held_item(mailing),
                ConditionExpression="attribute_not_exists(entry) OR #state = :withdrawn",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":withdrawn": MailingState.WITHDRAWN.value},
            )
        except self._failed:
            return self.mailing(mailing.id) or mailing
        self.activate(mailing.id)  # again: a sweep may have deactivated the withdrawn one
        return mailing

    def withdraw(self, mailing_id: str) -> Mailing | None:
        """Set the state if it is held."""
        self._change(mailing_id, {"state": MailingState.WITHDRAWN.value}, IS_HELD, HELD)
        return self.mailing(mailing_id)

    def approve(self, mailing_id: str, due_at: datetime) -> bool:
        """Set approval and time, and clear the reason."""
        return self._change(mailing_id, approved_for(due_at), *IS_UNAPPROVED)

    def require_approval(self, mailing_id: str) -> bool:
        """Set the reason."""
        return self._change(mailing_id, {"reason": NEEDS_APPROVAL}, *IS_UNAPPROVED)

    def begin(self, mailing: Mailing) -> bool:
        """Freeze what a held mailing sends."""
        return self._change(mailing.id, frozen_in(mailing), IS_HELD, HELD)

    def move(
        self,
        mailing_id: str,
        before: Collection[MailingState],
        after: MailingState,
        at: datetime,
        reason: str = "",
    ) -> bool:
        """Set state and reason, and the time of resuming or cancelling."""
        states = {f":before{number}": state.value for number, state in enumerate(before)}
        return self._change(
            mailing_id, moved_to(after, at, reason), f"#state IN ({', '.join(states)})", states
        )

    def request_halt(self, mailing_id: str, halt: Halt) -> None:
        """Overwrite the request by an update: workers may not put items."""
        self.table.update_item(**asking_to_halt(mailing_id, halt, self.clock()))

    def requested_halt(self, mailing_id: str) -> Halt | None:
        """Read the request."""
        item: Any = self.table.get_item(Key=halt_key(mailing_id), ConsistentRead=True).get("Item")
        return halt_of(item) if item else None

    def halt(self, mailing: Mailing, halt: Halt) -> bool:
        """Update the head, then delete the request; after a crash in between it is stale once resumed."""
        is_current = halt.is_current(mailing)
        moved = is_current and self._change(mailing.id, halted_by(halt, mailing), *unchanged(mailing))
        self.table.delete_item(Key=halt_key(mailing.id))
        return moved

    def end(self, mailing: Mailing, at: datetime) -> None:
        """Set state and time if it is sending and its watermark is behind the last chunk."""
        changes = {"state": MailingState.DONE.value, "ended_at": at.isoformat()}
        self._change_at_watermark(mailing, mailing.chunk_count, changes)

    def record_dispatch(self, mailing: Mailing, upto: int, at: datetime) -> bool:
        """Append to the dispatches, if `mailing` knows the last one."""
        dispatches = [*mailing.dispatches, (upto, at)][-DISPATCHES_KEPT:]
        kept = [[number, int(put_at.timestamp())] for number, put_at in dispatches]
        changes = {"releases": kept, "released": upto}
        before = "#released = :before" if mailing.dispatched else "attribute_not_exists(#released)"
        values = {":before": mailing.dispatched} if mailing.dispatched else {}
        return self._change(
            mailing.id,
            changes,
            f"{before} AND #state = :sending",
            {**values, ":sending": MailingState.SENDING.value},
        )

    def advance(self, mailing: Mailing, watermark: int, totals: dict[str, int]) -> bool:
        """Set watermark and totals, if the watermark is the one of `mailing`."""
        return self._change_at_watermark(
            mailing, mailing.watermark, {"frontier": watermark, "totals": totals}
        )

    def reopen(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        """Reopen the chunk and reset the watermark in a transaction; in parts if there are many members."""
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
        """Take lease and next attempt, if no lease runs."""
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
        """Set the members and when they expire."""
        calling = {":called": int(at.timestamp())} if at else {}
        expression = "SET members = :members, expires_at = :end" + (", called_at = :called" if at else "")
        self._fenced(chunk, expression, {}, {":members": members, ":end": expiry(self.clock()), **calling})
        return replace(chunk, members=members, called_at=at or chunk.called_at)

    def record(
        self, chunk: Chunk, statuses: dict[str, str], *, at: datetime | None = None, timed_out: int = 0
    ) -> Chunk:
        """Update the statuses in one call."""
        sets, names, values = setting_of(statuses, chunk)
        if at:
            sets.append("called_at = :called")
            values[":called"] = int(at.timestamp())
        if timed_out:
            values[":expired"] = timed_out
        if sets:
            adding = " ADD expired :expired" if timed_out else ""
            self._fenced(chunk, f"SET {', '.join(sets)}{adding}", names, values)
        return replace(chunk, members={**(chunk.members or {}), **statuses}, called_at=at or chunk.called_at)

    def finish(self, chunk: Chunk, statuses: dict[str, str], at: datetime) -> Chunk:
        """Update the statuses, and close the chunk or end its lease, in one call."""
        members = {**(chunk.members or {}), **statuses}
        is_open = {DeliveryStatus.WAITING.value, DeliveryStatus.UNKNOWN.value} & set(members.values())
        sets, names, values = setting_of(statuses, chunk)
        if is_open:
            sets.append("leased_until = :now")
            values[":now"] = int(at.timestamp()) - 1
        else:
            sets.append("closed = :true")
            values[":true"] = True
        self._fenced(chunk, f"SET {', '.join(sets)}", names, values)
        return replace(chunk, members=members)

    def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[ChunkState]:
        """Query the claimed chunks from `first` on, below `upto` if given."""
        last = AFTER_ALL_CHUNKS if upto is None else f"{CHUNKS}{max(upto - 1, 0):06}"
        span = {":first": f"{CHUNKS}{first:06}", ":last": last}
        return [
            chunk_state_of(item) for item in self._kept(mailing_id, "#entry BETWEEN :first AND :last", span)
        ]

    def mark(self, mailing_id: str, kind: str, members: Collection[str]) -> None:
        """Put one item for each member."""
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

    def record_events(self, mailing_id: str, number: int, events: dict[str, set[str]]) -> bool:
        """Add the members to each event's set, in one call, if the chunk exists."""
        if not any(events.values()):
            return True
        try:
            self.table.update_item(**adding_events(mailing_id, number, events))
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

    def _change_at_watermark(self, mailing: Mailing, watermark: int, changes: dict[str, Any]) -> bool:
        """Change the head of a mailing that is still sending, if its watermark is there."""
        condition, values = unchanged(mailing)
        return self._change(
            mailing.id, changes, f"#frontier = :there AND {condition}", {**values, ":there": watermark}
        )

    def _change(
        self, mailing_id: str, changes: dict[str, Any], condition: str, values: dict[str, Any]
    ) -> bool:
        """Set attributes of the head; False if the condition does not hold."""
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
        """The entries of a mailing in that span that have not expired."""
        found = query_all(self.table, f"#mailing = :mailing AND {span}", {":mailing": mailing_id, **values})
        now = self.clock()
        return [item for item in found if is_kept(item, now)]

    @property
    def _failed(self) -> type[Exception]:
        failed: type[Exception] = self.table.meta.client.exceptions.ConditionalCheckFailedException
        return failed

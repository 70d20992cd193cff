"""The ledger in DynamoDB.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from broadsheet.aws.dynamodb import Item, Names, Table, is_expired
from broadsheet.aws.ledger_items import (
    AFTER_ALL_CHUNKS,
    CHUNKS,
    EVENT,
    LIVE,
    MOST_BY_NAME,
    chunk_from,
    chunk_key,
    expiry,
    halt_key,
    halt_of,
    head_key,
    held_item,
    mailing_of,
    setting_of,
    stored_plan,
    unchanged,
)
from broadsheet.aws.resources import utc_now
from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.mailing import (
    MARKED,
    NEEDS_APPROVAL,
    Chunk,
    DeliveryStatus,
    Halt,
    Mailing,
    MailingState,
)
from broadsheet.mailings.ports import TIMES_FORGOTTEN_AT_ONCE, LeasedError, StaleAttemptError

DISPATCHES_KEPT = 6
CHUNKS_READ_AT_ONCE = 100  # when times are deleted, so that memory stays flat
HELD = {":held": MailingState.HELD.value}
IS_HELD = "#state = :held"
IS_UNAPPROVED = f"{IS_HELD} AND NOT #confirmed = :yes", {**HELD, ":yes": True}


@dataclass(frozen=True)
class DynamoDBLedger:
    """`Ledger` on DynamoDB; `clock` decides which chunks and marks have expired."""

    table: Table
    clock: Callable[[], datetime] = utc_now

    def mailing(self, mailing_id: str) -> Mailing | None:
        """The head."""
        item = self.table.get(head_key(mailing_id))
        return mailing_of(item) if item else None

    def active(self) -> list[Mailing]:
        """Read the heads that the partition "live" names."""
        live = self.table.query_all("#mailing = :live", {":live": LIVE})
        heads = (self.mailing(item["entry"]) for item in live)
        return [head for head in heads if head]

    def deactivate(self, mailing_id: str) -> None:
        """Delete it from the partition "live"."""
        self.table.delete({"mailing": LIVE, "entry": mailing_id})

    def forget_times(self, mailing: Mailing, now: datetime) -> bool:
        """Remove them chunk by chunk; a leased chunk keeps them."""
        spans = range(0, mailing.chunk_count, CHUNKS_READ_AT_ONCE)
        chunks = (
            one for first in spans for one in self.chunks(mailing.id, first, first + CHUNKS_READ_AT_ONCE)
        )
        for forgotten, chunk in enumerate(one for one in chunks if one.has_times):
            if forgotten == TIMES_FORGOTTEN_AT_ONCE:
                return False
            key, values = chunk_key(mailing.id, chunk.number), {":now": int(now.timestamp())}
            self.table.update(key, "REMOVE leased_until, called_at", values, "leased_until < :now")
        return True

    def activate(self, mailing_id: str) -> None:
        """Add it to the partition "live", by an update: the roles that do this may not put items."""
        self.table.update({"mailing": LIVE, "entry": mailing_id}, "SET live = :true", {":true": True})

    def hold(self, mailing: Mailing) -> Mailing:
        """Put the head if there is none, or a withdrawn one."""
        self.activate(mailing.id)  # first, so that the sweep never misses it
        is_free = "attribute_not_exists(entry) OR #state = :withdrawn"
        if not self.table.put(held_item(mailing), is_free, {":withdrawn": MailingState.WITHDRAWN.value}):
            return self.mailing(mailing.id) or mailing
        self.activate(mailing.id)  # again: a sweep may have deactivated the withdrawn one
        return mailing

    def withdraw(self, mailing_id: str) -> Mailing | None:
        """Set the state if it is held."""
        self._change(mailing_id, {"state": MailingState.WITHDRAWN.value}, IS_HELD, HELD)
        return self.mailing(mailing_id)

    def approve(self, mailing_id: str, due_at: datetime) -> bool:
        """Set approval and time, and clear the reason."""
        changes = {"confirmed": True, "due_at": due_at.isoformat(), "reason": ""}
        return self._change(mailing_id, changes, *IS_UNAPPROVED)

    def require_approval(self, mailing_id: str) -> bool:
        """Set the reason."""
        return self._change(mailing_id, {"reason": NEEDS_APPROVAL}, *IS_UNAPPROVED)

    def begin(self, mailing: Mailing) -> bool:
        """Freeze what a held mailing sends."""
        changes = {
            "state": MailingState.SENDING.value,
            "edition": mailing.edition,
            "revision": mailing.revision,
            "digest": mailing.digest,
            "chunk_count": stored_plan(mailing.plan),
            "trial": mailing.trial_stage,
            "planned": mailing.planned,
            "frontier": 0,
        }
        return self._change(mailing.id, changes, IS_HELD, HELD)

    def move(
        self,
        mailing_id: str,
        before: Collection[MailingState],
        after: MailingState,
        at: datetime,
        reason: str = "",
    ) -> bool:
        """Set state and reason, and the time of resuming or cancelling."""
        changes: Item = {"state": after.value, "reason": reason}
        if after is MailingState.SENDING:
            changes["moved_at"] = int(at.timestamp())
        if after is MailingState.CANCELLED:
            changes["ended_at"] = at.isoformat()
        states = {f":before{number}": state.value for number, state in enumerate(before)}
        return self._change(mailing_id, changes, f"#state IN ({', '.join(states)})", states)

    def request_halt(self, mailing_id: str, halt: Halt) -> None:
        """Overwrite the request by an update: workers may not put items."""
        values = {":reason": halt.reason, ":at": int(halt.at.timestamp()), ":digest": halt.digest}
        self.table.update(
            halt_key(mailing_id),
            "SET reason = :reason, #at = :at, digest = :digest, expires_at = :end",
            {**values, ":end": expiry(self.clock())},
        )

    def requested_halt(self, mailing_id: str) -> Halt | None:
        """Read the request."""
        item = self.table.get(halt_key(mailing_id))
        return halt_of(item) if item else None

    def halt(self, mailing: Mailing, halt: Halt) -> bool:
        """Update the head, then delete the request; after a crash in between it is stale once resumed."""
        changes = {
            "state": halt.state.value,
            "reason": mailing.reason_with(halt.reason),
            "digest": halt.digest_for(mailing),
        }
        halted = halt.is_current(mailing) and self._change(mailing.id, changes, *unchanged(mailing))
        self.table.delete(halt_key(mailing.id))
        return halted

    def end(self, mailing: Mailing, at: datetime) -> None:
        """Set state and time if it is sending and its watermark is behind the last chunk."""
        changes = {"state": MailingState.DONE.value, "ended_at": at.isoformat()}
        self._change_at_watermark(mailing, mailing.chunk_count, changes)

    def extend(self, mailing: Mailing, plan: ChunkPlan) -> bool:
        """Set the plan if it is still that of `mailing`."""
        before = {":before": stored_plan(mailing.plan)}
        return self._change(mailing.id, {"chunk_count": stored_plan(plan)}, "#chunk_count = :before", before)

    def record_dispatch(self, mailing: Mailing, upto: int, at: datetime, stage: int) -> bool:
        """Append to the dispatches, if `mailing` knows the last one."""
        dispatches = [*mailing.dispatches, (upto, at)][-DISPATCHES_KEPT:]
        kept = [[number, int(sent_at.timestamp())] for number, sent_at in dispatches]
        changes = {"releases": kept, "released": upto, "trial": stage}
        is_last, values = "attribute_not_exists(#released)", Item()
        if mailing.dispatched:
            is_last, values = "#released = :before", {":before": mailing.dispatched}
        values[":sending"] = MailingState.SENDING.value
        return self._change(mailing.id, changes, f"{is_last} AND #state = :sending", values)

    def advance(self, mailing: Mailing, watermark: int, totals: dict[str, int]) -> bool:
        """Set watermark and totals, if the watermark is the one of `mailing`."""
        changes = {"frontier": watermark, "totals": totals}
        return self._change_at_watermark(mailing, mailing.watermark, changes)

    def reopen(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        """Reopen the chunk and reset the watermark in a transaction; in parts if there are many members."""
        named = list(members.items())
        parts = (dict(named[start : start + MOST_BY_NAME]) for start in range(0, len(named), MOST_BY_NAME))
        return all(self._reopened(mailing_id, number, part, at) for part in parts)

    def _reopened(self, mailing_id: str, number: int, members: dict[str, str], at: datetime) -> bool:
        names = {f"#m{i}": member for i, member in enumerate(members)}
        before = {status: f":s{i}" for i, status in enumerate(sorted({*members.values()}))}
        sets = ", ".join(f"members.{name} = :waiting" for name in names)
        values = {":waiting": DeliveryStatus.WAITING.value, ":never": 0, ":one": 1}
        return self.table.transact(
            self.table.update_request(
                chunk_key(mailing_id, number),
                f"SET {sets}, leased_until = :never REMOVE closed ADD attempt :one",
                {**values, **{placeholder: status for status, placeholder in before.items()}},
                " AND ".join(f"members.{name} = {before[members[member]]}" for name, member in names.items()),
                names,
            ),
            self.table.update_request(
                head_key(mailing_id),
                "SET frontier = :start, totals = :none, moved_at = :at",
                {":start": 0, ":none": {}, ":at": int(at.timestamp()), ":done": MailingState.DONE.value},
                "#state = :done",
            ),
        )

    def claim(self, mailing_id: str, number: int, now: datetime, lease_seconds: int) -> Chunk | None:
        """Take lease and next attempt, if no lease runs."""
        seconds = int(now.timestamp())
        request = self.table.update_request(
            chunk_key(mailing_id, number),
            "SET leased_until = :until ADD attempt :one",
            {":until": seconds + lease_seconds, ":now": seconds, ":one": 1},
            "attribute_not_exists(closed) AND (attribute_not_exists(leased_until) OR leased_until < :now)",
        )
        returned = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        client = self.table.client
        try:
            answer = client.update_item(**request["Update"], **returned)
        except client.exceptions.ConditionalCheckFailedException as error:
            if error.response.get("Item", {}).get("closed"):
                return None
            raise LeasedError(f"{mailing_id} chunk {number}") from None
        return chunk_from(answer["Attributes"])

    def freeze(self, chunk: Chunk, members: dict[str, str], at: datetime | None = None) -> Chunk:
        """Set the members, the parts if there are several, and when they expire."""
        calling = {":called": int(at.timestamp())} if at else {}
        parts = {":parts": chunk.parts} if chunk.parts > 1 else {}
        change = "SET members = :members, expires_at = :end" + (", called_at = :called" if at else "")
        change += ", parts = :parts" if parts else ""
        self._fenced(chunk, change, {":members": members, ":end": expiry(self.clock()), **calling, **parts})
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
            self._fenced(chunk, f"SET {', '.join(sets)}{adding}", values, names)
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
        self._fenced(chunk, f"SET {', '.join(sets)}", values, names)
        return replace(chunk, members=members)

    def chunks(self, mailing_id: str, first: int = 0, upto: int | None = None) -> list[Chunk]:
        """Query the claimed chunks from `first` on, below `upto` if given."""
        last = AFTER_ALL_CHUNKS if upto is None else f"{CHUNKS}{max(upto - 1, 0):06}"
        span = {":first": f"{CHUNKS}{first:06}", ":last": last}
        items = self._kept(mailing_id, "#entry BETWEEN :first AND :last", span)
        return [chunk_from(item) for item in items]

    def mark(self, mailing_id: str, kind: str, members: Collection[str]) -> None:
        """Put one item for each member."""
        mark = {"mailing": mailing_id, "expires_at": expiry(self.clock())}
        with self.table.batch_writer(overwrite_by_pkeys=["mailing", "entry"]) as batch:
            for member in members:
                batch.put_item(Item={**mark, "entry": f"{kind}#{member}"})

    def marks(self, mailing_id: str) -> dict[str, int]:
        """Count the items."""
        begins = "begins_with(#entry, :kind)"
        return {kind: len(self._kept(mailing_id, begins, {":kind": f"{kind}#"})) for kind in MARKED}

    def record_events(self, mailing_id: str, number: int, events: dict[str, set[str]]) -> bool:
        """Add the members to each event's set, in one call, if the chunk exists.

        Source: DynamoDB API, UpdateItem: ADD can only be used on top-level attributes.
        """
        kinds = sorted({kind for theirs in events.values() for kind in theirs})
        if not kinds:
            return True
        return self.table.update(
            chunk_key(mailing_id, number),
            "ADD " + ", ".join(f"#e{i} :e{i}" for i in range(len(kinds))),
            {
                f":e{i}": {member for member, theirs in events.items() if kind in theirs}
                for i, kind in enumerate(kinds)
            },
            "attribute_exists(members)",
            {f"#e{i}": f"{EVENT}{kind}" for i, kind in enumerate(kinds)},
        )

    def _fenced(self, chunk: Chunk, change: str, values: Item, names: Names = None) -> None:
        key, fence = chunk_key(chunk.mailing, chunk.number), {":attempt": chunk.attempt}
        if not self.table.update(key, change, {**values, **fence}, "attempt = :attempt", names):
            raise StaleAttemptError(f"{chunk.mailing} chunk {chunk.number}")

    def _change_at_watermark(self, mailing: Mailing, watermark: int, changes: dict[str, Any]) -> bool:
        """Change the head of a mailing that is still sending, if its watermark is there."""
        condition, values = unchanged(mailing)
        return self._change(
            mailing.id, changes, f"#frontier = :there AND {condition}", {**values, ":there": watermark}
        )

    def _change(self, mailing_id: str, changes: dict[str, Any], condition: str, values: Item) -> bool:
        """Set attributes of the head; False if the condition does not hold."""
        sets = ", ".join(f"#{name} = :new_{name}" for name in changes)
        new = {f":new_{name}": value for name, value in changes.items()}
        return self.table.update(head_key(mailing_id), f"SET {sets}", {**new, **values}, condition)

    def _kept(self, mailing_id: str, span: str, values: Item) -> list[Item]:
        """The items of a mailing in that span that have not expired."""
        found = self.table.query_all(f"#mailing = :mailing AND {span}", {":mailing": mailing_id, **values})
        now = self.clock()
        return [item for item in found if not is_expired(item, now)]

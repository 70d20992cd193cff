"""Items of the ledger's table to values, and back; stored names differ from the fields' names here alone.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from broadsheet.mailings.mailing import Chunk, DeliveryStatus, Halt, Mailing, MailingState
from broadsheet.mailings.ports import ChunkState
from broadsheet.retention import LEDGER_DETAILS
from broadsheet.subscribers.send_history import end_of_day

HEADS, LIVE = "mailings", "live"
CHUNKS, AFTER_ALL_CHUNKS = "chunk#", "chunk$"
EVENT = "said_"
MOST_BY_NAME = 100  # the answers of one call and the next one's intents


def head_key(mailing_id: str) -> dict[str, str]:
    """The key of a mailing's head."""
    return {"mailing": HEADS, "entry": mailing_id}


def chunk_key(mailing_id: str, number: int) -> dict[str, str]:
    """The key of a chunk."""
    return {"mailing": mailing_id, "entry": f"{CHUNKS}{number:06}"}


def halt_key(mailing_id: str) -> dict[str, str]:
    """The key of a worker's request to halt."""
    return {"mailing": mailing_id, "entry": "halt"}


def utc_now() -> datetime:
    """The time by which details expire."""
    return datetime.now(UTC)


def expiry(now: datetime) -> int:
    """When an item that is written now expires, in epoch seconds, rounded to a day.

    An exact time would tell when a reader was mailed, or bounced.
    """
    return end_of_day(now + LEDGER_DETAILS - timedelta(days=1))


def is_kept(item: dict[str, Any], now: datetime) -> bool:
    """Whether an item has not expired; DynamoDB deletes late, so reads check."""
    return "expires_at" not in item or int(item["expires_at"]) > now.timestamp()


def setting_of(statuses: dict[str, str], chunk: Chunk) -> tuple[list[str], dict[str, str], dict[str, Any]]:
    """The parts of an update that sets statuses: actions, names, values.

    Many are written as the whole map, which the fence keeps as `chunk` has it: an expression has up to 4 KB.
    Source: DynamoDB's quotas.
    """
    if len(statuses) > MOST_BY_NAME:
        return ["members = :members"], {}, {":members": {**(chunk.members or {}), **statuses}}
    names = {f"#m{i}": member for i, member in enumerate(statuses)}
    values: dict[str, Any] = {f":s{i}": status for i, status in enumerate(statuses.values())}
    return [f"members.#m{i} = :s{i}" for i in range(len(statuses))], names, values


def reopening(
    table: str, mailing_id: str, number: int, members: dict[str, str], at: datetime
) -> list[dict[str, Any]]:
    """The transaction that sets members of a chunk back to waiting, in a mailing that is done."""
    names = {f"#m{i}": member for i, member in enumerate(members)}
    words = {status: f":s{i}" for i, status in enumerate(sorted({*members.values()}))}
    sets = [f"members.{name} = :waiting" for name in names]
    still = [f"members.{name} = {words[members[member]]}" for name, member in names.items()]
    chunk = {
        "TableName": table,
        "Key": chunk_key(mailing_id, number),
        "UpdateExpression": f"SET {', '.join(sets)}, leased_until = :never REMOVE closed ADD attempt :one",
        "ConditionExpression": " AND ".join(still),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            ":waiting": DeliveryStatus.WAITING.value,
            ":never": 0,
            ":one": 1,
            **{word: status for status, word in words.items()},
        },
    }
    head = {
        "TableName": table,
        "Key": head_key(mailing_id),
        "UpdateExpression": "SET frontier = :start, totals = :none, moved_at = :at",
        "ConditionExpression": "#state = :done",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {
            ":start": 0,
            ":none": {},
            ":at": int(at.timestamp()),
            ":done": MailingState.DONE.value,
        },
    }
    return [{"Update": chunk}, {"Update": head}]


def unchanged(mailing: Mailing) -> tuple[str, dict[str, Any]]:
    """Condition and values: the mailing is sending, and was not resumed or reopened since it was read."""
    sending = {":sending": MailingState.SENDING.value}
    if mailing.moved_at is None:
        return "#state = :sending AND attribute_not_exists(#moved_at)", sending
    values = {**sending, ":moved": int(mailing.moved_at.timestamp())}
    return "#state = :sending AND #moved_at = :moved", values


def mailing_of(item: dict[str, Any]) -> Mailing:
    """A mailing from its head item."""
    return Mailing(
        issue=item["issue"],
        audience=item["audience"],
        state=MailingState(item["state"]),
        due_at=datetime.fromisoformat(item["due_at"]),
        edition=item.get("edition", ""),
        revision=item.get("revision", ""),
        chunk_count=int(item.get("chunk_count", 0)),
        reason=item.get("reason", ""),
        dispatches=tuple((int(upto), _time(at)) for upto, at in item.get("releases", [])),
        moved_at=moment(item.get("moved_at")),
        watermark=int(item.get("frontier", 0)),
        totals=_counts(item.get("totals", {})),
        ended_at=_moment_of_text(item.get("ended_at")),
        reported=frozenset(item.get("reported", ())),
        results=_counts(item.get("results", {})),
        digest=item.get("digest", ""),
        approved=bool(item.get("confirmed")),
    )


def halt_of(item: dict[str, Any]) -> Halt:
    """A worker's request to halt."""
    return Halt(item["reason"], _time(item["at"]), item.get("digest", ""))


def held_item(mailing: Mailing) -> dict[str, Any]:
    """The head item of a held mailing."""
    return {
        **head_key(mailing.id),
        "state": mailing.state.value,
        "issue": mailing.issue,
        "audience": mailing.audience,
        "due_at": mailing.due_at.isoformat(),
        **({"confirmed": True} if mailing.approved else {}),
        **({"reason": mailing.reason} if mailing.reason else {}),
    }


def frozen_in(mailing: Mailing) -> dict[str, Any]:
    """The changes of a head that begins."""
    return {
        "state": MailingState.SENDING.value,
        "edition": mailing.edition,
        "revision": mailing.revision,
        "digest": mailing.digest,
        "chunk_count": mailing.chunk_count,
        "frontier": 0,
    }


def approved_for(due_at: datetime) -> dict[str, Any]:
    """The changes of a head that is approved."""
    return {"confirmed": True, "due_at": due_at.isoformat(), "reason": ""}


def moved_to(after: MailingState, at: datetime, reason: str) -> dict[str, Any]:
    """The changes of a head that moves to a state."""
    changes: dict[str, Any] = {"state": after.value, "reason": reason}
    if after is MailingState.SENDING:
        changes["moved_at"] = int(at.timestamp())
    if after is MailingState.CANCELLED:
        changes["ended_at"] = at.isoformat()
    return changes


def halted_by(halt: Halt, mailing: Mailing) -> dict[str, Any]:
    """The changes of a head that is halted."""
    return {
        "state": halt.state.value,
        "reason": mailing.reason_with(halt.reason),
        "digest": halt.digest_for(mailing),
    }


def asking_to_halt(mailing_id: str, halt: Halt, now: datetime) -> dict[str, Any]:
    """The update that overwrites the request."""
    return {
        "Key": halt_key(mailing_id),
        "UpdateExpression": "SET reason = :reason, #at = :at, digest = :digest, expires_at = :end",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {
            ":reason": halt.reason,
            ":at": int(halt.at.timestamp()),
            ":digest": halt.digest,
            ":end": expiry(now),
        },
    }


def adding_events(mailing_id: str, number: int, events: dict[str, set[str]]) -> dict[str, Any]:
    """The update that adds the members to each event's set.

    Source: DynamoDB API, UpdateItem: ADD can only be used on attributes at the top, not on nested ones.
    """
    kinds = sorted({kind for theirs in events.values() for kind in theirs})
    return {
        "Key": chunk_key(mailing_id, number),
        "UpdateExpression": "ADD " + ", ".join(f"#w{i} :w{i}" for i in range(len(kinds))),
        "ConditionExpression": "attribute_exists(members)",
        "ExpressionAttributeNames": {f"#w{i}": f"{EVENT}{kind}" for i, kind in enumerate(kinds)},
        "ExpressionAttributeValues": {
            f":w{i}": {m for m, theirs in events.items() if kind in theirs} for i, kind in enumerate(kinds)
        },
    }


def chunk_from(mailing_id: str, number: int, item: dict[str, Any]) -> Chunk:
    """A chunk as its worker sees it."""
    members = item.get("members")
    return Chunk(
        mailing_id,
        number,
        int(str(item["attempt"])),
        dict(members) if members is not None else None,
        events_in(item),
        moment(item.get("called_at")),
    )


def chunk_state_of(item: dict[str, Any]) -> ChunkState:
    """A chunk as the sweep and reports see it."""
    return ChunkState(
        int(item["entry"].split("#")[1]),
        bool(item.get("closed")),
        _time(item.get("leased_until", 0)),
        dict(item.get("members", {})),
        events_in(item),
        moment(item.get("called_at")),
        int(item.get("expired", 0)),
    )


def events_in(item: dict[str, Any]) -> dict[str, frozenset[str]]:
    """SES's events by member."""
    found: dict[str, set[str]] = {}
    for name in (name for name in item if name.startswith(EVENT)):
        for member in item[name]:
            found.setdefault(member, set()).add(name.removeprefix(EVENT))
    return {member: frozenset(kinds) for member, kinds in found.items()}


def moment(seconds: Any) -> datetime | None:  # noqa: ANN401  # DynamoDB's number, or nothing
    """A time that is kept in seconds."""
    return None if seconds is None else _time(seconds)


def _time(seconds: Any) -> datetime:  # noqa: ANN401  # DynamoDB's number
    return datetime.fromtimestamp(int(seconds), UTC)


def _counts(kept: dict[str, Any]) -> dict[str, int]:
    return {name: int(count) for name, count in kept.items()}


def _moment_of_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

"""Items of the ledger's table, from and to values.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from broadsheet.mailings.mailing import Chunk, Halt, Mailing, Standing, State
from broadsheet.mailings.ports import ChunkState
from broadsheet.retention import LEDGER_DETAILS
from broadsheet.subscribers.send_history import end_of_day

HEADS, LIVE = "mailings", "live"
CHUNKS, AFTER_ALL_CHUNKS = "chunk#", "chunk$"
SAID = "said_"
MOST_BY_NAME = 100  # the answers of one call and the next one's intents


def head_key(mailing_id: str) -> dict[str, str]:
    """The key of a mailing's head."""
    return {"mailing": HEADS, "entry": mailing_id}


def chunk_key(mailing_id: str, number: int) -> dict[str, str]:
    """The key of a chunk."""
    return {"mailing": mailing_id, "entry": f"{CHUNKS}{number:06}"}


def halt_key(mailing_id: str) -> dict[str, str]:
    """The key of what a worker asks the sweep for."""
    return {"mailing": mailing_id, "entry": "halt"}


def utc_now() -> datetime:
    """The time by which details are forgotten."""
    return datetime.now(UTC)


def expiry(now: datetime) -> int:
    """When what is written now is to be forgotten, in epoch seconds: as the last of its days begins.

    By the second, it would tell when a reader was mailed, or bounced.
    """
    return end_of_day(now + LEDGER_DETAILS - timedelta(days=1))


def is_kept(item: dict[str, Any], now: datetime) -> bool:
    """Whether an item is not to be forgotten yet; DynamoDB deletes late, so reading decides."""
    return "expires_at" not in item or int(item["expires_at"]) > now.timestamp()


def setting_of(standings: dict[str, str], chunk: Chunk) -> tuple[list[str], dict[str, str], dict[str, Any]]:
    """The parts of an update that sets standings: actions, names, values.

    Many are written with all the others, whom the fence keeps as `chunk` knows them: an expression has up to
    4 KB. Source: DynamoDB's quotas.
    """
    if len(standings) > MOST_BY_NAME:
        return ["members = :members"], {}, {":members": {**(chunk.members or {}), **standings}}
    names = {f"#m{i}": member for i, member in enumerate(standings)}
    values: dict[str, Any] = {f":s{i}": standing for i, standing in enumerate(standings.values())}
    return [f"members.#m{i} = :s{i}" for i in range(len(standings))], names, values


def reopening(
    table: str, mailing_id: str, number: int, members: dict[str, str], at: datetime
) -> list[dict[str, Any]]:
    """The two writes of a transaction that lets members of a chunk wait again, in a mailing that is done."""
    names = {f"#m{i}": member for i, member in enumerate(members)}
    words = {standing: f":s{i}" for i, standing in enumerate(sorted({*members.values()}))}
    sets = [f"members.{name} = :waiting" for name in names]
    still = [f"members.{name} = {words[members[member]]}" for name, member in names.items()]
    chunk = {
        "TableName": table,
        "Key": chunk_key(mailing_id, number),
        "UpdateExpression": f"SET {', '.join(sets)}, leased_until = :never REMOVE closed ADD attempt :one",
        "ConditionExpression": " AND ".join(still),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            ":waiting": Standing.WAITING.value,
            ":never": 0,
            ":one": 1,
            **{word: standing for standing, word in words.items()},
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
            ":done": State.DONE.value,
        },
    }
    return [{"Update": chunk}, {"Update": head}]


def unmoved(mailing: Mailing) -> tuple[str, dict[str, Any]]:
    """That a mailing still sends, and did not stop and go on, or was opened again, since it was read.

    A condition and its values.
    """
    sending = {":sending": State.SENDING.value}
    if mailing.moved_at is None:
        return "#state = :sending AND attribute_not_exists(#moved_at)", sending
    values = {**sending, ":moved": int(mailing.moved_at.timestamp())}
    return "#state = :sending AND #moved_at = :moved", values


def mailing_of(item: dict[str, Any]) -> Mailing:
    """A mailing from its head."""
    return Mailing(
        item["issue"],
        item["audience"],
        State(item["state"]),
        datetime.fromisoformat(item["due_at"]),
        item.get("edition", ""),
        item.get("revision", ""),
        int(item.get("chunk_count", 0)),
        item.get("reason", ""),
        tuple((int(upto), datetime.fromtimestamp(int(at), UTC)) for upto, at in item.get("releases", [])),
        moment(item.get("moved_at")),
        int(item.get("frontier", 0)),
        _counts(item.get("totals", {})),
        _moment_of_text(item.get("ended_at")),
        frozenset(item.get("reported", ())),
        _counts(item.get("results", {})),
        item.get("digest", ""),
        bool(item.get("confirmed")),
    )


def halt_of(item: dict[str, Any]) -> Halt:
    """What a worker asks for."""
    return Halt(item["reason"], datetime.fromtimestamp(int(item["at"]), UTC), item.get("digest", ""))


def held_item(mailing: Mailing) -> dict[str, Any]:
    """The head of a mailing that is held."""
    return {
        **head_key(mailing.id),
        "state": mailing.state.value,
        "issue": mailing.issue,
        "audience": mailing.audience,
        "due_at": mailing.due_at.isoformat(),
        **({"confirmed": True} if mailing.confirmed else {}),
        **({"reason": mailing.reason} if mailing.reason else {}),
    }


def frozen_in(mailing: Mailing) -> dict[str, Any]:
    """What a mailing freezes when it begins."""
    return {
        "state": State.SENDING.value,
        "edition": mailing.edition,
        "revision": mailing.revision,
        "digest": mailing.digest,
        "chunk_count": mailing.chunk_count,
        "frontier": 0,
    }


def confirmed_for(due_at: datetime) -> dict[str, Any]:
    """What changes of the head of a held mailing that a person confirmed."""
    return {"confirmed": True, "due_at": due_at.isoformat(), "reason": ""}


def moved_to(after: State, at: datetime, reason: str) -> dict[str, Any]:
    """What changes of a head that moves there."""
    changes: dict[str, Any] = {"state": after.value, "reason": reason}
    if after is State.SENDING:
        changes["moved_at"] = int(at.timestamp())
    if after is State.CANCELLED:
        changes["ended_at"] = at.isoformat()
    return changes


def halted_by(halt: Halt, mailing: Mailing) -> dict[str, Any]:
    """What changes of the head of a mailing that is halted."""
    return {
        "state": halt.state.value,
        "reason": mailing.reason_with(halt.reason),
        "digest": halt.digest_for(mailing),
    }


def asking_to_halt(mailing_id: str, halt: Halt, now: datetime) -> dict[str, Any]:
    """The update that writes the request over the last."""
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


def noting(mailing_id: str, number: int, words: dict[str, set[str]]) -> dict[str, Any]:
    """The update that adds the members to each word's set.

    Source: DynamoDB API, UpdateItem: ADD can only be used on attributes at the top, not on nested ones.
    """
    kinds = sorted({word for said in words.values() for word in said})
    return {
        "Key": chunk_key(mailing_id, number),
        "UpdateExpression": "ADD " + ", ".join(f"#w{i} :w{i}" for i in range(len(kinds))),
        "ConditionExpression": "attribute_exists(members)",
        "ExpressionAttributeNames": {f"#w{i}": f"{SAID}{word}" for i, word in enumerate(kinds)},
        "ExpressionAttributeValues": {
            f":w{i}": {m for m, said in words.items() if word in said} for i, word in enumerate(kinds)
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
        words_in(item),
        moment(item.get("called_at")),
    )


def chunk_state_of(item: dict[str, Any]) -> ChunkState:
    """A chunk as the sweep and reports see it."""
    return ChunkState(
        int(item["entry"].split("#")[1]),
        bool(item.get("closed")),
        datetime.fromtimestamp(int(item.get("leased_until", 0)), UTC),
        dict(item.get("members", {})),
        words_in(item),
        moment(item.get("called_at")),
        int(item.get("expired", 0)),
    )


def words_in(item: dict[str, Any]) -> dict[str, frozenset[str]]:
    """What SES said later, by member."""
    said: dict[str, set[str]] = {}
    for name in (name for name in item if name.startswith(SAID)):
        for member in item[name]:
            said.setdefault(member, set()).add(name.removeprefix(SAID))
    return {member: frozenset(words) for member, words in said.items()}


def moment(seconds: Any) -> datetime | None:  # noqa: ANN401  # DynamoDB's number, or nothing
    """A time that is kept in seconds."""
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)


def _counts(kept: dict[str, Any]) -> dict[str, int]:
    return {name: int(count) for name, count in kept.items()}


def _moment_of_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

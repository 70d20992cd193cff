"""Items of the ledger's table to values, and back.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from datetime import UTC, datetime, timedelta

from broadsheet.aws.dynamodb import Item
from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.mailing import TRIAL_IS_OVER, Chunk, Halt, Mailing, MailingState
from broadsheet.retention import LEDGER_DETAILS
from broadsheet.subscribers.send_history import end_of_day

HEADS, LIVE = "mailings", "live"
CHUNKS, AFTER_ALL_CHUNKS = "chunk#", "chunk$"
EVENT = "said_"
MOST_BY_NAME = 100  # fifty answers of one call, and fifty unknown outcomes before the next


def head_key(mailing_id: str) -> dict[str, str]:
    """The key of a mailing's head."""
    return {"mailing": HEADS, "entry": mailing_id}


def chunk_key(mailing_id: str, number: int) -> dict[str, str]:
    """The key of a chunk."""
    return {"mailing": mailing_id, "entry": f"{CHUNKS}{number:06}"}


def halt_key(mailing_id: str) -> dict[str, str]:
    """The key of a worker's request to halt."""
    return {"mailing": mailing_id, "entry": "halt"}


def expiry(now: datetime) -> int:
    """When an item that is written now expires, in epoch seconds, rounded to a day.

    An exact time would tell when a reader was mailed, or bounced.
    """
    return end_of_day(now + LEDGER_DETAILS - timedelta(days=1))


def setting_of(statuses: dict[str, str], chunk: Chunk) -> tuple[list[str], dict[str, str], Item]:
    """The parts of an update that sets statuses: actions, names, values.

    Many are written as the whole map, since an expression has up to 4 KB; nobody else changes it, because
    of the fence. Source: DynamoDB's quotas.
    """
    if len(statuses) > MOST_BY_NAME:
        return ["members = :members"], {}, {":members": {**(chunk.members or {}), **statuses}}
    names = {f"#m{i}": member for i, member in enumerate(statuses)}
    values = {f":s{i}": status for i, status in enumerate(statuses.values())}
    return [f"members.#m{i} = :s{i}" for i in range(len(statuses))], names, values


def unchanged(mailing: Mailing) -> tuple[str, Item]:
    """Condition and values: the mailing is sending, and was not resumed or reopened since it was read."""
    sending = {":sending": MailingState.SENDING.value}
    if mailing.moved_at is None:
        return "#state = :sending AND attribute_not_exists(#moved_at)", sending
    values = {**sending, ":moved": int(mailing.moved_at.timestamp())}
    return "#state = :sending AND #moved_at = :moved", values


def mailing_of(item: Item) -> Mailing:
    """A mailing from its head item."""
    return Mailing(
        issue=item["issue"],
        audience=item["audience"],
        state=MailingState(item["state"]),
        due_at=datetime.fromisoformat(item["due_at"]),
        edition=item.get("edition", ""),
        revision=item.get("revision", ""),
        plan=plan_of(item.get("chunk_count", 0)),
        reason=item.get("reason", ""),
        dispatches=tuple((upto, _time(at)) for upto, at in item.get("releases", [])),
        moved_at=_optional_time(item.get("moved_at")),
        watermark=item.get("frontier", 0),
        totals=item.get("totals", {}),
        ended_at=datetime.fromisoformat(item["ended_at"]) if item.get("ended_at") else None,
        reported=frozenset(item.get("reported", ())),
        results=item.get("results", {}),
        digest=item.get("digest", ""),
        approved=bool(item.get("confirmed")),
        trial_stage=item.get("trial", TRIAL_IS_OVER),
        planned=item.get("planned"),
    )


def plan_of(stored: int | list[list[int]]) -> ChunkPlan:
    """A plan as stored."""
    if not isinstance(stored, list):
        return ChunkPlan(stored)
    (count, small, first), *splits = stored
    return ChunkPlan(count, small, first, tuple((number, parts) for number, parts in splits))


def stored_plan(plan: ChunkPlan) -> int | list[list[int]]:
    """A plan as it is stored; a list for what releases without trials must not mistake for a number."""
    if plan == ChunkPlan(plan.width_count):
        return plan.width_count
    return [[plan.width_count, plan.trial_chunks, plan.first], *(list(split) for split in plan.splits)]


def halt_of(item: Item) -> Halt:
    """A worker's request to halt."""
    return Halt(item["reason"], _time(item["at"]), item.get("digest", ""))


def held_item(mailing: Mailing) -> Item:
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


def chunk_from(item: Item) -> Chunk:
    """A chunk from its item."""
    return Chunk(
        item["mailing"],
        int(item["entry"].split("#")[1]),
        item.get("attempt", 0),
        item.get("members"),
        events_in(item),
        _optional_time(item.get("called_at")),
        _time(item.get("leased_until", 0)),
        bool(item.get("closed")),
        item.get("expired", 0),
        item.get("parts", 1),
    )


def events_in(item: Item) -> dict[str, frozenset[str]]:
    """SES's events by member."""
    found: dict[str, set[str]] = {}
    for name in (name for name in item if name.startswith(EVENT)):
        for member in item[name]:
            found.setdefault(member, set()).add(name.removeprefix(EVENT))
    return {member: frozenset(kinds) for member, kinds in found.items()}


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _optional_time(seconds: int | None) -> datetime | None:
    return None if seconds is None else _time(seconds)

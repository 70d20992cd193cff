"""Every accepted message, kept on disk: what the inbox shows, and what tests count.

Shape: `<state>/mail/<id>.eml` is the message for the wire (none where rendering failed), `<id>.json` its
record: `id`, `sequence` (1 for the first ever accepted), `from`, `to`, `subject`, `tags`, `status`,
`accepted_at` (Unix seconds), `configuration_set` (as the call named it). `status` is one of delivered,
bounced, complained, suppressed, rejected, unrendered; or feedback, for a mail of SES's own to the sender.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FEEDBACK = "feedback"


@dataclass(frozen=True)
class OutboxRecord:
    """What is known of one accepted message; `sender` is `from` in the JSON."""

    id: str
    sequence: int
    sender: str
    to: tuple[str, ...]
    subject: str
    tags: dict[str, str]
    status: str
    accepted_at: float
    configuration_set: str = ""

    @property
    def is_feedback(self) -> bool:
        """Whether SES sent it by itself: it counts to no quota."""
        return self.status == FEEDBACK

    def to_json(self) -> dict[str, Any]:
        """The record as JSON has it."""
        fields = asdict(self)
        return {"from": fields.pop("sender"), **fields, "to": list(self.to)}

    @staticmethod
    def from_json(fields: dict[str, Any]) -> "OutboxRecord":
        """The record of such JSON."""
        own = {name: value for name, value in fields.items() if name != "from"}
        return OutboxRecord(**{**own, "sender": fields["from"], "to": tuple(fields["to"])})


class Outbox:
    """The folder of accepted messages. Safe to share between threads; a restart finds all of them again."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "mail"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        found = [OutboxRecord.from_json(json.loads(path.read_text())) for path in self._folder.glob("*.json")]
        self._records = {record.id: record for record in sorted(found, key=lambda one: one.sequence)}
        self._sequence = max((record.sequence for record in found), default=0)

    def keep(self, make: Callable[[int], OutboxRecord], source: bytes | None) -> OutboxRecord:
        """Keep a message; `make` gets its sequence number. The record comes last: no record without mail."""
        with self._lock:
            self._sequence += 1
            record = make(self._sequence)
            if source is not None:
                (self._folder / f"{record.id}.eml").write_bytes(source)
            text = json.dumps(record.to_json(), ensure_ascii=False)
            (self._folder / f"{record.id}.json").write_text(text, encoding="utf-8")
            self._records[record.id] = record
            return record

    def records(self) -> list[OutboxRecord]:
        """All messages in the order of their acceptance."""
        with self._lock:
            return list(self._records.values())

    def record(self, message_id: str) -> OutboxRecord | None:
        """One message's record."""
        return self._records.get(message_id)

    def source(self, message_id: str) -> bytes | None:
        """The message for the wire, if there is one under this id."""
        path = self._folder / f"{message_id}.eml"
        return path.read_bytes() if message_id in self._records and path.exists() else None

    def empty(self) -> None:
        """Throw all messages away. The sequence goes on."""
        with self._lock:
            for message_id in self._records:
                (self._folder / f"{message_id}.json").unlink(missing_ok=True)
                (self._folder / f"{message_id}.eml").unlink(missing_ok=True)
            self._records = {}

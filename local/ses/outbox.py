"""Every accepted message, stored on disk: the inbox shows them, tests count them.

Shape: `<state>/mail/<id>.eml` is the message for the wire (none if rendering failed), `<id>.json` its record:
`id`, `sequence` (1 for the first ever accepted), `from`, `to`, `subject`, `tags`, `status`, `accepted_at`
(Unix seconds), `configuration_set` (as the call named it). `status` is one of delivered, bounced, complained,
suppressed, rejected, unrendered; or feedback, for a mail that SES itself sends to the sender.
"""

import json
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FEEDBACK = "feedback"


@dataclass(frozen=True)
class OutboxRecord:
    """The record of one accepted message; `sender` is `from` in the JSON. The outbox sets `sequence`."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    tags: dict[str, str]
    status: str
    accepted_at: float
    configuration_set: str = ""
    sequence: int = 0

    @property
    def is_feedback(self) -> bool:
        """Whether it is a mail of SES itself, which counts to no quota."""
        return self.status == FEEDBACK

    def to_json(self) -> dict[str, Any]:
        """The record in its JSON form."""
        fields = asdict(self)
        return {"from": fields.pop("sender"), **fields, "to": list(self.to)}

    @staticmethod
    def from_json(fields: dict[str, Any]) -> "OutboxRecord":
        """The record from its JSON form."""
        own = {name: value for name, value in fields.items() if name != "from"}
        return OutboxRecord(**{**own, "sender": fields["from"], "to": tuple(fields["to"])})


class Outbox:
    """The folder of accepted messages, read again after a restart. Safe to share between threads."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "mail"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        found = [OutboxRecord.from_json(json.loads(path.read_text())) for path in self._folder.glob("*.json")]
        self._records = {record.id: record for record in sorted(found, key=lambda record: record.sequence)}
        self._sequence = max((record.sequence for record in found), default=0)

    def keep(self, record: OutboxRecord, source: bytes | None) -> None:
        """Store a message under the next sequence number. The mail is written before its record."""
        with self._lock:
            self._sequence += 1
            numbered = replace(record, sequence=self._sequence)
            if source is not None:
                (self._folder / f"{record.id}.eml").write_bytes(source)
            text = json.dumps(numbered.to_json(), ensure_ascii=False)
            (self._folder / f"{record.id}.json").write_text(text, encoding="utf-8")
            self._records[record.id] = numbered

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
        """Delete all messages. The sequence continues."""
        with self._lock:
            for message_id in self._records:
                (self._folder / f"{message_id}.json").unlink(missing_ok=True)
                (self._folder / f"{message_id}.eml").unlink(missing_ok=True)
            self._records = {}

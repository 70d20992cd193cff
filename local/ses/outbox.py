"""Every accepted message, stored on disk: the inbox shows them, tests count them.

Shape: `<state>/mail/<id>.eml` is the message for the wire (none if rendering failed). In the store
`<state>/mail/ses.sqlite`, collection `records` has each message's record under its id, as JSON: `id`,
`sequence` (1 for the first ever accepted), `from`, `to`, `subject`, `tags`, `status`, `accepted_at` (Unix
seconds), `configuration_set` (as the call named it). Collection `sequence` has the last one, `suppressed` the
addresses on the account's list, and `accepted` under `<mailing> <chunk>` how many recipients were accepted:
these three remain when the outbox is emptied. `status` is one of delivered, bounced, complained,
suppressed, rejected, unrendered; or feedback, for a mail that SES itself sends to the sender.
"""

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from local.store import Changes, Key, Store

FEEDBACK = "feedback"
RECORDS, SEQUENCE, ACCEPTED, SUPPRESSED = "records", "sequence", "accepted", "suppressed"  # collections


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
    """The accepted messages, read again after a restart. Safe to share between threads.

    `store` has the records, and whatever else of the emulator belongs to them.
    """

    def __init__(self, state: Path) -> None:
        self._folder = state / "mail"
        self.store = Store(store_of(state))
        self._lock = threading.Lock()
        self._accepted = Counter({key: int(count) for key, count in self.store.entries(ACCEPTED)})
        self._take_files_of_older_releases()
        found = [OutboxRecord.from_json(json.loads(text)) for _, text in self.store.entries(RECORDS)]
        self._records = {record.id: record for record in sorted(found, key=lambda record: record.sequence)}
        self._sequence = int(dict(self.store.entries(SEQUENCE)).get("", 0))

    def keep(self, record: OutboxRecord, source: bytes | None, also: Changes | None = None) -> None:
        """Store a message under the next sequence number, with changes of the store that belong to it.

        If this process dies meanwhile, all of it is there or nothing.
        """
        with self._lock:
            numbered = replace(record, sequence=self._sequence + 1)
            if source is not None:
                (self._folder / f"{record.id}.eml").write_bytes(source)
            self._store(numbered, also or {})
            self._records[record.id], self._sequence = numbered, numbered.sequence

    def _store(self, record: OutboxRecord, also: Changes) -> None:
        changes: dict[Key, str | None] = {
            **also,
            (RECORDS, record.id): json.dumps(record.to_json(), ensure_ascii=False),
            (SEQUENCE, ""): str(record.sequence),
        }
        if {"mailing", "chunk"} <= record.tags.keys():
            chunk = f"{record.tags['mailing']} {record.tags['chunk']}"
            self._accepted[chunk] += len(record.to)
            changes[ACCEPTED, chunk] = str(self._accepted[chunk])
        self.store.write(changes)

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
            self.store.write({}, [RECORDS])
            for message_id in self._records:
                (self._folder / f"{message_id}.eml").unlink(missing_ok=True)
            self._records = {}

    def _take_files_of_older_releases(self) -> None:
        """Take the records that were files; one that a kill left torn is dropped."""
        found: dict[Path, OutboxRecord] = {}
        for file in self._folder.glob("*.json"):
            with contextlib.suppress(ValueError):
                found[file] = OutboxRecord.from_json(json.loads(file.read_text(encoding="utf-8")))
        for file, record in sorted(found.items(), key=lambda each: each[1].sequence):
            is_bad = record.status in {"bounced", "complained"}
            self._store(record, suppressed(record.to) if is_bad else {})
            file.unlink()


def store_of(state: Path) -> Path:
    """The file of the emulator's records."""
    return state / "mail" / "ses.sqlite"


def suppressed(addresses: Iterable[str]) -> dict[Key, str | None]:
    """The changes of the store for addresses that SES suppresses from now on."""
    return {(SUPPRESSED, address): "" for address in addresses}

"""The checkpoint file of an import, from which an interrupted run resumes."""

import hashlib
import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from broadsheet.subscribers.mailing_list.ports import ImportStatus
from broadsheet.subscribers.mailing_list.row_reader import RowReader
from local import private

SECONDS_BETWEEN_CHECKPOINTS = 1.0
PIECE_BYTES = 1 << 20


@dataclass
class ImportCheckpoint:
    """The import's id, the last processed line and the counts, kept in a file without any address."""

    path: Path
    import_id: str
    done: int = 0
    statuses: Counter[ImportStatus] = field(default_factory=Counter)
    _kept_at: float = 0.0

    @classmethod
    def of(cls, folder: Path, name: str, import_id: str) -> "ImportCheckpoint":
        """The checkpoint of an earlier run, else a new one; a damaged file counts as none."""
        path = folder / f"{name}.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            counts = {ImportStatus(status): int(number) for status, number in kept["fates"].items()}
            return cls(path, str(kept["import"]), int(kept["done"]), Counter(counts))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path, import_id)

    def move(self, done: int, statuses: Counter[ImportStatus], *, at_once: bool = False) -> None:
        """Write the checkpoint, at most once a second unless `at_once`."""
        self.done, self.statuses = done, statuses
        if not at_once and time.monotonic() - self._kept_at < SECONDS_BETWEEN_CHECKPOINTS:
            return
        self._kept_at = time.monotonic()
        content = {"import": self.import_id, "done": done, "fates": dict(statuses)}
        private.folder(self.path.parent)
        new = self.path.with_suffix(".new")
        private.write(new, json.dumps(content))
        new.replace(self.path)


def checkpoint_of(
    list_name: str, files: tuple[Path, ...], row_reader: RowReader, source: str, checkpoints: Path
) -> ImportCheckpoint:
    """The checkpoint of this import: of the same bytes, read the same way, into the list of that name."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                digest.update(piece)
    how = (
        row_reader.columns,
        row_reader.nobody,
        sorted(row_reader.month_first.items()),
        sorted(row_reader.stays),
        row_reader.audiences,
        row_reader.language,
        str(row_reader.consent_on),
        source,
        list_name,
    )
    digest.update(repr(how).encode())
    return ImportCheckpoint.of(
        checkpoints, digest.hexdigest()[:32], f"import-{row_reader.today}-{secrets.token_hex(4)}"
    )

"""How far an import is, kept in a file, so that one that was broken off is gone on with."""

import hashlib
import json
import os
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from broadsheet.subscribers.mailing_list.ports import Fate
from broadsheet.subscribers.mailing_list.rows import Reading
from local import private

SECONDS_BETWEEN_MARKS = 1.0
PIECE_BYTES = 1 << 20


@dataclass
class Bookmark:
    """How far an import is, kept in a file: the import's id, the last settled line, counts; no address."""

    path: Path
    import_id: str
    done: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    _kept_at: float = 0.0

    @classmethod
    def of(cls, folder: Path, name: str, import_id: str) -> "Bookmark":
        """The one that an earlier run left, or a new one; a broken one is as none."""
        path = folder / f"{name}.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            fates = Counter({Fate(fate): int(number) for fate, number in kept["fates"].items()})
            return cls(path, str(kept["import"]), int(kept["done"]), fates)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path, import_id)

    def move(self, done: int, fates: Counter[Fate], *, at_once: bool = False) -> None:
        """Keep how far it is, now and then."""
        self.done, self.fates = done, fates
        if not at_once and time.monotonic() - self._kept_at < SECONDS_BETWEEN_MARKS:
            return
        self._kept_at = time.monotonic()
        content = {"import": self.import_id, "done": done, "fates": dict(fates)}
        private.folder(self.path.parent)
        new = self.path.with_suffix(".new")
        with open(new, "w", encoding="utf-8", opener=_private) as file:  # a path has no opener
            json.dump(content, file)
        new.replace(self.path)


def bookmark_of(
    the_list: str, files: tuple[Path, ...], reading: Reading, source: str, marks: Path
) -> Bookmark:
    """The bookmark of this very import: of the same bytes, read the same way, into the list of that name."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                digest.update(piece)
    how = (
        reading.columns,
        reading.nobody,
        sorted(reading.month_first.items()),
        sorted(reading.stays),
        reading.audiences,
        reading.language,
        str(reading.consent_on),
        source,
        the_list,
    )
    digest.update(repr(how).encode())
    return Bookmark.of(marks, digest.hexdigest()[:32], f"import-{reading.today}-{secrets.token_hex(4)}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

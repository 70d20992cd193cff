"""A file of values that survives the death of the process that writes it: what was written is kept, wholly.

Engine and SES emulator keep their state in one each. A write is one transaction of SQLite with a write-ahead
log: after a SIGKILL at any moment it is there as a whole or not at all, and it is there if `write` returned.
Nothing waits for the disk, so a power cut may lose the last writes; it damages nothing.

Shape: table `entries`: `collection`, `key` and `value`, all texts; a key is unique in its collection.

Source: SQLite, "Write-Ahead Logging" and "PRAGMA synchronous" (NORMAL in WAL mode: consistent always, durable
over a crash of the application); "PRAGMA secure_delete".
"""

import os
import sqlite3
import threading
import weakref
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from local import private

Key = tuple[str, str]  # collection, key
Changes = Mapping[Key, str | None]  # None deletes

SETTINGS = ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON")
TABLE = (
    "CREATE TABLE IF NOT EXISTS entries (collection TEXT, key TEXT, value TEXT NOT NULL,"
    " PRIMARY KEY (collection, key)) WITHOUT ROWID"
)
PUT = "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"


class Store:
    """The entries of one file, made if it is missing; one process writes it. Thread-safe."""

    def __init__(self, file: Path) -> None:
        private.folder(file.parent)
        os.close(
            os.open(file, os.O_CREAT | os.O_RDWR, private.FILE_MODE)
        )  # SQLite's other files get its mode
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)
        for setting in SETTINGS:
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute(TABLE)

    def write(self, changes: Changes, emptied: Collection[str] = ()) -> None:
        """Empty these collections, then make the changes: all or nothing. A second time changes nothing."""
        if not changes and not emptied:
            return
        put = [(*key, value) for key, value in changes.items() if value is not None]
        deleted = [key for key, value in changes.items() if value is None]
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._database.executemany(
                    "DELETE FROM entries WHERE collection = ?", [(collection,) for collection in emptied]
                )
                self._database.executemany("DELETE FROM entries WHERE collection = ? AND key = ?", deleted)
                self._database.executemany(PUT, put)
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise

    def entries(self, collection: str) -> Iterator[tuple[str, str]]:
        """The keys and values of a collection, by key."""
        with self._lock:
            yield from self._database.execute(
                "SELECT key, value FROM entries WHERE collection = ? ORDER BY key", (collection,)
            ).fetchall()

    def collections(self) -> list[str]:
        """The names of the collections that are not empty."""
        with self._lock:
            found = self._database.execute("SELECT DISTINCT collection FROM entries ORDER BY collection")
            return [name for (name,) in found.fetchall()]

    def close(self) -> None:
        """Fold the log into the file, so that nothing deleted is left in it. Nothing can be written after."""
        with self._lock:
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._database.close()

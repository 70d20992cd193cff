"""What a conversion remembers while it runs, so that an interrupted one continues: an SQLite file.

It has facts of all posts, the Markdown of those that are converted, and the digests of the files that were
begun to be written. The export is read again in any case; what was converted of it is not converted again.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from conversion.facts import Facts
from conversion.post import LeftOut, Reason

COUNTED_ONLY = (Reason.COMMENT, Reason.REVISION)  # there may be hundreds of thousands
_TABLES = """
CREATE TABLE IF NOT EXISTS posts (number INTEGER PRIMARY KEY, id TEXT UNIQUE, facts TEXT);
CREATE TABLE IF NOT EXISTS left_out (place TEXT, title TEXT, reason TEXT, detail TEXT, count INTEGER);
CREATE TABLE IF NOT EXISTS texts (id TEXT PRIMARY KEY, key TEXT, converted TEXT);
CREATE TABLE IF NOT EXISTS begun (path TEXT, digest TEXT, PRIMARY KEY (path, digest));
"""


class StoredPicture(NamedTuple):
    """A picture's path beside the text, its SHA-256, where it is found again, and its number of bytes."""

    path: str
    digest: str
    where: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredText:
    """A post's text as Markdown; what of it was lost, its pictures, and those that are missing with why."""

    markdown: str
    pictures: tuple[StoredPicture, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    lost: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> "StoredText":
        """The text that was stored as this JSON."""
        markdown, pictures, missing, lost = json.loads(text)
        pairs = tuple((address, why) for address, why in missing)
        return cls(markdown, tuple(StoredPicture(*each) for each in pictures), pairs, tuple(lost))

    def to_json(self) -> str:
        """The text as JSON."""
        return json.dumps([self.markdown, self.pictures, self.missing, self.lost], ensure_ascii=False)


class WorkStore:
    """The store in a file, or a temporary one that is gone when it is closed."""

    def __init__(self, file: Path | None) -> None:
        self.connection = sqlite3.connect(file or "")
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.executescript(_TABLES)

    def close(self) -> None:
        """Write what is not written yet, and close the file."""
        self.connection.commit()
        self.connection.close()

    def commit(self) -> None:
        """Keep all that was added."""
        self.connection.commit()

    def begin_survey(self) -> None:
        """Forget the posts of an earlier survey; the texts stay."""
        self.connection.executescript("DELETE FROM posts; DELETE FROM left_out;")

    def add_post(self, post: Facts) -> bool:
        """Add a post's facts; False if there is one of the same id."""
        values = (post.id, post.to_json())
        added = self.connection.execute("INSERT OR IGNORE INTO posts (id, facts) VALUES (?, ?)", values)
        return added.rowcount > 0

    def posts(self) -> Iterator[Facts]:
        """The facts of all posts in the order of the export."""
        for (facts,) in self.connection.execute("SELECT facts FROM posts ORDER BY number"):
            yield Facts.from_json(facts)

    def post(self, post_id: str) -> Facts:
        """The facts of one post."""
        ((facts,),) = self.connection.execute("SELECT facts FROM posts WHERE id = ?", (post_id,))
        return Facts.from_json(facts)

    def add_left_out(self, entry: LeftOut) -> None:
        """Add what is left out; comments and revisions are only counted."""
        if entry.reason in COUNTED_ONLY and not entry.detail:
            update = "UPDATE left_out SET count = count + 1 WHERE reason = ? AND place = ''"
            if self.connection.execute(update, (entry.reason,)).rowcount:
                return
            entry = LeftOut("", "", entry.reason)
        values = (entry.place, entry.title, entry.reason, entry.detail, entry.count)
        self.connection.execute("INSERT INTO left_out VALUES (?, ?, ?, ?, ?)", values)

    def left_out(self) -> Iterator[LeftOut]:
        """What is left out."""
        rows = self.connection.execute("SELECT * FROM left_out ORDER BY rowid")
        for place, title, reason, detail, count in rows:
            yield LeftOut(place, title, Reason(reason), detail, count)

    def has_text(self, post_id: str, key: str) -> bool:
        """Whether the post was converted under this key, a digest of all that its text depends on."""
        found = self.connection.execute("SELECT 1 FROM texts WHERE id = ? AND key = ?", (post_id, key))
        return found.fetchone() is not None

    def keep_text(self, post_id: str, key: str, text: StoredText) -> None:
        """Keep a post's text, over one that was there."""
        values = (post_id, key, text.to_json())
        self.connection.execute("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", values)

    def text(self, post_id: str) -> StoredText | None:
        """A post's text; None if it is not converted yet."""
        found = self.connection.execute("SELECT converted FROM texts WHERE id = ?", (post_id,)).fetchone()
        return StoredText.from_json(found[0]) if found else None

    def begin_file(self, path: str, digest: str) -> None:
        """Remember that a file of this content may be found on the desk from now on."""
        self.connection.execute("INSERT OR IGNORE INTO begun VALUES (?, ?)", (path, digest))

    def has_begun(self, path: str, digest: str) -> bool:
        """Whether a file of this content was begun to be written."""
        values = (path, digest)
        found = self.connection.execute("SELECT 1 FROM begun WHERE path = ? AND digest = ?", values)
        return found.fetchone() is not None

    def has_begun_any(self) -> bool:
        """Whether any file was begun to be written."""
        return self.connection.execute("SELECT 1 FROM begun").fetchone() is not None

    def has_text_of_any(self) -> bool:
        """Whether any post was converted."""
        return self.connection.execute("SELECT 1 FROM texts").fetchone() is not None

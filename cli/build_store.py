"""What a build made of all that it read, kept so that the next build need not make it again.

Shape: `.broadsheet-cache/<name of the site's folder>/<key>` beside the site, for the user alone; a key is a
digest of all that was read. A file: the SHA-256 of the rest in hex; a line of JSON, `[facts, {path: bytes}]`;
the contents of the pages and pictures, one after another. Whatever a build did not use is removed, so no
text outlives it.

What is kept is believed, so a store is used only in folders that are this user's alone. Whatever else is
wrong with it only makes the build longer.
"""

import hashlib
import json
import os
import platform
import re
import stat
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from broadsheet.newsletter import Newsletter
from broadsheet.publishing.rebuild import renderer_version
from broadsheet.site.ports import Site

FOLDER = ".broadsheet-cache"
LIBRARIES = ("can-ada", "pillow")  # beside those of `renderer_version`
_DIGEST_DIGITS = 64
_KEY = re.compile(r"[0-9a-f]{64}")
_UNFINISHED, _UNFINISHED_SECONDS = "unfinished-", 3600.0  # a build that was killed left it


@dataclass(frozen=True)
class Made:
    """What was made of one thing: facts that JSON carries, and the files of the site by path."""

    facts: Any
    files: dict[str, bytes]


@dataclass(frozen=True)
class Recorder:
    """A site that notes what is written to it."""

    site: Site
    written: dict[str, bytes]

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Write and note a file."""
        self.site.put(path, content, forever=forever)
        self.written[path] = content

    def remove(self, path: str) -> None:
        """Delete a file."""
        self.site.remove(path)

    def etag(self, path: str) -> str | None:
        """The ETag of a file."""
        return self.site.etag(path)

    def etags(self, paths: Collection[str]) -> dict[str, str | None]:
        """The ETags of files."""
        return self.site.etags(paths)

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write and note a file if it still has that ETag."""
        return self.site.replace(path, content, etag) and not self.written.update({path: content})

    def names(self, prefix: str) -> list[str]:
        """The paths with that prefix."""
        return self.site.names(prefix)


@dataclass(frozen=True)
class BuildStore:
    """The store of one site. `base` is a digest of what all pages depend on.

    If it only `compares`, it gives nothing back, and `keep` tells what differs from what it had.
    """

    folder: Path
    base: str
    compares: bool = False

    def key(self, *read: object) -> str:
        """The key of what is made of these values, which JSON carries, and of the base."""
        return hashlib.sha256(json.dumps([self.base, *read]).encode()).hexdigest()

    def has(self, key: str) -> bool:
        """Whether `get` may find something."""
        return not self.compares and (self.folder / key).is_file()

    def get(self, key: str) -> Made | None:
        """What was kept under the key; None without it, or if the file is damaged."""
        return None if self.compares else self._read(key)

    def keep(self, key: str, made: Made) -> list[str]:
        """Keep it, over what was there. Two builds may do so at once: a file is written as a whole.

        If the store compares, these are the paths whose content was another.
        """
        old = self._read(key) if self.compares else None
        self._write(key, made)
        paths = sorted({*made.files, *old.files}) if old else []
        return [path for path in paths if old and old.files.get(path) != made.files.get(path)]

    def purge(self, used: Iterable[str]) -> None:
        """Remove all that was kept under other keys."""
        with suppress(OSError):  # another build was faster
            for name in {file.name for file in self.folder.iterdir()}.difference(used):
                if _KEY.fullmatch(name) or self._is_left_over(name):
                    (self.folder / name).unlink(missing_ok=True)

    def _is_left_over(self, name: str) -> bool:
        is_unfinished = name.startswith(_UNFINISHED)
        return is_unfinished and (self.folder / name).stat().st_mtime < time.time() - _UNFINISHED_SECONDS

    def _read(self, key: str) -> Made | None:
        try:
            content = (self.folder / key).read_bytes()
        except OSError:
            return None
        head, _, _ = content[_DIGEST_DIGITS:].partition(b"\n")
        at = _DIGEST_DIGITS + len(head) + 1
        if (
            hashlib.sha256(memoryview(content)[_DIGEST_DIGITS:]).hexdigest().encode()
            != content[:_DIGEST_DIGITS]
        ):
            return None
        facts, sizes = json.loads(head)
        if any(PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts for path in sizes):
            return None
        found: dict[str, bytes] = {}
        for path, size in sizes.items():
            found[path] = content[at : at + size]
            at += size
        return Made(facts, found)

    def _write(self, key: str, made: Made) -> None:
        sizes = {path: len(content) for path, content in made.files.items()}
        rest = b"".join([json.dumps([made.facts, sizes]).encode(), b"\n", *made.files.values()])
        with (
            suppress(OSError),  # a full disk, for example
            NamedTemporaryFile(dir=self.folder, prefix=_UNFINISHED, delete=False) as file,  # the user's alone
        ):
            file.write(hashlib.sha256(rest).hexdigest().encode() + rest)
            file.flush()
            Path(file.name).replace(self.folder / key)


def store_beside(out: Path, newsletter: Newsletter, *options: bool, compares: bool) -> BuildStore | None:
    """The store of the site in `out`, for a newsletter and the options of the build.

    None if others could write there, or something else has its place.
    """
    site = out.resolve()
    folder = site.parent / FOLDER / site.name
    if not (_is_ours_alone(folder.parent) and _is_ours_alone(folder)):
        return None
    read = repr([renderer_version(newsletter), _commands_digest(), *options])
    return BuildStore(folder, read, compares)


def _is_ours_alone(folder: Path) -> bool:
    """Make the folder unless it is there; whether nobody else may read or write in it."""
    try:
        folder.mkdir(mode=0o700, parents=False, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _commands_digest() -> str:
    """A digest of Python, libraries and the commands' code, beside what `renderer_version` knows."""
    versions = [platform.python_version(), *map(version, LIBRARIES)]
    digest = hashlib.sha256(repr(versions).encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()

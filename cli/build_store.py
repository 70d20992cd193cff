"""What is known of the site that the last build made, so that the next build makes only what differs.

Shape: `.broadsheet-cache/<name of the site's folder>/built.json` beside the site, for the user alone, lines:
the SHA-256 of the others in hex; `[base, pictures]`, a digest of code, newsletter and options, and digest and
state of each picture that was read; then two for each thing that was made, `[key, facts, files]` and a text:
the key is a digest of all that was read for it, `files` have digest and state by path, the text is JSON that
few builds need. Only what the last build used is there, so no text of the desk outlives it.

The files themselves are the site's. One is believed by its state (size, times, inode), else by its content.
What the store says is believed, too, so it is used only in folders that are this user's alone. Whatever else
is wrong with it only makes the build longer.
"""

import hashlib
import json
import os
import platform
import re
import stat
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import broadsheet
from broadsheet.newsletter import Newsletter
from broadsheet.site.ports import Site
from cli.built_site import UNKNOWN, FoundSite, State, file_digest, state_of
from cli.text_files import files_below

FOLDER, NAME = ".broadsheet-cache", "built.json"
_OF_EARLIER_RELEASES = re.compile(r"[0-9a-f]{64}")
_UNFINISHED, _UNFINISHED_SECONDS = "unfinished-", 3600.0  # a build that was killed left it
_SETTLED_NS = 2_000_000_000  # a file system may give everything that happens in two seconds the same time


@dataclass(frozen=True)
class Made:
    """What was made of one thing: facts that JSON carries, the digests of its files by path, a text."""

    facts: Any
    files: dict[str, str]
    text: str = ""


@dataclass(frozen=True)
class Recorder:
    """A site that notes the digest of what is written to it; what `there` has the same is not written."""

    site: Site
    there: Mapping[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Note and write a file."""
        digest = hashlib.sha256(content).hexdigest()
        if self.there.get(path) != digest or self.written.get(path, digest) != digest:
            self.site.put(path, content, forever=forever)
        self.written[path] = digest

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
        """Note and write a file if it still has that ETag."""
        if self.site.etag(path) != etag:
            return False
        self.put(path, content)
        return True

    def names(self, prefix: str) -> list[str]:
        """The paths with that prefix."""
        return self.site.names(prefix)


@dataclass(frozen=True)
class PictureDigests:
    """The digests of pictures; one whose state is as it was is not read again."""

    known: dict[str, tuple[str, State]] = field(default_factory=dict)

    def of(self, picture: Path) -> tuple[str, State]:
        """The digest of a picture, and the state that it has for the next build."""
        began, state = time.time_ns(), state_of(picture.stat())
        found = self.known.get(str(picture))
        if found and found[1] == state:
            return found
        is_settled = max(state[1], state[3]) < began - _SETTLED_NS
        return file_digest(picture), state if is_settled else UNKNOWN


@dataclass(frozen=True)
class _Stored:
    """An entry as it is stored: its lines, facts, and digest and state of each file."""

    lines: tuple[bytes, bytes]
    facts: Any
    files: dict[str, tuple[str, State]]

    def made(self) -> Made:
        digests = {path: digest for path, (digest, _) in self.files.items()}
        return Made(self.facts, digests, self.lines[1].decode())


@dataclass
class BuildStore:
    """The store of one site; `there` are the files of the site that are as the last build left them.

    If it only `compares`, it gives nothing back, and `keep` tells what differs from what it had.
    """

    folder: Path
    base: str
    compares: bool = False
    there: dict[str, str] = field(default_factory=dict)
    pictures: PictureDigests = field(default_factory=PictureDigests)
    _entries: dict[str, _Stored] = field(default_factory=dict)
    _used: dict[str, Made] = field(default_factory=dict)

    @classmethod
    def opened(
        cls, folder: Path, base: str, out: Path, found: FoundSite, *, compares: bool = False
    ) -> "BuildStore":
        """The store in that folder, of the site in `out`, in which that was found."""
        try:
            known_base, known_pictures, entries = _parsed(_read(folder / NAME))
        except (ValueError, TypeError, AttributeError):  # of another shape, though whole
            known_base = None
        if known_base != base:
            return cls(folder, base, compares)
        if compares:
            return cls(folder, base, compares, _entries=entries)
        known = {path: file for entry in entries.values() for path, file in entry.files.items()}
        digests = PictureDigests(known_pictures)
        return cls(folder, base, compares, found.unchanged(out, known), digests, entries)

    def get(self, key: str) -> Made | None:
        """What was made of this, if all its files are there as they were; it is kept for the next build."""
        entry = None if self.compares else self._entries.get(key)
        if entry and all(self.there.get(path) == digest for path, (digest, _) in entry.files.items()):
            self._used[key] = entry.made()
        return self._used.get(key)

    def keep(self, key: str, made: Made) -> list[str]:
        """Keep it for the next build.

        If the store compares, these are the paths whose content was another.
        """
        self._used[key] = made
        old = self._entries[key].made().files if self.compares and key in self._entries else made.files
        paths = sorted({*made.files, *old})
        return [path for path in paths if old.get(path) != made.files.get(path)]

    def save(self, states: Mapping[str, State], pictures: Mapping[str, tuple[str, State]]) -> None:
        """Write what this build used, with the states of the site's files; what it did not use is gone."""
        newest = max(
            (state[3] for state in states.values()), default=0
        )  # something could still change unseen
        seen = {path: state if state[3] < newest else (state[0], 0, 0, 0) for path, state in states.items()}
        head = [self.base, {path: (digest, *state) for path, (digest, state) in pictures.items()}]
        lines = [json.dumps(head).encode()]
        for key, made in self._used.items():
            files = {path: (digest, seen[path]) for path, digest in made.files.items()}
            entry = self._entries.get(key)
            lines += entry.lines if entry and entry.files == files else _lines(key, made, files)
        _write(self.folder / NAME, b"\n".join(lines))
        self.purge()

    def forget(self) -> None:
        """Remove what is kept."""
        (self.folder / NAME).unlink(missing_ok=True)
        self.purge()

    def purge(self) -> None:
        """Remove what builds left that were killed, and what earlier releases kept."""
        with suppress(OSError):  # another build was faster
            for name in {file.name for file in self.folder.iterdir()}:
                if _OF_EARLIER_RELEASES.fullmatch(name) or self._is_left_over(name):
                    (self.folder / name).unlink(missing_ok=True)

    def _is_left_over(self, name: str) -> bool:
        is_unfinished = name.startswith(_UNFINISHED)
        return is_unfinished and (self.folder / name).stat().st_mtime < time.time() - _UNFINISHED_SECONDS


def key_of(*read: object) -> str:
    """The key of what is made of these values, which JSON carries."""
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()


def _parsed(lines: list[bytes]) -> tuple[Any, dict[str, tuple[str, State]], dict[str, _Stored]]:
    """The base, the pictures with their states, and the entries by their keys."""
    if not lines:
        return None, {}, {}
    base, pictures = json.loads(lines[0])
    states = {path: (digest, tuple(state)) for path, (digest, *state) in pictures.items()}
    return base, states, dict(map(_entry, lines[1::2], lines[2::2]))


def _entry(head: bytes, text: bytes) -> tuple[str, _Stored]:
    """The entry of two lines, by its key."""
    key, facts, files = json.loads(head)
    states = {path: (digest, tuple(state)) for path, (digest, *state) in files.items()}
    return key, _Stored((head, text), facts, states)


def _lines(key: str, made: Made, files: Mapping[str, tuple[str, State]]) -> tuple[bytes, bytes]:
    stored = {path: (digest, *state) for path, (digest, state) in files.items()}
    return json.dumps([key, made.facts, stored]).encode(), made.text.encode()


def _read(file: Path) -> list[bytes]:
    """The lines that were written to the file; none if it is not there or damaged."""
    try:
        digest, _, rest = file.read_bytes().partition(b"\n")
    except OSError:
        return []
    return rest.split(b"\n") if hashlib.sha256(rest).hexdigest().encode() == digest else []


def _write(file: Path, content: bytes) -> None:
    """Write the file as a whole, for this user alone."""
    with (
        suppress(OSError),  # a full disk, for example
        NamedTemporaryFile(dir=file.parent, prefix=_UNFINISHED, delete=False) as new,
    ):
        new.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        new.flush()
        Path(new.name).replace(file)


def store_folder(out: Path) -> Path | None:
    """The folder for the store of the site in `out`.

    None if others could write there, or something else has its place.
    """
    site = out.resolve()
    folder = site.parent / FOLDER / site.name
    return folder if _is_ours_alone(folder.parent) and _is_ours_alone(folder) else None


def base_of(newsletter: Newsletter, *options: bool) -> str:
    """A digest of what all pages depend on: newsletter, options, Python, what is installed, our code."""
    read = [newsletter, options, platform.python_version(), _installed()]
    digest = hashlib.sha256(repr(read).encode())
    for package in (Path(broadsheet.__file__).parent, Path(__file__).parent):
        for name in sorted(name for name in files_below(package) if "__pycache__" not in name):
            with open(f"{package}/{name}", "rb", buffering=0) as file:  # noqa: PTH123  # as in `file_digest`
                digest.update(f"{name}\0".encode() + file.read())
    return digest.hexdigest()


def _installed() -> list[str]:
    """The distributions that are installed, each with its version."""
    return sorted(found.name for folder in sys.path for found in Path(folder).glob("*.*-info"))


def _is_ours_alone(folder: Path) -> bool:
    """Make the folder unless it is there; whether nobody else may read or write in it."""
    try:
        folder.mkdir(mode=0o700, parents=False, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077

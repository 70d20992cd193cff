"""Writes issues into a folder laid out like the desk: each as a whole, and nothing over a person's work.

A file is the conversion's own while its content is one that it wrote. Any other content is a person's: it is
left as it is, and named. A second call with the same issue writes nothing.
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from conversion.desk_state import DeskState
from conversion.whole_files import put, put_whole
from conversion.work_store import WorkStore

ISSUES = "issues"


class Written(StrEnum):
    """What became of an issue or a file."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "unchanged"
    LEFT = "left as a person has changed it"


@dataclass(frozen=True)
class IssueContent:
    """The files of an issue: texts, and pictures that are read when they are written, with their digests."""

    texts: Mapping[str, bytes]
    pictures: Mapping[str, tuple[str, Callable[[], bytes]]]
    posts: Mapping[str, list[str]]  # by the name of the text


@dataclass
class DeskWriter:
    """Writes into `desk`; new folders are made in `staging` first.

    `before` is the state that the last conversion left, `state` becomes the new one; `left` are the files of
    a person, by their paths in the folder.
    """

    desk: Path
    staging: Path
    before: DeskState
    work: WorkStore
    state: DeskState = field(default_factory=DeskState)
    left: list[str] = field(default_factory=list)

    def write(self, issue_id: str, content: IssueContent) -> Written:
        """Write an issue; if it fails, the desk has no part of a new one."""
        folder = self.desk / ISSUES / issue_id
        names = {name: _digest(text) for name, text in content.texts.items()}
        digests = {name: digest for name, (digest, _) in content.pictures.items()} | names
        paths = {name: f"{ISSUES}/{issue_id}/{name}" for name in digests}
        self.state.posts.update({paths[name]: posts for name, posts in content.posts.items()})
        self.state.files.update({path: digests[name] for name, path in paths.items()})
        for name, path in paths.items():
            self.work.begin_file(path, digests[name])
        self.work.commit()
        if not folder.exists():
            if any(path in self.before.files for path in paths.values()):
                return self._leave(f"{ISSUES}/{issue_id}")
            self._add(folder, content)
            return Written.ADDED
        became = {self._update(paths[name], digests[name], _reading(content, name)) for name in digests}
        return next((each for each in (Written.LEFT, Written.CHANGED) if each in became), Written.SAME)

    def write_file(self, path: str, text: bytes) -> Written:
        """Write a single file of the desk."""
        digest = _digest(text)
        self.state.files[path] = digest
        self.work.begin_file(path, digest)
        self.work.commit()
        return self._update(path, digest, lambda: text)

    def remove_stale(self, known: Callable[[str], bool]) -> tuple[list[str], list[str]]:
        """Remove texts that an earlier run made of posts which are elsewhere now, with pictures unused since.

        `known` tells whether a post is still in the export. The paths of what was removed, and of what was
        left: texts whose posts are not in the export any more, or that a person has changed.
        """
        removed, kept = list[str](), list[str]()
        gone = [path for path in self.before.files if path not in self.state.files]
        texts = [path for path in gone if path in self.before.posts]
        for path in sorted(texts):
            file = self.desk / path
            if not file.exists():
                continue
            if self._is_ours(path) and all(map(known, self.before.posts[path])):
                file.unlink()
                removed.append(path)
            else:
                kept.append(path)
                self.state.files[path] = self.before.files[path]
                self.state.posts[path] = self.before.posts[path]
        self._remove_unused_pictures([path for path in gone if path not in self.before.posts], kept)
        return removed, kept

    def _remove_unused_pictures(self, pictures: list[str], kept: list[str]) -> None:
        folders = {path.split("/")[1] for path in (*kept, *self.left) if path.startswith(f"{ISSUES}/")}
        for path in pictures:
            if path.split("/")[1] in folders:
                self.state.files[path] = self.before.files[path]
            elif self._is_ours(path):
                file = self.desk / path
                file.unlink()
                for folder in (file.parent, file.parent.parent):
                    with suppress(OSError):  # it is not empty
                        folder.rmdir()
        for issue_id in {path.split("/")[1] for path in self.before.posts}:
            with suppress(OSError):
                (self.desk / ISSUES / issue_id).rmdir()

    def _leave(self, path: str) -> Written:
        self.left.append(path)
        return Written.LEFT

    def _add(self, folder: Path, content: IssueContent) -> None:
        staged = self.staging / folder.name
        shutil.rmtree(staged, ignore_errors=True)
        for name in (*content.pictures, *content.texts):
            put(staged / name, _reading(content, name)())
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(folder)

    def _update(self, path: str, digest: str, read: Callable[[], bytes]) -> Written:
        file = self.desk / path
        if not file.exists():
            if path in self.before.files:
                return self._leave(path)
            put_whole(file, read(), self.staging)
            return Written.ADDED if "/" not in path else Written.CHANGED
        if (now := _digest(file.read_bytes())) == digest:
            return Written.SAME
        if not self._is_of_us(path, now):
            return self._leave(path)
        put_whole(file, read(), self.staging)
        return Written.CHANGED

    def _is_ours(self, path: str) -> bool:
        file = self.desk / path
        return file.is_file() and self._is_of_us(path, _digest(file.read_bytes()))

    def _is_of_us(self, path: str, digest: str) -> bool:
        return self.before.files.get(path) == digest or self.work.has_begun(path, digest)


def _reading(content: IssueContent, name: str) -> Callable[[], bytes]:
    return content.pictures[name][1] if name in content.pictures else lambda: content.texts[name]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

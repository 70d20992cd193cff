"""Inspects an issue's pictures: each is read once, and the result is cached.

Pictures take most of the time and memory. So at most one original is in memory, one message processes a
limited number of them, and results are cached under the file's ETag: the next message, and a correction of a
text, need not read them again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from broadsheet.content.pictures import SitePicture, picture_rules, prepare, stripped
from broadsheet.publishing.ports import Desk, IssueFiles

PICTURES_PER_MESSAGE = 50
TIME_PER_MESSAGE = timedelta(seconds=25)  # the function has 60; pages, lists and reports are still to come
MOST_KEPT_BYTES = 50_000_000  # of prepared files, kept in memory until they are uploaded

Rules = list[tuple[str, dict[str, str], bool]]


class MoreToDoError(Exception):
    """The message has processed as many pictures as it may. Results are cached; another message continues."""


@dataclass(frozen=True)
class Inspection:
    """The result for a picture: its SHA-256 in hex, the findings of `picture_rules`, and the site's version.

    `shown` is None if the picture can't be shown, or was only checked. `is_ours` marks a file that replaced
    an original; `digest` is then the original's.
    """

    digest: str
    rules: Rules
    shown: SitePicture | None = None
    is_ours: bool = False

    @property
    def is_unusable(self) -> bool:
        """Whether the picture can't be shown."""
        return any(is_error for _, _, is_error in self.rules)


class InspectionCache(Protocol):
    """The inspections of a folder's pictures, each under the state (ETag) that the file had."""

    def of(self, folder: str) -> dict[str, tuple[str, Inspection]]:
        """State and inspection, by name."""

    def keep(self, folder: str, name: str, state: str, inspection: Inspection) -> None:
        """Keep an inspection over the last one; a second call changes nothing."""

    def forget(self, folder: str, name: str) -> None:
        """Forget a picture that was deleted; a second call changes nothing."""


@dataclass
class UncachedInspector:
    """Inspects without limits, for a folder on a disk; rules are evaluated once for each content."""

    _rules: dict[tuple[str, str], Rules] = field(default_factory=dict)

    def __call__(self, source: str, files: IssueFiles) -> Inspection:
        """Read and inspect the picture."""
        content = files.pictures[source]
        key = (source, hashlib.sha256(content).hexdigest())
        if key not in self._rules:
            self._rules[key] = picture_rules(content, source)
        return Inspection(key[1], self._rules[key])


@dataclass
class WorkBudget:
    """How many pictures one message may read, and for how long."""

    clock: Callable[[], datetime]
    began_at: datetime = field(init=False)
    spent: int = 0

    def __post_init__(self) -> None:
        self.began_at = self.clock()

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        return self.clock() - self.began_at >= TIME_PER_MESSAGE

    def spend(self) -> None:
        """Count a picture that is about to be read; raises MoreToDoError if none may be. One always may."""
        if (self.spent and self.is_late) or self.spent >= PICTURES_PER_MESSAGE:
            raise MoreToDoError
        self.spent += 1


@dataclass
class PictureInspector:
    """The pictures of one folder, while one message processes them.

    `published` are the pictures that the site shows already; the same content is not prepared again.
    """

    folder: str
    issue: str
    files: IssueFiles
    published: list[tuple[str, SitePicture]]
    cache: InspectionCache
    budget: WorkBudget
    _prepared: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _prepared_bytes: int = 0

    def __call__(self, source: str, files: IssueFiles) -> Inspection:
        """The inspection of the picture as it is now, from the cache or by reading it.

        Raises:
            GoneError: it was deleted or replaced since it was listed.
            MoreToDoError: the message's budget is spent.
        """
        state, inspection = self._known.get(source, ("", None))
        if inspection is None or state != files.states.get(source, state):
            inspection = self._inspect(source)
            state = files.states.get(source, "")
            self._known[source] = (state, inspection)
            self.cache.keep(self.folder, source, state, inspection)
        return inspection

    def on_site(self, source: str) -> SitePicture:
        """The site's version of a picture that has no errors."""
        shown = self(source, self.files).shown
        if shown is None:
            raise ValueError(f"{source} can't be shown")
        return shown

    def contents(self, source: str, shown: SitePicture) -> list[tuple[str, bytes]]:
        """The objects for the site, the largest last; none if the desk has another picture now.

        Raises errors as an inspection does.
        """
        if source not in self.files.pictures or not shown.is_of(self(source, self.files).digest):
            return []
        return list((self._prepared.pop(source, None) or self._prepare_again(source)).items())

    def replace_original(self, source: str, desk: Desk) -> bool:
        """Replace an original by the picture without metadata; True if it was replaced.

        It is kept if it was replaced before, if an editor has changed it since, or if the new file would be
        so large that the next inspection would refuse it. The new file's metadata name the original: after a
        crash right after the write, nothing is corrected or mailed.
        Raises errors as an inspection does.
        """
        inspection, state = self(source, self.files), self.files.states.get(source, "")
        if inspection.is_ours or inspection.shown is None or not state:
            return False
        self.budget.spend()
        content = stripped(source, self.files.pictures[source])
        if any(is_error for _, _, is_error in picture_rules(content, source)):
            return False
        new = desk.replace_picture(self.folder, source, state, content, inspection.digest)
        if new:
            self.cache.keep(self.folder, source, new, replace(inspection, is_ours=True))
        return bool(new)

    def forget_removed(self) -> None:
        """Forget the inspections of pictures that were deleted."""
        for name in sorted(set(self._known) - set(self.files.pictures)):
            self.cache.forget(self.folder, name)

    @cached_property
    def _known(self) -> dict[str, tuple[str, Inspection]]:
        return self.cache.of(self.folder)

    def _inspect(self, source: str) -> Inspection:
        self.budget.spend()
        content = self.files.pictures[source]
        own = hashlib.sha256(content).hexdigest()
        digest = self.files.original(source, own)
        inspection = Inspection(digest, picture_rules(content, source), is_ours=digest != own)
        if inspection.is_unusable:
            return inspection
        same = (picture for name, picture in self.published if name == source and picture.is_of(digest))
        if found := next(same, None):
            return replace(inspection, shown=found)
        prepared = prepare(self.issue, source, content, digest)
        size = sum(map(len, prepared.files.values()))
        if self._prepared_bytes + size <= MOST_KEPT_BYTES:
            self._prepared[source], self._prepared_bytes = prepared.files, self._prepared_bytes + size
        return replace(inspection, shown=prepared.shown)

    def _prepare_again(self, source: str) -> dict[str, bytes]:
        self.budget.spend()
        return prepare(self.issue, source, self.files.pictures[source], self(source, self.files).digest).files

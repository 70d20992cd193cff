"""What is found out about an issue's pictures: each is read by itself, looked at once, and remembered.

Pictures are what takes long and what is large. So no more than one original is in memory, an order looks at
no more than so many, and what was found is kept under the file's ETag: the next order, and every correction
of a text, reads none of it again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from broadsheet.content.pictures import Shown, picture_rules, prepare, stripped
from broadsheet.publishing.ports import Desk, IssueFiles

FILES_AN_ORDER = 50
TIME_AN_ORDER = timedelta(seconds=25)  # the function has 60, and pages, lists and reports are still to come
MOST_KEPT_BYTES = 50_000_000  # of files made for the site, in memory until the register names them

Rules = list[tuple[str, dict[str, str], bool]]


class MoreToDoError(Exception):
    """An order has looked at as many pictures as it may; what it found is kept, and another goes on."""


@dataclass(frozen=True)
class Look:
    """What a look at a picture found: its SHA-256 in hex, what `picture_rules` said, what the site shows.

    `shown` is None where the picture can't be shown, or nobody asked what it would look like. `is_ours` says
    that it is what we have put in the place of an original, whose SHA-256 `digest` is then.
    """

    digest: str
    rules: Rules
    shown: Shown | None = None
    is_ours: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether it can't be shown."""
        return any(is_error for _, _, is_error in self.rules)


class Looks(Protocol):
    """Looks at the pictures of a folder."""

    def __call__(self, source: str, files: IssueFiles) -> Look:
        """What there is to know about a picture of these files."""


class PictureMemory(Protocol):
    """What was found out about the pictures of a folder, each under the state (the ETag) that it had."""

    def of(self, folder: str) -> dict[str, tuple[str, Look]]:
        """State and look, by name."""

    def keep(self, folder: str, name: str, state: str, look: Look) -> None:
        """Remember a look over the last one; a second time it is the same."""

    def forget(self, folder: str, name: str) -> None:
        """Forget a picture that is not there any more; a second time nothing happens."""


class NoMemory:
    """`PictureMemory` that remembers nothing."""

    def of(self, _: str) -> dict[str, tuple[str, Look]]:
        """Nothing."""
        return {}

    def keep(self, *_: object) -> None:
        """Nothing is kept."""

    def forget(self, *_: object) -> None:
        """Nothing is there."""


@dataclass
class PlainLooks:
    """Looks without a memory or a limit, as a folder on a disk is read; rules are found once a content."""

    _rules: dict[tuple[str, str], Rules] = field(default_factory=dict)

    def __call__(self, source: str, files: IssueFiles) -> Look:
        """The picture is read each time."""
        content = files.pictures[source]
        key = (source, hashlib.sha256(content).hexdigest())
        if key not in self._rules:
            self._rules[key] = picture_rules(content, source)
        return Look(key[1], self._rules[key])


@dataclass
class Turn:
    """One order's share of the work."""

    clock: Callable[[], datetime]
    began_at: datetime = field(init=False)
    files: int = 0

    def __post_init__(self) -> None:
        self.began_at = self.clock()

    def take(self) -> None:
        """One more picture is to be read.

        Raises:
            MoreToDoError: the order has had its share; of time, too, but for its first picture.
        """
        late = self.files and self.clock() - self.began_at >= TIME_AN_ORDER
        if late or self.files >= FILES_AN_ORDER:
            raise MoreToDoError
        self.files += 1


@dataclass
class Album:
    """The pictures of one folder's files, while one order works on them.

    `held` are the pictures that the site shows already: of the same content none is made anew. `contents`
    gives what to lay on the site once the register has named it.
    """

    folder: str
    issue: str
    files: IssueFiles
    held: list[tuple[str, Shown]]
    memory: PictureMemory
    turn: Turn
    _known: dict[str, tuple[str, Look]] | None = None
    _made: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _made_bytes: int = 0

    def __call__(self, source: str, files: IssueFiles) -> Look:
        """What is remembered of the picture as it is now; else it is read and looked at.

        Raises:
            GoneError: it was deleted or replaced since it was listed.
            MoreToDoError: the order has had its share.
        """
        if self._known is None:
            self._known = self.memory.of(self.folder)
        state, look = self._known.get(source, ("", None))
        if look is None or state != files.states.get(source, state):
            look = self._look(source)
            state = files.states.get(source, "")
            self._known[source] = (state, look)
            self.memory.keep(self.folder, source, state, look)
        return look

    def shown(self, source: str) -> Shown:
        """What the site is to show of a picture that has no errors."""
        shown = self(source, self.files).shown
        if shown is None:
            raise ValueError(f"{source} can't be shown")
        return shown

    def contents(self, source: str, shown: Shown) -> list[tuple[str, bytes]]:
        """The objects for the site, the largest last; none if the desk has another picture by now.

        Raises:
            GoneError, MoreToDoError: as a look.
        """
        if source not in self.files.pictures or not shown.is_of(self(source, self.files).digest):
            return []
        return list((self._made.pop(source, None) or self._again(source)).items())

    def strip(self, source: str, desk: Desk) -> bool:
        """Put what carries nothing but pixels in the place of an original that can be shown; whether it was.

        Done before, or of a picture that an editor has changed since, nothing happens; nor where ours would
        be too large, as of a large drawing in few colours: looked at again it would be refused. After a crash
        behind the put the file itself tells what it stands for: it publishes, corrects and mails nothing.

        Raises:
            GoneError, MoreToDoError: as a look.
        """
        look, state = self(source, self.files), self.files.states.get(source, "")
        if look.is_ours or look.shown is None or not state:
            return False
        self.turn.take()
        content = stripped(source, self.files.pictures[source])
        if any(is_error for _, _, is_error in picture_rules(content, source)):
            return False
        new = desk.replace_picture(self.folder, source, state, content, look.digest)
        if new:
            self.memory.keep(self.folder, source, new, replace(look, is_ours=True))
        return bool(new)

    def forget_what_is_gone(self) -> None:
        """Forget what was found out about pictures that lie there no more."""
        known = self.memory.of(self.folder) if self._known is None else self._known
        for name in sorted(set(known) - set(self.files.pictures)):
            self.memory.forget(self.folder, name)

    def _look(self, source: str) -> Look:
        self.turn.take()
        content = self.files.pictures[source]
        own = hashlib.sha256(content).hexdigest()
        digest = self.files.original(source, own)
        look = Look(digest, picture_rules(content, source), is_ours=digest != own)
        if look.is_bad:
            return look
        same = (held for name, held in self.held if name == source and held.is_of(look.digest))
        if found := next(same, None):
            return replace(look, shown=found)
        prepared = prepare(self.issue, source, content, digest)
        self._keep(source, prepared.files)
        return replace(look, shown=prepared.shown)

    def _keep(self, source: str, files: dict[str, bytes]) -> None:
        size = sum(map(len, files.values()))
        if self._made_bytes + size <= MOST_KEPT_BYTES:
            self._made[source], self._made_bytes = files, self._made_bytes + size

    def _again(self, source: str) -> dict[str, bytes]:
        self.turn.take()
        return prepare(self.issue, source, self.files.pictures[source], self(source, self.files).digest).files

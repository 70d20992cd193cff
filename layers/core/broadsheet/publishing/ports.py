"""What publishing needs from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from broadsheet.mailings.body import Body


@dataclass(frozen=True)
class IssueFiles:
    """What lies in an issue's folder now: texts by edition, pictures by path within the folder.

    Each is read when it is asked for, pictures anew each time; `GoneError` is raised for one that was deleted
    or replaced since it was listed. `digest` names this state of the folder, `states` a picture's (its ETag);
    `strays` are files that are neither; `picture_bytes` is the size of all pictures together. `original`
    gives, for a picture and its SHA-256 (hex), that of the original in whose place we put it, else its own.
    """

    digest: str
    texts: Mapping[str, bytes]
    pictures: Mapping[str, bytes]
    strays: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict, compare=False)
    picture_bytes: int = field(default=0, compare=False)
    original: Callable[[str, str], str] = field(default=lambda _, digest: digest, compare=False)


class GoneError(LookupError):
    """A file was deleted or replaced after it was listed: list the folder again."""


class Desk(Protocol):
    """The bucket that editors write to; `reports/` and `revisions/` in it are ours."""

    def digest(self, folder: str) -> str:
        """What names the state of a folder (`issues/<id>`, `drafts/<id>`), unread; "" if it has no text."""

    def files(self, folder: str) -> IssueFiles:
        """The folder's files as they are listed now; none is read yet."""

    def replace_picture(self, folder: str, name: str, state: str, content: bytes, original: str) -> str:
        """Put a picture in the place of an original with that SHA-256, if it still is in that state (ETag).

        Gives the new state; "" if an editor has changed or deleted it, and nothing was written.
        """

    def names_beside(self, folder: str) -> list[str]:
        """The names within a folder, or of the desk itself (""): of folders with a slash at their end."""

    def report(self, path: str, html: str) -> None:
        """Lay a report beside the file: `path` below `reports/`. The newest report replaces the last."""


class Revisions(Protocol):
    """Accepted texts and mail bodies by revision; what was written once is never changed."""

    def keep(self, issue: str, edition: str, revision: str, text: bytes, body: Body) -> None:
        """Keep text and body of a revision; another body of the same text is kept beside the first."""

    def forget(self, issue: str, edition: str) -> None:
        """Let all that was kept of an edition expire some weeks later; a second time changes nothing."""

    def recall(self, issue: str, edition: str, revision: str) -> None:
        """Keep a revision for good after all, if it is still there; a second time changes nothing."""

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        """The text that was accepted."""

    def body(self, issue: str, edition: str, revision: str, digest: str = "") -> Body:
        """The body that was kept, of that digest if there are several; one without was an older release's."""

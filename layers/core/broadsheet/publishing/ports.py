"""The ports of publishing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from broadsheet.mailings.body import Body


@dataclass(frozen=True)
class IssueFiles:
    """The files of an issue's folder: texts by edition, pictures by path within the folder.

    Each is read on access, pictures every time; `GoneError` is raised for one that was deleted or replaced
    since it was listed. `digest` identifies this state of the folder; it is "" without any text, and any file
    that is no picture in its place counts as one, since it has to be reported. `states` (ETags) identify that
    of each picture. `strays` are the other files, `picture_bytes` is the size of all pictures, `names` has
    the name of each text's file. `original` returns, for a picture and its SHA-256 (hex), the SHA-256 of the
    original that it replaced, or else its own.
    """

    digest: str
    texts: Mapping[str, bytes]
    pictures: Mapping[str, bytes]
    strays: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict, compare=False)
    picture_bytes: int = field(default=0, compare=False)
    names: Mapping[str, str] = field(default_factory=dict, compare=False)
    original: Callable[[str, str], str] = field(default=lambda _, digest: digest, compare=False)


class GoneError(LookupError):
    """A file was deleted or replaced after it was listed: list the folder again."""


class Desk(Protocol):
    """The bucket that editors write to; `reports/` and `revisions/` in it are ours."""

    def files(self, folder: str) -> IssueFiles:
        """The files of a folder (`issues/<id>`, `drafts/<id>`) as they are listed now; none is read yet."""

    def replace_picture(self, folder: str, name: str, state: str, content: bytes, original: str) -> str:
        """Replace an original with that SHA-256 if it is still in that state (ETag).

        Returns the new state; "" if an editor has changed or deleted it, and nothing was written.
        """

    def newsletter_file(self) -> bytes | None:
        """The copy of `newsletter.toml` on the desk, cut off if it is too large; None if there is none."""

    def report(self, path: str, html: str) -> None:
        """Write a report to `path` below `reports/`, over the last one."""


class Revisions(Protocol):
    """Accepted texts and mail bodies by revision; what was written once is never changed."""

    def keep(self, issue: str, edition: str, revision: str, text: bytes, body: Body) -> bool:
        """Keep text and body of a revision; another body of the same text is kept beside the first.

        True if neither was there before; a second call changes nothing.
        """

    def forget(self, issue: str, edition: str) -> None:
        """Let all that was kept of an edition expire some weeks later; a second call changes nothing."""

    def recall(self, issue: str, edition: str, revision: str) -> None:
        """Undo `forget` for a revision that is still there; a second call changes nothing."""

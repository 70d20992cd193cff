"""What publishing needs from outside."""

from dataclasses import dataclass
from typing import Protocol

from broadsheet.mailings.body import Body


@dataclass(frozen=True)
class IssueFiles:
    """What lies in an issue's folder now: texts by edition, pictures by path within the folder."""

    texts: dict[str, bytes]
    pictures: dict[str, bytes]


class Desk(Protocol):
    """The bucket that editors write to; `reports/` and `revisions/` in it are ours."""

    def issue(self, issue: str) -> IssueFiles:
        """The issue's files as they are now; empty if the folder is gone."""

    def report(self, path: str, html: str) -> None:
        """Lay a report beside the file: `path` below `reports/`. The newest report replaces the last."""


class Revisions(Protocol):
    """Mail bodies by revision; what was written once is never changed."""

    def keep(self, issue: str, edition: str, revision: str, body: Body) -> None:
        """Keep the body of a revision; a second time it is the same."""

    def body(self, issue: str, edition: str, revision: str) -> Body:
        """The body that was kept."""


class Site(Protocol):
    """The bucket of public pages."""

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Write a page, or `forever` an object that is named by its content."""

    def remove(self, path: str) -> None:
        """Take a page away; one that is not there is no error."""

    def etag(self, path: str) -> str | None:
        """What is there now, to be compared with; None if nothing is."""

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write a page if what is there is still `etag`; false if somebody else wrote first."""

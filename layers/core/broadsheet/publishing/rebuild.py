"""Rebuilds the whole site after a change of templates, style or newsletter.toml.

A rebuild is a chain of messages in DeskQueue, each a bounded step: first the issues, then the lists of each
year; last the assets of the old pages are removed. Until then old and new pages exist side by side, each with
its own assets. A message that is delivered twice writes the same bytes again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from broadsheet.archive.register import Register
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.desk_events import Rebuild
from broadsheet.site.issue_page_writer import IssuePages
from broadsheet.site.list_pages import ListPages

ISSUES_A_STEP = 20
LIBRARIES = ("jinja2", "markupsafe", "nh3", "pyromark")
SOURCES = (".py", ".html", ".txt", ".css", ".toml")


class RebuildStatus(StrEnum):
    """How a step of a rebuild ended."""

    BEGUN = "begun"
    GOES_ON = "goes on"
    COMPLETE = "complete"
    INCOMPLETE = (
        "complete, but for issues whose topics newsletter.toml no longer knows; they stay as they were"
    )
    UP_TO_DATE = "up to date"
    OUTDATED = "outdated"


class RendererVersions(Protocol):
    """The renderer version of the public pages."""

    def current(self) -> str:
        """The version of the last completed rebuild; "" if there was none."""

    def complete(self, version: str) -> None:
        """Store that every page was rendered with this version; a second call changes nothing."""


@dataclass(frozen=True)
class RebuildSite:
    """The use case with its ports; `version` returns our renderer version, `send` sends the next step."""

    version: Callable[[], str]
    register: Register
    versions: RendererVersions
    pages: IssuePages
    lists: ListPages
    send: Callable[[Rebuild], None]

    def begin(self) -> RebuildStatus:
        """Write the static pages; start a rebuild unless all pages have this renderer version."""
        self.lists.write_static_pages()
        if self.versions.current() == self.version():
            return RebuildStatus.UP_TO_DATE
        self.send(Rebuild(self.version()))
        return RebuildStatus.BEGUN

    def step(self, message: Rebuild) -> RebuildStatus:
        """Write the next pages and send the message for the step after them.

        A message of another version does nothing: a later deployment has started its own rebuild.
        """
        if message.renderer_version != self.version():
            return RebuildStatus.OUTDATED
        return self._issues(message) if message.phase == "issues" else self._year(message)

    def _issues(self, message: Rebuild) -> RebuildStatus:
        records = self.register.after(message.after, ISSUES_A_STEP)
        left = message.left
        for record in records:
            left += len(self.pages.refresh(record.issue))
            self.pages.remove_pictures(record.issue)
        if records:
            self.send(replace(message, after=records[-1].issue, left=left))
        else:
            self.send(replace(message, phase="years", after="", left=left))
        return RebuildStatus.GOES_ON

    def _year(self, message: Rebuild) -> RebuildStatus:
        following = self.register.after(f"{message.after}~" if message.after else "", 1)
        if following:
            year = following[0].year
            editions = {edition for record in self.register.of_year(year) for edition in record.editions}
            self.lists.write_year(sorted(editions), year)
            self.send(replace(message, after=f"{year:04}"))
            return RebuildStatus.GOES_ON
        self.lists.write_indexes()
        self.versions.complete(message.renderer_version)
        if message.left:
            return RebuildStatus.INCOMPLETE
        self.lists.remove_old_assets()
        return RebuildStatus.COMPLETE


def renderer_version(newsletter: Newsletter) -> str:
    """A hash of everything that pages depend on: our code and templates, libraries, the newsletter."""
    digest = hashlib.sha256(repr(newsletter).encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\0".encode())
    package = Path(__file__).parents[1]
    for file in sorted(file for file in package.rglob("*") if file.name.endswith(SOURCES)):
        digest.update(f"{file.relative_to(package).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:20]

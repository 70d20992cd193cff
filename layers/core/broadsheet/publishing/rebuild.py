"""Rebuilds the whole site: after a change of templates, style or newsletter.toml, or on request.

A rebuild is a chain of messages in DeskQueue, each a bounded step: first the issues with their pictures, then
the lists of each year; last the assets of the old pages are removed. Until then old and new pages exist side
by side, each with its own assets. Every page is rendered and compared with what is stored, so that what was
deleted or changed comes back. A message that is delivered twice writes the same bytes again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from broadsheet.archive.register import Record, Register
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.desk_events import Rebuild, RebuildRequest
from broadsheet.publishing.picture_inspection import MoreToDoError, WorkBudget
from broadsheet.publishing.picture_restoration import RestorePictures
from broadsheet.publishing.ports import GoneError
from broadsheet.site.conditional_writes import WriteCounts
from broadsheet.site.issue_page_writer import IssuePages
from broadsheet.site.list_pages import ListPages

ISSUES_A_STEP = 20
MOST_NAMED = 50  # pictures that can't come back
ENDED = "ended"
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


class Rebuilds(Protocol):
    """The rebuild that was begun last, by the message of its last step; the phase `ended` is its end."""

    def latest(self) -> Rebuild | None:
        """The message of its last step; None if there was none."""

    def begin(self, first: Rebuild) -> None:
        """Store the first message of another rebuild; those of the one before it are refused from now on."""

    def save(self, message: Rebuild) -> bool:
        """Store how far the rebuild is; False if another one was begun, or a later step.

        A second call with the same message returns the same.
        """


@dataclass(frozen=True)
class RebuildSite:
    """The use case with its ports; `version` returns our renderer version, `send` sends the next step."""

    version: Callable[[], str]
    register: Register
    versions: RendererVersions
    rebuilds: Rebuilds
    pages: IssuePages
    lists: ListPages
    pictures: RestorePictures
    send: Callable[[Rebuild], None]

    def begin_if_outdated(self, run: str) -> RebuildStatus:
        """Write the static pages; start a rebuild of that id unless all pages have this renderer version."""
        if self.versions.current() != self.version():
            return self.begin(RebuildRequest(run))
        self.lists.write_static_pages()
        return RebuildStatus.UP_TO_DATE

    def begin(self, request: RebuildRequest) -> RebuildStatus:
        """Write the static pages and start the rebuild; it takes the place of one that has not ended.

        A request that comes again does nothing once the first issues are done.
        """
        last, anew = self.rebuilds.latest(), request.anew
        if last and last.phase != ENDED:
            if last.run == request.run and last.done:
                return RebuildStatus.OUTDATED
            anew = anew or last.anew
        first = Rebuild(self.version(), run=request.run, anew=anew)
        self.rebuilds.begin(first)
        self.send(_counted(first, self.lists.write_static_pages(anew=anew)))
        return RebuildStatus.BEGUN

    def step(self, message: Rebuild) -> RebuildStatus:
        """Write the next pages and send the message for the step after them.

        A message of another version does nothing: a later deployment has started its own rebuild. Neither
        does one of a rebuild in whose place another was started.
        """
        if message.renderer_version != self.version() or not self.rebuilds.save(message):
            return RebuildStatus.OUTDATED
        return self._issues(message) if message.phase == "issues" else self._year(message)

    def _issues(self, message: Rebuild) -> RebuildStatus:
        records, budget = self.register.after(message.after, ISSUES_A_STEP), self.pictures.budget()
        for record in records:
            message = self._issue(record, message, budget)
            if message.after != record.issue or budget.is_late:
                break
        self.send(message if records else replace(message, phase="years", after=""))
        return RebuildStatus.GOES_ON

    def _issue(self, record: Record, message: Rebuild, budget: WorkBudget) -> Rebuild:
        """Write pictures, then pages; returns the message that goes on behind the issue or a picture."""
        try:
            for one in self.pictures(record, budget, after=message.picture, anew=message.anew):
                names = () if one.files else (f"issues/{record.issue}/{one.source}",)
                message = replace(message, picture=one.path, lost=(*message.lost, *names)[:MOST_NAMED])
                message = _counted(message, WriteCounts(one.files, -one.files))  # all are counted at the end
        except (GoneError, MoreToDoError):
            return message
        unreadable, counts = self.pages.refresh(record, anew=message.anew)
        counts += WriteCounts(right=self.pages.remove_pictures(record.issue))
        left = message.left + len(unreadable)
        message = replace(message, after=record.issue, picture="", left=left, done=message.done + 1)
        return _counted(message, counts)

    def _year(self, message: Rebuild) -> RebuildStatus:
        following = self.register.after(f"{message.after}~" if message.after else "", 1)
        if following:
            year = following[0].year
            editions = {edition for record in self.register.of_year(year) for edition in record.editions}
            counts = self.lists.write_year(sorted(editions), year, anew=message.anew)
            self.send(_counted(replace(message, after=f"{year:04}"), counts))
            return RebuildStatus.GOES_ON
        self.lists.write_indexes(anew=message.anew)
        self.versions.complete(message.renderer_version)
        if not message.left:
            self.lists.remove_old_assets()
        self.rebuilds.save(replace(message, phase=ENDED))
        return RebuildStatus.INCOMPLETE if message.left else RebuildStatus.COMPLETE


def _counted(message: Rebuild, counts: WriteCounts) -> Rebuild:
    """The message with so many more objects; the indexes are counted when they are first written."""
    return replace(message, written=message.written + counts.written, right=message.right + counts.right)


def renderer_version(newsletter: Newsletter) -> str:
    """A hash of everything that pages depend on: our code and templates, libraries, the newsletter."""
    digest = hashlib.sha256(repr(newsletter).encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\0".encode())
    package = Path(__file__).parents[1]
    for file in sorted(file for file in package.rglob("*") if file.name.endswith(SOURCES)):
        digest.update(f"{file.relative_to(package).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:20]

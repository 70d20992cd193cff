"""Everything public made anew: after a change of templates, style or newsletter.toml.

A chain of orders in DeskQueue, each a bounded step: first the issues, then the lists of each year, last what
the old pages needed is taken away. Until then old and new pages stand side by side, each with its own
assets. An order that comes twice makes the same bytes again.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Protocol

from broadsheet.archive.register import Register
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.desk_events import Rebuild
from broadsheet.site.issues import IssuePages
from broadsheet.site.lists import ListPages

ISSUES_A_STEP = 20
LIBRARIES = ("jinja2", "markupsafe", "nh3", "pyromark")
SOURCES = (".py", ".html", ".txt", ".css", ".toml")


class Step(StrEnum):
    """How an order to rebuild ended."""

    BEGUN = "begun"
    GOES_ON = "goes on"
    COMPLETE = "complete"
    INCOMPLETE = (
        "complete, but for issues whose topics newsletter.toml no longer knows; they stay as they were"
    )
    UP_TO_DATE = "up to date"
    OUTDATED = "outdated"


class Presses(Protocol):
    """What all that is public was made with last."""

    def press(self) -> str:
        """The press of the last rebuild that was completed; "" if there was none."""

    def complete(self, press: str) -> None:
        """Remember that everything is made with this press; a second time it is the same."""


@dataclass(frozen=True)
class RebuildSite:
    """The use case with its ports; `press` tells what we make pages with, `order` puts the next step."""

    press: Callable[[], str]
    register: Register
    presses: Presses
    pages: IssuePages
    lists: ListPages
    order: Callable[[Rebuild], None]

    def begin(self) -> Step:
        """Write the frame; order a rebuild, unless all was made with this press already."""
        self.lists.frame()
        if self.presses.press() == self.press():
            return Step.UP_TO_DATE
        self.order(Rebuild(self.press()))
        return Step.BEGUN

    def step(self, order: Rebuild) -> Step:
        """Make the next pages and order the step behind them.

        An order of another press does nothing: whatever was deployed since has begun its own.
        """
        if order.press != self.press():
            return Step.OUTDATED
        return self._issues(order) if order.phase == "issues" else self._year(order)

    def _issues(self, order: Rebuild) -> Step:
        records = self.register.after(order.after, ISSUES_A_STEP)
        left = order.left
        for record in records:
            left += len(self.pages.refresh(record.issue))
            self.pages.remove_pictures(record.issue)
        if records:
            self.order(replace(order, after=records[-1].issue, left=left))
        else:
            self.order(replace(order, phase="years", after="", left=left))
        return Step.GOES_ON

    def _year(self, order: Rebuild) -> Step:
        following = self.register.after(f"{order.after}~" if order.after else "", 1)
        if following:
            year = following[0].year
            editions = {edition for record in self.register.of_year(year) for edition in record.editions}
            self.lists.year(sorted(editions), year)
            self.order(replace(order, after=f"{year:04}"))
            return Step.GOES_ON
        self.lists.heads()
        self.presses.complete(order.press)
        if order.left:
            return Step.INCOMPLETE
        self.lists.remove_old_assets()
        return Step.COMPLETE


def press_of(newsletter: Newsletter) -> str:
    """What names everything that pages are made with: our code and templates, libraries, the newsletter."""
    digest = hashlib.sha256(repr(newsletter).encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\0".encode())
    for name, content in sorted(_sources(files("broadsheet"))):
        digest.update(f"{name}\0".encode() + content)
    return digest.hexdigest()[:20]


def _sources(folder: Traversable, name: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{name}{entry.name}/")
        elif entry.name.endswith(SOURCES):
            yield name + entry.name, entry.read_bytes()

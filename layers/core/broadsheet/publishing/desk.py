"""What an event of the desk leads to.

An upload of many files is many events. The first marks its folder and orders that it be looked at after a
short while; the others find the mark and are done. Whoever looks takes the mark away before the folder is
listed, so that what is uploaded later marks it anew: no change goes unseen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from broadsheet.ports import Clock
from broadsheet.publishing.desk_events import (
    Deployed,
    DeskEvent,
    FolderChanged,
    FolderDue,
    Rebuild,
    StrayDue,
    StrayLaid,
)
from broadsheet.publishing.looks import MoreToDoError
from broadsheet.publishing.publish import Outcome
from broadsheet.publishing.rebuild import RebuildSite

STRAYS = "strays"  # what marks them all: no folder's path
ORDER_OVERDUE_AFTER = timedelta(minutes=10)  # it was lost: another event orders again


class Marks(Protocol):
    """The folders that an order is under way for."""

    def put(self, folder: str, event: str, until: datetime, now: datetime) -> bool:
        """Mark the folder; false if another event has marked it, and that is not over.

        The same event may again, as it comes again if its order could not be put.
        """

    def take(self, folder: str, event: str) -> None:
        """Take that event's mark away; where there is none, or another's, nothing happens."""


@dataclass(frozen=True)
class Desk:
    """The use cases that the desk's queue wakes.

    `order` puts an order that comes after so long; `delay` is how long an upload waits for what follows it.
    """

    publish: Callable[[str], Outcome]
    preview: Callable[[str], bool]
    strays: Callable[[str], bool]
    rebuild: RebuildSite
    marks: Marks
    order: Callable[[FolderDue | StrayDue, timedelta], None]
    delay: timedelta
    clock: Clock

    def __call__(self, event: DeskEvent | None) -> str:
        """Do what the event asks for; gives what came of it, for the log."""
        match event:
            case FolderChanged():
                return self._marked(event.path, FolderDue(event.path, event.event))
            case FolderDue():
                return self._looked_at(event)
            case StrayLaid() | StrayDue():
                return self._stray(event)
            case Deployed():
                return self.rebuild.begin().value
            case Rebuild():
                return self.rebuild.step(event).value
        return Outcome.UNCHANGED.value

    def _marked(self, folder: str, due: FolderDue | StrayDue) -> str:
        """Order that the folder be looked at, unless that is ordered.

        A crash after the mark loses nothing: the same event comes again, and may mark again.
        """
        now = self.clock()
        if not self.marks.put(folder, due.event, now + self.delay + ORDER_OVERDUE_AFTER, now):
            return "ordered already"
        self.order(due, self.delay)
        return "ordered"

    def _stray(self, event: StrayLaid | StrayDue) -> str:
        """Order that editors be told of what lies where nothing is read; or tell them, each time it comes."""
        if isinstance(event, StrayLaid):
            return self._marked(STRAYS, StrayDue(event.key, event.event))
        self.marks.take(STRAYS, event.event)
        return (Outcome.REPORTED if self.strays(event.key) else Outcome.UNCHANGED).value

    def _looked_at(self, due: FolderDue) -> str:
        """Publish or preview the folder; what is too much for one order goes on behind all that waits.

        A second time the folder is looked at once more, and does nothing if nothing changed.
        """
        self.marks.take(due.path, due.event)
        kind, _, name = due.path.partition("/")
        try:
            if kind == "issues":
                return self.publish(name).value
            return "previewed" if self.preview(name) else Outcome.UNCHANGED.value
        except MoreToDoError:
            self.order(FolderDue(due.path), timedelta())
            return "goes on"

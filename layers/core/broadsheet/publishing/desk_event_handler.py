"""Handles the events of the desk's queue.

An upload of many files causes many events. The first one marks its folder as pending and sends a delayed
message to process it; the others find the marker and do nothing. The marker is cleared before the folder is
listed, so that a later upload sets it again and no change is missed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from broadsheet.ports import Clock
from broadsheet.publishing.desk_events import (
    DeskChanged,
    DeskEvent,
    FileMisplaced,
    FolderDue,
    MisplacedFilesDue,
    NewsletterUploaded,
    Rebuild,
    RebuildEvent,
    RebuildRequest,
)
from broadsheet.publishing.misplaced_files import MOST_RECORDED, ReportMisplacedFiles
from broadsheet.publishing.picture_inspection import MoreToDoError
from broadsheet.publishing.publish import PublishOutcome
from broadsheet.publishing.rebuild import RebuildSite

MISPLACED_FILES = "strays"  # the key of the marker for all of them; no folder has this path
MOST_ROUNDS = 15  # of waiting for the end of a burst; afterwards it is reported in pieces
MESSAGE_OVERDUE_AFTER = timedelta(minutes=10)  # it was lost: another event sends a new one


class PendingFolders(Protocol):
    """The folders for which a message is on its way."""

    def mark(self, folder: str, event: str, until: datetime, now: datetime) -> bool:
        """Mark the folder as pending; False while another event's marker is valid.

        The same event may mark again, since SQS delivers it again if its message could not be sent.
        """

    def clear(self, folder: str, event: str) -> None:
        """Clear that event's marker; without one, or with another event's, nothing happens."""


@dataclass(frozen=True)
class DeskEventHandler:
    """Calls the use case that an event asks for.

    `is_as_deployed` looks at the copy of `newsletter.toml`, and reports any other one. `send` sends a message
    with a delay; `delay` is how long an upload waits for further files.
    """

    publish: Callable[[str], PublishOutcome]
    preview: Callable[[str], bool]
    report_misplaced: ReportMisplacedFiles
    is_as_deployed: Callable[[], bool]
    rebuild: RebuildSite
    pending: PendingFolders
    send: Callable[[FolderDue | MisplacedFilesDue, timedelta], None]
    delay: timedelta
    clock: Clock

    def __call__(self, event: DeskEvent | None) -> str:
        """Do what the event asks for; returns the outcome for the log."""
        match event:
            case DeskChanged():
                return self._schedule(event.due)
            case FileMisplaced():
                return self._record(event)
            case FolderDue():
                return self._process(event)
            case MisplacedFilesDue():
                return self._report(event)
            case NewsletterUploaded() | RebuildRequest() | Rebuild():
                return self._rebuild(event)
        return PublishOutcome.UNCHANGED.value

    def _rebuild(self, event: RebuildEvent) -> str:
        match event:
            case NewsletterUploaded() if not self.is_as_deployed():
                return PublishOutcome.REPORTED.value
            case NewsletterUploaded():
                return self.rebuild.begin_if_outdated(event.event).value
            case RebuildRequest():
                return self.rebuild.begin(event).value
            case Rebuild():
                return self.rebuild.step(event).value

    def _schedule(self, due: FolderDue | MisplacedFilesDue) -> str:
        """Send the message unless one is pending; after a crash in between, the same event may mark again."""
        now, marker = self.clock(), due.path if isinstance(due, FolderDue) else MISPLACED_FILES
        if not self.pending.mark(marker, due.event, now + self.delay + MESSAGE_OVERDUE_AFTER, now):
            return "ordered already"
        self.send(due, self.delay)
        return "ordered"

    def _record(self, file: FileMisplaced) -> str:
        """Record a misplaced file before its report is scheduled, so that a crash in between loses no key."""
        if file.is_deleted:
            self.report_misplaced.misplaced.remove(file.key)
            return PublishOutcome.UNCHANGED.value
        self.report_misplaced.misplaced.add(file.key, MOST_RECORDED)
        return self._schedule(MisplacedFilesDue(file.event))

    def _report(self, due: MisplacedFilesDue) -> str:
        """Report misplaced files once no more come; the marker is cleared first, and a later file sets it."""
        count = self.report_misplaced.misplaced.all().count
        if count > due.seen and due.rounds < MOST_ROUNDS:
            self.send(replace(due, seen=count, rounds=due.rounds + 1), self.delay)
            return "goes on"
        self.pending.clear(MISPLACED_FILES, due.event)
        is_reported = self.report_misplaced()
        return (PublishOutcome.REPORTED if is_reported else PublishOutcome.UNCHANGED).value

    def _process(self, due: FolderDue) -> str:
        """Publish or preview the folder; without changes a second call does nothing.

        Work that is too much for one message continues with another, at the end of the queue.
        """
        self.pending.clear(due.path, due.event)
        kind, _, name = due.path.partition("/")
        try:
            if kind == "issues":
                return self.publish(name).value
            return "previewed" if self.preview(name) else PublishOutcome.UNCHANGED.value
        except MoreToDoError:
            self.send(FolderDue(due.path), timedelta())
            return "goes on"

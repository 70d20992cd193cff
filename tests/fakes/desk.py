"""What rebuilds, previews, pending folders and inspections store, in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from broadsheet.publishing.desk_events import Rebuild
from broadsheet.publishing.drafts import Preview
from broadsheet.publishing.misplaced_files import Misplaced
from broadsheet.publishing.picture_inspection import Inspection
from broadsheet.publishing.rebuild import ENDED
from broadsheet.publishing.report_mailer import NAMED_IN_A_DIGEST, WithheldReports


@dataclass
class FakeRendererVersions:
    """`RendererVersions`: `last` is the version of the last completed rebuild."""

    last: str = ""

    def current(self) -> str:
        return self.last

    def complete(self, version: str) -> None:
        self.last = version


@dataclass
class FakeRebuilds:
    """`Rebuilds`: `last` is the message of the last step."""

    last: Rebuild | None = None

    def latest(self) -> Rebuild | None:
        return self.last

    def begin(self, first: Rebuild) -> None:
        self.last = first

    def save(self, message: Rebuild) -> bool:
        last = self.last
        is_next = last and last.run == message.run and last.done <= message.done and last.phase != ENDED
        if message.run and not is_next:
            return False
        self.last = message if message.run else last
        return True


@dataclass
class FakePreviews:
    """`Previews`: `kept` maps drafts to previews."""

    kept: dict[str, Preview] = field(default_factory=dict)

    def get(self, draft: str) -> Preview | None:
        return self.kept.get(draft)

    def keep(self, preview: Preview) -> None:
        self.kept[preview.draft] = preview


@dataclass
class FakePendingFolders:
    """`PendingFolders`: `marked` maps folders to the event and the end of its marker."""

    marked: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def mark(self, folder: str, event: str, until: datetime, now: datetime) -> bool:
        by, lasts = self.marked.get(folder, (event, now))
        if by != event and lasts > now:
            return False
        self.marked[folder] = (event, until)
        return True

    def clear(self, folder: str, event: str) -> None:
        if self.marked.get(folder, ("",))[0] == event:
            self.marked.pop(folder, None)


@dataclass
class FakeMisplacedKeys:
    """`MisplacedKeys`: `recorded` is what was not reported yet."""

    recorded: Misplaced = field(default_factory=Misplaced)

    def add(self, key: str, most: int) -> None:
        old = self.recorded
        has_room = len(old.keys) < most or key in old.keys
        self.recorded = Misplaced(old.keys | {key} if has_room else old.keys, old.more + (not has_room))

    def remove(self, key: str) -> None:
        old = self.recorded
        fewer = old.more and key not in old.keys
        self.recorded = Misplaced(old.keys - {key}, old.more - bool(fewer))

    def all(self) -> Misplaced:
        return self.recorded

    def forget(self, reported: Misplaced) -> None:
        old = self.recorded
        self.recorded = Misplaced(old.keys - reported.keys, max(0, old.more - reported.more))


@dataclass
class FakeInspectionCache:
    """`InspectionCache`: `kept` maps folder and name to inspections."""

    kept: dict[str, dict[str, tuple[str, Inspection]]] = field(default_factory=dict)

    def of(self, folder: str) -> dict[str, tuple[str, Inspection]]:
        return dict(self.kept.get(folder, {}))

    def keep(self, folder: str, name: str, state: str, inspection: Inspection) -> None:
        self.kept.setdefault(folder, {})[name] = (state, inspection)

    def forget(self, folder: str, name: str) -> None:
        self.kept.get(folder, {}).pop(name, None)


@dataclass
class FakeReportCounts:
    """`ReportCounts` by hour: `mailed` are counts, `holding` withheld reports, `notified` got a digest."""

    mailed: dict[datetime, int] = field(default_factory=dict)
    holding: dict[datetime, list[str]] = field(default_factory=dict)
    notified: set[tuple[datetime, int]] = field(default_factory=set)

    def take(self, hour: datetime, subject: str, most: int) -> bool:
        if self.mailed.get(hour, 0) < most:
            self.mailed[hour] = self.mailed.get(hour, 0) + 1
            return True
        self.holding.setdefault(hour, []).append(subject)
        return False

    def hours(self) -> list[datetime]:
        return sorted(self.mailed)

    def held(self, hour: datetime) -> WithheldReports | None:
        if hour not in self.mailed:
            return None
        subjects = self.holding.get(hour, [])
        return WithheldReports(tuple(subjects[:NAMED_IN_A_DIGEST]), len(subjects))

    def claim(self, hour: datetime, editor: int) -> bool:
        if hour not in self.holding or (hour, editor) in self.notified:
            return False
        self.notified.add((hour, editor))
        return True

    def release(self, hour: datetime, editor: int) -> None:
        self.notified.discard((hour, editor))

    def end(self, hour: datetime) -> None:
        self.mailed.pop(hour, None)
        self.holding.pop(hour, None)

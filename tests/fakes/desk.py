"""What rebuilds, previews, marks and looks remember, in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from broadsheet.issues.drafts import Preview
from broadsheet.issues.looks import Look


@dataclass
class FakePresses:
    """`Presses`: `last` is what the last completed rebuild was made with."""

    last: str = ""

    def press(self) -> str:
        return self.last

    def complete(self, press: str) -> None:
        self.last = press


@dataclass
class FakePreviews:
    """`Previews`: `kept` by draft."""

    kept: dict[str, Preview] = field(default_factory=dict)

    def get(self, draft: str) -> Preview | None:
        return self.kept.get(draft)

    def keep(self, preview: Preview) -> None:
        self.kept[preview.draft] = preview


@dataclass
class FakeMarks:
    """`Marks`: `marked` by folder, with the event and until when."""

    marked: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def put(self, folder: str, event: str, until: datetime, now: datetime) -> bool:
        by, lasts = self.marked.get(folder, (event, now))
        if by != event and lasts > now:
            return False
        self.marked[folder] = (event, until)
        return True

    def take(self, folder: str, event: str) -> None:
        if self.marked.get(folder, ("",))[0] == event:
            self.marked.pop(folder, None)


@dataclass
class FakePictureMemory:
    """`PictureMemory`: `kept` by folder and name."""

    kept: dict[str, dict[str, tuple[str, Look]]] = field(default_factory=dict)

    def of(self, folder: str) -> dict[str, tuple[str, Look]]:
        return dict(self.kept.get(folder, {}))

    def keep(self, folder: str, name: str, state: str, look: Look) -> None:
        self.kept.setdefault(folder, {})[name] = (state, look)

    def forget(self, folder: str, name: str) -> None:
        self.kept.get(folder, {}).pop(name, None)

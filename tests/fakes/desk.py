"""What rebuilds and previews remember, in memory."""

from dataclasses import dataclass, field

from broadsheet.issues.drafts import Preview


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

"""What an event of the desk leads to."""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.issues.desk_events import Deployed, DeskEvent, DraftChanged, IssueChanged, Rebuild
from broadsheet.issues.publish import Outcome
from broadsheet.issues.rebuild import RebuildSite


@dataclass(frozen=True)
class Desk:
    """The use cases that the desk's queue wakes."""

    publish: Callable[[str], Outcome]
    preview: Callable[[str], bool]
    rebuild: RebuildSite

    def __call__(self, event: DeskEvent | None) -> str:
        """Do what the event asks for; gives what came of it, for the log."""
        match event:
            case IssueChanged(issue):
                return self.publish(issue).value
            case DraftChanged(draft):
                return "previewed" if self.preview(draft) else Outcome.UNCHANGED.value
            case Deployed():
                return self.rebuild.begin().value
            case Rebuild():
                return self.rebuild.step(event).value
        return Outcome.UNCHANGED.value

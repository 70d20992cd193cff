"""Puts pictures back on the site that are missing there, from the originals on the desk."""

from collections.abc import Iterator
from dataclasses import dataclass

from broadsheet.archive.register import Record
from broadsheet.content.pictures import SitePicture
from broadsheet.ports import Clock
from broadsheet.publishing.picture_inspection import InspectionCache, PictureInspector, WorkBudget
from broadsheet.publishing.ports import Desk
from broadsheet.site.ports import Site


@dataclass(frozen=True)
class RestoredPicture:
    """A picture of an issue: its largest file on the site, its name on the desk, how many files are back."""

    path: str
    source: str
    files: int


@dataclass(frozen=True)
class RestorePictures:
    """A part of a rebuild, with its ports."""

    desk: Desk
    site: Site
    inspections: InspectionCache
    clock: Clock

    def budget(self) -> WorkBudget:
        """What one message may do."""
        return WorkBudget(self.clock)

    def __call__(
        self, record: Record, budget: WorkBudget, *, after: str = "", anew: bool = False
    ) -> Iterator[RestoredPicture]:
        """Write the issue's pictures that are missing, one by one; with `anew`, all; those after a path.

        One that the desk has no more does not come back. A second call writes the same bytes.

        Raises:
            GoneError: an editor replaced a picture meanwhile; call again.
            MoreToDoError: the budget is spent. What was given is written.
        """
        pictures = self._missing(record, after=after, anew=anew)
        if not pictures:
            return
        folder = f"issues/{record.issue}"
        inspector = PictureInspector(
            folder, record.issue, self.desk.files(folder), record.pictures(), self.inspections, budget
        )
        for source, shown in pictures:
            files = inspector.contents(source, shown)
            for path, content in files:
                self.site.put(path, content, forever=True)
            yield RestoredPicture(shown.largest.path, source, len(files))

    def _missing(self, record: Record, *, after: str, anew: bool) -> list[tuple[str, SitePicture]]:
        """The pictures to write, in the order of their paths; a name has several if editions show others."""
        shown = {picture.largest.path: (source, picture) for source, picture in record.pictures()}
        there = set(self.site.names(f"media/{record.issue}/")) if shown and not anew else set()
        return [
            (source, picture)
            for path, (source, picture) in sorted(shown.items())
            if path > after and not there >= {size.path for size in picture.sizes}
        ]

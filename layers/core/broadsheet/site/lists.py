"""The pages that list issues: an edition's front page and its archive, refreshed after each publication.

Two publications at once lose nothing: a page is written only over what was there before the register was
read, so the last writer has read every record written before it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from broadsheet.issues.ports import Site
from broadsheet.issues.register import Register
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.frame import Page
from broadsheet.site.notices import static_pages
from broadsheet.site.pages import archive, home
from broadsheet.site.templating import style

SHOWN_AT_HOME = 6  # the latest week, and the five before it
REPLACE_TRIES = 20


class ContendedPageError(RuntimeError):
    """A page kept changing under us; what is there is complete up to another's view. Try again later."""


@dataclass(frozen=True)
class ListPages:
    """Makes and writes the pages that depend on more than one issue."""

    newsletter: Newsletter
    register: Register
    site: Site

    def frame(self) -> None:
        """Write all pages that stand without any issue, the lists of each edition, and the style sheet.

        The sheet comes last: whoever finds it may trust that the rest is there.
        """
        for page in static_pages(self.newsletter):
            self.site.put(page.path, page.html.encode())
        for edition in self.newsletter.editions.values():
            self._replace(partial(self._home, edition))
            self._replace(partial(self._archive, edition, None))
        sheet = style(self.newsletter)
        self.site.put(f"assets/{sheet.name}", sheet.content.encode(), forever=True)

    def refresh(self, editions: list[str], issue_id: str) -> None:
        """Write the lists that an issue of these editions stands in."""
        sheet = style(self.newsletter)
        if self.site.etag(f"assets/{sheet.name}") is None:
            self.frame()
        year = date.fromisoformat(issue_id[:10]).year
        for edition in (self.newsletter.editions[name] for name in editions):
            self._replace(partial(self._home, edition))
            for changed in (*self._older_pages(edition, year), year, None):
                self._replace(partial(self._archive, edition, changed))

    def _older_pages(self, edition: Edition, year: int) -> list[int]:
        """The other years, whose pages lead to each year, if this one is new; its own page comes last."""
        if self.site.etag(f"{edition.id}/archive/{year}.html") is not None:
            return []
        return [other for other in self.register.years(edition.id) if other != year]

    def _home(self, edition: Edition) -> Page:
        return home(edition, self.register.newest(edition.id, SHOWN_AT_HOME), self.newsletter)

    def _archive(self, edition: Edition, year: int | None) -> Page:
        years = self.register.years(edition.id)
        shown = year or (years[0] if years else None)
        records = self.register.of_year(edition.id, shown) if shown else []
        return archive(edition, year, records, years, self.newsletter)

    def _replace(self, make: Callable[[], Page]) -> None:
        path = make().path
        for _ in range(REPLACE_TRIES):
            etag = self.site.etag(path)
            if self.site.replace(path, make().html.encode(), etag):
                return
        raise ContendedPageError(path)

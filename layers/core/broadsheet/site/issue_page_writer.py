"""Writes the pages of one issue, in all its editions, from the register and the kept texts."""

from collections.abc import Collection
from dataclasses import dataclass

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record, Register
from broadsheet.newsletter import Newsletter
from broadsheet.site.conditional_writes import WriteCounts, write_pages
from broadsheet.site.issue_pages import issue_pages, withdrawn_pages
from broadsheet.site.layout import Page
from broadsheet.site.ports import Site


@dataclass(frozen=True)
class IssuePages:
    """Renders and writes the pages that depend on one issue only."""

    newsletter: Newsletter
    register: Register
    kept: KeptIssues
    site: Site

    def refresh(self, record: Record, *, anew: bool = False) -> tuple[list[str], WriteCounts]:
        """Write the pages that the record names as the register has them now.

        Returns the editions that were not written: their texts can't be read any more, because
        newsletter.toml changed. `anew` and the counts as in `write_pages`.

        Raises:
            ContendedPageError: other workers kept writing the same pages; try again later.
        """
        pages: list[Page] = []

        def make(_: Collection[str]) -> list[Page]:
            nonlocal record, pages
            now = self.register.get(record.issue)
            if not pages or now != record:
                record, pages = now, pages_of(now, self.kept, self.newsletter)
            return pages

        counts = write_pages(self.site, paths_of(record), make, anew=anew)
        published = (edition for edition in record.published if edition in self.newsletter.editions)
        return [edition for edition in published if self.kept.issue(record, edition) is None], counts

    def remove_pictures(self, issue_id: str) -> int:
        """Remove the pictures that no edition shows any more; returns how many files of the others there are.

        The site is listed before the register is read, for the register names pictures before they are
        written.
        """
        stored = self.site.names(f"media/{issue_id}/")
        if not stored:
            return 0
        shown = {size.path for _, p in self.register.get(issue_id).pictures() for size in p.sizes}
        for path in sorted(set(stored) - shown):
            self.site.remove(path)
        return len(shown.intersection(stored))


def pages_of(record: Record, kept: KeptIssues, newsletter: Newsletter) -> list[Page]:
    """Every page of an issue, commentaries before the pages that link to them.

    A text that can't be read any more has no pages; its old ones stay.
    """
    pages: list[Page] = []
    for edition, published in record.editions.items():
        if edition not in newsletter.editions:
            continue
        if published.withdrawn_at:
            pages += withdrawn_pages(record, edition, newsletter)
        elif issue := kept.issue(record, edition):
            pages += issue_pages(issue, record, newsletter)
    return sorted(pages, key=lambda page: page.path.endswith("/index.html"))


def paths_of(record: Record) -> list[str]:
    """The paths of these pages, removed commentaries included."""
    return [
        f"{edition}/{record.issue}/{name}.html"
        for edition, published in record.editions.items()
        for name in ("index", *published.names, *published.gone)
    ]

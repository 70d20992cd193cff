"""The pages of one issue, in all its editions, written from the register and the kept texts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record, Register
from broadsheet.newsletter import Newsletter
from broadsheet.site.conditional_writes import write_pages
from broadsheet.site.issue_pages import issue_pages, withdrawn_pages
from broadsheet.site.layout import Page
from broadsheet.site.ports import Site


@dataclass(frozen=True)
class IssuePages:
    """Renders and writes the pages that depend on one issue alone."""

    newsletter: Newsletter
    register: Register
    kept: KeptIssues
    site: Site

    def refresh(self, issue_id: str) -> list[str]:
        """Write all pages of the issue as the register has it; gives the editions that were left unchanged.

        These are texts that can't be read any more since newsletter.toml changed.

        Raises:
            ContendedPageError: others kept writing them; try again later.
        """

        def make(_: Collection[str]) -> list[Page]:
            return pages_of(self.register.get(issue_id), self.kept, self.newsletter)

        record = self.register.get(issue_id)
        write_pages(self.site, paths_of(record), make)
        published = (edition for edition in record.published if edition in self.newsletter.editions)
        return [edition for edition in published if self.kept.issue(record, edition) is None]

    def remove_pictures(self, issue_id: str) -> None:
        """Remove the pictures that no edition shows any more."""
        there = self.site.names(
            f"media/{issue_id}/"
        )  # before the register: it names them before they are there
        shown = {size.path for _, p in self.register.get(issue_id).pictures() for size in p.sizes}
        for path in sorted(set(there) - shown):
            self.site.remove(path)


def pages_of(record: Record, kept: KeptIssues, newsletter: Newsletter) -> list[Page]:
    """Every page of an issue, commentaries before the pages that lead to them.

    A text that cannot be read any more gives none, and its old page stays.
    """
    return sorted(_pages_of(record, kept, newsletter), key=lambda page: page.path.endswith("/index.html"))


def _pages_of(record: Record, kept: KeptIssues, newsletter: Newsletter) -> Iterator[Page]:
    for edition, published in record.editions.items():
        if edition not in newsletter.editions:
            continue
        if published.withdrawn_at:
            yield from withdrawn_pages(record, edition, newsletter)
        elif issue := kept.issue(record, edition):
            yield from issue_pages(issue, record, newsletter)


def paths_of(record: Record) -> list[str]:
    """The paths of these pages, removed commentaries included."""
    return [
        f"{edition}/{record.issue}/{name}.html"
        for edition, published in record.editions.items()
        for name in ("index", *(commentary.name for commentary in published.commentaries), *published.gone)
    ]

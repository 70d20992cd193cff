"""Writes the pages that depend on several issues: homes, archives, topics, feeds, sitemaps.

Each lists one year or the newest issues, so that an issue changes the same number of them however long the
archive is.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import ArchiveTally, Record, Register
from broadsheet.newsletter import Edition, Newsletter, Topic
from broadsheet.site.assets import assets
from broadsheet.site.conditional_writes import WriteCounts, write_page, write_pages
from broadsheet.site.feeds import FeedItem, Items, atom, feed_item, json_feed
from broadsheet.site.home_and_archive import archive, home
from broadsheet.site.layout import Page
from broadsheet.site.openapi import openapi
from broadsheet.site.ports import Site
from broadsheet.site.sitemap import robots, sitemap_index, sitemap_pages, sitemap_year
from broadsheet.site.static_pages import static_pages
from broadsheet.site.topics import topic_page, topics_index

SHOWN_AT_HOME = 6  # the latest issue, and the five before it
ISSUES_IN_A_FEED = 10
ASSETS = "assets/"
MakeItem = Callable[[], FeedItem | None]


def _made(_: Record, __: str, make: MakeItem) -> FeedItem | None:
    return make()


@dataclass
class _View:
    """The register during one rendering; each query is made once, and each issue rendered once for feeds."""

    newsletter: Newsletter
    register: Register
    kept: KeptIssues
    feed_item: Callable[[Record, str, MakeItem], FeedItem | None]
    _years: dict[int, list[Record]] = field(default_factory=dict)
    _items: dict[str, Items] = field(default_factory=dict)

    @cached_property
    def tally(self) -> ArchiveTally:
        return self.register.tally()

    def is_current(self) -> bool:
        """Whether the register still answers every query of this view with the same."""
        if "tally" in self.__dict__ and self.register.tally() != self.tally:
            return False
        return all(self.register.of_year(year) == records for year, records in self._years.items())

    def newest(self, edition: Edition, most: int) -> list[Record]:
        """The newest issues of an edition; its other indexes need the newest year, too."""
        years = self.tally.years(edition.id)
        return list(islice((record for year in years for record in self.of_year(edition, year)), most))

    def feed_items(self, edition: Edition) -> Items:
        if edition.id not in self._items:
            found = (
                self.feed_item(record, edition.id, partial(self._feed_item, record, edition))
                for record in self.newest(edition, ISSUES_IN_A_FEED)
            )
            self._items[edition.id] = [item for item in found if item]
        return self._items[edition.id]

    def _feed_item(self, record: Record, edition: Edition) -> FeedItem | None:
        issue = self.kept.issue(record, edition.id)
        return feed_item(edition, record, issue, self.newsletter) if issue else None

    def of_year(self, edition: Edition, year: int | None) -> list[Record]:
        return [record for record in self.year(year) if edition.id in record.public] if year else []

    def year(self, year: int) -> list[Record]:
        if year not in self._years:
            self._years[year] = self.register.of_year(year)
        return self._years[year]


_Plan = dict[str, Callable[[_View], Page]]


@dataclass(frozen=True)
class ListPages:
    """Renders and writes the pages that depend on several issues; `alone` if there is no other writer.

    `feed_item` gives an issue's part of the feeds: what it is called with makes it, and may have been before.
    """

    newsletter: Newsletter
    register: Register
    kept: KeptIssues
    site: Site
    alone: bool = False
    feed_item: Callable[[Record, str, MakeItem], FeedItem | None] = _made

    def write_static_pages(self, *, anew: bool = False) -> WriteCounts:
        """Write every page that needs no issue: assets first, notices, indexes, robots.txt last.

        If robots.txt exists, the others do. `anew` includes those that are right already.
        """
        counts = self.write_fixed_pages(anew=anew) + self.write_indexes(anew=anew)
        return counts + self.write_robots(anew=anew)

    def write_robots(self, *, anew: bool = False) -> WriteCounts:
        """Write robots.txt."""
        return self._put(robots(self.newsletter), anew=anew)

    def write_fixed_pages(self, *, anew: bool = False) -> WriteCounts:
        """Write what depends on the newsletter alone, except robots.txt."""
        newsletter = self.newsletter
        others = (*static_pages(newsletter), sitemap_pages(newsletter), openapi(newsletter))
        return self._write_assets(anew=anew) + self._put(*others, anew=anew)

    def _write_assets(self, *, anew: bool) -> WriteCounts:
        """Write the assets that are missing; they are named by their content."""
        found = assets(self.newsletter)
        missing = [path for path in found if anew or self.site.etag(path) is None]
        for path in missing:
            self.site.put(path, found[path], forever=True)
        return WriteCounts(len(missing), len(found) - len(missing))

    def ensure_static_pages(self) -> None:
        """Write the static pages and their assets unless they exist."""
        has_assets = assets(self.newsletter).keys() <= set(self.site.names(ASSETS))
        if not has_assets or self.site.etag("robots.txt") is None:
            self.write_static_pages()

    def remove_old_assets(self) -> None:
        """Remove assets that no page loads any more; call it after all pages were rebuilt."""
        for path in set(self.site.names(ASSETS)) - set(assets(self.newsletter)):
            self.site.remove(path)

    def refresh(self, editions: Iterable[str], year: int) -> None:
        """Write the lists that contain an issue of these editions in this year.

        Raises:
            ContendedPageError: other workers kept writing the same pages; try again later.
        """
        known = self._known(editions)
        self._write(self._year_plan(known, year) | self._index_plan(known))

    def write_year(
        self,
        editions: Iterable[str],
        year: int,
        *,
        anew: bool = False,
        wanted: Callable[[str], bool] = lambda _: True,
    ) -> WriteCounts:
        """Write the lists of that year alone, or only those of the wanted paths.

        `anew` as in `write_pages`; raises what `refresh` raises.
        """
        plan = self._year_plan(self._known(editions), year)
        return self._write({path: make for path, make in plan.items() if wanted(path)}, anew=anew)

    def write_indexes(
        self, *, anew: bool = False, wanted: Callable[[str], bool] = lambda _: True
    ) -> WriteCounts:
        """Write homes, indexes and feeds of all editions, or only those of the wanted paths.

        `anew` as above; raises what `refresh` raises.
        """
        plan = self._index_plan(self.newsletter.editions.values())
        return self._write({path: make for path, make in plan.items() if wanted(path)}, anew=anew)

    def _known(self, editions: Iterable[str]) -> list[Edition]:
        return [self.newsletter.editions[name] for name in editions if name in self.newsletter.editions]

    def _write(self, plan: _Plan, *, anew: bool = False) -> WriteCounts:
        view, pages = self._view(), dict[str, Page]()

        def make(wanted: Collection[str]) -> list[Page]:
            nonlocal view
            if not view.is_current():
                view = self._view()
                pages.clear()
            asked = [path for path in plan if path in wanted]
            pages.update((path, plan[path](view)) for path in asked if path not in pages)
            return [pages[path] for path in asked]

        if self.alone:
            return self._put(*make(plan), anew=anew)
        return write_pages(self.site, plan, make, anew=anew)

    def _view(self) -> _View:
        return _View(self.newsletter, self.register, self.kept, self.feed_item)

    def _put(self, *pages: Page, anew: bool) -> WriteCounts:
        return sum((write_page(self.site, page, anew=anew) for page in pages), WriteCounts())

    def _index_plan(self, editions: Iterable[Edition]) -> _Plan:
        plan: _Plan = {}
        for edition in editions:
            plan[f"{edition.id}/index.html"] = partial(self._home, edition)
            plan[f"{edition.id}/archive/index.html"] = partial(self._archive, edition, None)
            if self.newsletter.topics:
                plan[f"{edition.id}/topics/index.html"] = partial(self._topics, edition)
            for topic in self.newsletter.topics:
                plan[f"{edition.id}/topics/{topic.id}/index.html"] = partial(
                    self._topic, edition, topic, None
                )
            plan[f"{edition.id}/feed.xml"] = partial(self._feed, atom, edition)
            plan[f"{edition.id}/feed.json"] = partial(self._feed, json_feed, edition)
        return plan | {"sitemap.xml": self._sitemap}

    def _year_plan(self, editions: Iterable[Edition], year: int) -> _Plan:
        plan: _Plan = {}
        for edition in editions:
            plan[f"{edition.id}/archive/{year}.html"] = partial(self._archive, edition, year)
            for topic in self.newsletter.topics:
                path = f"{edition.id}/topics/{topic.id}/{year}.html"
                plan[path] = partial(self._topic, edition, topic, year)
        return plan | {f"sitemaps/{year}.xml": partial(self._sitemap_year, year)}

    def _home(self, edition: Edition, view: _View) -> Page:
        newest = view.newest(edition, SHOWN_AT_HOME)
        latest = view.kept.issue(newest[0], edition.id) if newest else None
        return home(edition, newest, self.newsletter, latest)

    def _archive(self, edition: Edition, year: int | None, view: _View) -> Page:
        years = [] if year else view.tally.years(edition.id)
        records = view.of_year(edition, year or _first(years))
        return archive(edition, year, records, years, self.newsletter)

    def _topics(self, edition: Edition, view: _View) -> Page:
        newest = _first(view.tally.years(edition.id))
        return topics_index(edition, view.of_year(edition, newest), newest, self.newsletter)

    def _topic(self, edition: Edition, topic: Topic, year: int | None, view: _View) -> Page:
        years = [] if year else view.tally.years(edition.id, topic.id)
        records = view.of_year(edition, year or _first(years))
        return topic_page(edition, topic, year, records, years, self.newsletter)

    def _feed(
        self, make: Callable[[Edition, Items, Newsletter], Page], edition: Edition, view: _View
    ) -> Page:
        return make(edition, view.feed_items(edition), self.newsletter)

    def _sitemap(self, view: _View) -> Page:
        years = {year for edition in self.newsletter.editions for year in view.tally.years(edition)}
        return sitemap_index(sorted(years, reverse=True), self.newsletter)

    def _sitemap_year(self, year: int, view: _View) -> Page:
        return sitemap_year(year, view.year(year), self.newsletter)


def _first(years: list[int]) -> int | None:
    return years[0] if years else None

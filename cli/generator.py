"""The whole site from a folder, byte for byte as the functions publish it."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.archive.history import HistoryFileError, load_history
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import ArchiveTally, Record
from broadsheet.content.findings import Finding
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import CheckContext, context_findings
from broadsheet.site.feeds import FeedItem
from broadsheet.site.list_pages import ISSUES_IN_A_FEED, SHOWN_AT_HOME, ListPages, MakeItem
from cli.build_store import BuildStore, Made, Recorder, key_of
from cli.built_issue import BuiltIssue, ReadText
from cli.built_site import State
from cli.folder_ports import DeskFolder, KnownWeeks, RevisionsFolder, SiteFolder
from cli.issue_builder import IssueBuilder

if TYPE_CHECKING:
    from cli.redirect_pages import RedirectPages

FEW_ISSUES = 2 * ISSUES_IN_A_FEED  # one process builds so many sooner than others start


@dataclass
class BuiltRegister:
    """The register of one build: of the issues that were built, by their ids."""

    issues: dict[str, BuiltIssue] = field(default_factory=dict)

    def get(self, issue: str) -> Record:
        """The record of one issue, or an empty one."""
        return self.issues[issue].record if issue in self.issues else Record(issue)

    def put(self, record: Record, before: Record) -> bool:
        """No list changes a record."""
        raise NotImplementedError

    def newest(self, edition: str, most: int) -> list[Record]:
        """The newest issues whose edition is public, newest first, at most so many."""
        newest = (self.issues[name] for name in sorted(self.issues, reverse=True))
        return [built.record for built in islice((each for each in newest if edition in each.public), most)]

    def of_year(self, year: int) -> list[Record]:
        """The issues of a year, newest first."""
        return [built.record for built in reversed(self.built_in(year))]

    def built_in(self, year: int) -> list[BuiltIssue]:
        """The built issues of a year, oldest first."""
        return [built for name, built in sorted(self.issues.items()) if int(name[:4]) == year]

    def years(self) -> list[int]:
        """The years that have any record."""
        return sorted({int(name[:4]) for name in self.issues})

    def tally(self) -> ArchiveTally:
        """The sum of the records' tallies."""
        counts: Counter[str] = Counter()
        for built in self.issues.values():
            counts.update(built.tally)
        return ArchiveTally(counts)

    def after(self, issue: str, most: int) -> list[Record]:
        """The issues whose id sorts after `issue`, ascending, at most so many."""
        return [self.issues[name].record for name in sorted(self.issues) if name > issue][:most]


@dataclass
class Build:
    """One build into a folder; `findings` are about texts that were not built or could be better.

    Older issues are built by `jobs` processes if there is more than one; the newest are built in this one,
    which needs their texts for the feeds. What the store has is not built, and files of the old site are not
    written again: `files` are the digests of all that belong to the new one. `warnings` were only counted.
    """

    newsletter: Newsletter
    desk: DeskFolder
    revisions: RevisionsFolder
    site: SiteFolder
    history: dict[str, Record]
    lenient: bool = False
    thorough: bool = False
    findings: list[Finding] = field(default_factory=list)
    jobs: int = 1
    store: BuildStore | None = None

    def __post_init__(self) -> None:
        self.register, self.weeks = BuiltRegister(), KnownWeeks()
        self.read: list[ReadText] = []
        self.kept = KeptIssues(self.revisions, self.newsletter, lenient=self.lenient)
        there = self.store.there if self.store else {}
        self.recorder = Recorder(self.site, there)
        self.lists = ListPages(
            self.newsletter, self.register, self.kept, self.recorder, alone=True, feed_item=self._feed_item
        )
        self.builder = IssueBuilder(
            *(self.newsletter, self.desk, self.revisions, self.site, self.history),
            *(self.lenient, self.thorough, there, self.store.pictures if self.store else None),
        )
        self.files: dict[str, str] = {}
        self.pictures: dict[str, tuple[str, State]] = {}
        self.warnings = 0
        self.differing: list[str] = []
        self.ids = sorted({*self.desk.texts, *self.history})

    @contextmanager
    def issues(self) -> Iterator[Iterator[str]]:
        """Gives the issues' ids, each when its pages are written; workers end with the context."""
        kept = self._kept()
        own = {*self.ids[-ISSUES_IN_A_FEED:], *kept}
        older = [issue_id for issue_id in self.ids if issue_id not in own]
        older = older if self.jobs > 1 and len(older) >= FEW_ISSUES else []
        with self._workers(older) as others:
            yield self._issues(older, others, kept)

    def _workers(self, older: list[str]) -> AbstractContextManager[Iterator[BuiltIssue]]:
        """Gives the older issues, built by other processes."""
        if not older:
            return nullcontext(iter(()))
        from cli.worker_pool import building_in_workers  # noqa: PLC0415  # see the table in ARCHITECTURE.md

        return building_in_workers(self.builder, older, self.jobs)

    def _kept(self) -> dict[str, BuiltIssue]:
        """The issues that the store has."""
        kept: dict[str, BuiltIssue] = {}
        if self.store and self.store.there:
            for issue_id in self.ids:
                key, pictures = self.builder.key(issue_id)
                if made := self.store.get(key):
                    kept[issue_id] = BuiltIssue.stored(key, made, pictures)
        return kept

    def _issues(
        self, older: list[str], others: Iterator[BuiltIssue], kept: Mapping[str, BuiltIssue]
    ) -> Iterator[str]:
        built = dict(kept)
        for issue_id in sorted({*self.ids}.difference(older)):
            if issue_id not in kept:
                built[issue_id] = self.builder.built(issue_id, self.kept)
            yield issue_id
        for issue_id, each in zip(older, others, strict=True):
            built[issue_id] = each
            yield issue_id
        for issue_id, each in sorted(built.items()):
            self._add(each)
            if issue_id not in kept:
                self._keep(each.key, each.made())

    def finish(self) -> Iterator[int]:
        """Build the pages that list issues; yields each year when it is done. The static pages come last."""
        for year in self.register.years():
            self._write_year(year)
            yield year
        self._list(("fixed",), self.lists.write_fixed_pages)
        for edition in self.newsletter.editions:
            self._write_indexes(edition)
        years = [self.register.tally().years(edition) for edition in self.newsletter.editions]
        self._list(("sitemap", years), partial(self.lists.write_indexes, wanted="sitemap.xml".__eq__))
        self._list(("robots",), self.lists.write_robots)
        for text in self.read:
            context = CheckContext(self.weeks.near(text.outline.id), self._exists)
            self.findings += context_findings(
                *(str(text.file), text.outline, text.revision, self.newsletter, context), lenient=self.lenient
            )

    def write_redirect_pages(self, redirects: "RedirectPages") -> None:
        """Write the pages at old addresses, where the site has nothing else. Called last."""
        redirects.plan(self.files)
        read = ("redirects", sorted(redirects.targets.items()))
        self._list(read, partial(redirects.write, self.recorder, self.newsletter))

    def _write_year(self, year: int) -> None:
        """The lists of a year: those of each edition, and the sitemap of all."""
        found = [(built.issue, built.digests) for built in self.register.built_in(year)]
        for edition in sorted({edition for _, digests in found for edition in digests}):
            read = [(issue, digests.get(edition)) for issue, digests in found]
            wanted = partial(_is_below, edition)
            self._list((year, edition, read), partial(self.lists.write_year, [edition], year, wanted=wanted))
        self._list((year, found), partial(self.lists.write_year, [], year))

    def _write_indexes(self, edition: str) -> None:
        """Home and feeds depend on the newest texts, the indexes of archive and topics on the newest year."""
        newest = self.register.newest(edition, ISSUES_IN_A_FEED)
        for record in newest:
            self._stored(self._item_key(record, edition))  # keeps it, should the feeds be the same
        home, feeds = f"{edition}/index.html", (f"{edition}/feed.xml", f"{edition}/feed.json")
        texts = [self._text(record, edition) for record in newest]
        self._list((feeds, texts), partial(self.lists.write_indexes, wanted=feeds.__contains__))
        shown = [(record.issue, self._digest(record, edition)) for record in newest[:SHOWN_AT_HOME]]
        self._list((home, shown, texts[:1]), partial(self.lists.write_indexes, wanted=home.__eq__))
        tally = self.register.tally()
        years = {
            topic: tally.years(edition, topic) for topic in ("", *(t.id for t in self.newsletter.topics))
        }
        read = {
            year: [(built.issue, built.digests.get(edition)) for built in self.register.built_in(year)]
            for year in {found[0] for found in years.values() if found}
        }
        wanted = partial(_is_below, edition, but=(home, *feeds))
        self._list((edition, years, sorted(read.items())), partial(self.lists.write_indexes, wanted=wanted))

    def _digest(self, record: Record, edition: str) -> str | None:
        return self.register.issues[record.issue].digests.get(edition)

    def _text(self, record: Record, edition: str) -> tuple[object, ...]:
        """All that an issue's part of a feed depends on; `revisions/` may have another text than the desk."""
        revision = record.editions[edition].revision
        has_kept = self.store is not None and self.revisions.has(record.issue, edition, revision)
        text = self.revisions.text(record.issue, edition, revision) if has_kept else b""
        return record.issue, self._digest(record, edition), revision, sha256(text).hexdigest()

    def _item_key(self, record: Record, edition: str) -> str:
        return key_of("item", edition, self._text(record, edition))

    def _feed_item(self, record: Record, edition: str, make: MakeItem) -> FeedItem | None:
        """An issue's part of the feeds, as the store has it or made again."""
        key = self._item_key(record, edition)
        made = self._stored(key) or self._keep(key, Made(None, {}, json.dumps(make(), ensure_ascii=False)))
        item: FeedItem | None = json.loads(made.text)
        return item

    def _list(self, read: tuple[object, ...], write: Callable[[], object]) -> None:
        """Write pages that depend on what was `read`, unless the store has them."""
        key = key_of("list", *read)
        made = self._stored(key)
        if made is None:
            self.recorder.written.clear()
            write()
            made = self._keep(key, Made(None, dict(self.recorder.written)))
        self.files.update(made.files)

    def _stored(self, key: str) -> Made | None:
        return self.store.get(key) if self.store else None

    def _keep(self, key: str, made: Made) -> Made:
        self.differing += self.store.keep(key, made) if self.store else ()
        return made

    def _exists(self, path: str) -> bool:
        return path in self.files

    def _add(self, built: BuiltIssue) -> None:
        """Keep the files, the findings, and what lists and the checks of all texts together need."""
        if built.digests:
            self.register.issues[built.issue] = built
        self.files.update(built.files)
        self.pictures.update(built.pictures)
        self.findings += built.findings
        self.warnings += built.warnings
        if self.thorough:
            self.read += built.read
            for text in built.read:
                if text.is_public:
                    self.weeks.add(text.outline)


def _is_below(edition: str, path: str, *, but: Collection[str] = ()) -> bool:
    """Whether it is a page of the edition, and none of the others."""
    return path.startswith(f"{edition}/") and path not in but


def read_history(file: Path | None) -> dict[str, Record]:
    """The records of a history file, by issue.

    Raises:
        HistoryFileError: it is no such file.
    """
    if file is None:
        return {}
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise HistoryFileError(f"{file} is not UTF-8 text, so `history` did not write it.") from None
    return {record.issue: record for record in load_history(text)}

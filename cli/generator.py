"""The whole site from a folder, byte for byte as the functions publish it."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

from broadsheet.archive.history import HistoryFileError, load_history
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record
from broadsheet.content.findings import Finding
from broadsheet.content.text_names import issue_day
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import CheckContext, context_findings
from broadsheet.site.list_pages import ISSUES_IN_A_FEED, ListPages
from cli.build_store import BuildStore, Made, Recorder
from cli.built_issue import BuiltIssue, ReadText
from cli.folder_ports import DeskFolder, KnownWeeks, RegisterInMemory, RevisionsFolder, SiteFolder
from cli.issue_builder import IssueBuilder
from cli.worker_pool import building_in_workers

FEW_ISSUES = 2 * ISSUES_IN_A_FEED  # one process builds so many sooner than others start


class OutError(ValueError):
    """The folder to write to holds something that is not a built site. Nothing was changed."""


@dataclass
class Build:
    """One build into a folder; `findings` are about texts that were not built or could be better.

    Older issues are built by `jobs` processes if there is more than one; the newest are built in this one,
    which needs their texts for the feeds.
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
        self.register = RegisterInMemory()
        self.weeks = KnownWeeks()
        self.read: list[ReadText] = []
        self.kept = KeptIssues(self.revisions, self.newsletter, lenient=self.lenient)
        self.recorder = Recorder(self.site, {})
        self.lists = ListPages(self.newsletter, self.register, self.kept, self.recorder, alone=True)
        self.builder = IssueBuilder(
            *(self.newsletter, self.desk, self.revisions, self.site, self.history),
            lenient=self.lenient,
            thorough=self.thorough,
            store=self.store,
        )
        self.built: dict[str, BuiltIssue] = {}
        self.used: list[str] = []
        self.differing: list[str] = []
        self.ids = sorted({*self.desk.texts, *self.history})

    @contextmanager
    def issues(self) -> Iterator[Iterator[str]]:
        """Gives the issues' ids, each when its pages are written; workers end with the context."""
        keys = {issue_id: self.builder.key(issue_id) for issue_id in self.ids} if self._has_kept() else {}
        kept = {issue_id: key for issue_id, key in keys.items() if self.store and self.store.has(key)}
        own = set(self.ids[-ISSUES_IN_A_FEED:])
        older = [issue_id for issue_id in self.ids if issue_id not in kept and issue_id not in own]
        older = older if self.jobs > 1 and len(older) >= FEW_ISSUES else []
        with building_in_workers(self.builder, older, self.jobs) as others:
            yield self._issues(older, others, kept)

    def _has_kept(self) -> bool:
        return self.store is not None and not self.store.compares and self.store.folder.is_dir()

    def _issues(
        self, older: list[str], others: Iterator[BuiltIssue], kept: Mapping[str, str]
    ) -> Iterator[str]:
        for issue_id in sorted({*self.ids}.difference(older)):
            found = self.builder.kept(kept[issue_id]) if issue_id in kept else None
            self.built[issue_id] = found or self.builder.built(issue_id, self.kept)
            yield issue_id
        for issue_id, built in zip(older, others, strict=True):
            self.built[issue_id] = built
            yield issue_id
        for _, built in sorted(self.built.items()):
            self._add(built)

    def finish(self) -> Iterator[int]:
        """Build the pages that list issues; yields each year when it is done. The static pages come last."""
        for year in self.register.years():
            records = self.register.of_year(year)
            editions = sorted({e for record in records for e in record.editions})
            digests = [(record.issue, self.built[record.issue].digests) for record in records]
            self._list((year, digests), partial(self.lists.write_year, editions, year))
            yield year
        self._list(("fixed",), self.lists.write_fixed_pages)
        for edition in self.newsletter.editions:
            self._write_indexes(edition)
        self.lists.write_indexes(wanted="sitemap.xml".__eq__)
        self.lists.write_robots()
        for text in self.read:
            context = CheckContext(self.weeks.near(text.outline.id), self._exists)
            self.findings += context_findings(
                *(str(text.file), text.outline, text.revision, self.newsletter, context), lenient=self.lenient
            )

    def _write_indexes(self, edition: str) -> None:
        """The edition's indexes depend on all its issues, its feeds on the text of the newest."""
        newest = self.register.newest(edition, ISSUES_IN_A_FEED)
        feeds = [f"{edition}/feed.xml", f"{edition}/feed.json"]
        texts = [self._read_for_feed(record, edition) for record in newest]
        self._list((feeds, texts), partial(self.lists.write_indexes, wanted=feeds.__contains__))
        digests = [(name, built.digests.get(edition)) for name, built in sorted(self.built.items())]
        self._list(
            (edition, digests, texts[:1]),
            partial(
                self.lists.write_indexes,
                wanted=lambda path: path.startswith(f"{edition}/") and path not in feeds,
            ),
        )

    def _read_for_feed(self, record: Record, edition: str) -> object:
        """All that an issue's part of a feed depends on; `revisions/` may have another text than the desk."""
        revision = record.editions[edition].revision
        has_kept = self.store is not None and self.revisions.has(record.issue, edition, revision)
        text = self.revisions.text(record.issue, edition, revision) if has_kept else b""
        return record.issue, self.built[record.issue].digests.get(edition), sha256(text).hexdigest()

    def _list(self, read: tuple[object, ...], write: Callable[[], object]) -> None:
        """Write pages that depend on what was `read`, as the store has them or anew."""
        if self.store is None:
            write()
            return
        key = self.store.key("list", *read)
        self.used.append(key)
        if made := self.store.get(key):
            for path, content in made.files.items():
                self.site.put(path, content)
            return
        self.recorder.written.clear()
        write()
        self.differing += self.store.keep(key, Made(None, self.recorder.written))

    def _exists(self, path: str) -> bool:
        return (self.site.folder / path).is_file()

    def _add(self, built: BuiltIssue) -> None:
        """Keep the record, the findings, and what the checks of all texts together need."""
        if built.record.editions:
            self.register.records[built.record.issue] = built.record
        self.findings += built.findings
        self.used.append(built.key)
        self.differing += built.differing
        self.read += built.read
        for text in built.read:
            if text.is_public:
                self.weeks.add(text.outline)


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


def fresh(out: Path) -> Path:
    """An empty folder beside `out`, to build in. Raises OutError if `out` holds something else."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not _is_site(out))):
        raise OutError(f"{out} contains something other than a built site. Choose a new or empty folder.")
    new = out.with_name(f"{out.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    return new


def put_in_place(new: Path, out: Path) -> None:
    """Replace the old folder by the new one."""
    if out.exists():
        shutil.rmtree(out)
    new.rename(out)


def loses_issues(new: Path, out: Path) -> bool:
    """Whether `out` has an issue that the new site lacks."""
    shown = {page.relative_to(out) for page in out.glob("*/*/index.html") if issue_day(page.parent.name)}
    return any(not (new / page).is_file() for page in shown)


def _is_site(folder: Path) -> bool:
    return (folder / "robots.txt").is_file() and (folder / "assets").is_dir()

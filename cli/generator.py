"""The whole site from a folder, byte for byte as the functions publish it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from broadsheet.archive.history import HistoryFileError, load_history
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record
from broadsheet.content.findings import Finding
from broadsheet.content.text_names import issue_day
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import CheckContext, context_findings
from broadsheet.site.list_pages import ISSUES_IN_A_FEED, ListPages
from cli.folder_ports import DeskFolder, KnownWeeks, RegisterInMemory, RevisionsFolder, SiteFolder
from cli.issue_builder import BuiltIssue, IssueBuilder, ReadText
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

    def __post_init__(self) -> None:
        self.register = RegisterInMemory()
        self.weeks = KnownWeeks()
        self.read: list[ReadText] = []
        self.kept = KeptIssues(self.revisions, self.newsletter, lenient=self.lenient)
        self.lists = ListPages(self.newsletter, self.register, self.kept, self.site, alone=True)
        self.builder = IssueBuilder(
            *(self.newsletter, self.desk, self.revisions, self.site, self.history),
            lenient=self.lenient,
            thorough=self.thorough,
        )
        self.ids = sorted({*self.desk.texts, *self.history})

    @contextmanager
    def issues(self) -> Iterator[Iterator[str]]:
        """Gives the issues' ids, each when its pages are written; workers end with the context."""
        first = len(self.ids) - ISSUES_IN_A_FEED if self.jobs > 1 and len(self.ids) > FEW_ISSUES else 0
        older, newest = self.ids[:first], self.ids[first:]
        with building_in_workers(self.builder, older, self.jobs) as others:
            yield self._issues(older, others, newest)

    def _issues(self, older: list[str], others: Iterator[BuiltIssue], newest: list[str]) -> Iterator[str]:
        own: list[BuiltIssue] = []
        for issue_id in newest:
            own.append(self.builder.built(issue_id, self.kept))
            yield issue_id
        for issue_id, built in zip(older, others, strict=True):
            self._add(built)
            yield issue_id
        for built in own:
            self._add(built)

    def finish(self) -> Iterator[int]:
        """Build the pages that list issues; yields each year when it is done. The static pages come last."""
        for year in self.register.years():
            editions = {e for record in self.register.of_year(year) for e in record.editions}
            self.lists.write_year(sorted(editions), year)
            yield year
        self.lists.write_static_pages()
        for text in self.read:
            context = CheckContext(self.weeks.near(text.outline.id), self._exists)
            self.findings += context_findings(
                *(str(text.file), text.outline, text.revision, self.newsletter, context), lenient=self.lenient
            )

    def _exists(self, path: str) -> bool:
        return (self.site.folder / path).is_file()

    def _add(self, built: BuiltIssue) -> None:
        """Keep the record, the findings, and what the checks of all texts together need."""
        if built.record.editions:
            self.register.records[built.record.issue] = built.record
        self.findings += built.findings
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

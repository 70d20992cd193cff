"""The whole site from a folder, byte for byte as the functions publish it."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from broadsheet.archive.history import HistoryFileError, load_history
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record
from broadsheet.content.findings import Finding
from broadsheet.content.issue import Issue
from broadsheet.content.pictures import PreparedPicture, prepare
from broadsheet.content.text_names import issue_day
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.proofread import CheckContext, Proof, Proofreader, context_findings
from broadsheet.publishing.record_update import updated_record
from broadsheet.site.issue_page_writer import pages_of
from broadsheet.site.list_pages import ListPages
from cli.folder_ports import DeskFolder, KnownWeeks, RegisterInMemory, RevisionsFolder, SiteFolder
from cli.text_files import under_own_name


class OutError(ValueError):
    """The folder to write to holds something that is not a built site. Nothing was changed."""


@dataclass
class Build:
    """One build into a folder; `findings` are about texts that were not built or could be better."""

    newsletter: Newsletter
    desk: DeskFolder
    revisions: RevisionsFolder
    site: SiteFolder
    history: dict[str, Record]
    lenient: bool = False
    thorough: bool = False
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.register = RegisterInMemory()
        self.weeks = KnownWeeks()
        self.read: list[tuple[Path, Issue, str]] = []
        self.kept = KeptIssues(self.revisions, self.newsletter, lenient=self.lenient)
        self.lists = ListPages(self.newsletter, self.register, self.kept, self.site, alone=True)

    def issues(self) -> Iterator[str]:
        """Build each issue's pages; yields its id when they are written."""
        for issue_id in sorted({*self.desk.texts, *self.history}):
            files = self.desk.files(issue_id)
            proofs = self._proofs(issue_id, files)
            self._keep(proofs)
            before = self.history.get(issue_id, Record(issue_id))
            record = self._updated(before, proofs, files)
            if record.editions:
                self.register.records[issue_id] = record
                for page in pages_of(record, self.kept, self.newsletter):
                    self.site.put(page.path, page.html.encode())
            yield issue_id

    def finish(self) -> Iterator[int]:
        """Build the pages that list issues; yields each year when it is done. The static pages come last."""
        for year in self.register.years():
            editions = {e for record in self.register.of_year(year) for e in record.editions}
            self.lists.write_year(sorted(editions), year)
            yield year
        self.lists.write_static_pages()
        for file, issue, revision in self.read:
            context = CheckContext(self.weeks.near(issue.id), self._exists)
            self.findings += context_findings(
                str(file), issue, revision, self.newsletter, context, lenient=self.lenient
            )

    def _exists(self, path: str) -> bool:
        return (self.site.folder / path).is_file()

    def _proofs(self, issue_id: str, files: IssueFiles) -> list[Proof]:
        context = CheckContext(imported_at=datetime.now(UTC) if self.lenient else None)
        proofreader = Proofreader(
            f"issues/{issue_id}", issue_id, files, self.newsletter, context, self.lenient, self.thorough
        )
        return [proofreader.proof(edition) for edition in sorted(files.texts)]

    def _keep(self, proofs: list[Proof]) -> None:
        """Keep findings, and what the checks of all texts together need."""
        for proof in proofs:
            file = self.desk.texts[proof.issue_id][proof.edition]
            self.findings += [under_own_name(f, f"issues/{proof.issue_id}", file) for f in proof.findings]
            if self.thorough and proof.parsed_issue:
                self.read.append((file, proof.parsed_issue, proof.revision))
            if self.thorough and proof.issue:
                self.weeks.add(proof.issue)

    def _updated(self, before: Record, proofs: list[Proof], files: IssueFiles) -> Record:
        """The record with the desk's editions; an edition without any text is left out."""
        good = [proof for proof in proofs if proof.issue]
        issues = [(proof.issue, proof.revision) for proof in good if proof.issue]
        made: dict[str, PreparedPicture] = {}
        for source in sorted({source for issue, _ in issues for source in issue.pictures()}):
            made[source] = prepare(before.issue, source, files.pictures[source])
            for path, content in made[source].files.items():
                self.site.put(path, content)
        published_at = _published_at(before.issue, good)
        record = updated_record(
            before, good, files.texts, lambda source: made[source].shown, (), published_at
        )
        for issue, revision in issues:
            self.kept.remember(issue, revision)
        readable = {proof.edition for proof in good}
        editions = {
            edition: replace(published, listed=published.withdrawn_at is None)
            for edition, published in record.editions.items()
            if published.withdrawn_at
            or edition in readable
            or self.revisions.has(record.issue, edition, published.revision)
        }
        return replace(record, editions=editions)


def _published_at(issue_id: str, proofs: Iterable[Proof]) -> datetime:
    """The publication time of an issue without a history: the day after its last day."""
    last = max((proof.issue.last_day for proof in proofs if proof.issue), default=issue_day(issue_id))
    day = last or date.min
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


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

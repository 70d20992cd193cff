"""`broadsheet build`: the whole site from a folder, byte for byte as the functions publish it."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path, PurePath

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from broadsheet.archive.history import HistoryFileError, load_history
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record
from broadsheet.content.findings import LEFT_OUT, Finding, in_order
from broadsheet.content.imports import places
from broadsheet.content.issue import Issue
from broadsheet.content.pictures import Prepared, prepare
from broadsheet.content.read import issue_day
from broadsheet.content.text_names import is_like_a_text
from broadsheet.newsletter import Newsletter, NewsletterFileError
from broadsheet.publishing.accept import accepted
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.proofread import Proof, Surroundings, among_others, proofread
from broadsheet.site.issues import pages_of
from broadsheet.site.lists import ListPages
from cli.console import PrintableConsole
from cli.folder import (
    DeskFolder,
    KnownWeeks,
    RegisterInMemory,
    RevisionsFolder,
    SiteFolder,
    aside_findings,
    content_of,
    draft_findings,
    imported_texts,
    under_own_name,
)
from cli.newsletter_file import newsletter_for, only_named, own_newsletter, plain_newsletter

MOST_ASIDE = 20  # files left aside that are named one by one
OURS = ("drafts", "reports", "revisions")


class OutError(ValueError):
    """The folder to write to holds something that is not a built site. Nothing was changed."""


@dataclass
class Build:
    """One build into a folder; `findings` says what could not be built, and what could be better."""

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
        """Build each issue's pages; gives its id when they are written."""
        for issue_id in sorted({*self.desk.texts, *self.history}):
            self._issue(issue_id)
            yield issue_id

    def finish(self) -> Iterator[int]:
        """Build all that lists issues; gives each year when it is done. The heads come last."""
        for year in self.register.years():
            editions = {e for record in self.register.of_year(year) for e in record.editions}
            self.lists.year(sorted(editions), year)
            yield year
        self.lists.frame()
        for file, issue, revision in self.read:
            around = Surroundings(self.weeks.near(issue.id), self._exists)
            self.findings += among_others(
                str(file), issue, revision, self.newsletter, around, lenient=self.lenient
            )

    def _exists(self, path: str) -> bool:
        return (self.site.folder / path).is_file()

    def _issue(self, issue_id: str) -> None:
        files = self.desk.files(issue_id)
        around = Surroundings(imported_at=datetime.now(UTC) if self.lenient else None)
        proofs = [
            proofread(
                f"issues/{issue_id}",
                issue_id,
                edition,
                files,
                self.newsletter,
                around,
                lenient=self.lenient,
                thorough=self.thorough,
            )
            for edition in sorted(files.texts)
        ]
        for proof in proofs:
            file = self.desk.texts[issue_id][proof.edition]
            self.findings += [under_own_name(f, f"issues/{issue_id}", file) for f in proof.findings]
            if self.thorough and proof.read:
                self.read.append((file, proof.read, proof.revision))
            if self.thorough and proof.issue:
                self.weeks.add(proof.issue)
        before = self.history.get(issue_id, Record(issue_id))
        record = self._accepted(before, proofs, files)
        if not record.editions:
            return
        self.register.records[issue_id] = record
        for page in pages_of(record, self.kept, self.newsletter):
            self.site.put(page.path, page.html.encode())

    def _accepted(self, before: Record, proofs: list[Proof], files: IssueFiles) -> Record:
        """The record with what is on the desk; an edition whose text is nowhere is left out."""
        good = [proof for proof in proofs if proof.issue]
        made: dict[str, Prepared] = {}
        for source in sorted({source for p in good if p.issue for source in p.issue.pictures()}):
            made[source] = prepare(before.issue, source, files.pictures[source])
            for path, content in made[source].files.items():
                self.site.put(path, content)
        record = accepted(
            before, good, files.texts, lambda source: made[source].shown, (), _moment(before.issue, good)
        )
        for proof in good:
            if proof.issue:
                self.kept.remember(proof.issue, proof.revision)
        readable = {proof.edition for proof in good}
        editions = {
            edition: replace(entry, listed=entry.withdrawn_at is None)
            for edition, entry in record.editions.items()
            if entry.withdrawn_at
            or edition in readable
            or self.revisions.has(record.issue, edition, entry.revision)
        }
        return replace(record, editions=editions)


def _moment(issue_id: str, proofs: Iterable[Proof]) -> datetime:
    """When an issue without a history counts as published: the day after its last, as weeks appear."""
    last = max((proof.issue.last_day for proof in proofs if proof.issue), default=issue_day(issue_id))
    day = last or date.min
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def read_history(file: Path | None) -> dict[str, Record]:
    """The records of a history file, by issue."""
    if file is None:
        return {}
    return {record.issue: record for record in load_history(file.read_text(encoding="utf-8"))}


def fresh(out: Path) -> Path:
    """An empty folder beside `out`, to build in. Raises OutError if `out` holds something else."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not _is_site(out))):
        raise OutError(f"{out} holds something that is not a built site. Name a new or an empty folder.")
    new = out.with_name(f"{out.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    return new


def put_in_place(new: Path, out: Path) -> None:
    """Let the new folder take the old one's place."""
    if out.exists():
        shutil.rmtree(out)
    new.rename(out)


def loses_issues(new: Path, out: Path) -> bool:
    """Whether `out` shows an issue that the new site lacks."""
    shown = {page.relative_to(out) for page in out.glob("*/*/index.html") if issue_day(page.parent.name)}
    return any(not (new / page).is_file() for page in shown)


def _is_site(folder: Path) -> bool:
    return (folder / "robots.txt").is_file() and (folder / "assets").is_dir()


def build_site(
    desk: Path,
    out: Path,
    history: Path | None,
    newsletter_file: Path | None,
    *,
    lenient: bool,
    edition: str | None,
    warnings: bool,
) -> int:
    """Build, with a bar; print what was found. Gives the exit code: 1 if a text could not be built."""
    console = PrintableConsole(stderr=True, highlight=False, soft_wrap=True)
    try:
        records = read_history(history)
        found = imported_texts(desk) if lenient else []
        files = [file for file in found if file.relative_to(desk).parts[0] not in OURS]
        newsletter = newsletter_for(desk, newsletter_file)
        if newsletter is None:
            newsletter = (
                plain_newsletter(desk.resolve().name, files, edition) if lenient else own_newsletter()
            )
        placed, findings = _placed(desk, files if lenient else None, newsletter, edition)
        findings += [] if lenient else aside_findings(desk, placed, newsletter, out)
        findings += [f for f in draft_findings(desk) if lenient and _is_theirs(f, desk)]
        new = fresh(out)
    except (HistoryFileError, NewsletterFileError, OutError) as error:
        console.print(str(error), style="red", markup=False)
        return 2
    build = Build(
        newsletter,
        placed,
        RevisionsFolder(placed, desk),
        SiteFolder(new),
        records,
        lenient,
        warnings,
        findings,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        total = len({*placed.texts, *records})
        for _ in progress.track(build.issues(), total=total, description="Issues"):
            pass
        for _ in progress.track(build.finish(), total=len(build.register.years()), description="Years"):
            pass
    is_kept = out.is_dir() and any(out.iterdir()) and _is_worse(build, new, out)
    if not is_kept:
        put_in_place(new, out)
    code = _tell(console, build, new if is_kept else out, with_warnings=warnings)
    if is_kept:
        console.print(f"{out} was left as it was; the new site stands in {new}.", markup=False)
    return 1 if is_kept else code


def _is_worse(build: Build, new: Path, out: Path) -> bool:
    """Whether nothing was built, or a text could not be and an issue that stands in `out` is lost."""
    is_without_fault = not any(finding.is_error for finding in build.findings)
    return not build.register.records or (not is_without_fault and loses_issues(new, out))


def _placed(
    desk: Path, imported: list[Path] | None, newsletter: Newsletter, edition: str | None
) -> tuple[DeskFolder, list[Finding]]:
    """The texts by issue and edition; of an import, wherever in the folder they lie."""
    if imported is None:
        return DeskFolder.laid_out(desk), []
    texts: dict[str, dict[str, Path]] = {}
    findings = []
    files = {file.relative_to(desk): file for file in imported}
    contents: dict[PurePath, bytes] = {path: content_of(file) for path, file in files.items()}
    named = only_named(newsletter, imported)
    for path, where in places(contents, newsletter, edition, only_named=named).items():
        if isinstance(where, Finding):
            findings.append(where)
        else:
            texts.setdefault(where.issue_id, {})[where.edition] = files[Path(path)]
    return DeskFolder(texts, lenient=True), findings


def _is_theirs(finding: Finding, desk: Path) -> bool:
    """Whether it is about a text of an import, and not about what we keep beside the issues ourselves."""
    return Path(finding.file).relative_to(desk).parts[0] not in OURS or not (desk / "issues").is_dir()


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in order; what several texts of a folder tell alike is told once."""
    return list({(f.file, f.line, str(f)): f for f in in_order(findings)}.values())


def _is_aside(finding: Finding) -> bool:
    """Whether it tells of a file that may have been meant as a text and was not read."""
    is_stray = finding.rule == "stray-file" and is_like_a_text(finding.values["name"])
    return is_stray or finding.rule in ("text-elsewhere", "text-without-folder", "text-not-named")


def _tell(console: Console, build: Build, out: Path, *, with_warnings: bool) -> int:
    findings = _once(build.findings)
    errors = [finding for finding in findings if finding.is_error]
    warnings = [finding for finding in findings if not finding.is_error]
    drafts = [finding for finding in warnings if finding.rule in LEFT_OUT]
    aside = [finding for finding in warnings if _is_aside(finding)]
    for finding in [*errors, *(warnings if with_warnings else [*drafts, *aside[:MOST_ASIDE]])]:
        console.print(str(finding), markup=False, soft_wrap=True)
    editions = sum(len(record.standing) for record in build.register.records.values())
    files = {finding.file for finding in errors}
    console.print(
        f"Built {len(build.register.records)} issues, {editions} editions, into {out}."
        f" {len(files)} files could not be built; {len(warnings)} warnings."
    )
    if drafts:
        console.print(f"{len({f.file for f in drafts})} files were left out: drafts, or not to be shown yet.")
    if aside:
        console.print(
            f"{len(aside)} files were left aside: they lie, or are named, as no text of an issue is."
        )
    if not build.register.records and not files:
        console.print("There was nothing to build: texts lie in issues/<day>/<edition>.md.")
    return 1 if errors else 0

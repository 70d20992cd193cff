"""Findings in an editor's files, on a copy of the desk or anywhere else, as publishing would have them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from broadsheet.content.findings import Finding, in_order
from broadsheet.content.import_locations import TextLocation, locate_texts
from broadsheet.content.issue import Issue
from broadsheet.content.text_names import edition_of, issue_day
from broadsheet.mailings.hold import is_old
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.proofread import CheckContext, Proof, Proofreader, context_findings
from cli.folder_ports import DeskFolder, KnownWeeks
from cli.newsletter_file import only_named
from cli.text_files import content_of, desk_texts, issue_texts, nfc, under_own_name

_NEAR = timedelta(days=35)
_PAGES_OF_AN_EDITION = ("index.html", "feed.xml", "feed.json")
_Located = Mapping[PurePath, TextLocation | Finding]


@dataclass(frozen=True)
class _Folder:
    """An issue with the texts to be checked, and on a desk with those beside them; all by edition."""

    issue_id: str
    asked: dict[str, Path]
    texts: dict[str, Path]


@dataclass(frozen=True)
class _Checked:
    """A file with its proof and findings."""

    file: Path
    proof: Proof
    findings: list[Finding]


@dataclass(frozen=True)
class CheckResult:
    """The findings in the files, and the issues that would be published without an email, as they are old."""

    findings: tuple[Finding, ...]
    not_emailed: tuple[str, ...] = ()


@dataclass(frozen=True)
class TextChecker:
    """Checks files for a newsletter; if lenient, texts of another site.

    `edition` is that of lenient texts that do not name theirs.
    """

    newsletter: Newsletter
    lenient: bool
    edition: str | None

    def check(self, files: list[Path]) -> CheckResult:
        """Check the files, each alone and all together."""
        located = self._located({file: content_of(file) for file in files})
        found = [where for where in located.values() if isinstance(where, Finding)]
        checked = [one for folder in _folders(located) for one in self._checked(folder)]
        weeks = self._weeks(checked)
        pages = {page for one in checked if one.proof.issue for page in _pages(one.proof.issue)}
        for one in checked:
            found += one.findings
            if one.proof.parsed_issue:
                found += self._context_findings(one, one.proof.parsed_issue, weeks, pages)
        findings = in_order({(f.file, f.line, str(f)): f for f in found}.values())
        return CheckResult(findings, () if self.lenient else self._not_emailed(checked))

    def _not_emailed(self, checked: list[_Checked]) -> tuple[str, ...]:
        """The ids of old issues none of whose checked texts says whether to email it."""
        issues = [one.proof.issue for one in checked if one.proof.issue]
        today, within = datetime.now(self.newsletter.zone).date(), self.newsletter.mail_within_days
        old = {issue.id for issue in issues if is_old(issue.last_day, today, within)}
        return tuple(sorted(old - {issue.id for issue in issues if issue.mail is not None}))

    def _located(self, contents: Mapping[PurePath, bytes]) -> _Located:
        """The location of each file: by its place on the desk, or if lenient by path and front matter."""
        on_desk = {file: where for file in contents if (where := _desk_place(file))}
        others = [file for file in contents if file not in on_desk]
        if not self.lenient:
            return {**on_desk, **{file: Finding(str(file), 1, "file-not-on-desk") for file in others}}
        given: dict[PurePath, PurePath] = {Path(file).resolve(): file for file in others}
        named = only_named(self.newsletter, [Path(file) for file in contents])
        by_path = {path: contents[file] for path, file in given.items()}
        found = locate_texts(by_path, self.newsletter, self.edition, only_named=named)
        return {**on_desk, **{given[path]: _under_name(where, given[path]) for path, where in found.items()}}

    def _checked(self, folder: _Folder) -> Iterator[_Checked]:
        files = DeskFolder({folder.issue_id: folder.texts}, self.lenient).files(folder.issue_id)
        name = f"issues/{folder.issue_id}"
        now = datetime.now(UTC)
        context = (
            CheckContext(imported_at=now) if self.lenient else CheckContext(now=self._now_for(folder, now))
        )
        proofreader = Proofreader(name, folder.issue_id, files, self.newsletter, context, self.lenient)
        for edition, file in sorted(folder.asked.items()):
            proof = proofreader.proof(edition)
            yield _Checked(file, proof, [under_own_name(f, name, file) for f in proof.findings])

    def _now_for(self, folder: _Folder, now: datetime) -> datetime | None:
        """The time for an issue that would be mailed; None for an old one, whose times have passed."""
        day, within = issue_day(folder.issue_id), timedelta(days=self.newsletter.mail_within_days)
        return now if day and now.date() - day <= within else None

    def _weeks(self, checked: list[_Checked]) -> KnownWeeks:
        """The weeks of the checked texts, and of those with a near date on the same desk."""
        weeks = KnownWeeks()
        for one in checked:
            if one.proof.issue:
                weeks.add(one.proof.issue)
        seen = {one.file.resolve() for one in checked}
        for one in checked:
            for text in _near_texts(one):
                if text not in seen:
                    seen.add(text)
                    if issue := self._issue_in(text):
                        weeks.add(issue)
        return weeks

    def _issue_in(self, text: Path) -> Issue | None:
        issue_id, edition = text.parent.name, nfc(text.stem)
        files = DeskFolder({issue_id: {edition: text}}).files(issue_id)
        return Proofreader("", issue_id, files, self.newsletter, thorough=False).proof(edition).issue

    def _context_findings(
        self, one: _Checked, issue: Issue, weeks: KnownWeeks, pages: set[str]
    ) -> list[Finding]:
        """Findings that depend on other files."""

        def exists(path: str) -> bool:
            return path in pages or self._is_on_desk(path, one.file)

        file, revision = str(one.file), one.proof.revision
        context = CheckContext(weeks.near(issue.id), exists)
        return context_findings(file, issue, revision, self.newsletter, context, lenient=self.lenient)

    def _is_on_desk(self, path: str, file: Path) -> bool:
        """Whether a page is made from a file on the same desk, or exists without any issue."""
        edition, _, name = path.partition("/")
        if edition not in self.newsletter.editions:
            return path in ("index.html", "404.html") or path.startswith("media/")
        issue_id, _, page = name.partition("/")
        desk = file.resolve().parent.parent
        if issue_day(issue_id):
            text = desk / issue_id / f"{edition}.md"
            if not page or not text.is_file():
                return False
            issue = self._issue_in(text)
            return issue is None or path in _pages(issue)  # it may have had no errors when it was published
        folder, _, year = name.removesuffix(".html").rpartition("/")
        lists = ("archive", *(f"topics/{topic.id}" for topic in self.newsletter.topics))
        if folder in lists and year.isdecimal():
            return desk.name != "issues" or any(desk.glob(f"{year}-*/{edition}.md"))
        return name in _PAGES_OF_AN_EDITION


def _folders(located: _Located) -> list[_Folder]:
    """The issues that the files belong to; issues of several desks are kept apart."""
    found: dict[tuple[Path | None, str], _Folder] = {}
    for path, where in located.items():
        if isinstance(where, Finding):
            continue
        file = Path(path)
        on_desk = file.resolve().parent if _desk_place(file) else None
        key = (on_desk, where.issue_id)
        if key not in found:
            found[key] = _Folder(where.issue_id, {}, issue_texts(file.parent) if on_desk else {})
        found[key].asked[where.edition] = found[key].texts[where.edition] = file
    return list(found.values())


def _under_name(where: TextLocation | Finding, file: PurePath) -> TextLocation | Finding:
    return replace(where, file=str(file)) if isinstance(where, Finding) else where


def _near_texts(one: _Checked) -> Iterator[Path]:
    """The texts of other issues near a text on the same desk, in its edition."""
    day = issue_day(one.proof.issue_id)
    if not day or not _desk_place(one.file):
        return
    for text in desk_texts(one.file.resolve().parent.parent, f"*/{one.file.name}"):
        other = issue_day(text.parent.name)
        if other and abs(other - day) <= _NEAR:
            yield text


def _desk_place(file: PurePath) -> TextLocation | None:
    """`issues/<id>/<edition>.md`, wherever the desk's copy is."""
    folder = Path(file).resolve().parent
    edition = edition_of(file.name) or nfc(file.stem)
    return TextLocation(nfc(folder.name), edition) if folder.parent.name == "issues" else None


def _pages(issue: Issue) -> list[str]:
    names = ["index", *(piece.name for piece in issue.commentaries)]
    return [f"{issue.edition}/{issue.id}/{name}.html" for name in names]

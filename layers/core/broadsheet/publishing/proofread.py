"""Reads and checks the texts of a folder on the desk: each can be published, or its findings say why not."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import ceil

from broadsheet.characters import printable
from broadsheet.content.checks.links import link_findings
from broadsheet.content.checks.sending import (
    ahead_findings,
    due_findings,
    send_at_findings,
    shortened_findings,
)
from broadsheet.content.checks.weeks import (
    Week,
    period_findings,
    text_digest,
    translation_findings,
    week_findings,
)
from broadsheet.content.findings import Finding, UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.read import CheckedIssue, read_issue
from broadsheet.content.right_place import issue_meant
from broadsheet.content.text_names import is_picture, issue_day
from broadsheet.mailings.body import LARGEST_HTML_BYTES, Body
from broadsheet.mailings.compose import mail_body
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.picture_inspection import Inspection, UncachedInspector
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.unread_files import NO_LINE, files_beside, read_as, unknown_editions

MOST_PICTURE_BYTES = 200_000_000  # of a folder, together
FOLDER = "_folder"  # in place of an edition, for findings about the whole folder


@dataclass(frozen=True)
class Proof:
    """The result for one file: findings, and if it can be published `issue`, revision, text and mail body.

    `parsed_issue` is the issue even if something outside its text keeps it from being published.
    """

    issue_id: str
    edition: str
    findings: tuple[Finding, ...] = ()
    issue: Issue | None = None
    revision: str = ""
    text: bytes = b""
    body: Body | None = None
    parsed_issue: Issue | None = None


@dataclass(frozen=True)
class CheckContext:
    """What a check needs beyond the file: the edition's other weeks, which paths of the site exist, the time.

    A week's `text_digest` may be its revision here. Without `now`, no time is reported as past; without
    `imported_at`, no imported text as not yet due. `inspect` inspects a picture of the folder.
    """

    weeks: Callable[[str], Iterable[Week]] = lambda _: ()
    exists: Callable[[str], bool] = lambda _: True
    inspect: Callable[[str, IssueFiles], Inspection] = field(default_factory=UncachedInspector)
    now: datetime | None = None
    imported_at: datetime | None = None


@dataclass(frozen=True)
class Proofreader:
    """Reads and checks the texts in `folder` ("issues/<id>").

    Unless `thorough`, mails are not composed, and checks that only give warnings are left out.
    """

    folder: str
    issue_id: str
    files: IssueFiles
    newsletter: Newsletter
    context: CheckContext = field(default_factory=CheckContext)
    lenient: bool = False
    thorough: bool = True

    def all(self) -> list[Proof]:
        """A proof of each edition's file.

        Texts that belong to no edition are not read; they share one proof, of the edition `FOLDER`. So do all
        files of a folder without a text, or not named by a day.
        """
        texts = self.files.texts
        if issue_day(self.issue_id) is None:
            better = issue_meant(self.issue_id, self.newsletter)
            values = {"folder": printable(self.issue_id[:80]), "better": better}
            rule = "folder-near-a-day" if better else "folder-not-a-day"
            not_a_day = Finding(f"{self.folder}/", NO_LINE, rule, values)
            return [Proof(self.issue_id, FOLDER, (not_a_day,))] if texts or self._unread() else []
        ours = [edition for edition in sorted(texts) if edition in self.newsletter.editions]
        others = sorted(self.files.names.get(name, f"{name}.md") for name in set(texts) - set(ours))
        proofs = [self.proof(edition) for edition in ours]
        found = unknown_editions(self.folder, others, ours, self.newsletter)
        if found := [*found, *([] if ours else self._beside(is_error=True))]:
            proofs.append(Proof(self.issue_id, FOLDER, tuple(found)))
        return proofs

    def _unread(self) -> list[str]:
        """The files that are neither text nor picture by their names; an import finds pictures anywhere."""
        if self.lenient:
            return sorted(self.files.strays)
        return sorted([*self.files.strays, *(name for name in self.files.pictures if not is_picture(name))])

    def _beside(self, *, is_error: bool = False) -> list[Finding]:
        ours = [edition for edition in sorted(self.files.texts) if edition in self.newsletter.editions]
        return files_beside(self.folder, self._unread(), ours, self.newsletter, is_error=is_error)

    def proof(self, edition: str) -> Proof:
        """The proof of one edition's file; if thorough, with warnings about unread files beside it."""
        proof, name = self._proof(edition), self.files.names.get(edition, f"{edition}.md")
        if not self.thorough:
            return proof
        other = [] if name == f"{edition}.md" else [read_as(self.folder, name, edition)]
        return replace(proof, findings=(*other, *self._beside(), *proof.findings))

    def _proof(self, edition: str) -> Proof:
        try:
            checked = self._read(edition)
        except UnpublishableError as error:
            return Proof(self.issue_id, edition, error.findings)
        issue, text = checked.issue, self.files.texts[edition]
        if issue.pictures() and self.files.picture_bytes > MOST_PICTURE_BYTES:
            found = (*checked.warnings, self._pictures_too_large(edition))
            return Proof(self.issue_id, edition, found, parsed_issue=issue)
        inspections = {
            source: self.context.inspect(source, self.files) for source in sorted(issue.pictures())
        }
        revision = revision_of(text, inspections)
        body = mail_body(issue, self.newsletter) if self.thorough else None
        findings = [*checked.warnings, *self._findings(issue, inspections)]
        if body:
            findings += self._further_findings(issue, revision, body)
        found = tuple(sorted(findings, key=lambda finding: finding.line))
        if any(finding.is_error for finding in found):
            return Proof(self.issue_id, edition, found, revision=revision, parsed_issue=issue)
        return Proof(self.issue_id, edition, found, issue, revision, text, body, issue)

    def _read(self, edition: str) -> CheckedIssue:
        """The issue; if lenient, pictures that can't be shown count as missing."""
        read = partial(
            read_issue,
            self.issue_id,
            edition,
            self.files.texts[edition],
            newsletter=self.newsletter,
            lenient=self.lenient,
            file=self._file(edition),
            now=self.context.imported_at,
        )
        pictures = frozenset(self.files.pictures)
        checked = read(pictures=pictures)
        shown = checked.issue.pictures() if self.lenient else ()
        unusable = {source for source in shown if self.context.inspect(source, self.files).is_unusable}
        return read(pictures=pictures - unusable) if unusable else checked

    def _findings(self, issue: Issue, inspections: Mapping[str, Inspection]) -> Iterable[Finding]:
        """Findings about pictures and times, which may keep the issue from being published."""
        file, lines, texts = self._file(issue.edition), issue.picture_lines(), self.files.texts
        for source in issue.pictures():
            for rule, values, is_error in inspections[source].rules:
                yield Finding(file, lines[source], rule, {"source": source, **values}, is_error)
        yield from send_at_findings(file, issue.edition, texts, self.newsletter, lenient=self.lenient)
        yield from period_findings(file, issue, texts[issue.edition], self.newsletter, lenient=self.lenient)

    def _further_findings(self, issue: Issue, revision: str, body: Body) -> list[Finding]:
        """Findings about the mail, the other editions and the other issues."""
        file, texts, newsletter = self._file(issue.edition), self.files.texts, self.newsletter
        return [
            *shortened_findings(file, body.summarised, LARGEST_HTML_BYTES, is_cut=body.is_cut),
            *due_findings(file, texts[issue.edition], issue.send_at, newsletter, self.context.now),
            *ahead_findings(file, issue.first_day, newsletter, self.context.now),
            *translation_findings(file, issue.edition, texts, newsletter),
            *context_findings(file, issue, revision, newsletter, self.context, lenient=self.lenient),
        ]

    def _file(self, edition: str) -> str:
        return f"{self.folder}/{edition}.md"

    def _pictures_too_large(self, edition: str) -> Finding:
        megabytes, limit = ceil(self.files.picture_bytes / 1_000_000), MOST_PICTURE_BYTES // 1_000_000
        values = {"megabytes": str(megabytes), "limit": str(limit)}
        return Finding(self._file(edition), 1, "pictures-too-large-together", values)


def context_findings(
    file: str, issue: Issue, revision: str, newsletter: Newsletter, context: CheckContext, *, lenient: bool
) -> list[Finding]:
    """Findings that depend on other issues: weeks covered twice, links to pages that do not exist.

    A file without other errors gets only warnings here, so a caller that must read the whole desk to know the
    context may ask for them afterwards.
    """
    own = text_digest(issue)
    weeks = [
        replace(week, text_digest=own if week.text_digest in (own, revision) else "")
        for week in context.weeks(issue.edition)
    ]
    return [
        *link_findings(file, issue, newsletter, context.exists),
        *week_findings(file, issue, weeks, newsletter, lenient=lenient),
    ]


def revision_of(text: bytes, inspections: Mapping[str, Inspection]) -> str:
    """The revision: a hash of the text and of the pictures that it shows."""
    digest = hashlib.sha256(text)
    for source in sorted(inspections):
        digest.update(f"\0{source}\0".encode())
        digest.update(bytes.fromhex(inspections[source].digest))
    return digest.hexdigest()[:20]

"""Reports to editors: where a file was published and when it will be mailed, or what to correct."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from broadsheet.archive.register import Record
from broadsheet.characters import printable
from broadsheet.content.checks.sending import kept_findings
from broadsheet.content.findings import Finding
from broadsheet.language import language, report_words
from broadsheet.mail import Mail
from broadsheet.mailings.editor_mail import editor_mail
from broadsheet.mailings.hold import OLD, SAID_NO
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.ports import Desk
from broadsheet.publishing.proofread import FOLDER, Proof
from broadsheet.publishing.unread_files import text_meant

# Rules whose findings are no new outcome of a file:
CHANGES_BY_ITSELF = "translation-missing"  # another file resolves it
COME_ONE_BY_ONE = (
    *("stray-file", "stray-files", "edition-unknown", "file-elsewhere", "document-elsewhere"),
    *("text-not-named", "text-twice-here", "picture-not-shown"),
)
CHANGE_WITH_TIME = ("send-at-past", "send-at-kept")
# In place of an edition: for files where nothing is read, and for newsletter.toml
MISPLACED, NEWSLETTER_COPY = "_misplaced", "_newsletter"
_STATES = {OLD: "old", SAID_NO: "said_no", NEEDS_APPROVAL: "unconfirmed"}


class FileOutcome(StrEnum):
    """The outcome for a file; templates and locales use these values."""

    PUBLISHED = "published"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    DRAFT = "draft"
    COPY = "copy"


@dataclass(frozen=True)
class ReportedMailing:
    """A mailing in a report: the audience's label, and when it is due in the newsletter's time zone.

    `state` selects the words: a `MailingState`, or why the mailing is not held or does not begin.
    """

    label: str
    state: str
    due: str


@dataclass(frozen=True)
class Report:
    """The report on one file: `page` is its address if any, `mail_bytes` the size of the HTML of its mail.

    With the editions `MISPLACED` and `NEWSLETTER_COPY`, `issue_id` is the key of a file or folder; `others`
    counts the other misplaced files.
    """

    issue_id: str
    edition: str
    outcome: FileOutcome
    findings: tuple[Finding, ...]
    revision: str = ""
    title: str = ""
    page: str = ""
    commentaries: int = 0
    mail_bytes: int = 0
    mailings: tuple[ReportedMailing, ...] = ()
    others: int = 0

    @property
    def file(self) -> str:
        """The file or folder as editors name it, without characters that change how a line reads."""
        names = {FOLDER: f"{self.issue_id}/", MISPLACED: self.issue_id, NEWSLETTER_COPY: self.issue_id}
        more = f" (+{self.others})" if self.others else ""
        return printable(names.get(self.edition, f"{self.issue_id}/{self.edition}.md")) + more

    @property
    def path(self) -> str:
        """The report's path below `reports/`; all misplaced files share one, which is no issue's."""
        names = {MISPLACED: "_desk.html", NEWSLETTER_COPY: "_newsletter.html"}
        return names.get(self.edition, f"{self.issue_id}/{self.edition}.html")

    @property
    def digest(self) -> str:
        """Identifies this outcome, so that each outcome is reported once.

        Which stray files there are, and how many, makes no difference: they are uploaded one by one. Whether
        one of them is plainly meant as the text of an edition does.
        """
        passing = (CHANGES_BY_ITSELF, *CHANGE_WITH_TIME, *COME_ONE_BY_ONE)
        found = [str(finding) for finding in self.findings if finding.rule not in passing]
        strays = [finding for finding in self.findings if finding.rule in COME_ONE_BY_ONE]
        found += [COME_ONE_BY_ONE[0]] * bool(strays)
        found += sorted({text_meant(finding) for finding in strays} - {""})
        outcome = "" if self.revision else self.outcome
        return hashlib.sha256("\0".join((outcome, self.revision, *found)).encode()).hexdigest()[:20]


def reports_of(
    record: Record, proofs: Iterable[Proof], mailings: list[Mailing], newsletter: Newsletter
) -> list[Report]:
    """A report for each file of the issue's folder, and for each withdrawn edition."""
    reports = {proof.edition: _of_proof(proof, record, mailings, newsletter) for proof in proofs}
    for edition, published in record.editions.items():
        if published.withdrawn_at and edition not in reports:
            lines = _mailing_lines(_mailings_of(edition, mailings, newsletter), newsletter)
            reports[edition] = Report(record.issue, edition, FileOutcome.WITHDRAWN, (), mailings=lines)
    return list(reports.values())


def write_report(report: Report, desk: Desk, newsletter: Newsletter) -> Mail:
    """Write the report to the desk, over the last one; returns it as a mail to editors."""
    mail = report_mail(report, newsletter)
    desk.report(report.path, mail.html)
    return mail


def report_mail(report: Report, newsletter: Newsletter) -> Mail:
    """The report as a mail to editors, in their language; its HTML is one self-contained page."""
    code = newsletter.editors_language
    errors = [(found, found.text(code)) for found in report.findings if found.is_error]
    warnings = [(found, found.text(code)) for found in report.findings if not found.is_error]
    subject = f"{report_words(code)[f'report_{report.outcome}']}: {report.file}"
    return editor_mail("report", subject, newsletter, report=report, errors=errors, warnings=warnings)


def report_of(proof: Proof, issue_id: str, outcome: FileOutcome, page: str) -> Report:
    """The report on a file with this outcome and page; on a file that can't be published, its findings."""
    if proof.issue is None or proof.body is None:
        return Report(issue_id, proof.edition, FileOutcome.REFUSED, proof.findings)
    return Report(
        issue_id,
        proof.edition,
        outcome,
        proof.findings,
        proof.revision,
        proof.issue.title,
        page,
        len(proof.issue.commentaries),
        len(proof.body.html.encode()),
    )


def _of_proof(proof: Proof, record: Record, mailings: list[Mailing], newsletter: Newsletter) -> Report:
    edition = record.editions.get(proof.edition)
    is_corrected = edition is not None and edition.changed_at > edition.first_published_at
    outcome = FileOutcome.CORRECTED if is_corrected else FileOutcome.PUBLISHED
    page = f"{newsletter.origin}/{proof.edition}/{proof.issue_id}/index.html"
    report = report_of(proof, proof.issue_id, outcome, page)
    if report.outcome is FileOutcome.REFUSED:
        return report
    its_mailings = _mailings_of(proof.edition, mailings, newsletter)
    findings = _findings(proof, its_mailings, newsletter, corrected=is_corrected)
    return replace(report, findings=findings, mailings=_mailing_lines(its_mailings, newsletter))


def _findings(
    proof: Proof, mailings: list[tuple[str, Mailing]], newsletter: Newsletter, *, corrected: bool
) -> tuple[Finding, ...]:
    """The findings, with the times that a correction does not move.

    Once all mailings have begun, those on the time are left out.
    """
    held = [mailing for _, mailing in mailings if mailing.state is MailingState.HELD]
    found = [f for f in proof.findings if f.rule not in CHANGE_WITH_TIME or held or not mailings]
    if proof.issue and corrected:
        file = f"issues/{proof.issue_id}/{proof.edition}.md"
        for mailing in held:
            kept = kept_findings(file, proof.text, proof.issue.send_at, newsletter, mailing.due_at)
            found += [finding for finding in kept if finding not in found]
    return tuple(sorted(found, key=lambda finding: finding.line))


def _mailings_of(edition: str, mailings: list[Mailing], newsletter: Newsletter) -> list[tuple[str, Mailing]]:
    """The mailings that this edition may go out with, each with its audience's label."""
    known = [(newsletter.audience(mailing.audience), mailing) for mailing in mailings]
    return [
        (audience.label, mailing) for audience, mailing in known if audience and edition in audience.editions
    ]


def _mailing_lines(
    mailings: list[tuple[str, Mailing]], newsletter: Newsletter
) -> tuple[ReportedMailing, ...]:
    words, lines = language(newsletter.editors_language), []
    for label, mailing in mailings:
        due_at = mailing.due_at.astimezone(newsletter.zone)
        due = f"{words.day(due_at.date())}, {due_at:%H:%M} ({newsletter.time_zone})"
        lines.append(ReportedMailing(label, _STATES.get(mailing.reason, mailing.state.value), due))
    return tuple(lines)

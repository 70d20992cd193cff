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

CHANGES_BY_ITSELF = "translation-missing"  # another file resolves it: no new outcome of this one
COME_ONE_BY_ONE = ("stray-file", "stray-files", "edition-unknown")
_STATES = {OLD: "old", SAID_NO: "said_no", NEEDS_APPROVAL: "unconfirmed"}
CHANGE_WITH_TIME = ("send-at-past", "send-at-kept")  # neither are these


class FileOutcome(StrEnum):
    """What became of a file. Templates and locales know these words."""

    PUBLISHED = "published"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    DRAFT = "draft"


@dataclass(frozen=True)
class ReportedMailing:
    """A mailing in a report: its audience, and when it is due by the newsroom's clock.

    `state` names the words: a `MailingState`, or why a mailing is not even held, or does not begin.
    """

    label: str
    state: str
    due: str


@dataclass(frozen=True)
class Report:
    """How one file fared. `page` is its address if it has one, `mail_bytes` the size of its mail's HTML."""

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

    @property
    def file(self) -> str:
        """The file, as editors name it, or the folder; without signs that make a line read otherwise."""
        return printable(
            f"{self.issue_id}/" if self.edition == FOLDER else f"{self.issue_id}/{self.edition}.md"
        )

    @property
    def path(self) -> str:
        """The report's path below `reports/`."""
        return f"{self.issue_id}/{self.edition}.html"

    @property
    def digest(self) -> str:
        """Identifies this outcome, so that each outcome is reported once.

        Which files belong to nothing, and how many, does not: they come one by one.
        """
        passing = (CHANGES_BY_ITSELF, *CHANGE_WITH_TIME, *COME_ONE_BY_ONE)
        found = [str(finding) for finding in self.findings if finding.rule not in passing]
        if any(finding.rule in COME_ONE_BY_ONE for finding in self.findings):
            found.append(COME_ONE_BY_ONE[0])
        outcome = "" if self.revision else self.outcome
        return hashlib.sha256("\0".join((outcome, self.revision, *found)).encode()).hexdigest()[:20]


def reports_of(
    record: Record, proofs: Iterable[Proof], mailings: list[Mailing], newsletter: Newsletter
) -> list[Report]:
    """A report for each file of the issue's folder, and for each that was there and is withdrawn."""
    reports = {proof.edition: _of_proof(proof, record, mailings, newsletter) for proof in proofs}
    for edition, entry in record.editions.items():
        if entry.withdrawn_at and edition not in reports:
            lines = _mailing_lines(_mailings_of(edition, mailings, newsletter), newsletter)
            reports[edition] = Report(record.issue, edition, FileOutcome.WITHDRAWN, (), mailings=lines)
    return list(reports.values())


def write_report(report: Report, desk: Desk, newsletter: Newsletter) -> Mail:
    """Write the report to the desk as a page over the last one; gives it as a mail to editors."""
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

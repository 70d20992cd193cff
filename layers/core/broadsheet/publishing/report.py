"""Reports to editors: where a file was published and when it will be mailed, or what to correct."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
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
from broadsheet.mailings.rounded_counts import count_text
from broadsheet.newsletter import Audience, Newsletter
from broadsheet.publishing.ports import Desk
from broadsheet.publishing.proofread import FOLDER, Proof
from broadsheet.publishing.unread_files import text_meant

# Rules whose findings are no new outcome of a file:
CHANGES_BY_ITSELF = "translation-missing"  # another file resolves it
COME_ONE_BY_ONE = (
    *("stray-file", "stray-files", "edition-unknown", "file-elsewhere", "document-elsewhere"),
    *("text-not-named", "text-twice-here", "picture-not-shown", "settings-elsewhere"),
    "redirects-elsewhere",
)
CHANGE_WITH_TIME = ("send-at-past", "send-at-far", "send-at-kept", "week-ahead")
# In place of an edition: for files where nothing is read, and for newsletter.toml
MISPLACED, NEWSLETTER_COPY = "_misplaced", "_newsletter"
_UNDER_WAY = {MailingState.SENDING, MailingState.PAUSED, MailingState.SUSPENDED, MailingState.STOPPED}
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

    `state` selects the words: a `MailingState`, why the mailing is not held or does not begin, or which text
    it sends if it is held: `held` and `held_now` this one, `held_corrected`, `held_before` the earlier one,
    `held_other` that of another edition. `file` is the text that goes, `version` when it was published,
    `readers` a rounded count, if known.
    """

    label: str
    state: str
    due: str
    file: str = ""
    version: str = ""
    readers: str = ""

    @property
    def is_held(self) -> bool:
        """Whether an editor can still stop it."""
        return self.state.startswith("held")


@dataclass(frozen=True)
class Report:
    """The report on one file: `page` is its address if any, `mail_bytes` the size of the HTML of its mail.

    With the editions `MISPLACED` and `NEWSLETTER_COPY`, `issue_id` is the key of a file or folder; `others`
    counts the other misplaced files.
    `kept` says since when the version is public that stays so if the file was refused.
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
    kept: str = ""

    @property
    def can_be_stopped(self) -> bool:
        """Whether the file's text, or its earlier version, is about to be mailed."""
        return any(mailing.is_held and mailing.state != "held_other" for mailing in self.mailings)

    @property
    def goes_on(self) -> bool:
        """Whether an earlier text of this file is still mailed, or would be by `resume`."""
        sent = [mailing for mailing in self.mailings if mailing.file == f"{self.edition}.md"]
        return self.outcome is not FileOutcome.PUBLISHED and any(one.state in _UNDER_WAY for one in sent)

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
        one of them is plainly meant as the text of an edition does. A finding counts by its rule and values,
        not by its sentences, so that editors get no report of new wording.
        """
        passing = (CHANGES_BY_ITSELF, *CHANGE_WITH_TIME, *COME_ONE_BY_ONE)
        found = [repr(finding) for finding in self.findings if finding.rule not in passing]
        strays = [finding for finding in self.findings if finding.rule in COME_ONE_BY_ONE]
        found += [COME_ONE_BY_ONE[0]] * bool(strays)
        found += sorted({text_meant(finding) for finding in strays} - {""})
        outcome = "" if self.revision else self.outcome
        return hashlib.sha256("\0".join((outcome, self.revision, *found)).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class ReportContext:
    """The time, and how many readers an audience had last time (0 if that is unknown)."""

    now: datetime | None = None
    readers: Callable[[str], int] = lambda _: 0


def reports_of(
    record: Record,
    proofs: Iterable[Proof],
    mailings: list[Mailing],
    newsletter: Newsletter,
    context: ReportContext | None = None,
) -> list[Report]:
    """A report for each file of the issue's folder, and for each withdrawn edition."""
    lines = _MailingLines(record, mailings, newsletter, context or ReportContext())
    reports = {proof.edition: _of_proof(proof, record, lines, newsletter) for proof in proofs}
    for edition, published in record.editions.items():
        if published.withdrawn_at and edition not in reports:
            reports[edition] = Report(
                record.issue, edition, FileOutcome.WITHDRAWN, (), mailings=lines.of(edition)
            )
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


def _of_proof(proof: Proof, record: Record, lines: "_MailingLines", newsletter: Newsletter) -> Report:
    edition = record.editions.get(proof.edition)
    is_corrected = edition is not None and edition.changed_at > edition.first_published_at
    outcome = FileOutcome.CORRECTED if is_corrected else FileOutcome.PUBLISHED
    page = f"{newsletter.origin}/{proof.edition}/{proof.issue_id}/index.html"
    report = report_of(proof, proof.issue_id, outcome, page)
    if report.outcome is FileOutcome.REFUSED:
        public = record.published.get(proof.edition)
        kept = _moment(public.changed_at, newsletter) if public else ""
        held = tuple(line for line in lines.of(proof.edition, report.outcome) if line.is_held)
        return replace(report, kept=kept, mailings=held if public else ())
    mailings = [mailing for _, mailing in lines.mailings_of(proof.edition)]
    findings = _findings(proof, mailings, newsletter, corrected=is_corrected)
    return replace(report, findings=findings, mailings=lines.of(proof.edition, report.outcome))


def _findings(
    proof: Proof, mailings: list[Mailing], newsletter: Newsletter, *, corrected: bool
) -> tuple[Finding, ...]:
    """The findings, with the times that a correction does not move.

    Once all mailings have begun, those on the time are left out.
    """
    held = [mailing for mailing in mailings if mailing.state is MailingState.HELD]
    found = [f for f in proof.findings if f.rule not in CHANGE_WITH_TIME or held or not mailings]
    if proof.issue and corrected:
        file = f"issues/{proof.issue_id}/{proof.edition}.md"
        for mailing in held:
            kept = kept_findings(file, proof.text, proof.issue.send_at, newsletter, mailing.due_at)
            found += [finding for finding in kept if finding not in found]
    return tuple(sorted(found, key=lambda finding: finding.line))


@dataclass(frozen=True)
class _MailingLines:
    """The lines of reports about an issue's mailings."""

    record: Record
    mailings: list[Mailing]
    newsletter: Newsletter
    context: ReportContext

    def mailings_of(self, edition: str) -> list[tuple[Audience, Mailing]]:
        """The mailings to the audiences of an edition."""
        known = [(self.newsletter.audience(mailing.audience), mailing) for mailing in self.mailings]
        return [
            (audience, mailing) for audience, mailing in known if audience and edition in audience.editions
        ]

    def of(self, edition: str, outcome: FileOutcome = FileOutcome.WITHDRAWN) -> tuple[ReportedMailing, ...]:
        """The lines of an edition's report."""
        return tuple(
            self._line(edition, outcome, audience, mailing) for audience, mailing in self.mailings_of(edition)
        )

    def _line(
        self, edition: str, outcome: FileOutcome, audience: Audience, mailing: Mailing
    ) -> ReportedMailing:
        """The line of a mailing; one that has begun sends the edition that was frozen then."""
        public = self.record.published
        goes = mailing.edition or next((each for each in audience.editions if each in public), edition)
        state = _STATES.get(mailing.reason, mailing.state.value)
        count = 0
        if state == MailingState.HELD:
            state, count = self._held(edition, goes, outcome, mailing), self.context.readers(audience.id)
        return ReportedMailing(
            audience.label,
            state,
            _moment(mailing.due_at, self.newsletter),
            f"{goes}.md",
            _moment(public[goes].changed_at, self.newsletter) if goes in public else "",
            count_text(count, report_words(self.newsletter.editors_language)) if count else "",
        )

    def _held(self, edition: str, goes: str, outcome: FileOutcome, mailing: Mailing) -> str:
        if goes != edition:
            return "held_other"
        if outcome is FileOutcome.REFUSED:
            return "held_before"
        if self.context.now and mailing.due_at <= self.context.now:
            return "held_now"
        return "held_corrected" if outcome is FileOutcome.CORRECTED else "held"


def _moment(at: datetime, newsletter: Newsletter) -> str:
    local = at.astimezone(newsletter.zone)
    day = language(newsletter.editors_language).day(local.date())
    return f"{day}, {local:%H:%M} ({newsletter.time_zone})"

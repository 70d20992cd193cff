"""Publishes an issue's folder on the desk: public pages, mail bodies, held mailings and reports.

`PublishIssue._publish` lists the effects in their order. Each can be repeated, and a worker that finds the
folder processed does nothing. With many pictures, `MoreToDoError` is raised before the first write or while
pictures are uploaded, and another message continues.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from itertools import islice

from broadsheet.archive.register import Record, Register
from broadsheet.content.checks.weeks import Week
from broadsheet.mailings.hold import HoldMailings
from broadsheet.mailings.mailing import Mailing
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock
from broadsheet.publishing.issue_files import (
    expire_withdrawn,
    keep_revisions,
    replace_originals,
    upload_pictures,
)
from broadsheet.publishing.picture_inspection import InspectionCache, PictureInspector, WorkBudget
from broadsheet.publishing.ports import Desk, GoneError, IssueFiles, Revisions
from broadsheet.publishing.proofread import CheckContext, Proofreader
from broadsheet.publishing.record_update import (
    OvertakenError,
    save_editions,
    save_listed,
    save_processed,
    save_reported,
    updated_record,
)
from broadsheet.publishing.report import Report, ReportContext, reports_of, write_report
from broadsheet.publishing.report_mailer import ReportMailer
from broadsheet.site.issue_page_writer import IssuePages
from broadsheet.site.list_pages import ListPages
from broadsheet.site.ports import Site

OfYear = Callable[[int], list[Record]]  # as `Register.of_year`
REGISTER_TRIES = 5
ISSUES_ASKED = 4  # for the size of the last mailing
REPORTS_OVERDUE_AFTER = timedelta(minutes=5)


class PublishOutcome(StrEnum):
    """How a call to publish ended."""

    PUBLISHED = "published"
    REPORTED = "reported"
    UNCHANGED = "unchanged"


class ContendedError(RuntimeError):
    """Others kept changing the same issue; nothing is lost. SQS delivers the event again."""


@dataclass(frozen=True)
class PublishIssue:
    """The use case with its ports."""

    newsletter: Newsletter
    desk: Desk
    site: Site
    register: Register
    revisions: Revisions
    pages: IssuePages
    lists: ListPages
    hold: HoldMailings
    notify: ReportMailer
    clock: Clock
    inspections: InspectionCache

    def __call__(self, issue_id: str) -> PublishOutcome:
        """Publish the issue's folder as it is now; files that were published already have no effect.

        A file that can't be published changes nothing public, and one that was deleted is withdrawn; reports
        say so.

        Raises:
            ContendedError, ContendedPageError: try again later.
            MoreToDoError: there are more pictures than one message may process; send another one.
        """
        budget = WorkBudget(self.clock)
        for attempt in range(REGISTER_TRIES):
            record, files = self.register.get(issue_id), self.desk.files(f"issues/{issue_id}")
            if self._is_processed(record, files.digest):
                if attempt:  # by another worker, perhaps before our pictures were uploaded
                    self.pages.remove_pictures(issue_id)
                return PublishOutcome.UNCHANGED
            try:
                return self._publish(record, files, budget)
            except (GoneError, OvertakenError):
                continue
        raise ContendedError(issue_id)

    def _is_processed(self, record: Record, digest: str) -> bool:
        """Whether the folder's files are processed, and the worker did not die before mailing the reports."""
        if digest != record.processed:
            return False
        return record.processed_at is None or self.clock() - record.processed_at <= REPORTS_OVERDUE_AFTER

    def _publish(self, record: Record, files: IssueFiles, budget: WorkBudget) -> PublishOutcome:
        """Carry out every effect, in order. From `save_editions` on, the register says what is public.

        Raises:
            GoneError, OvertakenError: an editor or another worker made a change meanwhile; start again.
        """
        folder, of_year = f"issues/{record.issue}", cache(self.register.of_year)
        pictures = PictureInspector(folder, record.issue, files, record.pictures(), self.inspections, budget)
        context = CheckContext(
            weeks=_weeks_near(record.issue, of_year),
            exists=lambda path: self.site.etag(path) is not None,
            inspect=pictures,
            now=self.clock(),
        )
        proofs = Proofreader(folder, record.issue, files, self.newsletter, context).all()
        new = keep_revisions(record, proofs, self.revisions, self.pages.kept)
        mailed = self.hold.editions_mailed(record.issue) if record.version else set()
        updated = updated_record(record, proofs, files.texts, pictures.on_site, mailed, self.clock())
        registered = save_editions(record, updated, self.register)
        self._write_pages(registered, pictures)
        listed = save_listed(registered, self.register)
        replace_originals(listed, pictures, self.desk)
        self._write_lists(listed)
        expire_withdrawn(listed, new, self.revisions, self.register)
        readers = cache(lambda audience: self.hold.readers(audience, _issues_before(record.issue, of_year)))
        mailings, asked = self._hold_mailings(listed), ReportContext(self.clock(), readers)
        reports = reports_of(listed, proofs, mailings, self.newsletter, asked)
        self._report(listed, reports, files.digest)
        pictures.forget_removed()
        is_good = all(proof.issue for proof in proofs)
        return PublishOutcome.PUBLISHED if is_good else PublishOutcome.REPORTED

    def _write_pages(self, record: Record, pictures: PictureInspector) -> None:
        if record.editions:
            self.lists.ensure_static_pages()
            upload_pictures(record, pictures, self.site)
            self.pages.refresh(record)

    def _write_lists(self, record: Record) -> None:
        if record.editions:
            self.lists.refresh(record.editions, record.year)
            self.pages.remove_pictures(record.issue)

    def _hold_mailings(self, record: Record) -> list[Mailing]:
        """The mailings of what is public now, held again if another worker changed the issue."""
        if not record.editions:
            return []
        for _ in range(REGISTER_TRIES):
            mailings = self.hold(record)
            before, record = record, self.register.get(record.issue)
            if record.editions == before.editions:
                return mailings
        raise ContendedError(record.issue)

    def _report(self, record: Record, reports: list[Report], digest: str) -> None:
        """Write the reports, mark the files as processed, and mail what was not reported before.

        Only the worker that sets the mark mails, so that a burst of uploads is reported once. If it dies
        before it mails, the next delivery of the message finds the reports overdue.
        """
        mails = {report.edition: write_report(report, self.desk, self.newsletter) for report in reports}
        new = [report for report in reports if record.reported.get(report.edition) != report.digest]
        processed = save_processed(record, digest, self.clock(), self.register)
        for report in new:
            self.notify(self.newsletter.editors, [mails[report.edition]], "report")
        save_reported(processed, {report.edition: report.digest for report in new}, self.register)


def _issues_before(issue_id: str, of_year: OfYear) -> Iterator[str]:
    """The latest few issues before this one, the newest first; further years are read on demand."""
    years = (int(issue_id[:4]), int(issue_id[:4]) - 1)
    earlier = (record.issue for year in years for record in of_year(year) if record.issue < issue_id)
    return islice(earlier, ISSUES_ASKED)


def _weeks_near(issue_id: str, of_year: OfYear) -> Callable[[str], Iterable[Week]]:
    """The weeks of other issues around this one, by edition; the register is read on demand."""

    def weeks(edition: str) -> Iterable[Week]:
        year, month = int(issue_id[:4]), issue_id[5:7]
        years = sorted({year, year - (month == "01"), year + (month == "12")})
        for record in (record for each in years for record in of_year(each)):
            if record.issue != issue_id and (week := record.public.get(edition)):
                yield Week(record.issue, week.first_day, week.last_day, week.title, week.revision)

    return weeks

"""From an issue's folder on the desk to public pages, a mail body, a held mailing and a report.

The order of effects: pages of the issue, mail bodies, the register, the pages that list issues, mailings,
reports, and last the mark that all this is done. Each can be repeated; whoever finds the mark is done.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from broadsheet.issues.desk_events import FRAME
from broadsheet.issues.findings import Finding, UnpublishableError
from broadsheet.issues.issue import Issue
from broadsheet.issues.pictures import shown_picture
from broadsheet.issues.ports import Desk, IssueFiles, Revisions, Site
from broadsheet.issues.read import issue_day, read_issue
from broadsheet.issues.register import Digest, Entry, Record, Register
from broadsheet.issues.report import Report, report_html, report_mail
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.mailing import Mailing
from broadsheet.newsletter import Newsletter
from broadsheet.site.lists import ListPages
from broadsheet.site.pages import Shown, issue_pages
from broadsheet.subscribers.ports import Clock, Mailer

REGISTER_TRIES = 5
REPORTS_OVERDUE_AFTER = timedelta(minutes=5)


class Outcome(StrEnum):
    """How a call to publish ended."""

    PUBLISHED = "published"
    REPORTED = "reported"
    UNCHANGED = "unchanged"


class ContendedError(RuntimeError):
    """Others kept changing the same issue; nothing is lost. The queue offers the event again."""


@dataclass(frozen=True)
class PublishIssue:
    """The use case with its ports; `hold` arranges the mailings of what has just been published."""

    newsletter: Newsletter
    desk: Desk
    site: Site
    register: Register
    revisions: Revisions
    lists: ListPages
    hold: Callable[[Record], list[Mailing]]
    mailer: Mailer
    clock: Clock

    def __call__(self, changed: str | None) -> Outcome:
        """Do what a change on the desk asks for: an issue's folder, the frame, or nothing."""
        if changed is None:
            return Outcome.UNCHANGED
        if changed == FRAME:
            self.lists.frame()
            return Outcome.PUBLISHED
        return self.publish(changed)

    def publish(self, issue_id: str) -> Outcome:
        """Publish the issue's folder as it is now; files that were published already cause nothing.

        A file that can't be published changes nothing public; its report says why.

        Raises:
            ContendedError: try again later.
        """
        overtaken = False
        for _ in range(REGISTER_TRIES):
            record = self.register.get(issue_id)
            files = self.desk.issue(issue_id)
            digest = files_digest(files)
            settled = record.settled == digest and not overtaken
            if not files.texts or (settled and not self._reports_overdue(record)):
                return Outcome.UNCHANGED
            reports = [self._read(issue_id, edition, files) for edition in sorted(files.texts)]
            published = record if settled else self._publish(record, reports, files)
            if published is not None and self._settle(published, reports, digest):
                return Outcome.PUBLISHED if all(report.issue for report in reports) else Outcome.REPORTED
            overtaken = (
                True  # our pages may lie over newer ones: write them again, whatever the register says
            )
        raise ContendedError(issue_id)

    def _reports_overdue(self, record: Record) -> bool:
        """Whether whoever settled the issue died before the reports were mailed."""
        return record.settled_at is not None and self.clock() - record.settled_at > REPORTS_OVERDUE_AFTER

    def _read(self, issue_id: str, edition: str, files: IssueFiles) -> Report:
        file = f"issues/{issue_id}/{edition}.md"
        try:
            self._check_place(file, issue_id, edition)
            issue = read_issue(
                issue_id, edition, files.texts[edition], frozenset(files.pictures), self.newsletter
            )
        except UnpublishableError as error:
            return Report(issue_id, edition, tuple(error.findings))
        return Report(issue_id, edition, (), issue, revision_of(files.texts[edition], issue, files))

    def _check_place(self, file: str, issue_id: str, edition: str) -> None:
        day = issue_day(issue_id)
        if day is None:
            raise UnpublishableError(
                [
                    Finding(
                        file,
                        1,
                        f"The folder “{issue_id}” is not named by a day.",
                        "Pages get their address from it.",
                        "Name it like 2016-12-05, the Monday of the week.",
                    )
                ]
            )
        if self.newsletter.wants_monday(day):
            raise UnpublishableError(
                [
                    Finding(
                        file,
                        1,
                        f"{day.isoformat()} is not a Monday.",
                        "The newsletter is weekly; its folders are Mondays.",
                        "Rename the folder to the Monday of the week.",
                    )
                ]
            )
        if edition not in self.newsletter.editions:
            raise UnpublishableError(
                [
                    Finding(
                        file,
                        1,
                        f"There is no edition “{edition}”.",
                        f"newsletter.toml has {', '.join(self.newsletter.editions)}.",
                        "Rename the file after one of these.",
                    )
                ]
            )

    def _publish(self, record: Record, reports: list[Report], files: IssueFiles) -> Record | None:
        """Pages, bodies and the register's new record; None if somebody else wrote that first."""
        good = [report for report in reports if report.issue]
        if not good:
            return record
        editions = {**record.editions, **{r.edition: self._entry(r, record) for r in good}}
        published = {name: [d.name for d in entry.commentaries] for name, entry in editions.items()}
        for report in good:
            self._put_pages(report, published, files)
            self._remove_pages(record, report.edition, published[report.edition])
            self._keep_body(report)
        changed = replace(record, version=record.version + 1, editions=editions)
        return changed if self.register.put(changed) else None

    def _entry(self, report: Report, record: Record) -> Entry:
        issue, before = report.published(), record.editions.get(report.edition)
        return Entry(
            revision=report.revision,
            title=issue.title,
            summary=issue.summary,
            first_day=issue.first_day,
            last_day=issue.last_day,
            send_at=issue.send_at,
            commentaries=tuple(
                Digest(c.name, c.topic, c.headline, c.trend, c.summary) for c in issue.commentaries
            ),
            first_published_at=before.first_published_at if before else self.clock(),
        )

    def _put_pages(self, report: Report, published: dict[str, list[str]], files: IssueFiles) -> None:
        """Pictures, then commentaries, then the issue's own page: nothing leads to what is not there yet."""
        issue = report.published()
        pictures = self._put_pictures(issue, files)
        for page in reversed(issue_pages(issue, published, pictures, self.newsletter)):
            self.site.put(page.path, page.html.encode())

    def _remove_pages(self, record: Record, edition: str, names: list[str]) -> None:
        """Take away the pages of commentaries that a correction has taken away."""
        before = record.editions.get(edition)
        for digest in before.commentaries if before else ():
            if digest.name not in names:
                self.site.remove(f"{edition}/{record.issue}/{digest.name}.html")

    def _put_pictures(self, issue: Issue, files: IssueFiles) -> dict[str, Shown]:
        shown = {
            source: shown_picture(issue.id, source, files.pictures[source]) for source in issue.pictures()
        }
        for source, picture in shown.items():
            self.site.put(picture.path, files.pictures[source], forever=True)
        return shown

    def _keep_body(self, report: Report) -> None:
        body = mail_body(report.published(), self.newsletter)
        self.revisions.keep(report.issue_id, report.edition, report.revision, body)

    def _settle(self, record: Record, reports: list[Report], digest: str) -> bool:
        """Lists, mailings and reports; false if another worker changed the issue before the mark was set.

        Only who sets the mark mails, so that a burst of uploads is reported once; should they die right
        then, the order's next delivery finds the reports overdue.
        """
        good = [report for report in reports if report.issue]
        mailings: list[Mailing] = []
        if good:
            self.lists.refresh([report.edition for report in good], good[0].issue_id)
            mailings = self.hold(record)
        due = [report for report in reports if record.reported.get(report.edition) != report.digest]
        pages = {report.edition: report_html(report, mailings, self.newsletter) for report in due}
        for report in due:
            self.desk.report(f"{report.issue_id}/{report.edition}.html", pages[report.edition])
        settled = replace(record, version=record.version + 1, settled=digest, settled_at=self.clock())
        if not self.register.put(settled):
            return False
        for report in due:
            self._mail(report, pages[report.edition], mailings)
        reported = {**record.reported, **{report.edition: report.digest for report in due}}
        self.register.put(replace(settled, version=settled.version + 1, settled_at=None, reported=reported))
        return True

    def _mail(self, report: Report, html: str, mailings: list[Mailing]) -> None:
        for editor in self.newsletter.editors:
            mail = report_mail(report, html, mailings, self.newsletter)
            self.mailer.send(mail, editor, {"kind": "report"})


def files_digest(files: IssueFiles) -> str:
    """What names this state of an issue's folder."""
    digest = hashlib.sha256()
    for name, content in sorted({**files.texts, **files.pictures}.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return digest.hexdigest()


def revision_of(text: bytes, issue: Issue, files: IssueFiles) -> str:
    """The revision: a hash of the text and of the pictures that it shows."""
    digest = hashlib.sha256(text)
    for source in sorted(issue.pictures()):
        digest.update(f"\0{source}\0".encode())
        digest.update(hashlib.sha256(files.pictures[source]).digest())
    return digest.hexdigest()[:20]

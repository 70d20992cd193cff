"""Publishing over fakes: uploaded files become pages, mail bodies, held mailings and reports.

How to read a test: `upload` puts a file into an issue's folder, and `publish` does what S3's event leads to:
the whole use case, then the sweep. The results are plain attributes: `site.objects` (path to bytes),
`register.records`, `revisions`, `ledger.mailings`, `schedule.due`, `desk.reports`, and `mailer.sent` for the
reports by mail. `clock` moves only when a test moves it. `publish_issue(through)` puts something between the
use case and each of its ports: a crash at a certain call, or another worker's calls. `a_desk` handles the
queue's messages: those for folders wait in `due` with their delay, those of a rebuild in `rebuild_messages`.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, wraps
from typing import Any

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.mailings.hold import HoldMailings
from broadsheet.mailings.requests import apply_requests
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.desk_event_handler import DeskEventHandler
from broadsheet.publishing.desk_events import FolderDue, MisplacedFilesDue, Rebuild
from broadsheet.publishing.drafts import PreviewDraft
from broadsheet.publishing.misplaced_files import ReportMisplacedFiles
from broadsheet.publishing.newsletter_copy import CheckNewsletterCopy
from broadsheet.publishing.picture_restoration import RestorePictures
from broadsheet.publishing.publish import PublishIssue, PublishOutcome
from broadsheet.publishing.rebuild import RebuildSite
from broadsheet.publishing.report_mailer import ReportMailer
from broadsheet.site.issue_page_writer import IssuePages
from broadsheet.site.list_pages import ListPages
from tests.builders import NEWSLETTER_TOML, a_newsletter
from tests.fakes.clock import FakeClock
from tests.fakes.desk import (
    FakeInspectionCache,
    FakeMisplacedKeys,
    FakePendingFolders,
    FakePreviews,
    FakeRebuilds,
    FakeRendererVersions,
    FakeReportCounts,
)
from tests.fakes.issues import FakeDesk, FakeRegister, FakeRevisions, FakeSite
from tests.fakes.mailings import FakeLedger, FakeMailingRequests, FakeSchedule
from tests.fakes.subscribers import FakeMailer

HOLD = timedelta(minutes=10)
DELAY = timedelta(seconds=20)


@dataclass
class PublishingSystem:
    """Everything that publishing reads and writes, as fakes."""

    newsletter: Newsletter = field(default_factory=a_newsletter)
    desk: FakeDesk = field(default_factory=FakeDesk)
    site: FakeSite = field(default_factory=FakeSite)
    register: FakeRegister = field(default_factory=FakeRegister)
    revisions: FakeRevisions = field(default_factory=FakeRevisions)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    schedule: FakeSchedule = field(default_factory=FakeSchedule)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=FakeClock)
    versions: FakeRendererVersions = field(default_factory=FakeRendererVersions)
    rebuilds: FakeRebuilds = field(default_factory=FakeRebuilds)
    previews: FakePreviews = field(default_factory=FakePreviews)
    rebuild_messages: list[Rebuild] = field(default_factory=list)
    requests: FakeMailingRequests = field(default_factory=FakeMailingRequests)
    pending: FakePendingFolders = field(default_factory=FakePendingFolders)
    misplaced: FakeMisplacedKeys = field(default_factory=FakeMisplacedKeys)
    inspections: FakeInspectionCache = field(default_factory=FakeInspectionCache)
    report_counts: FakeReportCounts = field(default_factory=FakeReportCounts)
    deployed: bytes = NEWSLETTER_TOML.encode()
    due: list[tuple[FolderDue | MisplacedFilesDue, timedelta]] = field(default_factory=list)

    def upload(self, issue_id: str, name: str, content: str | bytes) -> None:
        """Put a file into an issue's folder."""
        self.desk.objects[f"issues/{issue_id}/{name}"] = (
            content if isinstance(content, bytes) else content.encode()
        )

    def publish(self, issue_id: str) -> PublishOutcome:
        """What an event of the desk leads to, and the sweep after it."""
        outcome = self.publish_issue()(issue_id)
        self.sweep()
        return outcome

    def sweep(self) -> None:
        """Carry out what publishing asked for."""
        apply_requests(self.requests.all(), self.ledger, self.requests)

    def publish_issue(self, through: Callable[[Any], Any] = lambda port: port) -> PublishIssue:
        """The use case; `through` may stand between it and each of its ports."""
        site, register, ledger = through(self.site), through(self.register), through(self.ledger)
        revisions = through(self.revisions)
        kept = KeptIssues(revisions, self.newsletter)
        requests, schedule = through(self.requests), through(self.schedule)
        return PublishIssue(
            newsletter=self.newsletter,
            desk=through(self.desk),
            site=site,
            register=register,
            revisions=revisions,
            pages=IssuePages(self.newsletter, register, kept, site),
            lists=ListPages(self.newsletter, register, kept, site),
            hold=HoldMailings(self.newsletter, ledger, requests, schedule.at, self.clock, HOLD),
            notify=ReportMailer(through(self.mailer), through(self.report_counts), self.clock),
            clock=self.clock,
            inspections=through(self.inspections),
        )

    def a_desk(self) -> DeskEventHandler:
        """What handles the desk's queue; messages for folders wait in `due`, with their delay."""
        return DeskEventHandler(
            publish=self.publish_issue(),
            preview=self.preview_draft(),
            report_misplaced=ReportMisplacedFiles(
                self.newsletter,
                self.desk,
                ReportMailer(self.mailer, self.report_counts, self.clock),
                self.misplaced,
            ),
            is_as_deployed=self.check_newsletter_copy(),
            rebuild=self.rebuild_site(),
            pending=self.pending,
            send=lambda message, delay: self.due.append((message, delay)),
            delay=DELAY,
            clock=self.clock,
        )

    def rebuild_site(self, version: str = "version") -> RebuildSite:
        """The use case that rebuilds the site; its messages wait in `rebuild_messages`."""
        kept = KeptIssues(self.revisions, self.newsletter)
        return RebuildSite(
            version=lambda: version,
            register=self.register,
            versions=self.versions,
            rebuilds=self.rebuilds,
            pages=IssuePages(self.newsletter, self.register, kept, self.site),
            lists=ListPages(self.newsletter, self.register, kept, self.site),
            pictures=RestorePictures(self.desk, self.site, self.inspections, self.clock),
            send=self.rebuild_messages.append,
        )

    def check_newsletter_copy(self) -> CheckNewsletterCopy:
        """The use case that compares the copy of newsletter.toml on the desk with `deployed`."""
        notify = ReportMailer(self.mailer, self.report_counts, self.clock)
        return CheckNewsletterCopy(self.newsletter, self.deployed, self.desk, notify)

    def preview_draft(self) -> PreviewDraft:
        """The use case for drafts; tokens are counted."""
        kept = KeptIssues(self.revisions, self.newsletter)
        return PreviewDraft(
            newsletter=self.newsletter,
            desk=self.desk,
            site=self.site,
            previews=self.previews,
            lists=ListPages(self.newsletter, self.register, kept, self.site),
            notify=ReportMailer(self.mailer, self.report_counts, self.clock),
            clock=self.clock,
            token=lambda: f"token-{len(self.previews.kept)}",
            inspections=self.inspections,
        )


def laid_out_once(lay_out: Callable[[], PublishingSystem]) -> Callable[[], PublishingSystem]:
    """Call `lay_out`, which publishes, only once; each call returns a copy of the result."""
    first = cache(lay_out)

    @wraps(lay_out)
    def a_copy() -> PublishingSystem:
        return deepcopy(first())

    return a_copy

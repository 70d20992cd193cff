"""The whole press over fakes: what an editor uploads becomes pages, mail bodies, held mailings, reports.

How to read a test: `upload` lays a file into an issue's folder, and `publish` is what S3's event leads to:
the whole use case, then the sweep. What came of it lies in plain attributes: `site.objects` (path to bytes),
`register.records`, `revisions`, `ledger.mailings`, `schedule.due`, `desk.reports`, and `mailer.sent` for the
reports by mail. `clock` moves only when it is told to. `publish_issue(through)` puts something between the
use case and each of its ports: a crash at a certain call, or another worker's turn. `a_desk` is the queue's
side: orders to look at folders wait in `due` with their delay, those of a rebuild in `orders`.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial, wraps
from typing import Any

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.mailings.requests import PlannedMailings, apply_requests
from broadsheet.mailings.start import editions_mailed, hold_mailings
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.desk import Desk
from broadsheet.publishing.desk_events import FolderDue, Rebuild, StrayDue
from broadsheet.publishing.drafts import PreviewDraft
from broadsheet.publishing.publish import Outcome, PublishIssue
from broadsheet.publishing.rebuild import RebuildSite
from broadsheet.publishing.reporting import MailReports
from broadsheet.publishing.strays import TellStrays
from broadsheet.site.issues import IssuePages
from broadsheet.site.lists import ListPages
from tests.builders import a_newsletter
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeMarks, FakePictureMemory, FakePresses, FakePreviews, FakeReportCounts
from tests.fakes.issues import FakeDesk, FakeRegister, FakeRevisions, FakeSite
from tests.fakes.mailings import FakeLedger, FakeMailingRequests, FakeSchedule
from tests.fakes.subscribers import FakeMailer

HOLD = timedelta(minutes=10)
DELAY = timedelta(seconds=20)


@dataclass
class Press:
    """Everything that publishing touches, in sight."""

    newsletter: Newsletter = field(default_factory=a_newsletter)
    desk: FakeDesk = field(default_factory=FakeDesk)
    site: FakeSite = field(default_factory=FakeSite)
    register: FakeRegister = field(default_factory=FakeRegister)
    revisions: FakeRevisions = field(default_factory=FakeRevisions)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    schedule: FakeSchedule = field(default_factory=FakeSchedule)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=FakeClock)
    presses: FakePresses = field(default_factory=FakePresses)
    previews: FakePreviews = field(default_factory=FakePreviews)
    queue: list[Rebuild] = field(default_factory=list)
    requests: FakeMailingRequests = field(default_factory=FakeMailingRequests)
    marks: FakeMarks = field(default_factory=FakeMarks)
    memory: FakePictureMemory = field(default_factory=FakePictureMemory)
    report_counts: FakeReportCounts = field(default_factory=FakeReportCounts)
    due: list[tuple[FolderDue | StrayDue, timedelta]] = field(default_factory=list)

    def upload(self, issue_id: str, name: str, content: str | bytes) -> None:
        """Lay a file into an issue's folder."""
        self.desk.objects[f"issues/{issue_id}/{name}"] = (
            content if isinstance(content, bytes) else content.encode()
        )

    def publish(self, issue_id: str) -> Outcome:
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
        hold = partial(
            hold_mailings,
            newsletter=self.newsletter,
            desired=PlannedMailings(ledger, through(self.requests)),
            schedule=through(self.schedule),
            clock=self.clock,
            hold=HOLD,
        )
        return PublishIssue(
            newsletter=self.newsletter,
            desk=through(self.desk),
            site=site,
            register=register,
            revisions=revisions,
            pages=IssuePages(self.newsletter, register, kept, site),
            lists=ListPages(self.newsletter, register, kept, site),
            hold=hold,
            mailed=partial(editions_mailed, newsletter=self.newsletter, ledger=ledger),
            tell=MailReports(through(self.mailer), through(self.report_counts), self.clock),
            clock=self.clock,
            memory=through(self.memory),
        )

    def a_desk(self) -> Desk:
        """What works off the desk's queue; orders to look at folders wait in `due`, with their delay."""
        return Desk(
            publish=self.publish_issue(),
            preview=self.preview_draft(),
            strays=TellStrays(
                self.newsletter, self.desk, MailReports(self.mailer, self.report_counts, self.clock)
            ),
            rebuild=self.rebuild_site(),
            marks=self.marks,
            order=lambda order, delay: self.due.append((order, delay)),
            delay=DELAY,
            clock=self.clock,
        )

    def rebuild_site(self, press: str = "press") -> RebuildSite:
        """The use case that makes everything anew; its orders wait in `orders`."""
        kept = KeptIssues(self.revisions, self.newsletter)
        return RebuildSite(
            press=lambda: press,
            register=self.register,
            presses=self.presses,
            pages=IssuePages(self.newsletter, self.register, kept, self.site),
            lists=ListPages(self.newsletter, self.register, kept, self.site),
            order=self.queue.append,
        )

    def preview_draft(self) -> PreviewDraft:
        """The use case for drafts; tokens are counted."""
        kept = KeptIssues(self.revisions, self.newsletter)
        return PreviewDraft(
            newsletter=self.newsletter,
            desk=self.desk,
            site=self.site,
            previews=self.previews,
            lists=ListPages(self.newsletter, self.register, kept, self.site),
            tell=MailReports(self.mailer, self.report_counts, self.clock),
            clock=self.clock,
            token=lambda: f"token-{len(self.previews.kept)}",
            memory=self.memory,
        )


def laid_out_once(lay_out: Callable[[], Press]) -> Callable[[], Press]:
    """Let what took a whole publishing be done once; whoever asks for it gets a copy of their own."""
    first = cache(lay_out)

    @wraps(lay_out)
    def a_copy() -> Press:
        return deepcopy(first())

    return a_copy

"""Mails editors about mailings: reports, and requests to approve issues that were published together.

A report is sent an hour and a day after a mailing's end, and at once if the mailing needs a person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from broadsheet.language import report_words
from broadsheet.mail import Mail, NotSentError
from broadsheet.mailings.editor_mail import editor_mail
from broadsheet.mailings.failures import Failures
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.mailings.report import Occasion, audience_label, mailing_report
from broadsheet.mailings.requests import MailingRequests
from broadsheet.mailings.start import awaiting_approval
from broadsheet.mailings.statistics import statistics_of
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock, Mailer

MAILINGS_COMPARED = 10
AFTER = {Occasion.DAY: timedelta(days=1), Occasion.HOUR: timedelta(hours=1)}  # the later one first
RETRY_EVERY_MINUTES = 15
GIVE_UP_AFTER = timedelta(days=3)  # mailing a report; it is on the desk
ASKED = "asked"
APPROVAL_PAGE = "mailings-to-confirm.html"  # below the desk's reports/
TAGS = {"kind": "report"}


@dataclass(frozen=True)
class NotifyEditors:
    """The use case with its ports.

    `write_report` writes a page below the desk's `reports/`, `mailer` makes the mailer when it is needed.
    `resends`: whether outcomes that time out are sent again.

    Raises:
        ExceptionGroup: the mails that could not be sent, after every editor was tried.
    """

    ledger: Ledger
    heads: Heads
    requests: MailingRequests
    write_report: Callable[[str, str], None]
    mailer: Callable[[], Mailer]
    newsletter: Newsletter
    resends: bool
    clock: Clock

    def report_end(self, mailing: Mailing) -> bool:
        """Send the reports that are due after a mailing's end; True once the last one was sent."""
        if mailing.state is MailingState.WITHDRAWN or not mailing.edition or mailing.ended_at is None:
            return True
        since = self.clock() - mailing.ended_at
        occasion = next((occasion for occasion, after in AFTER.items() if since >= after), None)
        try:
            if occasion:
                self._report(occasion, mailing, f"{occasion}:{mailing.ended_at.isoformat()}")
        except ExceptionGroup:
            if since < GIVE_UP_AFTER:
                raise
        return occasion is Occasion.DAY

    def alert(self, mailing: Mailing) -> None:
        """Report a suspended or stopped mailing, once each time."""
        occasion = Occasion.STOPPED if mailing.state is MailingState.STOPPED else Occasion.SUSPENDED
        resumed_at = mailing.moved_at.isoformat() if mailing.moved_at else ""
        self._report(occasion, mailing, f"{occasion}:{mailing.reason}:{resumed_at}")

    def request_approval(self, active: list[Mailing]) -> None:
        """Hold the active mailings that need approval, and mail editors about new ones.

        An editor is recorded as asked after the mail was sent: after a crash or an error of SES the next
        sweep asks again, so an editor gets the request at least once.
        """
        if not any(m.state is MailingState.HELD and not m.approved for m in active):
            return
        found = awaiting_approval(active, self.clock(), self.requests.old_at())
        waiting = [m for m in found if m.reason == NEEDS_APPROVAL or self.ledger.require_approval(m.id)]
        new = [mailing for mailing in waiting if ASKED not in mailing.reported]
        if new:
            mail = _approval_mail(sorted(waiting, key=lambda mailing: mailing.id), self.newsletter)
            self.write_report(APPROVAL_PAGE, mail.html)
            self._ask(mail, new)

    def _report(self, occasion: Occasion, mailing: Mailing, what: str) -> None:
        """Write the report to the desk, then mail it to each editor; each mail is recorded before it is sent.

        If two sweeps run at once, only one mails. If SES refuses a mail, its record is removed, and the mail
        is tried again in the next quarter of an hour: whatever suspends a mailing usually makes SES refuse
        this mail, too. After a crash in between, that editor gets no mail.
        """
        tried = f"{what} tried"
        is_pausing = tried in mailing.reported and self.clock().minute % RETRY_EVERY_MINUTES
        if what in mailing.reported or is_pausing:
            return
        results = statistics_of(mailing, self.ledger)
        latest = self.heads.latest(mailing.audience, mailing.issue, MAILINGS_COMPARED + 1)
        before = [each for each in latest if each.id != mailing.id][:MAILINGS_COMPARED]
        html, mail = mailing_report(
            occasion, mailing, results, before, newsletter=self.newsletter, resends=self.resends
        )
        self.write_report(f"{mailing.issue}/mailing-{mailing.audience}.html", html)
        self.heads.mark_notified(mailing.id, tried, results.counts)
        mailer, failures, is_mine = self.mailer(), Failures(), True
        for number, editor in enumerate(self.newsletter.editors):
            to_editor = f"{what} to {number}"
            if to_editor in mailing.reported:
                continue
            if not self.heads.mark_notified(mailing.id, to_editor, results.counts):
                is_mine = False
            elif not failures.attempt(mailer.send, mail, editor, TAGS) and isinstance(
                failures[-1], NotSentError
            ):
                self.heads.unmark_notified(mailing.id, to_editor)
        failures.raise_all(f"report of {mailing.id} not mailed")
        if is_mine:
            self.heads.mark_notified(mailing.id, what, results.counts)

    def _ask(self, mail: Mail, new: list[Mailing]) -> None:
        mailer, failures = self.mailer(), Failures()
        for number, editor in enumerate(self.newsletter.editors):
            note = f"{ASKED} {number}"
            is_asked = all(note in mailing.reported for mailing in new)
            if not is_asked and failures.attempt(mailer.send, mail, editor, TAGS):
                self._record(note, new)
        failures.raise_all("editors not asked whether to mail")
        self._record(ASKED, new)

    def _record(self, what: str, mailings: list[Mailing]) -> None:
        for mailing in mailings:
            self.heads.mark_notified(mailing.id, what, {})


def _approval_mail(mailings: list[Mailing], newsletter: Newsletter) -> Mail:
    """The request to approve these mailings: each issue with its audiences."""
    issues: dict[str, list[str]] = {}
    for mailing in mailings:
        issues.setdefault(mailing.issue, []).append(audience_label(mailing, newsletter))
    subject = report_words(newsletter.editors_language)["question_subject"].format(count=len(issues))
    return editor_mail("report_question", subject, newsletter, issues=sorted(issues.items()))

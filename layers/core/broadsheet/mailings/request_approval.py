"""Asks editors to approve mailings of issues that were published together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broadsheet.mail import Mail
from broadsheet.mailings.approval import awaiting_approval
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.notify_editors import Reports
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.mailings.requests import MailingRequests
from broadsheet.ports import Clock, Mailer

ASKED = "asked"
APPROVAL_PAGE = "mailings-to-confirm.html"  # below the desk's reports/


@dataclass(frozen=True)
class RequestApproval:
    """The use case with its ports; desk and mailer are made when they are needed."""

    ledger: Ledger
    heads: Heads
    requests: MailingRequests
    desk: Callable[[], Reports]
    mailer: Callable[[], Mailer]
    editors: Sequence[str]
    question: Callable[[list[Mailing]], tuple[str, Mail]]
    clock: Clock

    def __call__(self, live: list[Mailing]) -> None:
        """Hold the active mailings that need approval, and mail editors about new ones.

        An editor is recorded as asked after the mail was sent: after a crash or an error of SES the next
        sweep asks again, so an editor gets the request at least once.

        Raises:
            ExceptionGroup: the mails that could not be sent, after every editor was tried.
        """
        if not any(m.state is MailingState.HELD and not m.approved for m in live):
            return
        found = awaiting_approval(live, self.clock(), self.requests.old_at())
        waiting = [m for m in found if m.reason == NEEDS_APPROVAL or self.ledger.require_approval(m.id)]
        new = [mailing for mailing in waiting if ASKED not in mailing.reported]
        if new:
            html, mail = self.question(sorted(waiting, key=lambda mailing: mailing.id))
            self.desk().report(APPROVAL_PAGE, html)
            self._ask(mail, new)

    def _ask(self, mail: Mail, new: list[Mailing]) -> None:
        mailer, failures = self.mailer(), []
        for number, editor in enumerate(self.editors):
            note = f"{ASKED} {number}"
            if all(note in mailing.reported for mailing in new):
                continue
            try:
                mailer.send(mail, editor, {"kind": "report"})
            except Exception as error:  # noqa: BLE001  # raised below, after the other editors
                failures.append(error)
                continue
            self._record(note, new)
        if failures:
            raise ExceptionGroup("editors not asked whether to mail", failures)
        self._record(ASKED, new)

    def _record(self, what: str, mailings: list[Mailing]) -> None:
        for mailing in mailings:
            self.heads.mark_notified(mailing.id, what, {})

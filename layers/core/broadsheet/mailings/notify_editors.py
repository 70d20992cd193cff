"""Reports a mailing to editors: an hour and a day after its end, at once if it needs a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from broadsheet.mail import Mail, NotSentError
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.mailings.statistics import MailingStatistics, statistics_of
from broadsheet.ports import Clock, Mailer

MAILINGS_COMPARED = 10


class Occasion(StrEnum):
    """Why a report is sent; templates and locales use these values."""

    HOUR = "hour"
    DAY = "day"
    SUSPENDED = "parked"
    STOPPED = "stopped"


AFTER = {Occasion.DAY: timedelta(days=1), Occasion.HOUR: timedelta(hours=1)}  # the later one first
RETRY_EVERY_MINUTES = 15
GIVE_UP_AFTER = timedelta(days=3)  # mailing a report; it is on the desk


class Reports(Protocol):
    """Reports on the desk."""

    def report(self, path: str, html: str) -> None:
        """Write a report to `reports/<path>`, replacing the last one."""


class Render(Protocol):
    """Renders the report of a mailing with its statistics, compared with the mailings before it."""

    def __call__(
        self, occasion: Occasion, mailing: Mailing, results: MailingStatistics, before: list[Mailing], /
    ) -> tuple[str, Mail]:
        """The page, and the mail."""


@dataclass(frozen=True)
class NotifyEditors:
    """The use case with its ports; desk and mailer are made when they are needed."""

    ledger: Ledger
    heads: Heads
    desk: Callable[[], Reports]
    mailer: Callable[[], Mailer]
    editors: Sequence[str]
    render: Render
    clock: Clock

    def report_end(self, mailing: Mailing) -> bool:
        """Send the reports that are due after a mailing's end; True once the last one was sent."""
        if mailing.state is MailingState.WITHDRAWN or not mailing.edition or mailing.ended_at is None:
            return True
        since = self.clock() - mailing.ended_at
        occasion = next((occasion for occasion, after in AFTER.items() if since >= after), None)
        try:
            if occasion:
                self._notify(occasion, mailing, f"{occasion}:{mailing.ended_at.isoformat()}")
        except ExceptionGroup:
            if since < GIVE_UP_AFTER:
                raise
        return occasion is Occasion.DAY

    def alert(self, mailing: Mailing) -> None:
        """Report a suspended or stopped mailing, once each time."""
        occasion = Occasion.STOPPED if mailing.state is MailingState.STOPPED else Occasion.SUSPENDED
        resumed_at = mailing.moved_at.isoformat() if mailing.moved_at else ""
        self._notify(occasion, mailing, f"{occasion}:{mailing.reason}:{resumed_at}")

    def _notify(self, occasion: Occasion, mailing: Mailing, what: str) -> None:
        """Write the report to the desk, then mail it to each editor; each mail is recorded before it is sent.

        Of two sweeps at once one mails. If SES refuses a mail its record is removed, and it is tried again in
        the next quarter of an hour: what suspends a mailing mostly refuses this mail, too. After a crash in
        between, that editor gets no mail.

        Raises:
            ExceptionGroup: the mails that could not be sent, after every editor was tried.
        """
        tried = f"{what} tried"
        if what in mailing.reported or (
            tried in mailing.reported and self.clock().minute % RETRY_EVERY_MINUTES
        ):
            return
        results = statistics_of(mailing, self.ledger)
        latest = self.heads.latest(mailing.audience, mailing.issue, MAILINGS_COMPARED + 1)
        before = [each for each in latest if each.id != mailing.id][:MAILINGS_COMPARED]
        html, mail = self.render(occasion, mailing, results, before)
        self.desk().report(f"{mailing.issue}/mailing-{mailing.audience}.html", html)
        self.heads.mark_notified(mailing.id, tried, results.counts)
        mailer, failures, is_mine = self.mailer(), [], True
        for number, editor in enumerate(self.editors):
            to_them = f"{what} to {number}"
            if to_them in mailing.reported:
                continue
            if not self.heads.mark_notified(mailing.id, to_them, results.counts):
                is_mine = False
                continue
            try:
                mailer.send(mail, editor, {"kind": "report"})
            except Exception as error:  # noqa: BLE001  # raised below, after the other editors
                failures.append(error)
                if isinstance(error, NotSentError):
                    self.heads.unmark_notified(mailing.id, to_them)
        if failures:
            raise ExceptionGroup(f"report of {mailing.id} not mailed", failures)
        if is_mine:
            self.heads.mark_notified(mailing.id, what, results.counts)

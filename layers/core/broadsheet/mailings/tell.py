"""What editors are told of a mailing: an hour and a day after its end, at once when it needs a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from broadsheet.mail import Mail, NotSentError
from broadsheet.mailings.mailing import Mailing, State
from broadsheet.mailings.ports import Heads, Ledger
from broadsheet.mailings.results import Results, results_of
from broadsheet.ports import Clock, Mailer

MAILINGS_COMPARED = 10


class Occasion(StrEnum):
    """Why editors are told. Templates and locales know these words."""

    HOUR = "hour"
    DAY = "day"
    PARKED = "parked"
    STOPPED = "stopped"


AFTER = {Occasion.DAY: timedelta(days=1), Occasion.HOUR: timedelta(hours=1)}  # the later one first
AGAIN_EVERY_MINUTES = 15
GIVEN_UP_AFTER = timedelta(days=3)  # of a report that can't be mailed; it lies on the desk


class Reports(Protocol):
    """The desk, as far as reports go."""

    def report(self, path: str, html: str) -> None:
        """Lay a report on the desk: `path` below `reports/`. The newest report replaces the last."""


class Render(Protocol):
    """Writes the report of a mailing with these results, beside the mailings before it."""

    def __call__(
        self, occasion: Occasion, mailing: Mailing, results: Results, before: list[Mailing], /
    ) -> tuple[str, Mail]:
        """The page, and the mail."""


@dataclass(frozen=True)
class TellEditors:
    """The use case with its ports; desk and mailer are made when there is something to tell."""

    ledger: Ledger
    heads: Heads
    desk: Callable[[], Reports]
    mailer: Callable[[], Mailer]
    editors: Sequence[str]
    render: Render
    clock: Clock

    def rested(self, mailing: Mailing) -> bool:
        """Report what has ended if it is time to; whether nothing is left to report after that."""
        if mailing.state is State.WITHDRAWN or not mailing.edition or mailing.ended_at is None:
            return True
        since = self.clock() - mailing.ended_at
        occasion = next((occasion for occasion, after in AFTER.items() if since >= after), None)
        try:
            if occasion:
                self._tell(occasion, mailing, f"{occasion}:{mailing.ended_at.isoformat()}")
        except ExceptionGroup:
            if since < GIVEN_UP_AFTER:
                raise
        return occasion is Occasion.DAY

    def alert(self, mailing: Mailing) -> None:
        """Tell of a mailing that is parked or stopped, once each time that it is."""
        occasion = Occasion.STOPPED if mailing.state is State.STOPPED else Occasion.PARKED
        went_on = mailing.moved_at.isoformat() if mailing.moved_at else ""
        self._tell(occasion, mailing, f"{occasion}:{mailing.reason}:{went_on}")

    def _tell(self, occasion: Occasion, mailing: Mailing, what: str) -> None:
        """The report on the desk, then a mail to each editor, each noted first: two sweeps at once mail once.

        A note is taken back where SES did not take the mail, which is tried again with the next quarter of
        an hour: what parks a mailing, a quota or a pause, mostly refuses this mail, too. A crash in between
        costs an editor the mail.

        Raises:
            ExceptionGroup: of mails that could not be handed over, once every editor has had their turn.
        """
        tried = f"{what} tried"
        if what in mailing.reported or (
            tried in mailing.reported and self.clock().minute % AGAIN_EVERY_MINUTES
        ):
            return
        results = results_of(mailing, self.ledger)
        latest = self.heads.latest(mailing.audience, mailing.issue, MAILINGS_COMPARED + 1)
        before = [each for each in latest if each.id != mailing.id][:MAILINGS_COMPARED]
        html, mail = self.render(occasion, mailing, results, before)
        self.desk().report(f"{mailing.issue}/mailing-{mailing.audience}.html", html)
        self.heads.told(mailing.id, tried, results.counts)
        mailer, failures, is_mine = self.mailer(), [], True
        for number, editor in enumerate(self.editors):
            to_them = f"{what} to {number}"
            if to_them in mailing.reported:
                continue
            if not self.heads.told(mailing.id, to_them, results.counts):
                is_mine = False
                continue
            try:
                mailer.send(mail, editor, {"kind": "report"})
            except Exception as error:  # noqa: BLE001  # raised below: the other editors are to hear of it
                failures.append(error)
                if isinstance(error, NotSentError):
                    self.heads.not_told(mailing.id, to_them)
        if failures:
            raise ExceptionGroup(f"report of {mailing.id} not mailed", failures)
        if is_mine:
            self.heads.told(mailing.id, what, results.counts)

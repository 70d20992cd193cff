"""A newsroom over fakes: which issues are mailed, and when.

How to read a test: `publish` is an editor's upload of an issue's English edition, whose front matter may have
`mail` or `send_at`; it returns the mailing that the report shows. Nothing else happens then: `minutes` lets
time pass, each minute with the sweep that carries out requests, asks editors and begins what is due.
`start` is the schedule's call instead of the sweep's. Then look at `states` (the ledger's word for each
issue), `subjects` (of mails to an editor), `desk.reports` and `waiting` (what the alarm counts).
`control` is the operator's command. Time is `clock`, which stands still by itself; everything is a plain
attribute, to be arranged or looked at. The use cases are the product's own, put together by hand below as
`functions/*/app.py` put them together: `HoldMailings` of publishing, `start_mailing`, `Sweep` and
`NotifyEditors`.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from broadsheet.mailings.control import Control
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.hold import HoldMailings
from broadsheet.mailings.mailing import Mailing
from broadsheet.mailings.notify_editors import NotifyEditors
from broadsheet.mailings.start import StartOutcome, start_mailing
from broadsheet.mailings.sweep import Sweep
from tests.builders import a_newsletter, a_published_edition, a_record
from tests.fakes.clock import FakeClock
from tests.fakes.issues import FakeDesk, FakeRegister
from tests.fakes.mailings import (
    FakeDeliveryQueue,
    FakeLedger,
    FakeMailingRequests,
    FakeRateLimits,
    FakeRecipients,
    FakeSchedule,
    FakeSendingQuotas,
)
from tests.fakes.subscribers import FakeMailer, FakeSubscribers

HOLD = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
EDITORS = ("desk@news.example.org", "second@news.example.org")
THIS_WEEK, LAST_WEEK, BEFORE_IT = "2016-12-05", "2016-11-28", "2016-11-21"
LAST_DAYS = {THIS_WEEK: date(2016, 12, 11), LAST_WEEK: date(2016, 12, 4), BEFORE_IT: date(2016, 11, 27)}


@dataclass
class Newsroom:
    """Publishing, the schedule and the sweep around one ledger, for the audience `en`."""

    language: str = "en"
    ledger: FakeLedger = field(default_factory=FakeLedger)
    requests: FakeMailingRequests = field(default_factory=FakeMailingRequests)
    register: FakeRegister = field(default_factory=FakeRegister)
    desk: FakeDesk = field(default_factory=FakeDesk)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=FakeClock)
    waiting: list[int] = field(default_factory=list)
    hold: timedelta = HOLD

    def publish(self, issue: str, **said: object) -> Mailing:
        """Publish the English edition; returns the mailing that the report shows."""
        now, known = self.clock(), self.register.records.get(issue)
        first = known.editions["en"].first_published_at if known else now
        days = {"last_day": LAST_DAYS.get(issue, date(2016, 12, 11))}
        times = {"first_published_at": first, "changed_at": now}
        record = a_record(issue, editions={"en": a_published_edition(**{**days, **times, **said})})
        self.register.add(record)
        self.desk.objects[f"issues/{issue}/en.md"] = b""
        hold = HoldMailings(
            a_newsletter(), self.ledger, self.requests, FakeSchedule().at, self.clock, self.hold
        )
        (mailing,) = hold(record)
        return mailing

    def start(self, mailing_id: str) -> StartOutcome:
        return start_mailing(
            mailing_id,
            newsletter=a_newsletter(),
            ledger=self.ledger,
            requests=self.requests,
            register=self.register,
            editions=self.desk.editions,
            recipients=FakeRecipients(FakeSubscribers()),
            dispatch=self._dispatch(),
            clock=self.clock,
        )

    def sweep(self) -> None:
        notify = NotifyEditors(
            self.ledger,
            self.ledger,
            self.requests,
            self.desk.report,
            lambda: self.mailer,
            a_newsletter(editors=EDITORS, editors_language=self.language),
            resends=True,
            clock=self.clock,
        )
        Sweep(
            self.ledger,
            self.requests,
            FakeDeliveryQueue(),
            self.start,
            self._dispatch(),
            lambda _: False,
            self.clock,
            count_waiting=self.waiting.append,
            request_approval=notify.request_approval,
        )()

    def minutes(self, count: int) -> None:
        """Move the clock by so many minutes, with a sweep in each."""
        for _ in range(count):
            self.clock.move(MINUTE)
            self.sweep()

    def control(self) -> Control:
        return Control(self.ledger, self.ledger, self.sweep, self.clock, FakeRateLimits())

    def states(self) -> dict[str, str]:
        return {mailing.issue: mailing.state.value for mailing in self.ledger.active()}

    def subjects(self, editor: str = EDITORS[0]) -> list[str]:
        return [sent.mail.subject for sent in self.mailer.sent if sent.to == editor]

    def _dispatch(self) -> Dispatch:
        return Dispatch(
            self.ledger, FakeDeliveryQueue(), FakeSendingQuotas().current, FakeRateLimits(), self.clock, 0.9
        )


def with_two() -> Newsroom:
    """Two issues published within a minute, without `mail` in their front matter."""
    room = Newsroom()
    room.publish(LAST_WEEK)
    room.clock.move(MINUTE)
    room.publish(THIS_WEEK)
    return room

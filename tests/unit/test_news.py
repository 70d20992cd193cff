"""Which issues are mailed: recent ones, those whose head says so; several at once wait for a word."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from broadsheet.language import report_words
from broadsheet.mail import NotSentError
from broadsheet.mailings.control import Control
from broadsheet.mailings.mailing import UNCONFIRMED, Mailing, State
from broadsheet.mailings.news import OLD, SAID_NO, bursts, why_not_mailed
from broadsheet.mailings.question import question
from broadsheet.mailings.release import Release
from broadsheet.mailings.requests import Desired
from broadsheet.mailings.start import Outcome, hold_mailings, start_mailing
from broadsheet.mailings.sweep import Sweep
from broadsheet.mailings.tell import QUESTION, TellEditors
from tests.builders import a_mailing, a_newsletter, a_record, an_entry
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.issues import FakeDesk, FakeRegister
from tests.fakes.mailings import (
    FakeAccounts,
    FakeDeliveries,
    FakeLedger,
    FakePaces,
    FakeReaders,
    FakeRequests,
    FakeSchedule,
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
    requests: FakeRequests = field(default_factory=FakeRequests)
    register: FakeRegister = field(default_factory=FakeRegister)
    desk: FakeDesk = field(default_factory=FakeDesk)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=FakeClock)

    def publish(self, issue: str, **said: object) -> Mailing:
        """Publish its English edition; gives the mailing as its report has it."""
        entry = an_entry(**{"last_day": LAST_DAYS.get(issue, date(2016, 12, 11)), **said})
        record = a_record(issue, editions={"en": entry})
        self.register.add(record)
        self.desk.objects[f"issues/{issue}/en.md"] = b""
        (mailing,) = hold_mailings(
            record,
            newsletter=a_newsletter(),
            desired=Desired(self.ledger, self.requests),
            schedule=FakeSchedule(),
            clock=self.clock,
            hold=HOLD,
        )
        return mailing

    def start(self, mailing_id: str) -> Outcome:
        return start_mailing(
            mailing_id,
            newsletter=a_newsletter(),
            ledger=self.ledger,
            requests=self.requests,
            register=self.register,
            desk=lambda: self.desk,
            readers=FakeReaders(FakeSubscribers()),
            release=self._release(),
            clock=self.clock,
        )

    def sweep(self) -> None:
        tell = TellEditors(
            self.ledger,
            self.ledger,
            lambda: self.desk,
            lambda: self.mailer,
            EDITORS,
            _no_report,
            self.clock,
            partial(question, newsletter=replace(a_newsletter(), editors_language=self.language)),
        )
        Sweep(
            self.ledger,
            self.requests,
            FakeDeliveries(),
            self.start,
            self._release(),
            lambda _: False,
            self.clock,
            ask=tell.ask,
        )()

    def minutes(self, count: int) -> None:
        """So many minutes pass, each with its sweep."""
        for _ in range(count):
            self.clock.move(MINUTE)
            self.sweep()

    def control(self) -> Control:
        return Control(self.ledger, self.ledger, self.sweep, self.clock)

    def states(self) -> dict[str, str]:
        return {mailing.issue: mailing.state.value for mailing in self.ledger.live()}

    def subjects(self, editor: str = EDITORS[0]) -> list[str]:
        return [sent.mail.subject for sent in self.mailer.sent if sent.to == editor]

    def _release(self) -> Release:
        return Release(self.ledger, FakeDeliveries(), FakeAccounts(), FakePaces(), self.clock, 0.9)


def _no_report(*_: object) -> tuple[str, object]:  # type: ignore[misc]
    raise AssertionError("no mailing is reported here")


def with_two() -> Newsroom:
    """Two issues of which nobody said anything came within a minute."""
    room = Newsroom()
    room.publish(LAST_WEEK)
    room.clock.move(MINUTE)
    room.publish(THIS_WEEK)
    return room


@pytest.mark.parametrize(
    ("last_day", "mail", "why"),
    [
        (date(2016, 12, 11), None, ""),
        (date(2016, 11, 7), None, ""),
        (date(2016, 11, 6), None, OLD),
        (date(2010, 1, 10), None, OLD),
        (date(2010, 1, 10), True, ""),
        (date(2016, 12, 11), False, SAID_NO),
        (date(2010, 1, 10), False, SAID_NO),
        (date(2017, 3, 1), None, ""),
    ],
)
def test_what_ended_more_than_35_days_ago_is_not_mailed_unless_its_head_says_so(
    last_day: date,
    mail: bool | None,  # noqa: FBT001  # a parameter of the table above
    why: str,
) -> None:
    entry = an_entry(last_day=last_day, mail=mail)
    assert why_not_mailed(entry, date(2016, 12, 12), 35) == why


def test_the_day_is_the_newsrooms() -> None:
    room = Newsroom()
    room.clock.move(datetime(2016, 12, 12, 22, 30, tzinfo=UTC) - MONDAY_MORNING)  # past midnight in Vilnius
    assert room.publish(THIS_WEEK, last_day=date(2016, 11, 8)).state is State.HELD
    assert room.publish(LAST_WEEK, last_day=date(2016, 11, 7)).reason == OLD


def test_an_old_issue_is_never_held() -> None:
    room = Newsroom()
    told = room.publish("2010-01-04", last_day=date(2010, 1, 10))
    assert (told.state, told.reason) == (State.WITHDRAWN, OLD)
    room.minutes(20)
    assert room.ledger.mailings == {}


def test_an_old_issue_is_mailed_after_the_hold_once_its_head_says_so() -> None:
    room = Newsroom()
    room.publish("2010-01-04", last_day=date(2010, 1, 10))
    room.minutes(2)
    assert room.publish("2010-01-04", last_day=date(2010, 1, 10), mail=True).state is State.HELD
    room.minutes(11)
    assert room.states() == {"2010-01-04": "sending"}


def test_a_time_in_the_head_of_an_old_issue_is_no_word_that_it_is_to_be_mailed() -> None:
    later = MONDAY_MORNING + timedelta(days=1)
    told = Newsroom().publish("2010-01-04", last_day=date(2010, 1, 10), send_at=later)
    assert (told.state, told.reason) == (State.WITHDRAWN, OLD)


def test_a_correction_that_says_no_withdraws_what_has_not_begun() -> None:
    room = Newsroom()
    room.publish(THIS_WEEK)
    room.minutes(2)
    assert room.publish(THIS_WEEK, mail=False).reason == SAID_NO
    room.minutes(20)
    assert room.states() == {THIS_WEEK: "withdrawn"}


@pytest.mark.parametrize("state", [State.SENDING, State.PAUSED, State.DONE, State.CANCELLED])
@pytest.mark.parametrize("said", [{"mail": False}, {"last_day": date(2010, 1, 10)}])
def test_what_has_begun_or_ended_is_told_as_it_is(state: State, said: dict[str, object]) -> None:
    known = a_mailing(issue=THIS_WEEK, state=state)
    room = Newsroom(ledger=FakeLedger().add(known))
    assert room.publish(THIS_WEEK, **said) == known


def test_an_edition_that_says_no_is_not_mailed_in_place_of_one_that_went_away() -> None:
    room = Newsroom()
    room.publish(THIS_WEEK)
    room.sweep()
    room.register.add(a_record(THIS_WEEK, editions={"en": an_entry(mail=False)}))
    room.clock.move(HOLD)
    assert room.start(f"{THIS_WEEK}_en") is Outcome.NOTHING_TO_SEND


def test_several_issues_at_once_mail_nobody_and_each_editor_is_asked_once() -> None:
    room = with_two()
    room.publish(BEFORE_IT)
    room.minutes(90)
    assert room.states() == {BEFORE_IT: "held", LAST_WEEK: "held", THIS_WEEK: "held"}
    for editor in EDITORS:
        assert room.subjects(editor) == [
            "NOT mailed before you say so: issues that came at once: 3",
        ]
    assert all(issue in room.desk.reports[QUESTION] for issue in (BEFORE_IT, LAST_WEEK, THIS_WEEK))
    assert "mail: yes" in room.mailer.sent[0].mail.text


def test_the_schedule_begins_none_of_them_before_a_sweep_has_seen_them() -> None:
    room = with_two()
    room.clock.move(HOLD)
    outcomes = [room.start(f"{issue}_en") for issue in (LAST_WEEK, THIS_WEEK)]
    assert outcomes == [Outcome.UNCONFIRMED, Outcome.UNCONFIRMED]


def test_who_says_yes_is_mailed_after_the_hold_and_the_others_go_on_waiting() -> None:
    room = with_two()
    room.minutes(15)
    told = room.publish(THIS_WEEK, mail=True)
    assert (told.state, told.due_at) == (State.HELD, room.clock() + HOLD)
    room.minutes(9)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held"}
    room.minutes(60)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "sending"}
    assert len(room.subjects()) == 1


def test_who_says_no_is_withdrawn() -> None:
    room = with_two()
    room.minutes(15)
    room.publish(LAST_WEEK, mail=False)
    room.minutes(1)
    assert room.states() == {LAST_WEEK: "withdrawn", THIS_WEEK: "held"}


def test_a_correction_that_says_nothing_leaves_it_waiting_and_its_report_says_why() -> None:
    room = with_two()
    room.minutes(15)
    assert room.publish(THIS_WEEK, revision="f" * 20).reason == UNCONFIRMED
    room.minutes(60)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held"}


def test_saying_yes_before_anything_is_due_moves_no_time() -> None:
    room = Newsroom()
    due_at = room.publish(THIS_WEEK).due_at
    room.minutes(3)
    assert room.publish(THIS_WEEK, mail=True).due_at == due_at
    room.publish(LAST_WEEK)
    room.minutes(7)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "sending"}


def test_one_of_which_another_was_confirmed_goes_out_as_usual() -> None:
    room = with_two()
    room.publish(LAST_WEEK, mail=True)
    room.minutes(11)
    assert room.states() == {LAST_WEEK: "sending", THIS_WEEK: "sending"}
    assert room.subjects() == []


def test_issues_whose_times_were_written_are_no_burst() -> None:
    room = Newsroom()
    for issue in (LAST_WEEK, THIS_WEEK):
        room.publish(issue, send_at=room.clock() + timedelta(minutes=30))
    room.minutes(31)
    assert room.states() == {LAST_WEEK: "sending", THIS_WEEK: "sending"}


def test_times_that_are_past_are_no_word_of_an_editor() -> None:
    room = Newsroom()
    for issue in (LAST_WEEK, THIS_WEEK):
        room.publish(issue, send_at=room.clock() - timedelta(days=1))
    room.minutes(20)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held"}


def test_next_weeks_issue_goes_out_although_nobody_answered() -> None:
    room = with_two()
    room.minutes(15)
    room.clock.move(timedelta(days=7))
    room.publish("2016-12-12", last_day=date(2016, 12, 18))
    room.minutes(11)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held", "2016-12-12": "sending"}


def test_one_that_joins_later_is_asked_about_too() -> None:
    room = with_two()
    room.minutes(15)
    room.publish(BEFORE_IT)
    room.minutes(15)
    assert room.states()[BEFORE_IT] == "held"
    assert room.subjects()[1:] == ["NOT mailed before you say so: issues that came at once: 1"]


def test_an_operator_lets_one_go_and_ends_another() -> None:
    room = with_two()
    room.minutes(15)
    room.control().resume(THIS_WEEK)
    room.control().cancel(LAST_WEEK)
    room.minutes(1)
    assert room.states() == {LAST_WEEK: "cancelled", THIS_WEEK: "sending"}


def test_editors_whom_ses_does_not_take_are_asked_later() -> None:
    room = with_two()
    room.clock.move(HOLD)
    room.mailer.failures.append(NotSentError("THROTTLED"))
    with pytest.raises(ExceptionGroup):
        room.sweep()
    assert room.subjects() == []
    room.minutes(30)
    assert (len(room.subjects(EDITORS[0])), len(room.subjects(EDITORS[1]))) == (1, 1)


@pytest.mark.parametrize("language", ["en", "be", "ru"])
def test_the_question_is_in_the_editors_language(language: str) -> None:
    room = with_two()
    room.language = language
    room.minutes(15)
    words, mail = report_words(language), room.mailer.sent[0].mail
    assert words["question_answer"] in " ".join(mail.text.split())
    assert f'lang="{language}"' in mail.html
    assert "{" not in mail.subject + mail.text


def test_audiences_and_hours_apart_are_no_burst() -> None:
    def held(issue: str, audience: str, minutes: int) -> Mailing:
        return Mailing(issue, audience, State.HELD, MONDAY_MORNING + minutes * MINUTE)

    apart = [held(THIS_WEEK, "en", 0), held(LAST_WEEK, "be-ru", 0), held(BEFORE_IT, "en", 60)]
    assert bursts(apart) == []
    close = [held("2016-11-14", "en", 30), *apart]
    assert [[m.issue for m in burst] for burst in bursts(close)] == [[THIS_WEEK, "2016-11-14", BEFORE_IT]]

"""Which issues are mailed: recent ones, and those approved in their front matter; several at once wait."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.language import report_words
from broadsheet.mail import NotSentError
from broadsheet.mailings.hold import OLD, SAID_NO, why_not_mailed
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.notify_editors import APPROVAL_PAGE
from broadsheet.mailings.requests import MailingRequest, apply_requests, mailing_after
from broadsheet.mailings.start import StartOutcome, awaiting_approval
from tests.builders import a_mailing, a_published_edition, a_record
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.mailings import (
    FakeLedger,
    FakeMailingRequests,
)
from tests.fakes.newsroom import (
    BEFORE_IT,
    EDITORS,
    HOLD,
    LAST_WEEK,
    MINUTE,
    THIS_WEEK,
    Newsroom,
    with_two,
)


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
def test_an_issue_that_ended_over_35_days_ago_is_not_mailed_unless_its_front_matter_approves_it(
    last_day: date,
    mail: bool | None,  # noqa: FBT001  # a parameter of the table above
    why: str,
) -> None:
    entry = a_published_edition(last_day=last_day, mail=mail)
    assert why_not_mailed([entry], date(2016, 12, 12), 35) == why


def test_the_day_is_in_the_newsletters_time_zone() -> None:
    room = Newsroom()
    room.clock.move(datetime(2016, 12, 12, 22, 30, tzinfo=UTC) - MONDAY_MORNING)  # past midnight in Vilnius
    assert room.publish(THIS_WEEK, last_day=date(2016, 11, 8)).state is MailingState.HELD
    assert room.publish(LAST_WEEK, last_day=date(2016, 11, 7)).reason == OLD


def test_an_old_issue_is_never_held() -> None:
    room = Newsroom()
    reported = room.publish("2010-01-04", last_day=date(2010, 1, 10))
    assert (reported.state, reported.reason) == (MailingState.WITHDRAWN, OLD)
    room.minutes(20)
    assert room.ledger.mailings == {}


def test_an_old_issue_is_mailed_after_the_hold_once_its_front_matter_approves_it() -> None:
    room = Newsroom()
    room.publish("2010-01-04", last_day=date(2010, 1, 10))
    room.minutes(2)
    assert room.publish("2010-01-04", last_day=date(2010, 1, 10), mail=True).state is MailingState.HELD
    room.minutes(11)
    assert room.states() == {"2010-01-04": "sending"}


def test_a_time_in_the_front_matter_of_an_old_issue_does_not_approve_its_mailing() -> None:
    later = MONDAY_MORNING + timedelta(days=1)
    reported = Newsroom().publish("2010-01-04", last_day=date(2010, 1, 10), send_at=later)
    assert (reported.state, reported.reason) == (MailingState.WITHDRAWN, OLD)


def test_a_correction_that_forbids_mailing_withdraws_a_mailing_that_has_not_begun() -> None:
    room = Newsroom()
    room.publish(THIS_WEEK)
    room.minutes(2)
    assert room.publish(THIS_WEEK, mail=False).reason == SAID_NO
    room.minutes(20)
    assert room.states() == {THIS_WEEK: "withdrawn"}


@pytest.mark.parametrize(
    "state", [MailingState.SENDING, MailingState.PAUSED, MailingState.DONE, MailingState.CANCELLED]
)
@pytest.mark.parametrize("choice", [{"mail": False}, {"last_day": date(2010, 1, 10)}])
def test_a_mailing_that_has_begun_or_ended_is_reported_as_it_is(
    state: MailingState, choice: dict[str, object]
) -> None:
    known = a_mailing(issue=THIS_WEEK, state=state)
    room = Newsroom(ledger=FakeLedger().add(known))
    assert room.publish(THIS_WEEK, **choice) == known


def test_an_edition_that_forbids_mailing_does_not_replace_a_withdrawn_one() -> None:
    room = Newsroom()
    room.publish(THIS_WEEK)
    room.sweep()
    room.register.add(a_record(THIS_WEEK, editions={"en": a_published_edition(mail=False)}))
    room.clock.move(HOLD)
    assert room.start(f"{THIS_WEEK}_en") is StartOutcome.NOTHING_TO_SEND


def test_several_issues_at_once_mail_nobody_and_each_editor_is_asked_once() -> None:
    room = with_two()
    room.publish(BEFORE_IT)
    room.minutes(90)
    assert room.states() == {BEFORE_IT: "held", LAST_WEEK: "held", THIS_WEEK: "held"}
    for editor in EDITORS:
        assert room.subjects(editor) == [
            "NOT emailed until you say so (issues that came together: 3)",
        ]
    assert all(issue in room.desk.reports[APPROVAL_PAGE] for issue in (BEFORE_IT, LAST_WEEK, THIS_WEEK))
    assert "mail: yes" in room.mailer.sent[0].mail.text


def test_the_schedule_begins_none_of_them_before_a_sweep_has_counted_them() -> None:
    room = with_two()
    room.clock.move(HOLD)
    outcomes = [room.start(f"{issue}_en") for issue in (LAST_WEEK, THIS_WEEK)]
    assert outcomes == [StartOutcome.NOT_APPROVED, StartOutcome.NOT_APPROVED]


def test_an_approved_issue_is_mailed_after_the_hold_and_the_others_keep_waiting() -> None:
    room = with_two()
    room.minutes(15)
    reported = room.publish(THIS_WEEK, mail=True)
    assert (reported.state, reported.due_at) == (MailingState.HELD, room.clock() + HOLD)
    room.minutes(9)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held"}
    room.minutes(60)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "sending"}
    assert len(room.subjects()) == 1


def test_an_issue_whose_mailing_is_forbidden_is_withdrawn() -> None:
    room = with_two()
    room.minutes(15)
    room.publish(LAST_WEEK, mail=False)
    room.minutes(1)
    assert room.states() == {LAST_WEEK: "withdrawn", THIS_WEEK: "held"}


def test_a_correction_without_an_approval_leaves_the_mailing_waiting_and_its_report_says_why() -> None:
    room = with_two()
    room.minutes(15)
    assert room.publish(THIS_WEEK, revision="f" * 20).reason == NEEDS_APPROVAL
    room.minutes(60)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held"}


def test_an_approval_before_the_due_time_changes_no_time() -> None:
    room = Newsroom()
    due_at = room.publish(THIS_WEEK).due_at
    room.minutes(3)
    assert room.publish(THIS_WEEK, mail=True).due_at == due_at
    room.publish(LAST_WEEK)
    room.minutes(7)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "sending"}


def test_one_of_which_another_was_approved_goes_out_as_usual() -> None:
    room = with_two()
    room.publish(LAST_WEEK, mail=True)
    room.minutes(11)
    assert room.states() == {LAST_WEEK: "sending", THIS_WEEK: "sending"}
    assert room.subjects() == []


def test_issues_whose_times_were_written_are_not_held_back() -> None:
    room = Newsroom()
    for issue in (LAST_WEEK, THIS_WEEK):
        room.publish(issue, send_at=room.clock() + timedelta(minutes=30))
    room.minutes(31)
    assert room.states() == {LAST_WEEK: "sending", THIS_WEEK: "sending"}


def test_a_past_time_is_no_approval_by_an_editor() -> None:
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
    assert room.subjects()[1:] == ["NOT emailed until you say so (issues that came together: 3)"]
    assert all(issue in room.desk.reports[APPROVAL_PAGE] for issue in (BEFORE_IT, LAST_WEEK, THIS_WEEK))


def test_an_operator_resumes_one_mailing_and_cancels_another() -> None:
    room = with_two()
    room.minutes(15)
    room.control().resume(THIS_WEEK)
    room.control().cancel(LAST_WEEK)
    room.minutes(1)
    assert room.states() == {LAST_WEEK: "cancelled", THIS_WEEK: "sending"}


def test_editors_whose_mail_ses_refuses_are_mailed_later() -> None:
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


def test_issues_of_other_audiences_or_other_hours_are_not_held_back() -> None:
    def held(issue: str, audience: str, minutes: int) -> Mailing:
        return Mailing(issue, audience, MailingState.HELD, MONDAY_MORNING + minutes * MINUTE)

    later = MONDAY_MORNING + timedelta(hours=3)
    apart = [held(THIS_WEEK, "en", 0), held(LAST_WEEK, "be-ru", 0), held(BEFORE_IT, "en", 60)]
    assert awaiting_approval(apart, later) == []
    close = [held("2016-11-14", "en", 30), *apart]
    waiting = [mailing.issue for mailing in awaiting_approval(close, later)]
    assert waiting == [THIS_WEEK, "2016-11-14", BEFORE_IT]
    assert awaiting_approval(close, MONDAY_MORNING - MINUTE) == []


# -- among old ones, and what an editor says of them


def test_a_recent_issue_among_old_ones_waits_for_approval() -> None:
    room = Newsroom()
    for week in range(30):
        room.publish(f"{date(2010, 1, 4) + timedelta(weeks=week)}", last_day=date(2010, 9, 1))
    room.publish(THIS_WEEK)
    room.minutes(90)
    assert room.states() == {THIS_WEEK: "held"}
    assert room.subjects() == ["NOT emailed until you say so (issues that came together: 1)"]


def test_a_correction_of_an_old_issue_delays_nothing() -> None:
    room = Newsroom()
    room.publish("2010-01-04", last_day=date(2010, 1, 10))
    room.clock.move(timedelta(days=1))
    room.publish("2010-01-04", last_day=date(2010, 1, 10), revision="f" * 20)
    room.publish(THIS_WEEK)
    room.minutes(11)
    assert room.states() == {THIS_WEEK: "sending"}


def test_old_issues_that_come_with_a_yes_are_asked_about_if_they_are_several() -> None:
    room = Newsroom()
    for issue in ("2010-01-04", "2010-01-11"):
        room.publish(issue, last_day=date(2010, 1, 17), mail=True)
    room.minutes(30)
    assert room.states() == {"2010-01-04": "held", "2010-01-11": "held"}
    room.control().resume("2010-01-04")
    room.minutes(1)
    assert room.states() == {"2010-01-04": "sending", "2010-01-11": "held"}


def test_one_old_issue_that_comes_with_a_yes_is_mailed() -> None:
    room = Newsroom()
    room.publish("2010-01-04", last_day=date(2010, 1, 10), mail=True)
    room.minutes(11)
    assert room.states() == {"2010-01-04": "sending"}


def test_a_time_added_later_neither_approves_nor_moves_what_is_held() -> None:
    for minutes in (0, 2):
        room = with_two()
        room.minutes(minutes)
        room.publish(THIS_WEEK, send_at=room.clock() + timedelta(days=1))
        room.minutes(60)
        assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held"}


def test_a_mailing_planned_far_ahead_stays_planned_after_a_correction() -> None:
    room = Newsroom()
    at = room.clock() + timedelta(days=60)
    room.publish(THIS_WEEK, send_at=at)
    room.minutes(1)
    room.clock.move(timedelta(days=50))
    reported = room.publish(THIS_WEEK, send_at=at, revision="f" * 20)
    assert (reported.state, reported.due_at) == (MailingState.HELD, at)


def test_an_issue_that_waits_for_approval_still_waits_after_it_is_deleted_and_uploaded_again() -> None:
    room = with_two()
    room.minutes(15)
    room.publish(THIS_WEEK, mail=False)
    room.clock.move(timedelta(hours=5))
    room.minutes(1)
    room.publish(THIS_WEEK)
    room.minutes(30)
    assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "held"}
    assert len(room.subjects()) == 2


def test_an_approval_holds_until_it_is_revoked() -> None:
    for minutes in (0, 2):
        room = with_two()
        room.minutes(15)
        room.publish(THIS_WEEK, mail=True)
        room.minutes(minutes)
        room.publish(THIS_WEEK)
        room.minutes(15)
        assert room.states() == {LAST_WEEK: "held", THIS_WEEK: "sending"}


@pytest.mark.parametrize("failure", [RuntimeError("timeout"), NotSentError("THROTTLED")])
def test_an_approval_request_that_may_not_have_been_mailed_is_mailed_again(failure: Exception) -> None:
    room = with_two()
    room.clock.move(HOLD)
    room.mailer.failures += [failure, failure]
    with pytest.raises(ExceptionGroup):
        room.sweep()
    room.minutes(5)
    assert [len(room.subjects(editor)) for editor in EDITORS] == [1, 1]


def test_operators_are_alerted_when_nobody_answers_for_a_day() -> None:
    room = with_two()
    room.minutes(20)
    assert room.waiting == []
    room.clock.move(timedelta(days=1))
    room.minutes(1)
    assert room.waiting == [2]


def test_an_issue_without_an_answer_for_long_is_withdrawn_and_can_still_be_approved() -> None:
    room = with_two()
    room.minutes(15)
    room.clock.move(timedelta(days=81))
    room.minutes(1)
    assert room.states() == {LAST_WEEK: "withdrawn", THIS_WEEK: "withdrawn"}
    room.publish(THIS_WEEK, mail=True)
    room.minutes(11)
    assert room.states() == {LAST_WEEK: "withdrawn", THIS_WEEK: "sending"}


def test_a_schedule_sees_what_the_sweep_does_at_the_same_time() -> None:
    """The request is read before the mailings: what is dropped meanwhile is a mailing by then."""
    room = with_two()
    room.clock.move(HOLD)

    @dataclass
    class SweptMeanwhile(FakeMailingRequests):
        def all(self) -> list[MailingRequest]:
            asked = super().all()
            apply_requests(asked, room.ledger, self)
            return asked

    room.requests = SweptMeanwhile(room.requests.asked)
    assert room.start(f"{LAST_WEEK}_en") is StartOutcome.NOT_APPROVED


def test_one_no_among_the_editions_of_an_audience_is_a_no_and_else_a_yes_is_a_yes() -> None:
    silent, yes, no = (a_published_edition(mail=choice) for choice in (None, True, False))
    day = date(2020, 1, 1)
    assert why_not_mailed([yes, no], day, 35) == SAID_NO
    assert why_not_mailed([silent, yes], day, 35) == ""
    assert why_not_mailed([silent, silent], day, 35) == OLD


@pytest.mark.parametrize("state", list(MailingState))
@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("reason", ["", NEEDS_APPROVAL])
@pytest.mark.parametrize(
    "request_",
    [
        MailingRequest(THIS_WEEK, "en", withdraws=withdraws, due_at=due_at, approved=choice)
        for withdraws in (False, True)
        for due_at in (None, MONDAY_MORNING + timedelta(hours=2))
        for choice in ((False, True) if due_at else (False,))
    ],
)
def test_an_import_does_what_its_plan_said(
    state: MailingState,
    approved: bool,  # noqa: FBT001  # a parameter of the table above
    reason: str,
    request_: MailingRequest,
) -> None:
    mailing = a_mailing(issue=THIS_WEEK, state=state, approved=approved, reason=reason)
    ledger, requests = FakeLedger().add(mailing), FakeMailingRequests({request_.id: request_})
    for _ in range(2):
        apply_requests([request_], ledger, requests)
    assert ledger.mailing(mailing.id) == mailing_after(request_, mailing)
    assert requests.all() == []

"""What `Ledger` promises about the heads of mailings, kept by the fake and by DynamoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.mailing import NEEDS_APPROVAL, TRIAL_IS_OVER, Halt, Mailing, MailingState
from broadsheet.mailings.ports import Ledger
from tests.builders import a_mailing

NOW = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
HELD = a_mailing()
SENDING = a_mailing(state=MailingState.SENDING, chunk_count=2)
TOTALS = {"members": 160, "accepted": 158, "skipped": 2, "expired": 1}


def head_of(ledger: Ledger) -> Mailing:
    mailing = ledger.mailing(HELD.id)
    assert mailing is not None
    return mailing


def begun(ledger: Ledger) -> Mailing:
    """Arrange that it is sending."""
    ledger.hold(HELD)
    assert ledger.begin(SENDING)
    return head_of(ledger)


def test_an_empty_ledger_has_nothing(ledger: Ledger) -> None:
    assert ledger.mailing(HELD.id) is None
    assert ledger.active() == []
    assert ledger.chunks(HELD.id) == []
    assert ledger.marks(HELD.id) == {"bounce": 0, "complaint": 0}


def test_a_held_mailing_keeps_its_first_time(ledger: Ledger) -> None:
    assert ledger.hold(HELD) == HELD
    assert ledger.hold(replace(HELD, due_at=LATER)) == HELD

    assert ledger.mailing(HELD.id) == HELD


def test_beginning_freezes_what_is_sent_once(ledger: Ledger) -> None:
    ledger.hold(HELD)

    assert ledger.begin(SENDING)
    assert not ledger.begin(replace(SENDING, revision="another", plan=ChunkPlan(7)))

    assert ledger.mailing(HELD.id) == SENDING


def test_a_mailing_that_nobody_held_does_not_begin(ledger: Ledger) -> None:
    assert not ledger.begin(SENDING)

    assert ledger.mailing(HELD.id) is None


def ended(ledger: Ledger) -> None:
    """Arrange that it is done."""
    begun(ledger)
    assert ledger.advance(SENDING, 2, TOTALS)
    ledger.end(SENDING, NOW)


def test_a_mailing_ends_once_and_only_from_sending(ledger: Ledger) -> None:
    ledger.end(SENDING, NOW)
    assert ledger.mailing(HELD.id) is None
    ledger.hold(HELD)
    ledger.end(SENDING, NOW)
    assert head_of(ledger).state is MailingState.HELD
    ledger.begin(SENDING)
    ledger.advance(SENDING, 2, TOTALS)
    ledger.end(SENDING, NOW)
    ledger.end(SENDING, LATER)
    assert (head_of(ledger).state, head_of(ledger).ended_at) == (MailingState.DONE, NOW)


def test_a_worker_that_read_a_mailing_before_it_was_resumed_neither_moves_nor_ends_it(ledger: Ledger) -> None:
    before = begun(ledger)
    ledger.move(HELD.id, [MailingState.SENDING], MailingState.PAUSED, NOW)
    assert not ledger.advance(before, 2, TOTALS)
    ledger.move(HELD.id, [MailingState.PAUSED], MailingState.SENDING, NOW)
    assert not ledger.advance(before, 2, TOTALS)
    now = head_of(ledger)
    assert ledger.advance(now, 2, TOTALS)
    ledger.end(before, NOW)
    assert head_of(ledger).state is MailingState.SENDING
    ledger.end(now, NOW)
    assert head_of(ledger).state is MailingState.DONE


def test_a_mailing_does_not_end_before_its_watermark_is_behind_the_last_chunk(ledger: Ledger) -> None:
    begun(ledger)
    ledger.advance(SENDING, 1, TOTALS)
    ledger.end(SENDING, NOW)
    assert head_of(ledger).state is MailingState.SENDING


def test_a_mailing_that_ended_is_neither_held_nor_begun_again(ledger: Ledger) -> None:
    ended(ledger)
    head = head_of(ledger)

    assert ledger.hold(HELD) == head
    assert not ledger.begin(SENDING)


def test_active_are_all_that_were_not_deactivated(ledger: Ledger) -> None:
    other, third = a_mailing(audience="be-ru"), a_mailing(issue="2016-11-28")
    for mailing in (HELD, other, third):
        ledger.hold(mailing)
    ledger.begin(SENDING)
    ledger.withdraw(other.id)

    ledger.deactivate(third.id)
    ledger.deactivate(third.id)

    found = {mailing.id: mailing.state for mailing in ledger.active()}
    assert found == {SENDING.id: MailingState.SENDING, other.id: MailingState.WITHDRAWN}


def test_an_inactive_withdrawn_mailing_is_active_when_it_is_held_again(ledger: Ledger) -> None:
    ledger.hold(HELD)
    ledger.withdraw(HELD.id)
    ledger.deactivate(HELD.id)
    assert ledger.active() == []

    ledger.hold(HELD)

    assert ledger.active() == [HELD]


def test_a_mailing_is_moved_only_from_the_states_that_were_named(ledger: Ledger) -> None:
    assert not ledger.move(HELD.id, [MailingState.SENDING], MailingState.PAUSED, NOW)
    assert ledger.mailing(HELD.id) is None
    before = begun(ledger)

    assert not ledger.move(HELD.id, [MailingState.PAUSED, MailingState.SUSPENDED], MailingState.SENDING, NOW)
    assert head_of(ledger) == before
    assert ledger.move(
        HELD.id, [MailingState.PAUSED, MailingState.SENDING], MailingState.SUSPENDED, NOW, "QUOTA"
    )

    assert head_of(ledger) == replace(before, state=MailingState.SUSPENDED, reason="QUOTA")


def test_a_resumed_mailing_records_when_and_forgets_why_it_was_suspended(ledger: Ledger) -> None:
    before = begun(ledger)
    ledger.move(HELD.id, [MailingState.SENDING], MailingState.STOPPED, NOW, "BOUNCES")

    assert ledger.move(HELD.id, [MailingState.STOPPED], MailingState.SENDING, LATER)

    assert head_of(ledger) == replace(before, reason="", moved_at=LATER)


def test_releases_are_recorded_once_and_the_latest_are_kept(ledger: Ledger) -> None:
    before = begun(ledger)
    assert before.dispatched == 0

    assert ledger.record_dispatch(before, 2, NOW, TRIAL_IS_OVER)
    assert not ledger.record_dispatch(before, 3, NOW, TRIAL_IS_OVER)
    assert head_of(ledger) == replace(before, dispatches=((2, NOW),))

    for number in range(3, 12):
        at = NOW + timedelta(seconds=number)
        assert ledger.record_dispatch(head_of(ledger), number, at, TRIAL_IS_OVER)
    kept = tuple((number, NOW + timedelta(seconds=number)) for number in range(6, 12))
    assert (head_of(ledger).dispatches, head_of(ledger).dispatched) == (kept, 11)


@pytest.mark.parametrize("state", [MailingState.PAUSED, MailingState.STOPPED, MailingState.CANCELLED])
def test_nothing_is_dispatched_of_a_mailing_that_is_not_sending(ledger: Ledger, state: MailingState) -> None:
    before = begun(ledger)
    ledger.move(HELD.id, [MailingState.SENDING], state, NOW)

    assert not ledger.record_dispatch(before, 2, NOW, TRIAL_IS_OVER)

    assert head_of(ledger).dispatches == ()


def test_the_stage_of_the_trial_moves_with_the_dispatch_and_once(ledger: Ledger) -> None:
    ledger.hold(HELD)
    ledger.begin(replace(SENDING, plan=ChunkPlan(4, 3, 7), trial_stage=0))
    before = head_of(ledger)
    assert (before.plan, before.trial_stage) == (ChunkPlan(4, 3, 7), 0)

    assert ledger.record_dispatch(before, 1, NOW, 0)
    at_first_stage = head_of(ledger)
    assert ledger.record_dispatch(at_first_stage, 4, NOW, 1)
    assert not ledger.record_dispatch(at_first_stage, 6, NOW, TRIAL_IS_OVER)

    assert (head_of(ledger).trial_stage, head_of(ledger).dispatched) == (1, 4)


@pytest.mark.parametrize("plan", [ChunkPlan(2), ChunkPlan(4, 3, 7), ChunkPlan(16, 2, 3, ((0, 5), (18, 9)))])
def test_a_plan_is_extended_once_whatever_the_mailing_s_state(ledger: Ledger, plan: ChunkPlan) -> None:
    ledger.hold(HELD)
    ledger.begin(replace(SENDING, plan=plan))
    ledger.move(HELD.id, [MailingState.SENDING], MailingState.PAUSED, NOW)
    before = head_of(ledger)

    assert ledger.extend(before, plan.split(1, 60))
    assert not ledger.extend(before, plan.split(1, 60))
    assert not ledger.extend(before, plan.split(2, 3))

    assert head_of(ledger) == replace(before, plan=plan.split(1, 60))
    assert ledger.extend(head_of(ledger), head_of(ledger).plan.split(2, 3))
    assert head_of(ledger).plan == plan.split(1, 60).split(2, 3)


def test_watermark_and_totals_move_together_and_once(ledger: Ledger) -> None:
    before = begun(ledger)

    assert ledger.advance(before, 1, TOTALS)
    assert not ledger.advance(before, 2, {"members": 1})

    assert head_of(ledger) == replace(before, watermark=1, totals=TOTALS)


def test_a_member_is_marked_once_for_each_kind(ledger: Ledger) -> None:
    people = [f"{number:032x}" for number in range(30)]
    ledger.mark(HELD.id, "bounce", people)
    ledger.mark(HELD.id, "bounce", [people[0], people[0]])
    ledger.mark(HELD.id, "complaint", people[:2])
    ledger.mark(a_mailing(audience="be-ru").id, "bounce", people)
    ledger.mark(HELD.id, "complaint", [])

    assert ledger.marks(HELD.id) == {"bounce": 30, "complaint": 2}


def test_a_held_mailing_is_withdrawn_with_the_time_that_it_had(ledger: Ledger) -> None:
    ledger.hold(HELD)

    assert ledger.withdraw(HELD.id) == replace(HELD, state=MailingState.WITHDRAWN)
    assert ledger.withdraw(HELD.id) == replace(HELD, state=MailingState.WITHDRAWN)

    assert ledger.mailing(HELD.id) == replace(HELD, state=MailingState.WITHDRAWN)
    assert not ledger.begin(SENDING)


def test_a_held_mailing_waits_to_be_approved_and_then_begins_at_the_time_given(ledger: Ledger) -> None:
    ledger.hold(HELD)
    assert (ledger.require_approval(HELD.id), ledger.require_approval(HELD.id)) == (True, True)
    assert ledger.mailing(HELD.id) == replace(HELD, reason=NEEDS_APPROVAL)

    assert ledger.approve(HELD.id, LATER)
    assert ledger.mailing(HELD.id) == replace(HELD, due_at=LATER, approved=True)
    assert [ledger.require_approval(HELD.id), ledger.approve(HELD.id, NOW)] == [False, False]
    assert ledger.mailing(HELD.id) == replace(HELD, due_at=LATER, approved=True)


def test_a_mailing_that_waits_for_approval_is_held_as_one(ledger: Ledger) -> None:
    ledger.hold(replace(HELD, reason=NEEDS_APPROVAL))
    assert ledger.mailing(HELD.id) == replace(HELD, reason=NEEDS_APPROVAL)


def test_a_mailing_that_was_held_as_approved_is_not_asked_about(ledger: Ledger) -> None:
    ledger.hold(replace(HELD, approved=True))
    assert not ledger.require_approval(HELD.id)
    assert ledger.mailing(HELD.id) == replace(HELD, approved=True)


def test_an_issue_that_is_not_held_is_neither_asked_about_nor_approved(ledger: Ledger) -> None:
    assert [ledger.require_approval(HELD.id), ledger.approve(HELD.id, LATER)] == [False, False]
    assert ledger.mailing(HELD.id) is None
    begun(ledger)
    assert [ledger.require_approval(HELD.id), ledger.approve(HELD.id, LATER)] == [False, False]
    assert ledger.mailing(HELD.id) == SENDING


def test_a_mailing_that_nobody_held_cannot_be_withdrawn(ledger: Ledger) -> None:
    assert ledger.withdraw(HELD.id) is None
    assert ledger.mailing(HELD.id) is None


def test_a_mailing_that_has_begun_or_ended_is_not_withdrawn(ledger: Ledger) -> None:
    begun(ledger)
    assert ledger.withdraw(HELD.id) == SENDING
    ledger.advance(SENDING, 2, TOTALS)
    ledger.end(SENDING, NOW)
    assert ledger.withdraw(HELD.id) == head_of(ledger)
    assert head_of(ledger).state is MailingState.DONE


def test_a_withdrawn_mailing_is_held_again_with_a_new_time_and_begins_then(ledger: Ledger) -> None:
    ledger.hold(HELD)
    ledger.withdraw(HELD.id)
    again = replace(HELD, due_at=LATER)

    assert ledger.hold(again) == again
    assert ledger.hold(HELD) == again
    assert ledger.mailing(HELD.id) == again
    assert ledger.active() == [again]

    assert ledger.begin(SENDING)
    assert ledger.mailing(HELD.id) == replace(SENDING, due_at=LATER)


def test_withdrawing_one_audiences_mailing_leaves_the_others(ledger: Ledger) -> None:
    other = a_mailing(audience="be-ru")
    ledger.hold(HELD)
    ledger.hold(other)
    ledger.withdraw(HELD.id)
    assert ledger.mailing(other.id) == other


def test_a_request_to_halt_changes_nothing_but_can_be_read(ledger: Ledger) -> None:
    mailing = begun(ledger)
    assert ledger.requested_halt(HELD.id) is None

    ledger.request_halt(HELD.id, Halt("ANOTHER", NOW))
    ledger.request_halt(HELD.id, Halt("QUOTA", LATER, "d"))

    assert ledger.requested_halt(HELD.id) == Halt("QUOTA", LATER, "d")
    assert head_of(ledger) == mailing
    assert ledger.chunks(HELD.id) == []


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("BODY_CHANGED", MailingState.STOPPED),
        ("NO_DIGEST", MailingState.SUSPENDED),
        ("QUOTA", MailingState.SUSPENDED),
    ],
)
def test_a_mailing_is_halted_once_and_the_request_is_deleted(
    ledger: Ledger, reason: str, state: MailingState
) -> None:
    mailing = begun(ledger)
    ledger.request_halt(HELD.id, Halt(reason, NOW))

    assert ledger.halt(mailing, Halt(reason, NOW))
    assert not ledger.halt(mailing, Halt(reason, NOW))

    assert head_of(ledger) == replace(mailing, state=state, reason=reason)
    assert ledger.requested_halt(HELD.id) is None


def test_a_halt_keeps_the_stops_that_were_overruled(ledger: Ledger) -> None:
    begun(ledger)
    ledger.move(HELD.id, [MailingState.SENDING], MailingState.STOPPED, NOW, "BOUNCES")
    ledger.move(HELD.id, [MailingState.STOPPED], MailingState.SENDING, NOW, "BOUNCES")

    assert ledger.halt(head_of(ledger), Halt("QUOTA", LATER))

    assert head_of(ledger).reason == "BOUNCES QUOTA"


def test_a_request_from_before_a_mailing_was_resumed_no_longer_halts_it(ledger: Ledger) -> None:
    begun(ledger)
    ledger.move(HELD.id, [MailingState.SENDING], MailingState.PAUSED, NOW)
    ledger.move(HELD.id, [MailingState.PAUSED], MailingState.SENDING, LATER)
    went_on = head_of(ledger)
    ledger.request_halt(HELD.id, Halt("QUOTA", NOW))

    assert not ledger.halt(went_on, Halt("QUOTA", NOW))

    assert head_of(ledger) == went_on
    assert ledger.requested_halt(HELD.id) is None


def test_a_worker_that_lost_the_race_against_a_pause_halts_nothing(ledger: Ledger) -> None:
    mailing = begun(ledger)
    ledger.move(HELD.id, [MailingState.SENDING], MailingState.PAUSED, NOW)

    assert not ledger.halt(mailing, Halt("QUOTA", NOW))

    assert head_of(ledger).state is MailingState.PAUSED


@pytest.mark.parametrize(
    ("frozen", "found", "then"),
    [
        ("", "body-sender", "body-sender"),
        ("body-sender", "body-another", "body-another"),
        ("body-sender", "another-sender", "body-sender"),
        ("body-sender", "", "body-sender"),
    ],
)
def test_a_halt_freezes_what_a_person_has_to_decide_but_never_another_body(
    ledger: Ledger, frozen: str, found: str, then: str
) -> None:
    ledger.hold(HELD)
    ledger.begin(replace(SENDING, digest=frozen))

    assert ledger.halt(head_of(ledger), Halt("NO_DIGEST", NOW, found))

    assert head_of(ledger).digest == then

"""The trial of a mailing: about 50 readers, then 200, then everybody; a bad list is stopped meanwhile.

Whole mailings are played with smaller numbers: two readers, then four more, of twelve or more.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.mailings.chunk_plan import SIZES, Sizes, plan_for
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import BulkResult, SendingQuota
from broadsheet.mailings.trial import LONGEST_WAIT, waits_for_trial
from tests.builders import a_mailing
from tests.effort import tries
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.day import Boundaries, Day, dies, some_fate

SMALL = Sizes(chunk=4, trial=(2, 6))
MAILING = a_mailing().id
ISSUES = [f"2016-12-{day:02}_en" for day in range(1, 9)]


def a_trial(readers: int = 16, sizes: Sizes = SMALL, issue: str = MAILING, **changes: object) -> Day:
    """A mailing at the beginning of its trial; SES tells of each mail that it is delivered."""
    known = {"rate": 40.0, "kind": lambda _: "delivery"}
    plan = plan_for(issue, readers, sizes)
    return Day(readers=readers, plan=plan, with_trial=True, sizes=sizes, **{**known, **changes})  # type: ignore[arg-type]  # by name


def by_minutes(day: Day, minutes: int) -> list[int]:
    """How many were mailed after each minute."""
    mailed = []
    for _ in range(minutes):
        day.minute()
        mailed.append(day.ses.given.total())
    return mailed


def test_fifty_are_mailed_then_two_hundred_then_everybody() -> None:
    assert by_minutes(a_trial(600, SIZES), 4) == [50, 300, 600, 600]


@pytest.mark.parametrize("issue", ISSUES[:4])
@pytest.mark.parametrize("readers", [76, 100, 300, 600, 1_000])
def test_the_stages_are_about_as_large_whatever_the_list_and_whichever_chunks_are_first(
    readers: int, issue: str
) -> None:
    day = a_trial(readers, SIZES, issue, rate=1_000.0)
    first, second, last = by_minutes(day, 3)
    assert 33 <= first <= 75
    assert min(readers, 170) <= second <= 330
    assert last == readers
    day.until_done()
    assert day.ses.given == dict.fromkeys(day.ids, 1)


@pytest.mark.parametrize("readers", [0, 1, 49, 74])
def test_a_short_list_is_mailed_at_once(readers: int) -> None:
    day = a_trial(readers, SIZES)
    day.minute()
    assert day.ses.given.total() == readers
    day.minute()
    assert day.head.state is MailingState.DONE


def test_a_hundred_bad_addresses_among_six_hundred_stop_a_mailing_early() -> None:
    dice = random.Random(7)  # noqa: S311  # to be repeated
    day = a_trial(600, SIZES)
    bad = set(dice.sample(day.ids, 100))
    day.kind = lambda reader: "bounce" if reader in bad else "delivery"
    by_minutes(day, 10)
    assert (day.head.state, day.head.reason) == (MailingState.STOPPED, "BOUNCES")
    assert day.ses.given.total() <= 300


def test_a_stop_comes_before_the_next_stage_though_the_marks_are_not_written_yet() -> None:
    """Feedback writes a chunk's events first; the sweep may run in between."""
    day = a_trial(600, SIZES)
    day.kind = lambda _: "bounce"
    assert by_minutes(day, 5) == [50] * 5
    assert (day.ledger.marks(MAILING)["bounce"], day.head.state) == (0, MailingState.STOPPED)


def test_the_mailing_waits_until_nine_tenths_of_the_mails_have_an_event() -> None:
    day = a_trial(600, SIZES, fate=list)
    day.minute()
    first = day.ses.given.total()
    mailed = sorted(day.ses.given)
    number = next(iter(day.ledger.entries))[1]
    day.ledger.record_events(MAILING, number, {reader: {"send"} for reader in mailed})
    day.ledger.record_events(MAILING, number, {reader: {"delivery"} for reader in mailed[:44]})
    day.minute()
    assert day.ses.given.total() == first
    assert waits_for_trial(day.head, day.ledger, day.clock())
    day.ledger.record_events(MAILING, number, {mailed[44]: {"soft-bounce"}})
    assert waits_for_trial(day.head, day.ledger, day.clock())  # for the sweep
    day.minute()
    assert day.ses.given.total() > first


def test_without_any_event_each_stage_lasts_for_five_minutes() -> None:
    day = a_trial(600, SIZES, fate=list)
    mailed = by_minutes(day, 13)
    assert timedelta(minutes=5) == LONGEST_WAIT
    assert (mailed[4], mailed[7], mailed[12]) == (50, 300, 600)


def test_a_trial_that_no_sweep_continues_is_not_said_to_wait_for_events_for_ever() -> None:
    day = a_trial(600, SIZES, fate=list)
    day.minute()
    day.clock.move(timedelta(minutes=5))
    assert waits_for_trial(day.head, day.ledger, day.clock())
    day.clock.move(timedelta(minutes=2))
    assert not waits_for_trial(day.head, day.ledger, day.clock())


def test_a_paused_mailing_waits_for_no_trial_and_goes_on_where_it_was() -> None:
    day = a_trial(600, SIZES, fate=list)
    day.minute()
    day.ledger.move(MAILING, [MailingState.SENDING], MailingState.PAUSED, day.clock())
    assert by_minutes(day, 20) == [50] * 20
    assert not waits_for_trial(day.head, day.ledger, day.clock())
    day.ledger.move(MAILING, [MailingState.PAUSED], MailingState.SENDING, day.clock())
    assert by_minutes(day, 1) == [300]


def test_who_is_not_mailed_yet_is_not_mailed_once_the_mailing_is_cancelled() -> None:
    day = a_trial(600, SIZES)
    day.minute()
    day.ledger.move(MAILING, [MailingState.SENDING], MailingState.CANCELLED, day.clock())
    assert by_minutes(day, 3) == [50] * 3


def test_a_stopped_trial_that_is_resumed_goes_on_to_everybody() -> None:
    day = a_trial(600, SIZES)
    day.kind = lambda _: "bounce"
    by_minutes(day, 3)
    day.ledger.move(MAILING, [MailingState.STOPPED], MailingState.SENDING, day.clock(), "BOUNCES")
    day.until_done()
    assert day.ses.given == dict.fromkeys(day.ids, 1)


def test_the_day_s_quota_of_ses_may_end_in_the_trial() -> None:
    day = a_trial(600, SIZES)
    day.minute()
    day.quotas.granted = SendingQuota(40.0, 50.0, 50.0)
    assert by_minutes(day, 3) == [50] * 3
    assert day.head.state is MailingState.SUSPENDED
    day.quotas.granted = SendingQuota(40.0, 50_000.0, 0.0)
    day.until_done()
    assert day.ses.given == dict.fromkeys(day.ids, 1)


def test_a_list_that_has_shrunk_is_mailed_further_until_the_trial_has_its_readers() -> None:
    """Whoever has left since the plan was made is in no chunk."""
    day = a_trial(600, SIZES)
    for reader in day.ids[::2]:
        day.people.leave(day.people.people[reader], MONDAY_MORNING.date())
    mailed = by_minutes(day, 6)
    assert mailed[0] == 25
    assert 40 <= mailed[1] <= 120
    assert mailed[-1] == 300


def test_a_trial_whose_message_is_lost_mails_others_after_five_minutes_and_in_the_end_everybody() -> None:
    day = a_trial(600, SIZES)
    day.sweep()
    day.queue.messages.clear()
    day.until_done()
    assert day.ses.given == dict.fromkeys(day.ids, 1)


@pytest.mark.parametrize("fate", [lambda: [5.0], list])
def test_a_reader_whom_ses_defers_for_ever_does_not_hold_up_the_others(
    fate: Callable[[], list[float]],
) -> None:
    """The chunk is tried again every five seconds, so there is always a call of just now."""
    day = a_trial(600, SIZES, fate=fate)
    deferred = next(reader for reader in day.ids if day.head.plan.number_of(reader) == 0)
    day.ses.statuses = {deferred: "waiting"}
    by_minutes(day, 40)
    assert day.ses.given == dict.fromkeys({*day.ids} - {deferred}, 1)
    assert (day.head.state, day.statuses[deferred]) == (MailingState.SENDING, "waiting")
    day.ses.statuses = {}
    day.until_done()
    assert day.ses.given == dict.fromkeys(day.ids, 1)


def is_stopped_after_a_chunk_or_two(day: Day) -> None:
    """All readers bounce: the mailing is stopped by those of the trial."""
    day.kind = lambda _: "bounce"
    by_minutes(day, 15)
    assert (day.head.state, day.head.reason.split()[-1]) == (MailingState.STOPPED, "BOUNCES")
    assert 0 < day.ses.given.total() <= 330


@pytest.mark.parametrize("readers", [600, 2_000])
def test_a_mailing_that_was_paused_before_its_first_claim_still_begins_with_a_trial(readers: int) -> None:
    day = a_trial(readers, SIZES)
    day.sweep()
    day.ledger.move(MAILING, [MailingState.SENDING], MailingState.PAUSED, day.clock())
    by_minutes(day, 7)
    day.ledger.move(MAILING, [MailingState.PAUSED], MailingState.SENDING, day.clock())
    is_stopped_after_a_chunk_or_two(day)


@pytest.mark.parametrize("readers", [600, 2_000])
def test_a_mailing_whose_first_message_is_lost_still_has_a_trial(readers: int) -> None:
    day = a_trial(readers, SIZES)
    day.sweep()
    day.queue.messages.clear()
    is_stopped_after_a_chunk_or_two(day)


def test_a_mailing_that_ses_refused_in_its_sandbox_still_has_a_trial_once_it_is_resumed() -> None:
    day = a_trial(600, SIZES)
    day.ses.send = lambda _body, addressees, _tags: BulkResult(  # type: ignore[method-assign]  # a port of this test
        ["waiting"] * len(addressees), unverified=frozenset(each.subscriber_id for each in addressees)
    )
    by_minutes(day, 8)
    del day.ses.send
    assert day.head.state is MailingState.SUSPENDED
    day.ledger.move(MAILING, [MailingState.SUSPENDED], MailingState.SENDING, day.clock())
    is_stopped_after_a_chunk_or_two(day)


def test_a_day_s_quota_that_ends_in_the_second_stage_does_not_end_the_trial() -> None:
    day = a_trial(2_000, SIZES)
    day.minute()
    first = day.ses.given.total()
    day.record_due_events()
    day.sweep()
    day.queue.messages.clear()
    day.quotas.granted = SendingQuota(40.0, 50.0, 50.0)
    by_minutes(day, 8)
    assert (day.head.state, day.ses.given.total()) == (MailingState.SUSPENDED, first)
    day.quotas.granted = SendingQuota(40.0, 50_000.0, 0.0)
    is_stopped_after_a_chunk_or_two(day)


def test_a_first_chunk_whose_readers_have_all_left_does_not_end_the_trial() -> None:
    day = a_trial(600, SIZES)
    for reader in day.ids:
        if day.head.plan.number_of(reader) == 0:
            day.people.leave(day.people.people[reader], MONDAY_MORNING.date())
    is_stopped_after_a_chunk_or_two(day)


def test_two_sweeps_at_once_end_a_stage_once() -> None:
    day = a_trial(600, SIZES)
    day.minute()
    day.record_due_events()
    record = day.ledger.record_dispatch

    def meanwhile(*arguments: object) -> bool:
        day.ledger.record_dispatch = record  # type: ignore[method-assign]  # a port of this test
        day.sweep()
        return record(*arguments)  # type: ignore[arg-type]  # as they came

    day.ledger.record_dispatch = meanwhile  # type: ignore[assignment]  # as above
    day.sweep()
    assert len(day.queue.messages) == day.head.dispatched - 1
    assert (day.head.trial_stage, len(day.head.dispatches)) == (1, 2)
    day.until_done()
    assert day.ses.given == dict.fromkeys(day.ids, 1)


def calls_of_aws(day: Day) -> int:
    """How many calls of AWS the workers and sweeps of a mailing make."""
    boundaries = Boundaries()
    day.until_done(lambda: boundaries, lambda: boundaries)
    ports = ("ledger.", "queue.", "recipients.", "mailer.", "rate_limiter.", "quota")
    return sum(call.startswith(ports) for call in boundaries.crossed)


@pytest.mark.parametrize("readers", [400, 1_200])
def test_a_trial_costs_as_few_further_calls_for_a_long_list_as_for_a_short_one(readers: int) -> None:
    plan = plan_for(MAILING, readers, with_trial=False)
    without = calls_of_aws(Day(readers=readers, plan=plan, rate=200.0))
    assert calls_of_aws(a_trial(readers, SIZES, rate=200.0)) - without <= 30


def calls_of_a_trial() -> list[str]:
    """The port calls of all workers and sweeps of a small mailing without failures."""
    boundaries = Boundaries()
    a_trial(12).until_done(lambda: boundaries, lambda: boundaries)
    return boundaries.crossed


CALLS = calls_of_a_trial()


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_crash_at_every_call_of_a_mailing_with_a_trial_loses_nobody_and_mails_nobody_twice(
    side: str,
) -> None:
    assert {"ledger.record_dispatch", "ledger.freeze", "ledger.finish", "ledger.advance"} <= {*CALLS}
    for number in range(0, len(CALLS), tries(9, proof=1)):
        boundaries = Boundaries({number: dies(side)})
        day = a_trial(12)
        day.until_done(lambda boundaries=boundaries: boundaries, lambda boundaries=boundaries: boundaries)
        assert len(day.crashes) == 1
        assert day.ses.given == dict.fromkeys(day.ids, 1), CALLS[number]


@pytest.mark.parametrize("seed", range(40))
def test_events_that_come_late_or_never_and_random_crashes_lose_nobody_of_a_trial(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # to be repeated
    late = some_fate(dice)
    day = a_trial(12, issue=ISSUES[seed % len(ISSUES)], fate=lambda: [] if dice.random() < 0.2 else late())
    left = [dice.randrange(8)]

    def boundaries() -> Boundaries:
        left[0] -= 1
        return Boundaries({dice.randrange(30): dies(dice.choice(("before", "after")))} if left[0] > 0 else {})

    day.until_done(boundaries, boundaries)
    assert set(day.ses.given) == set(day.ids)
    assert day.twice <= day.head.totals["expired"]


def test_the_watermark_waits_for_the_trial_so_that_its_chunks_are_all_looked_at() -> None:
    day = a_trial(600, SIZES)
    by_minutes(day, 2)
    assert (day.head.watermark, day.head.is_in_trial) == (0, True)
    day.until_done()
    assert day.head == replace(day.head, trial_stage=2, watermark=day.head.chunk_count)

"""A list that has grown since its mailing was planned: too large chunks are split when they are claimed.

Whole mailings are played, mostly with smaller numbers: chunks of four, at most eight.
"""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.mailings.chunk_plan import SIZES, ChunkPlan, Sizes, plan_for
from broadsheet.mailings.control import Control
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import ChunkMessage
from tests.builders import a_mailing, a_subscriber
from tests.effort import tries
from tests.fakes.day import Boundaries, Day, dies, some_fate
from tests.fakes.delivering import AFTER_LEASE
from tests.fakes.mailings import FakeRateLimits

SMALL = Sizes(chunk=4, trial=(2, 6), growth=2, most_parts=50)
MAILING = a_mailing().id


def a_grown_list(before: int, joined: int, sizes: Sizes = SIZES, **changes: object) -> Day:
    """A mailing that was planned for so many readers, dispatched, and paused while others joined."""
    day = Day(
        readers=before,
        plan=plan_for(MAILING, before, sizes, with_trial=False),
        sizes=sizes,
        rate=40.0,
        **changes,
    )  # type: ignore[arg-type]  # by name
    day.sweep()
    day.ledger.move(MAILING, [MailingState.SENDING], MailingState.PAUSED, day.clock())
    day.join(joined)
    day.minute()
    day.ledger.move(MAILING, [MailingState.PAUSED], MailingState.SENDING, day.clock())
    return day


def largest_chunk(day: Day) -> int:
    return max(chunk.counts["members"] for chunk in day.ledger.chunks(MAILING))


def everybody_was_mailed_once(day: Day) -> None:
    assert day.head.state is MailingState.DONE
    assert day.ses.given == dict.fromkeys(day.ids, 1)
    assert day.statuses == dict.fromkeys(day.ids, "accepted")
    assert (day.head.totals["members"], day.head.watermark) == (len(day.ids), day.head.chunk_count)


@pytest.mark.parametrize(("before", "joined"), [(0, 900), (20, 700), (300, 1_300)])
def test_a_short_list_that_meets_a_large_import_before_its_first_claim_is_planned_anew(
    before: int, joined: int
) -> None:
    day = a_grown_list(before, joined)
    planned = day.head.chunk_count
    day.until_done()
    everybody_was_mailed_once(day)
    assert day.head.chunk_count > planned
    assert largest_chunk(day) <= SIZES.most_members


def test_a_list_that_has_only_doubled_keeps_its_chunks() -> None:
    day = a_grown_list(320, 320)
    plan = day.head.plan
    day.until_done()
    everybody_was_mailed_once(day)
    assert day.head.plan == plan == ChunkPlan(2)


def test_a_list_that_grows_in_the_middle_of_its_mailing_is_split_where_it_was_not_claimed() -> None:
    """Members of a chunk are who was confirmed when it was first claimed."""
    day = Day(readers=40, plan=ChunkPlan(10), sizes=SMALL, rate=1.0)
    day.minute()
    claimed = {chunk.number for chunk in day.ledger.chunks(MAILING)}
    day.join(200)
    day.until_done()
    members = {reader for reader in day.ids if reader in day.statuses}
    assert day.ses.given == dict.fromkeys(members, 1)
    assert {*day.ids} - members == {
        reader for reader in day.ids[40:] if ChunkPlan(10).number_of(reader) in claimed
    }
    assert {number for number, _ in day.head.plan.splits}.isdisjoint(claimed)


def test_a_part_that_is_too_large_once_it_is_claimed_is_split_again() -> None:
    day = a_grown_list(4, 60, SMALL)
    day.minute()
    day.sweep()
    first = day.head.plan.splits
    day.join(301)
    day.until_done()
    assert len(first) == 1
    assert len(day.head.plan.splits) > 1
    assert set(day.ses.given.values()) == {1}
    assert day.head.totals["members"] == day.ses.given.total()


def test_nobody_is_left_out_though_all_ids_are_so_close_that_no_split_separates_them() -> None:
    day = a_grown_list(0, 0, SMALL)
    near = [f"{number:032x}" for number in range(1 << 100, (1 << 100) + (40 << 80), 1 << 80)]
    day.people.add(*(a_subscriber(f"{name}@example.org", id=name) for name in near))
    day.ids += near
    day.until_done()
    everybody_was_mailed_once(day)
    assert largest_chunk(day) == 40


def test_the_trial_of_a_list_that_grew_after_it_was_planned_is_still_small() -> None:
    day = Day(readers=30, plan=plan_for(MAILING, 30), with_trial=True, kind=lambda _: "delivery", rate=40.0)
    day.join(1_500)
    day.minute()
    first = day.ses.given.total()
    day.minute()
    second = day.ses.given.total()
    day.until_done()
    assert first <= 200
    assert second <= 450
    everybody_was_mailed_once(day)


def test_a_bad_import_that_meets_a_mailing_before_its_first_claim_is_stopped_in_the_trial() -> None:
    day = Day(readers=30, plan=plan_for(MAILING, 30), with_trial=True, rate=40.0)
    day.join(1_500)
    day.kind = lambda reader: "delivery" if reader in day.ids[:30] else "bounce"
    for _ in range(10):
        day.minute()
    assert (day.head.state, day.head.reason) == (MailingState.STOPPED, "BOUNCES")
    assert day.ses.given.total() <= 200


def test_of_two_workers_that_split_a_chunk_one_decides_on_its_parts() -> None:
    """The first one stands still before it writes; meanwhile more readers join, and another takes over."""
    day = a_grown_list(4, 60, SMALL)

    def stall(now: str) -> None:
        if now == "before":
            day.clock.move(AFTER_LEASE)
            day.join(301)
            day.work(ChunkMessage(MAILING, 0))

    names = Boundaries()
    a_grown_list(4, 60, SMALL).work(ChunkMessage(MAILING, 0), names)
    day.work(ChunkMessage(MAILING, 0), Boundaries({names.crossed.index("ledger.freeze"): stall}))
    day.until_done()
    everybody_was_mailed_once(day)


def test_two_sweeps_at_once_plan_the_parts_once() -> None:
    day = a_grown_list(4, 60, SMALL)
    day.minute()
    extend = day.ledger.extend

    def meanwhile(*arguments: object) -> bool:
        day.ledger.extend = extend  # type: ignore[method-assign]  # a port of this test
        day.sweep()
        return extend(*arguments)  # type: ignore[arg-type]  # as they came

    day.ledger.extend = meanwhile  # type: ignore[assignment]  # as above
    day.sweep()
    assert len(day.head.plan.splits) == 1
    day.until_done()
    everybody_was_mailed_once(day)


def test_a_mailing_with_a_part_that_is_not_planned_yet_does_not_end() -> None:
    """Every write of a plan fails: another sweep is always faster."""
    day = a_grown_list(4, 60, SMALL)
    extend = day.ledger.extend
    day.ledger.extend = lambda *_: False  # type: ignore[method-assign]  # a port of this test
    for _ in range(5):
        day.minute()
    assert (day.head.state, day.head.watermark) == (MailingState.SENDING, 0)
    day.ledger.extend = extend  # type: ignore[method-assign]  # as above
    day.until_done()
    everybody_was_mailed_once(day)


def test_a_split_chunk_s_refused_members_can_be_mailed_again() -> None:
    day = a_grown_list(4, 60, SMALL)
    day.ses.statuses = dict.fromkeys(day.ids[::3], "refused:MESSAGE_REJECTED")
    day.until_done()
    day.ses.statuses = {}
    control = Control(day.ledger, day.ledger, day.sweep, day.clock, FakeRateLimits())
    assert control.resend(day.head.issue) == len(day.ids[::3])
    day.until_done()
    everybody_was_mailed_once(day)


def calls_of_a_grown_mailing() -> list[str]:
    boundaries = Boundaries()
    a_grown_list(4, 24, SMALL).until_done(lambda: boundaries, lambda: boundaries)
    return boundaries.crossed


CALLS = calls_of_a_grown_mailing()


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_crash_at_every_call_of_a_mailing_that_is_split_loses_nobody_and_mails_nobody_twice(
    side: str,
) -> None:
    assert {"ledger.extend", "ledger.freeze", "ledger.finish", "ledger.advance"} <= {*CALLS}
    for number in range(0, len(CALLS), tries(9, proof=1)):
        boundaries = Boundaries({number: dies(side)})
        day = a_grown_list(4, 24, SMALL)
        day.until_done(lambda boundaries=boundaries: boundaries, lambda boundaries=boundaries: boundaries)
        assert len(day.crashes) == 1
        everybody_was_mailed_once(day)


@pytest.mark.parametrize("seed", range(tries(12, proof=40)))
def test_joining_at_any_time_late_events_and_random_crashes_lose_nobody_and_mail_nobody_twice(
    seed: int,
) -> None:
    dice = random.Random(seed)  # noqa: S311  # to be repeated
    plan = plan_for(MAILING, 8, SMALL)
    day = Day(readers=8, plan=plan, with_trial=seed % 2 == 0, sizes=SMALL, rate=3.0, fate=some_fate(dice))
    left = [dice.randrange(8)]

    def boundaries() -> Boundaries:
        left[0] -= 1
        return Boundaries({dice.randrange(30): dies(dice.choice(("before", "after")))} if left[0] > 0 else {})

    for number in range(dice.randrange(4)):
        day.join(dice.randrange(1, 60) + 60 * number)
        day.minute(boundaries, boundaries)
    day.until_done(boundaries, boundaries)
    day.check()
    assert set(day.ids[:8]) <= set(day.ses.given)
    assert day.ses.given == dict.fromkeys(day.statuses, 1)
    assert day.head == replace(day.head, watermark=day.head.chunk_count)


def test_a_grown_list_is_mailed_without_waiting_for_a_person() -> None:
    day = a_grown_list(20, 1_000)
    began_at = day.clock()
    day.until_done()
    assert day.clock() - began_at <= timedelta(minutes=5)

"""The rate limiter: never more in any second than is granted, and that used up."""

import heapq
import random
from bisect import bisect_right
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.mailings.chunk_plan import MEMBERS_A_CHUNK
from broadsheet.mailings.rate_limit import (
    BLOCK_SECONDS,
    LATE_SECONDS,
    LONGEST_WARM_UP_SECONDS,
    SHORTEST_WARM_UP_SECONDS,
    TICK,
    LimiterState,
    RateLimiter,
    Reservation,
)
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.day import Day
from tests.fakes.mailings import FakeRateLimits

NOW = MONDAY_MORNING.timestamp()
READY = round(NOW + SHORTEST_WARM_UP_SECONDS, 3)
SHARE = 0.9


def most_in_a_second(calls: list[Reservation], second: float = 1.0) -> float:
    """The most recipients in any second that ends with a call, its beginning left out; or in longer ones."""
    times, sums, most = [call.at for call in calls], [0], 0
    assert times == sorted(times)
    for call in calls:
        sums.append(sums[-1] + call.recipients)
    for number, at in enumerate(times):
        most = max(most, sums[number + 1] - sums[bisect_right(times, at - second + 1e-6)])
    return most


def worker(limiter: RateLimiter, members: int, now: float) -> Iterator[Reservation]:
    """The calls of a worker that mails chunk after chunk, and is always on time.

    Ids are random, so that the sizes of chunks scatter about their mean as counts do.
    """
    dice = random.Random(members)  # noqa: S311  # to be repeated
    while members > 0:
        waiting = min(members, round(dice.gauss(MEMBERS_A_CHUNK, MEMBERS_A_CHUNK**0.5)))
        members -= waiting
        while waiting > 0:
            for reservation in limiter.reserve(waiting, now):
                now = max(now, reservation.at)
                waiting -= reservation.recipients
                yield reservation


def calls_of(rate: float, members: int, workers: int = 1, window: float = 1.0) -> list[Reservation]:
    """All calls of so many workers that share one limiter, by time."""
    rate_limits = FakeRateLimits(LimiterState(rate, window=window))
    share = members // workers
    return list(heapq.merge(*(worker(RateLimiter(rate_limits), share, NOW) for _ in range(workers))))


def seconds_for(calls: list[Reservation], rate: float) -> float:
    """From the first call until the last one's slot is over."""
    return calls[-1].at - calls[0].at + calls[-1].recipients / rate


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_fifty_thousand_at_two_hundred_a_second_use_up_the_rate_and_never_more(workers: int) -> None:
    rate = 200 * SHARE
    calls = calls_of(rate, 50_000, workers, 1 / SHARE)
    assert most_in_a_second(calls, 1 / SHARE) <= 200
    assert sum(call.recipients for call in calls) == 50_000
    assert 0.94 * rate <= 50_000 / seconds_for(calls, rate) <= rate * 1.01


@pytest.mark.parametrize("granted", [1, 14, 50, 56, 200, 1_000])
def test_calls_that_come_a_little_late_keep_every_second_within_the_grant(granted: int) -> None:
    """What of a second the share leaves is what calls may come late by, each by another part of it."""
    dice = random.Random(granted)  # noqa: S311  # to be repeated
    calls = calls_of(granted * SHARE, 30 * granted, window=1 / SHARE)
    late = sorted(Reservation(call.at + dice.uniform(0, LATE_SECONDS), call.recipients) for call in calls)
    assert most_in_a_second(late) <= granted


def test_a_million_at_fourteen_a_second_take_a_day() -> None:
    rate = 14 * SHARE
    calls = calls_of(rate, 1_000_000, window=1 / SHARE)
    assert most_in_a_second(calls, 1 / SHARE) <= 14
    assert 1_000_000 / rate <= seconds_for(calls, rate) <= 1_000_000 / rate / 0.97


@pytest.mark.parametrize("rate", [0.9, 0.45, 1.0, 1.5])
def test_in_the_sandbox_one_is_mailed_at_a_time_and_never_too_soon(rate: float) -> None:
    calls = calls_of(rate, 200)
    gaps = [after.at - before.at for before, after in pairwise(calls)]
    assert {call.recipients for call in calls} == {1}
    assert min(gaps) >= max(1.0, 1 / rate) - 1e-6
    assert max(gaps) <= max(1.0, 1 / rate) + 0.002


@pytest.mark.parametrize("late", [0.0, 0.05, 1.05, 1.2, 50.0])
def test_in_the_sandbox_a_worker_that_comes_late_gets_no_turn_too_soon(late: float) -> None:
    rate_limits = FakeRateLimits(LimiterState(0.9))
    first = RateLimiter(rate_limits).reserve(1, NOW)[0]
    assert RateLimiter(rate_limits).reserve(1, NOW + late)[0].at - first.at >= 1 / 0.9 - 1e-6


@settings(deadline=None)
@given(
    st.floats(0.5, 600),
    st.lists(st.tuples(st.integers(1, 300), st.floats(0, 3), st.booleans()), min_size=1, max_size=40),
)
def test_no_second_has_more_slots_than_the_rate_whoever_reserves_when(
    rate: float, asked: list[tuple[int, float, bool]]
) -> None:
    rate_limits, calls, now = FakeRateLimits(LimiterState(rate)), [], NOW
    books = [RateLimiter(rate_limits), RateLimiter(rate_limits)]
    for wanted, later, which in asked:
        now += later
        granted = books[which].reserve(wanted, now)
        assert granted[0].at >= now
        assert granted[-1].at - granted[0].at <= BLOCK_SECONDS + 1
        assert 1 <= sum(reservation.recipients for reservation in granted) <= wanted
        assert max(reservation.recipients for reservation in granted) <= min(50, max(1, rate + TICK))
        calls += granted
    assert most_in_a_second(calls) <= max(1.0, rate + TICK)


@pytest.mark.parametrize(("before", "after"), [(180.0, 14.0), (14.0, 180.0), (180.0, 0.9)])
def test_a_rate_that_changes_on_the_way_is_followed_by_the_next_reservation(
    before: float, after: float
) -> None:
    rate_limits = FakeRateLimits(LimiterState(before))
    limiter = RateLimiter(rate_limits)
    old = limiter.reserve(1_000, NOW)
    rate_limits.set_rate(after)
    new, now = [], old[-1].at
    while len(new) < 50:
        granted = limiter.reserve(1_000, now)
        new, now = new + granted, granted[-1].at
    assert most_in_a_second(old) <= before
    assert most_in_a_second(new) <= max(1.0, after)
    assert most_in_a_second([*old, *new]) <= max(before, after)
    assert max(reservation.recipients for reservation in new) <= min(50, max(1, after))


def test_two_who_reserve_at_once_get_different_slots() -> None:
    rate_limits = FakeRateLimits(LimiterState(50.0))
    one, other = RateLimiter(rate_limits), RateLimiter(rate_limits)
    others: list[Reservation] = []
    rate_limits.meanwhile.append(lambda: others.extend(other.reserve(50, NOW)))
    mine = one.reserve(50, NOW)
    assert (others, mine) == ([Reservation(READY, 50)], [Reservation(READY + 1, 50)])


def test_a_slot_further_off_than_asked_for_is_returned_and_not_reserved() -> None:
    rate_limits = FakeRateLimits(LimiterState(50.0))
    RateLimiter(rate_limits).reserve(200, NOW)
    before = rate_limits.stored
    assert RateLimiter(rate_limits).reserve(50, NOW, 4.0) == [Reservation(READY + 4, 50)]
    assert rate_limits.stored == before
    RateLimiter(rate_limits).reserve(50, NOW, 4.2)
    assert len(rate_limits.stored.reservations) == 5


def test_a_worker_that_missed_a_slot_reserves_one_call_at_a_time_and_takes_longer_to_get_ready() -> None:
    rate_limits = FakeRateLimits(LimiterState(50.0))
    limiter = RateLimiter(rate_limits)
    assert limiter.reserve(200, NOW) == [Reservation(READY + n, 50) for n in range(4)]
    limiter.missed()
    assert limiter.reserve(200, NOW) == [Reservation(READY + 4, 50)]
    assert limiter.reserve(200, NOW + 60) == [Reservation(NOW + 60 + 2 * SHORTEST_WARM_UP_SECONDS, 50)]
    for _ in range(9):
        limiter.missed()
    assert limiter.warm_up_seconds == LONGEST_WARM_UP_SECONDS


def test_a_worker_whose_calls_outlast_their_slots_reserves_one_at_a_time_and_gets_ready_as_before() -> None:
    limiter = RateLimiter(FakeRateLimits(LimiterState(50.0)))
    for _ in range(9):
        limiter.overtaken()
    assert limiter.reserve(200, NOW) == [Reservation(READY, 50)]
    assert limiter.warm_up_seconds == SHORTEST_WARM_UP_SECONDS


@pytest.mark.parametrize("rate", [2.5, 20.0])
def test_the_real_delivery_code_keeps_to_the_rate_and_uses_it_fully(rate: float) -> None:
    day = Day(readers=400, chunks=3, rate=rate).until_done()
    calls = [Reservation(at.timestamp(), count) for at, count in day.ses.moments]
    assert day.ses.given == dict.fromkeys(day.ids, 1)
    assert most_in_a_second(calls) <= rate
    lasted = calls[-1].at - calls[0].at
    assert 400 / (lasted + 1) >= 0.75 * rate  # messages are timed for chunks of 160, and these are smaller


def test_calls_that_take_longer_than_the_rate_gives_them_never_pile_up() -> None:
    day = Day(readers=200, rate=20.0)
    slow_send = day.ses.send

    def send(*args: object) -> object:
        answers = slow_send(*args)  # type: ignore[arg-type]  # passed on
        day.clock.move(timedelta(seconds=2.5))
        return answers

    day.ses.send = send  # type: ignore[assignment,method-assign]  # a slow one
    day.until_done()
    calls = [Reservation(at.timestamp(), count) for at, count in day.ses.moments]
    assert most_in_a_second(calls) <= 20
    assert day.ses.given == dict.fromkeys(day.ids, 1)

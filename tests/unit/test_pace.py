"""The pace: never more in any second than is granted, and that used up."""

import heapq
import random
from bisect import bisect_right
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.mailings.mailing import MEMBERS_A_CHUNK
from broadsheet.mailings.pace import (
    BLOCK_SECONDS,
    LATE_SECONDS,
    LONGEST_LEAD_SECONDS,
    SHORTEST_LEAD_SECONDS,
    TICK,
    Grant,
    Pace,
    PaceBook,
)
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.day import Day
from tests.fakes.mailings import FakePaces

NOW = MONDAY_MORNING.timestamp()
READY = round(NOW + SHORTEST_LEAD_SECONDS, 3)
SHARE = 0.9


def most_in_a_second(calls: list[Grant], second: float = 1.0) -> float:
    """The most recipients in any second that ends with a call, its beginning left out; or in longer ones."""
    times, sums, most = [call.at for call in calls], [0], 0
    assert times == sorted(times)
    for call in calls:
        sums.append(sums[-1] + call.recipients)
    for number, at in enumerate(times):
        most = max(most, sums[number + 1] - sums[bisect_right(times, at - second + 1e-6)])
    return most


def worker(book: PaceBook, members: int, now: float) -> Iterator[Grant]:
    """The calls of a worker that mails chunk after chunk, and is always on time.

    Ids are random, so that the sizes of chunks scatter about their mean as counts do.
    """
    dice = random.Random(members)  # noqa: S311  # to be repeated
    while members > 0:
        waiting = min(members, round(dice.gauss(MEMBERS_A_CHUNK, MEMBERS_A_CHUNK**0.5)))
        members -= waiting
        while waiting > 0:
            for grant in book.reserve(waiting, now):
                now = max(now, grant.at)
                waiting -= grant.recipients
                yield grant


def calls_of(rate: float, members: int, workers: int = 1, window: float = 1.0) -> list[Grant]:
    """All calls of so many workers that share one book, by time."""
    paces = FakePaces(Pace(rate, window=window))
    share = members // workers
    return list(heapq.merge(*(worker(PaceBook(paces), share, NOW) for _ in range(workers))))


def seconds_for(calls: list[Grant], rate: float) -> float:
    """From the first call until the last one's turn is over."""
    return calls[-1].at - calls[0].at + calls[-1].recipients / rate


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_fifty_thousand_at_two_hundred_a_second_use_up_the_pace_and_never_more(workers: int) -> None:
    rate = 200 * SHARE
    calls = calls_of(rate, 50_000, workers, 1 / SHARE)
    assert most_in_a_second(calls, 1 / SHARE) <= 200
    assert sum(call.recipients for call in calls) == 50_000
    assert 0.95 * rate <= 50_000 / seconds_for(calls, rate) <= rate * 1.01


@pytest.mark.parametrize("granted", [1, 14, 50, 56, 200, 1_000])
def test_calls_that_come_a_little_late_keep_every_second_within_the_grant(granted: int) -> None:
    """What of a second the share leaves is what calls may come late by, each by another part of it."""
    dice = random.Random(granted)  # noqa: S311  # to be repeated
    calls = calls_of(granted * SHARE, 30 * granted, window=1 / SHARE)
    late = sorted(Grant(call.at + dice.uniform(0, LATE_SECONDS), call.recipients) for call in calls)
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
    paces = FakePaces(Pace(0.9))
    first = PaceBook(paces).reserve(1, NOW)[0]
    assert PaceBook(paces).reserve(1, NOW + late)[0].at - first.at >= 1 / 0.9 - 1e-6


@settings(deadline=None)
@given(
    st.floats(0.5, 600),
    st.lists(st.tuples(st.integers(1, 300), st.floats(0, 3), st.booleans()), min_size=1, max_size=40),
)
def test_whoever_asks_whenever_no_second_holds_more_than_the_rate(
    rate: float, asked: list[tuple[int, float, bool]]
) -> None:
    paces, calls, now = FakePaces(Pace(rate)), [], NOW
    books = [PaceBook(paces), PaceBook(paces)]
    for wanted, later, which in asked:
        now += later
        granted = books[which].reserve(wanted, now)
        assert granted[0].at >= now
        assert granted[-1].at - granted[0].at <= BLOCK_SECONDS + 1
        assert 1 <= sum(grant.recipients for grant in granted) <= wanted
        assert max(grant.recipients for grant in granted) <= min(50, max(1, rate + TICK))
        calls += granted
    assert most_in_a_second(calls) <= max(1.0, rate + TICK)


@pytest.mark.parametrize(("before", "after"), [(180.0, 14.0), (14.0, 180.0), (180.0, 0.9)])
def test_a_rate_that_changes_on_the_way_is_followed_by_the_next_reservation(
    before: float, after: float
) -> None:
    paces = FakePaces(Pace(before))
    book = PaceBook(paces)
    old = book.reserve(1_000, NOW)
    paces.set_rate(after)
    new, now = [], old[-1].at
    while len(new) < 50:
        granted = book.reserve(1_000, now)
        new, now = new + granted, granted[-1].at
    assert most_in_a_second(old) <= before
    assert most_in_a_second(new) <= max(1.0, after)
    assert most_in_a_second([*old, *new]) <= max(before, after)
    assert max(grant.recipients for grant in new) <= min(50, max(1, after))


def test_two_who_reserve_at_once_get_different_turns() -> None:
    paces = FakePaces(Pace(50.0))
    one, other = PaceBook(paces), PaceBook(paces)
    others: list[Grant] = []
    paces.meanwhile.append(lambda: others.extend(other.reserve(50, NOW)))
    mine = one.reserve(50, NOW)
    assert (others, mine) == ([Grant(READY, 50)], [Grant(READY + 1, 50)])


def test_a_turn_further_off_than_asked_for_is_told_and_not_taken() -> None:
    paces = FakePaces(Pace(50.0))
    PaceBook(paces).reserve(200, NOW)
    book = paces.book
    assert PaceBook(paces).reserve(50, NOW, 4.0) == [Grant(READY + 4, 50)]
    assert paces.book == book
    PaceBook(paces).reserve(50, NOW, 4.2)
    assert len(paces.book.grants) == 5


def test_a_worker_that_missed_a_turn_reserves_one_call_at_a_time_and_takes_longer_to_get_ready() -> None:
    paces = FakePaces(Pace(50.0))
    book = PaceBook(paces)
    assert book.reserve(200, NOW) == [Grant(READY + n, 50) for n in range(4)]
    book.missed()
    assert book.reserve(200, NOW) == [Grant(READY + 4, 50)]
    assert book.reserve(200, NOW + 60) == [Grant(NOW + 60 + 2 * SHORTEST_LEAD_SECONDS, 50)]
    for _ in range(9):
        book.missed()
    assert book.lead_seconds == LONGEST_LEAD_SECONDS


def test_a_worker_whose_calls_outlast_their_slots_reserves_one_at_a_time_and_gets_ready_as_before() -> None:
    book = PaceBook(FakePaces(Pace(50.0)))
    for _ in range(9):
        book.overtaken()
    assert book.reserve(200, NOW) == [Grant(READY, 50)]
    assert book.lead_seconds == SHORTEST_LEAD_SECONDS


@pytest.mark.parametrize("rate", [2.5, 20.0])
def test_the_delivery_path_itself_keeps_to_the_pace_and_uses_it_up(rate: float) -> None:
    day = Day(readers=400, chunks=3, rate=rate).until_done()
    calls = [Grant(at.timestamp(), count) for at, count in day.ses.moments]
    assert day.ses.given == dict.fromkeys(day.ids, 1)
    assert most_in_a_second(calls) <= rate
    lasted = calls[-1].at - calls[0].at
    assert 400 / (lasted + 1) >= 0.75 * rate  # the orders are put for chunks of 160, and these are smaller


def test_calls_that_take_longer_than_the_pace_gives_them_never_pile_up() -> None:
    day = Day(readers=200, rate=20.0)
    slow_send = day.ses.send

    def send(*args: object) -> object:
        answers = slow_send(*args)  # type: ignore[arg-type]  # passed on
        day.clock.move(timedelta(seconds=2.5))
        return answers

    day.ses.send = send  # type: ignore[assignment,method-assign]  # a slow one
    day.until_done()
    calls = [Grant(at.timestamp(), count) for at, count in day.ses.moments]
    assert most_in_a_second(calls) <= 20
    assert day.ses.given == dict.fromkeys(day.ids, 1)

"""A worker crashes at every call of the delivery path: no reader is lost, and none is mailed twice."""

from collections.abc import Callable

import pytest

from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import ChunkMessage
from tests.fakes.day import Boundaries, Day, dies
from tests.fakes.delivering import AFTER_LEASE

MESSAGE = ChunkMessage("2016-12-05_en", 0)


def a_life() -> list[str]:
    """The boundaries that a worker crosses with whom nothing goes wrong."""
    day, boundaries = Day(), Boundaries()
    day.sweep()
    day.work(MESSAGE, boundaries)
    return boundaries.crossed


BOUNDARIES = a_life()
CASES = [(n, side) for n in range(len(BOUNDARIES)) for side in ("before", "after")]


def named(case: tuple[int, str]) -> str:
    return f"{case[0]}-{case[1]}-{BOUNDARIES[case[0]]}"


def faults_of(n: int, fault: Callable[[str], None], times: int) -> Callable[[], Boundaries]:
    """What happens at boundary `n` to each of the first so many workers."""
    left = [times]

    def boundaries() -> Boundaries:
        left[0] -= 1
        return Boundaries({n: fault} if left[0] >= 0 else {})

    return boundaries


def everybody_was_mailed_once(day: Day) -> None:
    assert day.head.state is MailingState.DONE
    assert day.ses.given == dict.fromkeys(day.ids, 1)
    assert day.statuses == dict.fromkeys(day.ids, "accepted")
    assert day.head.totals["expired"] == day.timed_out


def test_the_boundaries_are_all_the_calls_of_all_the_ports() -> None:
    calls = set(BOUNDARIES)
    assert {
        *("ledger.mailing", "ledger.claim", "ledger.freeze", "ledger.record", "ledger.finish"),
        *("recipients.within", "stored_body", "addresses.open", "links.unsubscribe_token", "mailer.send"),
        *("rate_limiter.reserve", "sleep", "clock"),
    } <= calls
    assert BOUNDARIES.count("mailer.send") == 3


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_worker_crashes_and_its_events_arrive(case: tuple[int, str], times: int) -> None:
    day = Day().until_done(faults_of(case[0], dies(case[1]), times))
    assert day.crashes
    everybody_was_mailed_once(day)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_worker_crashes_and_no_event_ever_arrives(case: tuple[int, str]) -> None:
    day = Day(fate=list).until_done(faults_of(case[0], dies(case[1]), 1))
    assert set(day.ses.given) == set(day.ids)
    assert day.twice <= day.head.totals["expired"] <= 3
    assert day.statuses == dict.fromkeys(day.ids, "accepted")


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_worker_crashes_and_unknown_outcomes_are_skipped(case: tuple[int, str]) -> None:
    day = Day(fate=list, resends=False).until_done(faults_of(case[0], dies(case[1]), 1))
    assert day.twice == 0
    accepted = {m for m, status in day.statuses.items() if status == "accepted"}
    assert accepted <= set(day.ses.given)
    skipped = day.head.totals["skipped"]
    assert skipped == day.head.totals["expired"] == len(day.ids) - len(accepted) <= 3


@pytest.mark.parametrize("n", range(len(BOUNDARIES)), ids=lambda n: f"{n}-{BOUNDARIES[n]}")
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_worker_hangs_for_longer_than_its_lease_and_another_takes_over(n: int, side: str) -> None:
    day = Day()

    def stall(now: str) -> None:
        if now == side:
            day.clock.move(AFTER_LEASE)
            day.work(MESSAGE)

    day.until_done(faults_of(n, stall, 1))
    everybody_was_mailed_once(day)

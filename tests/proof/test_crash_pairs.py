"""Two workers crash one after the other, at every pair of port calls; the sweep crashes at each of its own.

It takes long and runs in `make proof`. The result is judged by SES's own count of what it accepted.
"""

import random
from collections.abc import Callable

import pytest

from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.ports import ChunkMessage
from tests.fakes.day import Boundaries, Day, dies, some_fate

MESSAGE = ChunkMessage("2016-12-05_en", 0)
SIDES = ("before", "after")


def boundaries_of_a_worker() -> list[str]:
    """The port calls of a worker without failures: three SES calls for eight readers."""
    day, boundaries = Day(), Boundaries()
    day.sweep()
    day.work(MESSAGE, boundaries)
    return boundaries.crossed


MET = boundaries_of_a_worker()
DEATHS = [(n, side) for n in range(len(MET)) for side in SIDES]


def in_turn(*deaths: tuple[int, str]) -> Callable[[], Boundaries]:
    """The first worker crashes at the first of these, the second at the second."""
    left = list(deaths)

    def boundaries() -> Boundaries:
        if not left:
            return Boundaries()
        number, side = left.pop(0)
        return Boundaries({number: dies(side)})

    return boundaries


@pytest.mark.parametrize("first", DEATHS, ids=lambda death: f"{death[0]}-{death[1]}-{MET[death[0]]}")
def test_every_pair_of_crashes_and_events_that_come_late_and_twice(
    first: tuple[int, str], record_property: Callable[[str, object], None]
) -> None:
    for second in DEATHS:
        dice = random.Random(f"{first}{second}")  # noqa: S311  # for a test, to be repeated
        day = Day(fate=some_fate(dice)).until_done(in_turn(first, second))
        assert day.ses.given == dict.fromkeys(day.ids, 1), (first, second)
        assert day.statuses == dict.fromkeys(day.ids, "accepted")
        assert (day.head.state, day.head.totals["expired"]) == (MailingState.DONE, day.timed_out)
    record_property("days", len(DEATHS))


@pytest.mark.parametrize("first", DEATHS, ids=lambda death: f"{death[0]}-{death[1]}-{MET[death[0]]}")
def test_every_pair_of_crashes_and_half_of_the_events_lost(
    first: tuple[int, str], record_property: Callable[[str, object], None]
) -> None:
    for second in DEATHS:
        dice = random.Random(f"{first}{second}")  # noqa: S311  # for a test, to be repeated
        day = Day(fate=lambda dice=dice: dice.choice(([], [5.0])))  # type: ignore[misc]  # bound here
        day.until_done(in_turn(first, second))
        assert set(day.ses.given) == set(day.ids), (first, second)
        assert day.twice <= day.head.totals["expired"]
    record_property("days", len(DEATHS))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("deaths", [1, 3])
def test_the_sweep_crashes_at_every_call_of_every_minute(
    side: str, deaths: int, record_property: Callable[[str, object], None]
) -> None:
    days = 0
    for dying in range(6):
        for number in range(25):
            day = Day(readers=12, chunks=3)
            for minute in range(120):
                if day.head.state is MailingState.DONE:
                    break
                if dying <= minute < dying + deaths:
                    day.sweep(Boundaries({number: dies(side)}))
                day.minute(in_turn((20 + minute, "after")) if minute < 2 else lambda: None)
            days += 1
            assert day.head.state is MailingState.DONE
            assert day.ses.given == dict.fromkeys(day.ids, 1)
    record_property("days", days)

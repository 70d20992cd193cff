"""How far a mailing is: counts over all chunks, the last minute's rate, the time left; in words, in a bar."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from rich.console import Console

from broadsheet.mailings.mailing import Mailing, State
from broadsheet.mailings.progress import Progress, progress_of
from cli.mailings import drawn, in_words
from tests.builders import a_mailing
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.mailings import ChunkEntry, FakeLedger

SENDING = a_mailing(state=State.SENDING, chunk_count=10, frontier=2, totals={"members": 200, "accepted": 200})


def entry(seconds_ago: int, *, closed: bool = True, **standings: int) -> ChunkEntry:
    members = {
        f"{standing}{n}": standing.replace("_", " ")
        for standing, count in standings.items()
        for n in range(count)
    }
    called_at = MONDAY_MORNING - timedelta(seconds=seconds_ago)
    return ChunkEntry(1, 0, members, closed=closed, called_at=called_at)


def look(*chunks: ChunkEntry, mailing: Mailing = SENDING) -> Progress:
    ledger = FakeLedger(entries={(mailing.id, number): chunk for number, chunk in enumerate(chunks)})
    return progress_of(mailing, ledger, MONDAY_MORNING)


def half_way(**changes: Any) -> Progress:
    return look(
        entry(90, accepted=100),
        entry(59, accepted=100),
        entry(30, accepted=90, refused=10),
        entry(1, closed=False, accepted=50, waiting=30, in_doubt=20),
        mailing=replace(SENDING, **changes),
    )


def test_counts_are_the_totals_below_the_frontier_and_the_chunks_above() -> None:
    assert half_way().counts == {
        "members": 400,
        "accepted": 340,
        "refused": 10,
        "waiting": 30,
        "in_doubt": 20,
        "skipped": 0,
    }


def test_rate_and_time_left_are_those_of_the_last_minute() -> None:
    progress = half_way()
    assert (progress.per_second, progress.expected, progress.settled) == (4.0, 1000, 350)
    assert progress.left == timedelta(seconds=163)


def test_where_nothing_moves_or_all_is_over_no_time_is_told() -> None:
    assert look(entry(90, accepted=100)).left is None
    done = half_way(state=State.DONE)
    assert (done.is_over, done.left) == (True, None)


def test_a_mailing_that_has_not_begun_has_no_counts() -> None:
    held = look(mailing=a_mailing())
    assert (held.expected, held.settled, held.left, held.is_over) == (0, 0, None, False)
    assert in_words(held) == "2016-12-05_en: held; 0 members of about 0; 0.0/s over the last minute"


def test_a_mailing_is_told_on_one_line() -> None:
    assert in_words(half_way()) == (
        "2016-12-05_en: sending; 400 members, 30 waiting, 20 in doubt, 340 accepted, 10 refused"
        " of about 1000; 4.0/s over the last minute, 0:02:43 left"
    )
    assert in_words(half_way(state=State.STOPPED, reason="BOUNCES")).startswith(
        "2016-12-05_en: stopped (BOUNCES); "
    )


def test_a_bar_shows_how_much_is_settled() -> None:
    console = Console(width=200, record=True, force_terminal=False, file=None)
    with console.capture() as capture:
        console.print(drawn(half_way()))
    lines = capture.get().splitlines()
    assert lines[0].startswith("2016-12-05_en: sending")
    assert lines[1].endswith("35 %")
    assert lines[1].count("━") >= 13

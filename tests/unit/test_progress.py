"""The progress of a mailing: counts of all chunks, recent rate, time left; in words and as a bar."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.statistics import Progress, progress_of
from cli.mailings import drawn, in_words
from tests.builders import a_mailing
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.mailings import ChunkEntry, FakeLedger

SENDING = a_mailing(
    state=MailingState.SENDING, chunk_count=10, watermark=2, totals={"members": 200, "accepted": 200}
)


def entry(seconds_ago: int, *, closed: bool = True, **statuses: int) -> ChunkEntry:
    members = {
        f"{status}{n}": status.replace("_", " ") for status, count in statuses.items() for n in range(count)
    }
    called_at = MONDAY_MORNING - timedelta(seconds=seconds_ago)
    return ChunkEntry(1, 0, members, closed=closed, called_at=called_at)


def current(*chunks: ChunkEntry, mailing: Mailing = SENDING) -> Progress:
    ledger = FakeLedger(entries={(mailing.id, number): chunk for number, chunk in enumerate(chunks)})
    return progress_of(mailing, ledger, MONDAY_MORNING)


def half_way(**changes: Any) -> Progress:
    return current(
        entry(90, accepted=100),
        entry(59, accepted=100),
        entry(30, accepted=90, refused=10),
        entry(1, closed=False, accepted=50, waiting=30, in_doubt=20),
        mailing=replace(SENDING, **changes),
    )


def test_counts_are_the_totals_below_the_watermark_and_the_chunks_above() -> None:
    assert half_way().counts == {
        "members": 400,
        "accepted": 340,
        "refused": 10,
        "waiting": 30,
        "in_doubt": 20,
        "skipped": 0,
    }


def test_the_rate_is_measured_since_the_last_call_before_the_minute() -> None:
    progress = half_way()
    assert (progress.per_second, progress.expected, progress.processed) == (240 / 90, 1000, 350)
    assert progress.left == timedelta(seconds=244)


@pytest.mark.parametrize(
    ("changes", "per_second"),
    [
        ({"due_at": MONDAY_MORNING - timedelta(seconds=200)}, 1.0),
        ({"due_at": MONDAY_MORNING}, 200.0),
        ({"due_at": MONDAY_MORNING + timedelta(hours=1)}, 200 / 60),
        ({"moved_at": MONDAY_MORNING - timedelta(seconds=50)}, 4.0),
        ({"dispatches": ((10, MONDAY_MORNING - timedelta(seconds=100)),)}, 2.0),
    ],
)
def test_a_slow_chunk_counts_for_all_of_its_time(changes: dict[str, Any], per_second: float) -> None:
    early = replace(SENDING, due_at=MONDAY_MORNING - timedelta(hours=1), watermark=0, totals={})
    chunks = (entry(40, accepted=160), entry(0, closed=False, accepted=40, waiting=120))
    assert current(*chunks, mailing=replace(early, **changes)).per_second == pytest.approx(per_second)


def test_a_pause_does_not_slow_the_rate() -> None:
    went_on = replace(SENDING, moved_at=MONDAY_MORNING - timedelta(seconds=20))
    assert current(entry(600, accepted=100), entry(5, accepted=80), mailing=went_on).per_second == 4.0


def test_without_progress_or_after_the_end_no_time_is_shown() -> None:
    assert current(entry(90, accepted=100)).left is None
    done = half_way(state=MailingState.DONE)
    assert (done.is_over, done.left) == (True, None)


def test_a_mailing_that_has_not_begun_has_no_counts() -> None:
    held = current(mailing=a_mailing(due_at=MONDAY_MORNING + timedelta(hours=1)))
    assert (held.expected, held.processed, held.left, held.is_over) == (0, 0, None, False)
    assert in_words(held) == "2016-12-05_en: held, due 2016-12-12 07:00 UTC; nobody was mailed yet"


def test_an_unapproved_held_mailing_shows_what_it_waits_for() -> None:
    waits = current(mailing=a_mailing(reason=NEEDS_APPROVAL))
    assert in_words(waits) == (
        "2016-12-05_en: held (SEVERAL_AT_ONCE); nobody is mailed before an editor writes mail: yes,"
        " or you run broadsheet resume"
    )


def test_a_mailing_that_never_began_has_mailed_nobody() -> None:
    for state in (MailingState.WITHDRAWN, MailingState.CANCELLED):
        never = a_mailing(state=state, edition="", chunk_count=0)
        assert in_words(current(mailing=never)) == f"2016-12-05_en: {state}; nobody was mailed"


def test_a_mailing_is_shown_on_one_line() -> None:
    assert in_words(half_way()) == (
        "2016-12-05_en: sending; 400 of about 1000 members begun with; 30 waiting, 20 in doubt,"
        " 340 accepted, 10 refused; 2.7 mails a second of late; time left: 0:04:04"
    )
    assert in_words(half_way(state=MailingState.STOPPED, reason="BOUNCES")).startswith(
        "2016-12-05_en: stopped (BOUNCES); "
    )


def test_without_progress_the_time_left_is_shown_as_unknown() -> None:
    assert in_words(current(mailing=a_mailing(state=MailingState.SENDING, edition="en", chunk_count=2))) == (
        "2016-12-05_en: sending; 0 of about 320 members begun with;"
        " 0.0 mails a second of late; time left: unknown"
    )


def test_of_a_mailing_that_ended_only_the_counts_are_reported() -> None:
    done = current(
        entry(9, accepted=100),
        entry(9, accepted=100),
        mailing=replace(SENDING, state=MailingState.DONE, chunk_count=2),
    )
    assert in_words(done) == "2016-12-05_en: done; 200 of 200 members begun with; 200 accepted"


def test_a_bar_shows_how_much_is_settled() -> None:
    console = Console(width=200, record=True, force_terminal=False, file=None)
    with console.capture() as capture:
        console.print(drawn(half_way()))
    lines = capture.get().splitlines()
    assert lines[0].startswith("2016-12-05_en: sending")
    assert lines[1].endswith("35 %")
    assert lines[1].count("━") >= 13


def test_the_progress_bar_of_a_mailing_to_nobody_is_full() -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(drawn(current(mailing=a_mailing(state=MailingState.DONE, edition="en", chunk_count=0))))
    assert capture.get().splitlines()[1].endswith("100 %")

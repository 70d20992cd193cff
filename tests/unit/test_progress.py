"""The progress of a mailing: numbers that only get better, and what it waits for; in words and as a bar."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.control import Control
from broadsheet.mailings.mailing import NEEDS_APPROVAL, Mailing, MailingState
from broadsheet.mailings.progress import Progress, progress_of
from broadsheet.mailings.rate_limit import LimiterState
from cli.mailing_status import drawn, in_words
from tests.builders import a_mailing
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.day import Boundaries, Day, dies, some_fate, throttled
from tests.fakes.mailings import ChunkEntry, FakeLedger, FakeRateLimits

ZONE = ZoneInfo("Europe/Vilnius")  # two hours ahead of UTC in December
RATE = 90.0
SENDING = a_mailing(
    state=MailingState.SENDING,
    chunk_count=10,
    planned=1_000,
    watermark=2,
    totals={"members": 200, "accepted": 200},
    due_at=MONDAY_MORNING - timedelta(hours=1),
)


LAST = replace(SENDING, plan=ChunkPlan(2), planned=200, watermark=0, totals={})


def entry(seconds_ago: int, *, closed: bool = True, **statuses: int) -> ChunkEntry:
    members = {
        f"{status}{n}": status.replace("_", " ") for status, count in statuses.items() for n in range(count)
    }
    called_at = MONDAY_MORNING - timedelta(seconds=seconds_ago)
    return ChunkEntry(1, 0, members, closed=closed, called_at=called_at)


def sent_now(**statuses: int) -> ChunkEntry:
    """A chunk that a worker is mailing."""
    return replace(entry(1, closed=False, **statuses), leased_until=int(MONDAY_MORNING.timestamp()) + 90)


UNFROZEN = ChunkEntry(1, 0, None)  # claimed, and its members are not known yet


def current(*chunks: ChunkEntry, mailing: Mailing = SENDING) -> Progress:
    ledger = FakeLedger(entries={(mailing.id, number): chunk for number, chunk in enumerate(chunks)})
    return progress_of(mailing, ledger, RATE, MONDAY_MORNING)


def half_way(**changes: Any) -> Progress:
    return current(
        entry(90, accepted=100),
        entry(59, accepted=100),
        entry(30, accepted=90, refused=10),
        entry(1, closed=False, accepted=50, waiting=30, in_doubt=20),
        mailing=replace(SENDING, **changes),
    )


def said(progress: Progress) -> str:
    """The line without the mailing's id."""
    return in_words(progress, ZONE).removeprefix("2016-12-05_en: ")


def test_counts_are_the_totals_below_the_watermark_and_the_chunks_above() -> None:
    assert half_way().counts == {
        "members": 400,
        "accepted": 340,
        "refused": 10,
        "waiting": 30,
        "in_doubt": 20,
        "skipped": 0,
    }


def test_the_total_is_that_of_the_start_until_the_members_of_all_chunks_are_known() -> None:
    chunks = [entry(90, accepted=100), *[entry(30, accepted=97)] * 8]
    before = current(*chunks, UNFROZEN)
    after = current(*chunks, entry(1, closed=False, accepted=50, waiting=41))
    assert (before.expected, before.is_exact) == (1_000, False)
    assert (after.expected, after.is_exact) == (970, True)


def test_claimed_chunks_whose_members_are_not_known_yet_are_not_taken_for_empty_ones() -> None:
    progress = current(entry(1, accepted=100), entry(1, accepted=100), *[UNFROZEN] * 8)
    assert said(progress).startswith("sending; 200 of about 1000 emailed; about 0:00:09 left")


def test_a_list_that_has_grown_since_the_start_raises_the_total_in_time() -> None:
    grown = current(*[entry(30, accepted=370)] * 5, mailing=replace(SENDING, watermark=0, totals={}))
    assert (grown.expected, grown.processed) == (3_700, 1_850)


def test_a_mailing_that_an_older_release_began_is_estimated_by_its_chunks() -> None:
    assert current(mailing=replace(SENDING, planned=None, watermark=0, totals={})).expected == 1_600


def test_the_time_left_follows_from_the_granted_rate() -> None:
    assert half_way().left == timedelta(seconds=7)  # for 630 at 90 a second


def test_after_the_end_no_time_is_shown() -> None:
    done = half_way(state=MailingState.DONE)
    assert (done.is_over, done.left, done.percent) == (True, None, 100)


def test_mailings_that_are_sent_at_the_same_time_share_the_rate() -> None:
    begun = replace(SENDING, watermark=0, totals={}, dispatches=((2, MONDAY_MORNING),))
    waits = replace(begun, issue="2016-11-28", dispatches=((10, MONDAY_MORNING),))
    tries = replace(waits, issue="2016-11-21", trial_stage=0, dispatches=((1, MONDAY_MORNING),))
    ledger = FakeLedger().add(begun, replace(begun, audience="be-ru"), waits, tries)
    limits = FakeRateLimits(LimiterState(RATE))
    control = Control(ledger, ledger, lambda: None, FakeClock(), limits)
    assert [progress.per_second for progress in control.progress(SENDING.issue)] == [45.0, 45.0]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "held, due 2016-12-12 09:00 (Europe/Vilnius); nobody has been emailed yet"),
        (
            {"due_at": MONDAY_MORNING},
            "held, was due 2016-12-12 08:00 (Europe/Vilnius); nobody has been emailed yet",
        ),
        (
            {"reason": NEEDS_APPROVAL},
            (
                "held (SEVERAL_AT_ONCE); it waits until an editor writes mail: yes, or you run broadsheet"
                " resume; nobody has been emailed yet"
            ),
        ),
        (
            {"state": MailingState.WITHDRAWN, "edition": "", "chunk_count": 0},
            "withdrawn; nobody has been emailed",
        ),
        (
            {"state": MailingState.CANCELLED, "edition": "", "chunk_count": 0},
            "cancelled; nobody has been emailed",
        ),
    ],
)
def test_a_mailing_that_has_not_begun_says_why(changes: dict[str, Any], line: str) -> None:
    mailing = a_mailing(**{"due_at": MONDAY_MORNING + timedelta(hours=1), **changes})
    progress = current(mailing=mailing)
    assert (progress.expected, progress.processed, progress.left, progress.percent) == (0, 0, None, 0)
    assert said(progress) == line


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "sending; {counts}; waiting for SES's events on 20; about 0:00:07 left at 90 a second"),
        (
            {"state": MailingState.PAUSED},
            (
                "paused; {counts}; waiting for SES's events on 20;"
                " about 630 waiting until you run broadsheet resume"
            ),
        ),
        (
            {"state": MailingState.SUSPENDED, "reason": "ACCOUNT_DAILY_QUOTA_EXCEEDED"},
            (
                "suspended (ACCOUNT_DAILY_QUOTA_EXCEEDED); {counts}; waiting for SES's events on 20;"
                " about 630 waiting until SES's 24-hour quota has room"
            ),
        ),
        (
            {"state": MailingState.SUSPENDED, "reason": "NOT_VERIFIED"},
            (
                "suspended (NOT_VERIFIED); {counts}; waiting for SES's events on 20;"
                " about 630 waiting until SES verifies them (sandbox) or our domain; then broadsheet resume"
            ),
        ),
        (
            {"state": MailingState.STOPPED, "reason": "BOUNCES"},
            (
                "stopped (BOUNCES); {counts}; waiting for SES's events on 20;"
                " about 630 waiting until you run broadsheet resume"
            ),
        ),
        (
            {"state": MailingState.STOPPED, "reason": "BODY_CHANGED"},
            "stopped (BODY_CHANGED); {counts}; waiting for SES's events on 20; about 630 waiting",
        ),
        (
            {"state": MailingState.CANCELLED, "ended_at": MONDAY_MORNING},
            "cancelled at 2016-12-12 08:00 (Europe/Vilnius); {counts}, about 630 not emailed",
        ),
    ],
)
def test_a_mailing_half_way_says_what_it_waits_for(changes: dict[str, Any], line: str) -> None:
    assert said(half_way(**changes)) == line.format(counts="340 of about 1000 emailed, 10 refused")


def test_a_mailing_that_begins_has_a_total_and_a_time() -> None:
    begins = replace(SENDING, watermark=0, totals={}, due_at=MONDAY_MORNING)
    assert said(current(mailing=begins)) == (
        "sending; 0 of about 1000 emailed; about 0:00:12 left at 90 a second"
    )


def test_words_of_ses_count_as_soon_as_they_have_come() -> None:
    told = entry(60, closed=False, accepted=88, in_doubt=12)
    events = {f"in_doubt{n}": frozenset({"send"}) for n in range(10)} | {"in_doubt10": frozenset({"reject"})}
    waits = current(entry(300, accepted=100), replace(told, events=events), mailing=LAST)
    assert said(waits) == (
        "sending; 198 of 200 emailed, 1 refused; waiting for SES's events on 1, until 08:14 at the latest"
    )


def test_calls_on_their_way_are_no_missing_words_of_ses() -> None:
    sends = current(entry(90, accepted=100), sent_now(accepted=50, in_doubt=50), mailing=LAST)
    assert said(sends) == "sending; 150 of 200 emailed; about 0:00:01 left at 90 a second"


def test_a_mailing_that_is_stuck_says_for_how_long_and_no_time_left() -> None:
    stuck = current(entry(130, accepted=100), entry(125, closed=False, accepted=50, waiting=50))
    assert said(replace(stuck, expected=202)) == (
        "sending; 200 of about 202 emailed; nobody has been emailed for 0:02:05, about 2 waiting"
    )


def test_after_a_pause_the_silence_counts_from_the_resume() -> None:
    resumed = replace(SENDING, moved_at=MONDAY_MORNING - timedelta(seconds=20))
    assert current(entry(600, accepted=100), mailing=resumed).silence is None


def test_a_slow_rate_is_no_silence() -> None:
    slow = replace(half_way(), per_second=0.01, last_call_at=MONDAY_MORNING - timedelta(seconds=200))
    assert (slow.silence, slow.left) == (None, timedelta(seconds=63_000))


def test_when_only_words_of_ses_are_missing_it_says_on_how_many_and_until_when() -> None:
    waits = current(entry(300, accepted=100), entry(60, closed=False, accepted=88, in_doubt=12), mailing=LAST)
    assert (
        said(waits)
        == "sending; 188 of 200 emailed; waiting for SES's events on 12, until 08:14 at the latest"
    )
    late = current(entry(300, accepted=100), entry(999, closed=False, accepted=88, in_doubt=12), mailing=LAST)
    assert said(late) == "sending; 188 of 200 emailed; waiting for SES's events on 12"


def test_if_the_total_of_the_start_is_mailed_and_chunks_are_left_the_mailing_does_not_seem_to_end() -> None:
    progress = current(entry(1, accepted=60), UNFROZEN, mailing=replace(LAST, planned=60))
    assert said(progress) == "sending; 60 of about 60 emailed; looking for readers who have joined"
    assert progress.percent == 99


def test_without_any_subscriber_nobody_is_said_to_have_been_emailed() -> None:
    empty = current(entry(5), entry(5), mailing=replace(LAST, planned=0))
    assert said(empty) == "sending; nobody is subscribed to this audience; it ends within minutes"
    done = current(entry(5), entry(5), mailing=replace(LAST, planned=0, state=MailingState.DONE))
    assert said(done) == "done; nobody is subscribed to this audience"


def test_when_nobody_waits_the_mailing_ends_soon_and_nothing_is_to_be_resumed() -> None:
    chunks = [entry(5, accepted=100), entry(5, accepted=98, skipped=2)]
    sent = current(*chunks, mailing=LAST)
    assert (
        said(sent)
        == "sending; 198 of 200 emailed, 2 skipped; everybody has been emailed, it ends within minutes"
    )
    stopped = current(*chunks, mailing=replace(LAST, state=MailingState.STOPPED, reason="BOUNCES"))
    assert said(stopped) == "stopped (BOUNCES); 198 of 200 emailed, 2 skipped; nobody is waiting"
    unknown = current(
        chunks[0],
        entry(5, closed=False, accepted=98, in_doubt=2),
        mailing=replace(LAST, state=MailingState.PAUSED),
    )
    assert said(unknown) == (
        "paused; 198 of 200 emailed; waiting for SES's events on 2; broadsheet resume ends it"
    )


def test_of_a_mailing_that_ended_only_the_counts_and_the_end_are_reported() -> None:
    ended = replace(LAST, state=MailingState.DONE, ended_at=MONDAY_MORNING)
    done = current(entry(9, accepted=100), entry(9, accepted=90, refused=10), mailing=ended)
    assert said(done) == "done at 2016-12-12 08:00 (Europe/Vilnius); 190 of 200 emailed, 10 refused"


def test_a_mailing_to_nobody_is_done_and_its_bar_is_full() -> None:
    nobody = current(mailing=a_mailing(state=MailingState.DONE, planned=0, watermark=1))
    assert (said(nobody), nobody.percent) == ("done; nobody is subscribed to this audience", 100)
    begun = current(mailing=a_mailing(state=MailingState.SENDING, planned=0, due_at=MONDAY_MORNING))
    assert (begun.percent, begun.left, begun.silence) == (0, None, None)


def test_a_bar_is_full_only_when_nobody_waits_for_anything() -> None:
    assert current(entry(1, accepted=100), entry(1, accepted=99, in_doubt=1), mailing=LAST).percent == 99
    assert current(entry(1, accepted=100), entry(1, accepted=100), mailing=LAST).percent == 100
    assert replace(half_way(), expected=351).percent == 99


def test_a_bar_shows_how_much_is_settled() -> None:
    console = Console(width=200, record=True, force_terminal=False, file=None)
    with console.capture() as capture:
        console.print(drawn(half_way(), ZONE))
    lines = capture.get().splitlines()
    assert lines[0].startswith("2016-12-05_en: sending")
    assert lines[1].endswith("35 %")
    assert lines[1].count("━") >= 13


@dataclass
class Looks(Boundaries):
    """Looks at the progress before and after every call of a worker; SES throttles some sends."""

    look: Callable[[], Progress] = current
    throttles: tuple[int, ...] = ()
    seen: list[Progress] = field(default_factory=list)
    sends: int = 0

    def cross(self, name: str, call: Callable[[], Any]) -> Any:
        self.seen.append(self.look())
        self.sends += name == "mailer.send"
        if name == "mailer.send" and self.sends in self.throttles:
            raise throttled()
        found = super().cross(name, call)
        self.seen.append(self.look())
        return found


def looks_at(day: Day, planned: int, **circumstances: Any) -> list[Progress]:
    """Every state of a whole mailing that an operator may have seen."""
    day.ledger.mailings[day.mailing_id] = replace(day.head, planned=planned)
    looks = Looks(look=lambda: progress_of(day.head, day.ledger, day.rate, day.clock()), **circumstances)
    day.until_done(lambda: looks)
    return [*looks.seen, looks.look()]


@pytest.mark.parametrize("planned", [400, 380, 430])
@pytest.mark.parametrize(
    "circumstances",
    [
        {},
        {"throttles": (2, 9, 10)},
        {"faults": {9: dies("before"), 30: dies("after"), 70: dies("after"), 71: dies("before")}},
    ],
    ids=["smoothly", "throttled", "with workers that die"],
)
def test_each_number_that_is_shown_during_a_mailing_only_gets_better(
    planned: int, circumstances: dict[str, Any]
) -> None:
    dice = random.Random(planned)  # noqa: S311  # to be repeated
    day = Day(readers=400, chunks=5, rate=20.0, fate=some_fate(dice))

    seen = looks_at(day, planned, **circumstances)

    assert {progress.expected for progress in seen if not progress.is_exact} == {planned}
    assert {progress.expected for progress in seen if progress.is_exact} == {400}
    for before, after in pairwise(seen):
        assert before.is_exact <= after.is_exact
        assert before.counts["accepted"] <= after.counts["accepted"]
        assert before.processed <= after.processed <= after.expected
        if before.expected == after.expected:
            assert before.percent <= after.percent
            assert before.left is None or after.left is None or before.left >= after.left
    assert (day.ses.given.total(), seen[-1].counts["accepted"], seen[-1].percent) == (400, 400, 100)
    assert said(seen[-1]).startswith("done at ")


def test_in_the_trial_it_says_what_the_others_wait_for() -> None:
    trial = replace(
        LAST, plan=ChunkPlan(4, 1, 1), planned=400, trial_stage=0, dispatches=((1, MONDAY_MORNING),)
    )
    waits = current(entry(60, accepted=100), mailing=trial)
    assert said(waits) == (
        "sending; 100 of about 400 emailed;"
        " the trial part has been emailed, about 300 waiting for SES's events about it"
    )
    assert (waits.silence, waits.percent) == (None, 25)
    answered = entry(60, accepted=100)
    answered.events = {member: frozenset({"delivery"}) for member in answered.members or {}}
    assert said(current(answered, mailing=trial)) == said(waits)  # until the next sweep


def test_the_parts_of_a_chunk_that_was_split_count_before_the_sweep_has_planned_them() -> None:
    split = replace(entry(5, accepted=100), parts=4)
    seen = current(entry(5, accepted=100), split, mailing=LAST)
    assert (seen.is_exact, seen.expected) == (False, 320)

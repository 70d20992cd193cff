"""Every minute: begin what is due, release orders, repair, stop what goes wrong, end what is complete."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from broadsheet.mailings.deliver import DOUBT_LASTS
from broadsheet.mailings.mailing import LONGEST_MAILING, Halt, Mailing, State
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import TIMES_FORGOTTEN_AT_ONCE, Account, ChunkState
from broadsheet.mailings.release import AHEAD_SECONDS, Release
from broadsheet.mailings.seen import SILENT_AFTER, STUCK_AFTER
from broadsheet.mailings.start import Outcome
from broadsheet.mailings.sweep import QUOTA, STUCK, Sweep
from tests.builders import a_mailing
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.mailings import (
    ChunkEntry,
    FakeAccounts,
    FakeDeliveries,
    FakeLedger,
    FakePaces,
    FakeRequests,
)

MAILING = "2016-12-05_en"
NOW = int(MONDAY_MORNING.timestamp())
RAN_OUT, RUNS = NOW - int(SILENT_AFTER.total_seconds()) - 1, NOW + 60
OVERDUE = timedelta(minutes=8)


@dataclass
class Round:
    """A sweep over a ledger; `begun` are the mailings that it tried to begin."""

    ledger: FakeLedger
    outcome: Outcome = Outcome.BEGUN
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    begun: list[str] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    paces: FakePaces = field(default_factory=FakePaces)
    share: float = 1.0
    rested: bool = True
    alerts: list[str] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    requests: FakeRequests = field(default_factory=FakeRequests)

    def start(self, mailing_id: str) -> Outcome:
        self.begun.append(mailing_id)
        return self.outcome

    def sweep(self) -> dict[str, int]:
        release = Release(self.ledger, self.deliveries, self.accounts, self.paces, self.clock, self.share)
        return Sweep(
            self.ledger,
            self.requests,
            self.deliveries,
            self.start,
            release,
            lambda _: self.rested,
            self.clock,
            lambda mailing: self.alerts.append(f"{mailing.state}: {mailing.reason}"),
            self.waiting.append,
        )()

    def numbers(self) -> list[int]:
        return [order.number for order in self.deliveries.orders]

    def head(self) -> Mailing:
        return self.ledger.mailings[MAILING]


def a_round(*chunks: ChunkEntry | None, at: datetime = MONDAY_MORNING, **changes: object) -> Round:
    """A mailing that is sending, with these chunks claimed of three, and orders for all put just now."""
    known = {"state": State.SENDING, "chunk_count": 3, "releases": ((3, at),)}
    sending = a_mailing(**{**known, **changes})
    entries = {(sending.id, number): chunk for number, chunk in enumerate(chunks) if chunk}
    return Round(FakeLedger({sending.id: sending}, entries))


def closed(*standings: str, expired: int = 0) -> ChunkEntry:
    members = {str(number): standing for number, standing in enumerate(standings or ["accepted"])}
    return ChunkEntry(attempt=1, members=members, closed=True, expired=expired)


def open_chunk(*standings: str, leased_until: int = RAN_OUT) -> ChunkEntry:
    return ChunkEntry(1, leased_until, {str(number): standing for number, standing in enumerate(standings)})


def in_doubt(since: timedelta, **words: str) -> ChunkEntry:
    """Members a and b are in doubt since then."""
    afterwards = {member: frozenset({word}) for member, word in words.items()}
    members = {"a": "in doubt", "b": "in doubt"}
    return ChunkEntry(1, NOW - 30, members, afterwards, called_at=MONDAY_MORNING - since)


def done(**changes: int) -> dict[str, int]:
    return {"begun": 0, "ended": 0, "orders": 0, "stopped": 0, "stuck": 0, "resumed": 0, **changes}


def test_a_held_mailing_is_begun_when_it_is_due() -> None:
    round_ = Round(FakeLedger().add(a_mailing()))
    assert (round_.sweep(), round_.begun) == (done(begun=1), [MAILING])


def test_a_held_mailing_that_is_not_due_is_not_counted() -> None:
    round_ = Round(FakeLedger().add(a_mailing()), Outcome.NOT_DUE)
    assert (round_.sweep(), round_.begun) == (done(), [MAILING])


@pytest.mark.parametrize("state", [State.DONE, State.CANCELLED, State.WITHDRAWN])
def test_a_mailing_that_has_ended_is_put_to_rest_as_soon_as_nothing_is_left_to_do(state: State) -> None:
    frontier = 0 if state is State.WITHDRAWN else 1
    round_ = Round(FakeLedger().add(a_mailing(state=state, frontier=frontier)), rested=False)
    assert (round_.sweep(), round_.ledger.resting) == (done(), set())
    round_.rested = True
    assert (round_.sweep(), round_.ledger.resting) == (done(), {MAILING})
    assert round_.begun == []


def test_a_mailing_rests_only_once_nothing_tells_any_more_when_its_chunks_were_mailed() -> None:
    many = TIMES_FORGOTTEN_AT_ONCE + 1
    ledger = FakeLedger().add(a_mailing(state=State.DONE, frontier=many, chunk_count=many))
    closed = {"members": {}, "closed": True, "leased_until": 1, "called_at": MONDAY_MORNING}
    ledger.entries |= {(MAILING, number): ChunkEntry(1, **closed) for number in range(many)}
    round_ = Round(ledger)

    round_.sweep()
    assert (sum(entry.has_times for entry in ledger.entries.values()), ledger.resting) == (1, set())
    round_.sweep()
    assert (sum(entry.has_times for entry in ledger.entries.values()), ledger.resting) == (0, {MAILING})


def test_a_mailing_that_came_back_to_life_while_the_sweep_ran_stays_live() -> None:
    """An editor uploads the text again between the sweep's look at the mailing and its putting it to rest."""
    round_ = Round(FakeLedger().add(a_mailing(state=State.WITHDRAWN)))
    rested = round_.ledger.rest

    def meanwhile(mailing_id: str) -> None:
        round_.ledger.hold(a_mailing())
        rested(mailing_id)

    round_.ledger.rest = meanwhile  # type: ignore[method-assign]  # a port of this test
    round_.sweep()
    assert [mailing.state for mailing in round_.ledger.live()] == [State.HELD]


@pytest.mark.parametrize("state", [State.PAUSED, State.STOPPED, State.PARKED])
def test_a_mailing_that_somebody_has_to_let_go_on_is_left_alone_and_stays_live(state: State) -> None:
    round_ = a_round(open_chunk("waiting"), state=state, reason="SENDING_PAUSED")
    assert (round_.sweep(), round_.ledger.resting, round_.numbers()) == (done(), set(), [])
    assert round_.head().state is state


def test_without_a_mailing_under_way_ses_is_not_asked() -> None:
    class Unreachable(FakeAccounts):
        def account(self) -> Account:
            raise AssertionError

    round_ = Round(FakeLedger().add(a_mailing(state=State.DONE)), accounts=Unreachable())
    assert round_.sweep() == done()


def test_the_pace_follows_the_grant_times_the_share() -> None:
    round_ = a_round()
    round_.share = 0.9
    round_.accounts.granted = Account(200.0, 50_000.0, 0.0)
    round_.sweep()
    assert round_.paces.book.per_second == 180.0
    round_.accounts.granted = Account(0.0, 0.0, 0.0)
    round_.sweep()
    assert round_.paces.book.per_second > 0


def test_an_order_is_put_again_for_a_silent_chunk_with_members_waiting() -> None:
    round_ = a_round(open_chunk("accepted", "waiting"), closed(), open_chunk("waiting"))
    assert round_.sweep() == done(orders=2)
    assert round_.deliveries.orders == [ChunkOrder(MAILING, 0), ChunkOrder(MAILING, 2)]


def test_an_order_is_put_again_for_a_chunk_whose_worker_died_before_it_froze_or_finished_it() -> None:
    round_ = a_round(ChunkEntry(1, RAN_OUT), open_chunk("accepted"), closed())
    assert round_.sweep() == done(orders=2)
    assert round_.numbers() == [0, 1]


def test_no_order_is_put_while_somebody_works_on_the_chunk_or_its_own_order_is_on_the_way() -> None:
    round_ = a_round(open_chunk("waiting", leased_until=RUNS), closed(), closed())
    assert (round_.sweep(), round_.deliveries.orders) == (done(), [])
    round_.clock.move(timedelta(seconds=60) + SILENT_AFTER)
    assert round_.sweep() == done()
    round_.clock.move(timedelta(seconds=1))
    assert round_.sweep() == done(orders=1)


def test_a_doubt_waits_for_its_events_or_for_its_time() -> None:
    fresh = DOUBT_LASTS - timedelta(seconds=1)
    assert a_round(in_doubt(fresh), closed(), closed()).sweep() == done()
    assert a_round(in_doubt(fresh, a="send"), closed(), closed()).sweep() == done()
    assert a_round(in_doubt(fresh, a="send", b="reject"), closed(), closed()).sweep() == done(orders=1)
    assert a_round(in_doubt(DOUBT_LASTS), closed(), closed()).sweep() == done(orders=1)


def test_a_mailing_that_was_resumed_goes_on_with_its_chunks_at_once() -> None:
    write_tombstone = open_chunk("waiting", leased_until=NOW - 1)
    round_ = a_round(write_tombstone, None, closed(), state=State.PAUSED)
    round_.ledger.move(MAILING, [State.PAUSED], State.SENDING, round_.clock())
    round_.clock.move(timedelta(seconds=1))
    assert round_.sweep() == done(orders=2)
    assert round_.numbers() == [0, 1]


def test_a_mailing_ends_when_all_its_chunks_are_closed() -> None:
    round_ = a_round(closed("accepted", "skipped"), closed("refused:X", expired=2), closed())
    assert round_.sweep() == done(ended=1)
    head = round_.head()
    assert (head.state, head.frontier) == (State.DONE, 3)
    assert head.totals == {
        "members": 4,
        "accepted": 2,
        "skipped": 1,
        "refused": 1,
        "expired": 2,
        "waiting": 0,
        "in_doubt": 0,
    }
    assert round_.ledger.ended == {MAILING: MONDAY_MORNING}


def test_the_frontier_stops_at_the_first_chunk_that_is_not_closed() -> None:
    round_ = a_round(closed(), open_chunk("waiting", leased_until=RUNS), closed("skipped"))
    round_.sweep()
    assert (round_.head().frontier, round_.head().totals["members"]) == (1, 1)
    round_.ledger.entries[MAILING, 1] = closed("refused:X")
    round_.sweep()
    head = round_.head()
    assert (head.frontier, head.totals["members"], head.totals["skipped"]) == (3, 3, 1)


def test_a_mailing_does_not_end_before_every_chunk_was_claimed() -> None:
    round_ = a_round(closed(), closed())
    assert round_.sweep() == done()
    assert (round_.head().state, round_.head().frontier) == (State.SENDING, 2)


def test_a_mailing_does_not_end_while_anybody_is_in_doubt() -> None:
    round_ = a_round(closed(), closed(), in_doubt(timedelta(0)))
    assert round_.sweep() == done()
    assert round_.head().state is State.SENDING


def test_chunks_that_a_command_opened_again_before_it_died_are_gone_on_with() -> None:
    round_ = a_round(closed("refused:FAILED"), closed(), closed())
    round_.sweep()
    round_.ledger.reopen(MAILING, 0, {"0": "refused:FAILED"}, round_.clock())
    round_.clock.move(SILENT_AFTER - timedelta(seconds=1))
    assert (round_.sweep(), round_.head().state) == (done(), State.DONE)
    round_.clock.move(timedelta(seconds=1))
    assert (round_.sweep(), round_.head().state) == (done(resumed=1), State.SENDING)
    round_.clock.move(timedelta(seconds=1))
    assert (round_.sweep(), round_.numbers()) == (done(orders=1), [0])


def test_a_second_sweep_finds_nothing_more_to_do() -> None:
    round_ = a_round(closed(), closed(), closed())
    round_.sweep()
    assert (round_.sweep(), round_.deliveries.orders) == (done(), [])


def test_orders_that_should_have_come_by_now_are_put_again() -> None:
    round_ = a_round(closed())
    round_.clock.move(OVERDUE)
    assert round_.sweep() == done()
    round_.clock.move(timedelta(seconds=1))
    assert round_.sweep() == done(orders=2)
    assert round_.numbers() == [1, 2]


def test_a_crash_between_begin_and_release_is_made_good() -> None:
    round_ = a_round(releases=())
    assert round_.sweep() == done(orders=3)
    assert (round_.numbers(), round_.head().releases) == ([0, 1, 2], ((3, MONDAY_MORNING),))


def slow_round(per_second: float = 14.0, chunk_count: int = 6_250, **changes: object) -> Round:
    """A million members, nothing released yet."""
    round_ = a_round(chunk_count=chunk_count, releases=(), **changes)
    round_.accounts.granted = Account(per_second, 50_000.0, 0.0)
    return round_


def test_orders_are_released_as_far_ahead_as_two_missed_sweeps_each_at_its_time() -> None:
    round_ = slow_round()
    seconds_a_chunk = 160 / 14
    ahead = -int(-AHEAD_SECONDS // seconds_a_chunk)
    assert round_.sweep() == done(orders=ahead)
    assert round_.deliveries.delays == [int(n * seconds_a_chunk) for n in range(ahead)]
    round_.deliveries.orders.clear()
    assert round_.sweep() == done()
    for number in (0, 1, 4):
        round_.ledger.entries[MAILING, number] = closed(*["accepted"] * 160)
    assert round_.sweep() == done(orders=3)
    assert round_.numbers() == [ahead, ahead + 1, ahead + 2]


def test_in_the_sandbox_two_chunks_are_out_and_the_second_comes_much_later() -> None:
    round_ = slow_round(0.9)
    assert round_.sweep() == done(orders=2)
    assert round_.deliveries.delays == [0, 177]


def test_two_mailings_share_the_pace() -> None:
    round_ = slow_round()
    other = a_mailing(audience="be-ru", state=State.SENDING, chunk_count=6_250)
    round_.ledger.add(other)
    assert round_.sweep() == done(orders=14)
    mailings = [order.mailing for order in round_.deliveries.orders]
    assert (mailings.count(MAILING), mailings.count(other.id)) == (7, 7)


def test_a_mailing_that_only_waits_for_a_doubt_takes_no_share_of_the_pace() -> None:
    round_ = slow_round()
    other = a_mailing(audience="be-ru", state=State.SENDING, releases=((1, MONDAY_MORNING),))
    round_.ledger.add(other)
    round_.ledger.entries[other.id, 0] = in_doubt(timedelta(0))
    assert round_.sweep() == done(orders=14)


def test_many_closed_chunks_behind_one_that_waits_are_read_part_by_part() -> None:
    round_ = a_round(in_doubt(timedelta(0)), chunk_count=250, releases=((250, MONDAY_MORNING),))
    round_.ledger.entries |= {(MAILING, number): closed() for number in range(1, 250)}
    reads: list[int] = []
    chunks = round_.ledger.chunks

    def counted(mailing_id: str, first: int = 0, upto: int | None = None) -> list[ChunkState]:
        found = chunks(mailing_id, first, upto)
        reads.append(len(found))
        return found

    round_.ledger.chunks = counted  # type: ignore[method-assign]  # a port of this test
    assert round_.sweep() == done()
    assert reads == [100, 100, 50]


@pytest.mark.parametrize(
    ("accepted", "bounces", "complaints", "reason"),
    [
        (99, 50, 0, ""),
        (100, 5, 0, ""),
        (100, 6, 0, "BOUNCES"),
        (999, 0, 900, ""),
        (1_000, 0, 1, ""),
        (1_000, 0, 2, "COMPLAINTS"),
    ],
)
def test_too_many_bounces_or_complaints_stop_a_mailing(
    accepted: int, bounces: int, complaints: int, reason: str
) -> None:
    round_ = a_round(closed(*["accepted"] * accepted))
    round_.ledger.mark(MAILING, "bounce", [str(n) for n in range(bounces)])
    round_.ledger.mark(MAILING, "complaint", [str(n) for n in range(complaints)])
    assert round_.sweep() == done(stopped=bool(reason))
    assert round_.head().state is (State.STOPPED if reason else State.SENDING)
    assert round_.head().reason == reason


def test_a_stop_that_a_person_has_overruled_is_not_made_again_but_another_is() -> None:
    round_ = a_round(closed(*["accepted"] * 2_000))
    round_.ledger.mark(MAILING, "bounce", [str(n) for n in range(120)])
    round_.sweep()
    assert (round_.head().state, round_.head().reason) == (State.STOPPED, "BOUNCES")
    round_.ledger.move(MAILING, [State.STOPPED], State.SENDING, round_.clock(), "BOUNCES")
    assert round_.sweep()["stopped"] == 0
    round_.ledger.mark(MAILING, "complaint", [str(n) for n in range(3)])
    assert round_.sweep()["stopped"] == 1
    assert (round_.head().state, round_.head().reason) == (State.STOPPED, "BOUNCES COMPLAINTS")
    round_.ledger.move(MAILING, [State.STOPPED], State.SENDING, round_.clock(), "BOUNCES COMPLAINTS")
    assert round_.sweep()["stopped"] == 0


@pytest.mark.parametrize(
    ("per_day", "sent", "state"),
    [
        (50_000.0, 50_000.0, State.PARKED),
        (50_000.0, 49_999.0, State.SENDING),
        (-1.0, 99_000.0, State.SENDING),
        (0.0, 0.0, State.SENDING),
    ],
)
def test_a_quota_that_ses_counts_as_used_up_parks_before_a_call_is_refused(
    per_day: float, sent: float, state: State
) -> None:
    round_ = a_round(open_chunk("waiting"), closed(), closed())
    round_.accounts.granted = Account(14.0, per_day, sent)
    round_.sweep()
    assert round_.head().state is state
    assert (round_.numbers() == []) is (state is State.PARKED)
    round_.accounts.granted = Account(14.0, 50_000.0, 0.0)
    round_.sweep()
    assert (round_.head().state, round_.head().reason) == (State.SENDING, "")


@pytest.mark.parametrize("last", [closed(), in_doubt(timedelta(0))])
def test_a_used_up_quota_parks_nothing_where_nobody_is_left_to_be_mailed(last: ChunkEntry) -> None:
    round_ = a_round(closed(), closed(), last)
    round_.accounts.granted = Account(14.0, 50_000.0, 50_000.0)
    assert round_.sweep() == done(ended=int(last.closed))
    assert round_.head().state is (State.DONE if last.closed else State.SENDING)


def test_a_late_sweep_does_not_count_a_chunk_that_was_opened_again_meanwhile() -> None:
    round_ = a_round(closed("refused:FAILED"), closed(), closed())
    late = round_.head()
    round_.sweep()
    round_.ledger.reopen(MAILING, 0, {"0": "refused:FAILED"}, round_.clock())
    round_.ledger.move(MAILING, [State.DONE], State.SENDING, round_.clock())
    assert not round_.ledger.advance(late, 3, {"members": 3})
    round_.ledger.end(late, round_.clock())
    assert (round_.head().state, round_.head().frontier) == (State.SENDING, 0)


def test_what_was_overruled_stays_so_over_a_day_s_quota() -> None:
    round_ = a_round(state=State.PARKED, reason=f"BOUNCES {QUOTA}")
    round_.sweep()
    assert (round_.head().state, round_.head().reason) == (State.SENDING, "BOUNCES")


def test_a_mailing_without_progress_is_told_of_and_goes_on_by_itself() -> None:
    """Orders come, workers die: nobody is mailed for half an hour."""
    round_ = a_round(open_chunk("waiting"), closed(), closed())
    round_.clock.move(STUCK_AFTER - timedelta(seconds=1))
    assert (round_.sweep(), round_.alerts, round_.waiting) == (done(orders=1), [], [])
    round_.clock.move(timedelta(seconds=1))
    assert (round_.sweep(), round_.alerts) == (done(orders=1, stuck=1), [f"parked: {STUCK}"])
    assert (round_.head().state, round_.waiting) == (State.SENDING, [1])


def test_a_mailing_whose_last_call_was_lately_is_not_stuck_however_old_it_is() -> None:
    long_ago = MONDAY_MORNING - timedelta(days=1)
    round_ = a_round(in_doubt(timedelta(0)), closed(), closed(), at=long_ago)
    round_.clock.move(STUCK_AFTER - timedelta(seconds=1))
    round_.sweep()
    assert round_.alerts == []


@pytest.mark.parametrize(
    ("reason", "account", "state"),
    [
        (QUOTA, Account(14.0, 50_000.0, 49_001.0), State.PARKED),
        (QUOTA, Account(14.0, 50_000.0, 49_000.0), State.SENDING),
        (QUOTA, Account(14.0, -1.0, 99_000.0), State.SENDING),
        (QUOTA, Account(14.0, 50_000.0, 0.0, is_sending=False), State.PARKED),
        ("SendingPausedException", Account(14.0, 50_000.0, 0.0), State.PARKED),
    ],
)
def test_only_a_day_s_quota_passes_by_itself(reason: str, account: Account, state: State) -> None:
    round_ = a_round(state=State.PARKED, reason=reason)
    round_.accounts.granted = account
    assert round_.sweep() == done(resumed=state is State.SENDING)
    assert round_.head().state is state
    went_on = ("", MONDAY_MORNING) if state is State.SENDING else (reason, None)
    assert (round_.head().reason, round_.head().moved_at) == went_on


def test_a_mailing_that_fails_does_not_keep_the_others_from_their_turn() -> None:
    bad, good = a_mailing(issue="2016-12-05"), a_mailing(issue="2016-12-12")
    round_ = Round(FakeLedger().add(bad, good))
    start = round_.start

    def failing(mailing_id: str) -> Outcome:
        if mailing_id == bad.id:
            raise RuntimeError("no such table")
        return start(mailing_id)

    round_.start = failing  # type: ignore[method-assign]  # a port of this test
    with pytest.raises(ExceptionGroup) as caught:
        round_.sweep()
    assert [str(error) for error in caught.value.exceptions] == ["no such table"]
    assert round_.begun == [good.id]


@pytest.mark.parametrize("state", [State.HELD, State.SENDING, State.PAUSED, State.PARKED, State.STOPPED])
def test_a_mailing_ends_before_it_is_forgotten_who_was_mailed(state: State) -> None:
    round_ = a_round(closed(), state=state, due_at=MONDAY_MORNING)
    round_.clock.move(LONGEST_MAILING - timedelta(hours=1))
    round_.sweep()
    assert round_.head().state is not State.CANCELLED

    round_.clock.move(timedelta(hours=1))
    orders = round_.numbers()
    round_.sweep()

    assert round_.head().state is State.CANCELLED
    assert round_.numbers() == orders


def test_what_a_worker_asked_for_halts_the_mailing_and_editors_hear_of_it_at_once() -> None:
    round_ = a_round(open_chunk("waiting"))
    round_.ledger.ask_to_halt(MAILING, Halt("BODY_CHANGED", MONDAY_MORNING))

    assert round_.sweep() == done(stopped=1)

    assert (round_.head().state, round_.head().reason) == (State.STOPPED, "BODY_CHANGED")
    assert (round_.alerts, round_.waiting) == (["stopped: BODY_CHANGED"], [1])
    assert (round_.numbers(), round_.ledger.halts) == ([], {})


def test_a_request_from_before_the_mailing_went_on_is_dropped_and_it_goes_on() -> None:
    round_ = a_round(open_chunk("waiting"), moved_at=MONDAY_MORNING)
    round_.ledger.ask_to_halt(MAILING, Halt("NOT_VERIFIED", MONDAY_MORNING - timedelta(seconds=1)))

    assert round_.sweep()["stopped"] == 0

    assert (round_.head().state, round_.ledger.halts) == (State.SENDING, {})


def test_what_publishing_asked_for_is_held_before_mailings_are_looked_after() -> None:
    round_ = Round(FakeLedger())
    round_.requests.ask_to_hold("2016-12-05", "en", MONDAY_MORNING, confirmed=False)

    assert round_.sweep() == done(begun=1)

    assert (list(round_.ledger.mailings), round_.begun, round_.requests.asked) == ([MAILING], [MAILING], {})

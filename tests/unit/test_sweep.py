"""Every minute: begin what is due, put lost orders again, end what is complete."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from broadsheet.mailings.mailing import Mailing, State
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.start import Outcome
from broadsheet.mailings.sweep import Sweep
from tests.builders import a_mailing
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.mailings import ChunkEntry, FakeDeliveries, FakeLedger

MAILING = "2016-12-05_en"
NOW = int(MONDAY_MORNING.timestamp())
RAN_OUT, RUNS = NOW - 601, NOW + 60


@dataclass
class Round:
    """A sweep over a ledger; `begun` are the mailings that it tried to begin."""

    ledger: FakeLedger
    outcome: Outcome = Outcome.BEGUN
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    begun: list[str] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)

    def start(self, mailing_id: str) -> Outcome:
        self.begun.append(mailing_id)
        return self.outcome

    def sweep(self) -> dict[str, int]:
        return Sweep(self.ledger, self.deliveries, self.start, self.clock)()


def a_round(*chunks: ChunkEntry, mailing: Mailing | None = None) -> Round:
    """A mailing that is sending, with these chunks claimed of three."""
    sending = mailing or a_mailing(state=State.SENDING, chunk_count=3)
    entries = {(sending.id, number): chunk for number, chunk in enumerate(chunks)}
    return Round(FakeLedger({sending.id: sending}, entries))


def closed() -> ChunkEntry:
    return ChunkEntry(attempt=1, members={"a": "accepted"}, closed=True)


def open_chunk(*standings: str, leased_until: int = RAN_OUT) -> ChunkEntry:
    return ChunkEntry(1, leased_until, {str(number): standing for number, standing in enumerate(standings)})


def done(**changes: int) -> dict[str, int]:
    return {"begun": 0, "ended": 0, "orders": 0, **changes}


def test_a_held_mailing_is_begun_when_it_is_due() -> None:
    round_ = Round(FakeLedger().add(a_mailing()))
    assert (round_.sweep(), round_.begun) == (done(begun=1), [MAILING])


def test_a_held_mailing_that_is_not_due_is_not_counted() -> None:
    round_ = Round(FakeLedger().add(a_mailing()), Outcome.NOT_DUE)
    assert (round_.sweep(), round_.begun) == (done(), [MAILING])


def test_mailings_that_have_ended_are_left_alone() -> None:
    ended = [state for state in State if state not in (State.HELD, State.SENDING)]
    mailings = [
        a_mailing(issue=f"2016-12-{day}", state=state) for day, state in zip("123456", ended, strict=False)
    ]
    round_ = Round(FakeLedger().add(*mailings))
    assert (round_.sweep(), round_.begun, round_.deliveries.orders) == (done(), [], [])


def test_an_order_is_put_again_for_a_silent_chunk_with_members_waiting() -> None:
    round_ = a_round(open_chunk("accepted", "waiting"), closed(), open_chunk("waiting"))
    assert round_.sweep() == done(orders=2)
    assert round_.deliveries.orders == [ChunkOrder(MAILING, 0), ChunkOrder(MAILING, 2)]


def test_no_order_is_put_while_somebody_works_on_the_chunk() -> None:
    round_ = a_round(open_chunk("waiting", leased_until=RUNS))
    assert (round_.sweep(), round_.deliveries.orders) == (done(), [])
    round_.clock.move(timedelta(seconds=661))
    assert round_.sweep() == done(orders=1)


def test_no_order_is_put_for_members_who_are_only_in_doubt() -> None:
    round_ = a_round(open_chunk("accepted", "in doubt"))
    assert (round_.sweep(), round_.deliveries.orders) == (done(), [])


def test_a_mailing_ends_when_all_its_chunks_are_closed() -> None:
    round_ = a_round(closed(), closed(), closed())
    assert round_.sweep() == done(ended=1)
    assert round_.ledger.mailings[MAILING].state is State.DONE
    assert round_.ledger.ended == {MAILING: MONDAY_MORNING}


def test_a_mailing_does_not_end_before_every_chunk_was_claimed() -> None:
    round_ = a_round(closed(), closed())
    assert round_.sweep() == done()
    assert round_.ledger.mailings[MAILING].state is State.SENDING


def test_a_mailing_does_not_end_while_anybody_is_in_doubt() -> None:
    round_ = a_round(closed(), closed(), open_chunk("in doubt"))
    assert round_.sweep() == done()
    assert round_.ledger.mailings[MAILING].state is State.SENDING


def test_a_second_sweep_finds_nothing_more_to_do() -> None:
    round_ = a_round(closed(), closed(), closed())
    round_.sweep()
    assert (round_.sweep(), round_.deliveries.orders) == (done(), [])


def test_orders_of_chunks_that_nobody_claimed_are_put_again_when_nothing_moves() -> None:
    round_ = a_round(closed(), mailing=a_mailing(state=State.SENDING, chunk_count=3, due_at=MONDAY_MORNING))
    round_.clock.move(timedelta(minutes=10))
    assert round_.sweep() == done()
    round_.clock.move(timedelta(seconds=1))
    assert round_.sweep() == done(orders=2)
    assert round_.deliveries.orders == [ChunkOrder(MAILING, 1), ChunkOrder(MAILING, 2)]


def test_while_some_chunk_is_worked_on_the_others_just_wait_for_their_turn() -> None:
    round_ = a_round(open_chunk("waiting", leased_until=NOW + 60))
    round_.clock.move(timedelta(minutes=10, seconds=30))
    assert round_.sweep() == done()


def test_a_mailing_that_fails_does_not_keep_the_others_from_their_turn() -> None:
    bad, good = a_mailing(issue="2016-12-05"), a_mailing(issue="2016-12-12")
    round_ = Round(FakeLedger().add(bad, good))

    def start(mailing_id: str) -> Outcome:
        if mailing_id == bad.id:
            raise RuntimeError("no such table")
        return round_.start(mailing_id)

    with pytest.raises(ExceptionGroup) as caught:
        Sweep(round_.ledger, round_.deliveries, start, round_.clock)()
    assert [str(error) for error in caught.value.exceptions] == ["no such table"]
    assert round_.begun == [good.id]

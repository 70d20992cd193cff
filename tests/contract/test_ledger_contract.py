"""What `Ledger` promises about the heads of mailings, kept by the fake and by DynamoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from broadsheet.mailings.mailing import State
from broadsheet.mailings.ports import Ledger
from tests.builders import a_mailing

NOW = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
HELD = a_mailing()
SENDING = a_mailing(state=State.SENDING, chunk_count=2)


def state_of(ledger: Ledger) -> State | None:
    mailing = ledger.mailing(HELD.id)
    return mailing.state if mailing else None


def test_an_empty_ledger_has_nothing(ledger: Ledger) -> None:
    assert ledger.mailing(HELD.id) is None
    assert ledger.unfinished() == []
    assert ledger.chunks(HELD.id) == []


def test_a_held_mailing_keeps_its_first_time(ledger: Ledger) -> None:
    assert ledger.hold(HELD) == HELD
    assert ledger.hold(replace(HELD, due_at=LATER)) == HELD

    assert ledger.mailing(HELD.id) == HELD


def test_beginning_freezes_what_is_sent_once(ledger: Ledger) -> None:
    ledger.hold(HELD)

    assert ledger.begin(SENDING)
    assert not ledger.begin(replace(SENDING, revision="another", chunk_count=7))

    assert ledger.mailing(HELD.id) == SENDING


def test_a_mailing_that_nobody_held_does_not_begin(ledger: Ledger) -> None:
    assert not ledger.begin(SENDING)

    assert ledger.mailing(HELD.id) is None


def test_a_mailing_ends_once_and_only_from_sending(ledger: Ledger) -> None:
    ledger.end(HELD.id, State.DONE, NOW)
    assert state_of(ledger) is None
    ledger.hold(HELD)
    ledger.end(HELD.id, State.DONE, NOW)
    assert state_of(ledger) is State.HELD
    ledger.begin(SENDING)
    ledger.end(HELD.id, State.STOPPED, NOW)
    ledger.end(HELD.id, State.DONE, LATER)
    assert state_of(ledger) is State.STOPPED


def test_a_mailing_that_ended_is_neither_held_nor_begun_again(ledger: Ledger) -> None:
    ledger.hold(HELD)
    ledger.begin(SENDING)
    ledger.end(HELD.id, State.DONE, NOW)

    assert ledger.hold(HELD) == replace(SENDING, state=State.DONE)
    assert not ledger.begin(SENDING)


def test_unfinished_are_those_held_or_sending(ledger: Ledger) -> None:
    other, third = a_mailing(audience="be-ru"), a_mailing(issue="2016-11-28")
    for mailing in (HELD, other, third):
        ledger.hold(mailing)
    ledger.begin(SENDING)
    ledger.begin(replace(third, state=State.SENDING))
    ledger.end(third.id, State.DONE, NOW)

    found = {mailing.id: mailing for mailing in ledger.unfinished()}

    assert found == {SENDING.id: SENDING, other.id: other}


def test_a_held_mailing_is_withdrawn_with_the_time_that_it_had(ledger: Ledger) -> None:
    ledger.hold(HELD)

    assert ledger.withdraw(HELD.id) == replace(HELD, state=State.WITHDRAWN)
    assert ledger.withdraw(HELD.id) == replace(HELD, state=State.WITHDRAWN)

    assert ledger.mailing(HELD.id) == replace(HELD, state=State.WITHDRAWN)
    assert ledger.unfinished() == []
    assert not ledger.begin(SENDING)


def test_a_mailing_that_nobody_held_cannot_be_withdrawn(ledger: Ledger) -> None:
    assert ledger.withdraw(HELD.id) is None
    assert ledger.mailing(HELD.id) is None


def test_a_mailing_that_has_begun_or_ended_is_not_withdrawn(ledger: Ledger) -> None:
    ledger.hold(HELD)
    ledger.begin(SENDING)
    assert ledger.withdraw(HELD.id) == SENDING
    ledger.end(HELD.id, State.DONE, NOW)
    assert ledger.withdraw(HELD.id) == replace(SENDING, state=State.DONE)


def test_a_withdrawn_mailing_is_held_anew_with_a_new_time_and_begins_then(ledger: Ledger) -> None:
    ledger.hold(HELD)
    ledger.withdraw(HELD.id)
    again = replace(HELD, due_at=LATER)

    assert ledger.hold(again) == again
    assert ledger.hold(HELD) == again
    assert ledger.mailing(HELD.id) == again
    assert ledger.unfinished() == [again]

    assert ledger.begin(SENDING)
    assert ledger.mailing(HELD.id) == replace(SENDING, due_at=LATER)


def test_withdrawing_one_audiences_mailing_leaves_the_others(ledger: Ledger) -> None:
    other = a_mailing(audience="be-ru")
    ledger.hold(HELD)
    ledger.hold(other)
    ledger.withdraw(HELD.id)
    assert ledger.unfinished() == [other]

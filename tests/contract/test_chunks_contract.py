"""What `Ledger` promises about chunks: lease, fence and balance, kept by the fake and by DynamoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.ledger_items import chunk_key
from broadsheet.mailings.mailing import Chunk, MailingState
from broadsheet.mailings.ports import (
    TIMES_FORGOTTEN_AT_ONCE,
    LeasedError,
    Ledger,
    StaleAttemptError,
)
from tests.builders import a_mailing

NOW = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
LEASE_SECONDS = 120
LEASE_ENDS = NOW + timedelta(seconds=LEASE_SECONDS)
LATER = LEASE_ENDS + timedelta(seconds=1)
HELD = a_mailing()
ANA, BO, CY = "a" * 32, "b" * 32, "c" * 32
BOTH_WAIT = {ANA: "waiting", BO: "waiting"}


def claimed(ledger: Ledger, now: datetime = NOW, number: int = 0) -> Chunk:
    """Arrange a lease."""
    chunk = ledger.claim(HELD.id, number, now, LEASE_SECONDS)
    assert chunk is not None
    return chunk


def a_leased_chunk(**changes: Any) -> Chunk:
    """A chunk that was claimed `NOW`."""
    return Chunk(**{"mailing": HELD.id, "number": 0, "attempt": 1, "leased_until": LEASE_ENDS, **changes})


def closed_chunks(ledger: Ledger, count: int) -> None:
    """Arrange closed chunks; in DynamoDB all but the first are copies of its item."""
    worked_off = 1 if isinstance(ledger, DynamoDBLedger) else count
    for number in range(worked_off):
        ledger.finish(ledger.freeze(claimed(ledger, number=number), {}, NOW), {}, NOW)
    if worked_off < count:
        first = ledger.table.get(chunk_key(HELD.id, 0))
        with ledger.table.batch_writer() as batch:
            for number in range(1, count):
                batch.put_item(Item={**first, **chunk_key(HELD.id, number)})


def events_of(**words: set[str]) -> dict[str, frozenset[str]]:
    """The recorded events of ana, bo and cy."""
    names = {"ana": ANA, "bo": BO, "cy": CY}
    return {names[name]: frozenset(known) for name, known in words.items()}


def test_the_first_claim_is_attempt_one_and_knows_no_members(ledger: Ledger) -> None:
    assert ledger.claim(HELD.id, 0, NOW, LEASE_SECONDS) == a_leased_chunk()

    assert ledger.chunks(HELD.id) == [a_leased_chunk()]


def test_a_split_is_stored_with_the_members_by_the_worker_that_has_the_chunk(ledger: Ledger) -> None:
    late = claimed(ledger)
    chunk = claimed(ledger, LATER)

    with pytest.raises(StaleAttemptError):
        ledger.freeze(replace(late, parts=63), {ANA: "waiting"})
    ledger.freeze(replace(chunk, parts=9), BOTH_WAIT)
    ledger.finish(ledger.record(replace(chunk, parts=9, members=BOTH_WAIT), {ANA: "accepted"}), {}, LATER)

    (stored,) = ledger.chunks(HELD.id)
    assert (stored.parts, stored.members) == (9, {ANA: "accepted", BO: "waiting"})
    assert claimed(ledger, LATER + timedelta(seconds=1)).parts == 9


def test_nobody_else_gets_a_chunk_while_the_lease_runs(ledger: Ledger) -> None:
    claimed(ledger)

    with pytest.raises(LeasedError):
        ledger.claim(HELD.id, 0, NOW, LEASE_SECONDS)
    with pytest.raises(LeasedError):
        ledger.claim(HELD.id, 0, LEASE_ENDS, LEASE_SECONDS)

    assert claimed(ledger, number=1) == a_leased_chunk(number=1)


def test_after_the_lease_the_next_attempt_sees_the_status_of_every_member(ledger: Ledger) -> None:
    ledger.freeze(claimed(ledger), {ANA: "in doubt", BO: "waiting"}, NOW)
    ledger.record_events(HELD.id, 0, {ANA: {"send"}})

    chunk = claimed(ledger, LATER)
    assert (chunk.attempt, chunk.leased_until) == (2, LATER + timedelta(seconds=LEASE_SECONDS))
    assert (chunk.members, chunk.called_at) == ({ANA: "in doubt", BO: "waiting"}, NOW)
    assert chunk.events == events_of(ana={"send"})


def test_members_are_frozen_with_their_status_and_the_time_of_the_call(ledger: Ledger) -> None:
    members = {ANA: "in doubt", BO: "refused:SEAL_BROKEN"}

    frozen = ledger.freeze(claimed(ledger), members, NOW)

    assert frozen == a_leased_chunk(members=members, called_at=NOW)
    assert ledger.chunks(HELD.id) == [frozen]


def test_members_can_be_frozen_without_a_call(ledger: Ledger) -> None:
    assert ledger.freeze(claimed(ledger), {}) == a_leased_chunk(members={})

    chunk = claimed(ledger, LATER)
    assert (chunk.attempt, chunk.members, chunk.called_at) == (2, {}, None)


def test_records_add_up_to_the_members(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), {**BOTH_WAIT, CY: "waiting"})

    chunk = ledger.record(chunk, {ANA: "in doubt", BO: "in doubt"}, at=NOW)
    chunk = ledger.record(chunk, {ANA: "accepted", BO: "refused:MESSAGE_REJECTED", CY: "in doubt"}, at=LATER)

    members = {ANA: "accepted", BO: "refused:MESSAGE_REJECTED", CY: "in doubt"}
    assert (chunk.members, chunk.called_at) == (members, LATER)
    assert ledger.chunks(HELD.id) == [a_leased_chunk(members=members, called_at=LATER)]


def test_a_member_mailed_again_after_a_timeout_is_counted_each_time(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), {ANA: "in doubt", BO: "in doubt"}, NOW)

    chunk = ledger.record(chunk, BOTH_WAIT, timed_out=2)
    ledger.record(chunk, {ANA: "waiting"}, timed_out=1)

    assert ledger.chunks(HELD.id)[0].timed_out == 3


def test_recording_nothing_changes_nothing(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), {ANA: "waiting"})

    assert ledger.record(chunk, {}) == chunk

    assert ledger.chunks(HELD.id) == [a_leased_chunk(members={ANA: "waiting"})]


def test_a_chunk_with_nobody_left_is_closed_and_never_claimed_again(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), {ANA: "waiting", BO: "refused:X", CY: "skipped"})

    assert ledger.finish(chunk, {ANA: "accepted"}, NOW).members == {
        ANA: "accepted",
        BO: "refused:X",
        CY: "skipped",
    }

    assert ledger.claim(HELD.id, 0, NOW, LEASE_SECONDS) is None
    assert ledger.claim(HELD.id, 0, LATER, LEASE_SECONDS) is None
    [state] = ledger.chunks(HELD.id)
    assert (state.closed, state.leased_until, state.counts["accepted"]) == (True, LEASE_ENDS, 1)


@pytest.mark.parametrize("status", ["waiting", "in doubt"])
def test_a_chunk_with_somebody_left_is_released_and_can_be_claimed_at_once(
    ledger: Ledger, status: str
) -> None:
    chunk = ledger.freeze(claimed(ledger), BOTH_WAIT)

    ledger.finish(chunk, {ANA: "accepted", BO: status}, NOW)

    assert ledger.chunks(HELD.id)[0].leased_until == NOW - timedelta(seconds=1)
    assert claimed(ledger, NOW) == a_leased_chunk(attempt=2, members={ANA: "accepted", BO: status})


def test_a_chunk_without_members_is_closed(ledger: Ledger) -> None:
    ledger.finish(ledger.freeze(claimed(ledger), {}), {}, NOW)

    assert ledger.chunks(HELD.id) == [a_leased_chunk(members={}, closed=True)]


def test_a_worker_that_was_overtaken_can_write_nothing_any_more(ledger: Ledger) -> None:
    slow = claimed(ledger)
    quick = ledger.freeze(claimed(ledger, LATER), {ANA: "waiting"})

    with pytest.raises(StaleAttemptError):
        ledger.freeze(slow, {BO: "in doubt"}, NOW)
    with pytest.raises(StaleAttemptError):
        ledger.record(slow, {ANA: "accepted"}, at=NOW)
    with pytest.raises(StaleAttemptError):
        ledger.record(slow, {ANA: "waiting"}, timed_out=1)
    with pytest.raises(StaleAttemptError):
        ledger.finish(slow, {}, NOW)

    assert ledger.record(quick, {ANA: "skipped"}).members == {ANA: "skipped"}


def test_chunks_are_listed_by_number_and_by_mailing(ledger: Ledger) -> None:
    for number in (10, 9, 100):
        claimed(ledger, number=number)
    ledger.claim(a_mailing(audience="be-ru").id, 1, NOW, LEASE_SECONDS)
    ledger.mark(HELD.id, "bounce", [ANA])
    ledger.mark(HELD.id, "complaint", [ANA])

    assert [chunk.number for chunk in ledger.chunks(HELD.id)] == [9, 10, 100]
    assert [chunk.number for chunk in ledger.chunks(HELD.id, 10)] == [10, 100]
    assert [chunk.number for chunk in ledger.chunks(HELD.id, 9, 11)] == [9, 10]
    assert ledger.chunks(HELD.id, 101) == []


def test_every_event_of_a_member_is_kept_once(ledger: Ledger) -> None:
    ledger.freeze(claimed(ledger), {ANA: "in doubt", BO: "waiting"})

    assert ledger.record_events(HELD.id, 0, {ANA: {"send", "delivery"}, BO: {"send"}})
    assert ledger.record_events(HELD.id, 0, {ANA: {"delivery"}, BO: {"rendering-failure"}})
    assert ledger.record_events(HELD.id, 0, {ANA: {"complaint"}})

    expected = events_of(ana={"send", "delivery", "complaint"}, bo={"send", "rendering-failure"})
    [state] = ledger.chunks(HELD.id)
    assert (state.events, state.members) == (expected, {ANA: "in doubt", BO: "waiting"})


def test_events_of_a_whole_chunk_are_kept(ledger: Ledger) -> None:
    people = [f"{number:032x}" for number in range(160)]
    ledger.freeze(claimed(ledger), dict.fromkeys(people, "in doubt"), NOW)

    ledger.record_events(HELD.id, 0, {person: {"send", "delivery"} for person in people})

    assert ledger.chunks(HELD.id)[0].events == dict.fromkeys(people, frozenset({"send", "delivery"}))


def test_the_answers_for_a_whole_chunk_are_one_write(ledger: Ledger) -> None:
    people = [f"{number:032x}" for number in range(160)]
    chunk = ledger.freeze(claimed(ledger), dict.fromkeys(people, "in doubt"), NOW)

    ledger.finish(chunk, dict.fromkeys(people, "accepted"), NOW)

    assert ledger.chunks(HELD.id)[0].counts["accepted"] == 160


def test_events_that_came_before_a_worker_s_writes_stay(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), {ANA: "in doubt"}, NOW)
    ledger.record_events(HELD.id, 0, {ANA: {"send"}})

    ledger.finish(ledger.record(chunk, {ANA: "accepted"}), {}, NOW)

    assert ledger.chunks(HELD.id)[0].events == events_of(ana={"send"})


def test_an_event_about_a_chunk_that_does_not_exist_is_dropped(ledger: Ledger) -> None:
    assert not ledger.record_events(HELD.id, 0, {ANA: {"delivery"}})
    assert ledger.chunks(HELD.id) == []
    claimed(ledger)
    assert not ledger.record_events(HELD.id, 0, {ANA: {"delivery"}})

    assert ledger.chunks(HELD.id)[0].events == {}


def refused(ledger: Ledger, members: dict[str, str]) -> Chunk:
    """The only chunk of a mailing that is done, as its last worker read it."""
    ledger.hold(HELD)
    ledger.begin(a_mailing(state=MailingState.SENDING))
    chunk = ledger.freeze(claimed(ledger), members)
    ledger.finish(chunk, {}, NOW)
    head = ledger.mailing(HELD.id)
    assert head is not None
    assert ledger.advance(head, 1, {"members": len(members)})
    ledger.end(head, NOW)
    return chunk


def test_a_chunk_is_opened_again_for_those_who_were_refused(ledger: Ledger) -> None:
    stale = refused(ledger, {ANA: "accepted", BO: "refused:FAILED", CY: "refused:X"})

    assert ledger.reopen(HELD.id, 0, {BO: "refused:FAILED"}, NOW)

    reopened = ledger.mailing(HELD.id)
    assert reopened is not None
    assert (reopened.watermark, reopened.totals, reopened.moved_at) == (0, {}, NOW)
    with pytest.raises(StaleAttemptError):
        ledger.finish(stale, {}, NOW)
    members = {ANA: "accepted", BO: "waiting", CY: "refused:X"}
    assert claimed(ledger) == a_leased_chunk(attempt=3, members=members)


def test_a_whole_chunk_is_opened_again(ledger: Ledger) -> None:
    """More members than one expression of DynamoDB may name."""
    everybody = {f"{number:032x}": f"refused:{'FAILED' if number % 2 else 'X'}" for number in range(230)}
    refused(ledger, everybody)

    assert ledger.reopen(HELD.id, 0, everybody, NOW)

    assert claimed(ledger).members == dict.fromkeys(everybody, "waiting")


def test_no_chunk_is_opened_below_a_sweep_that_counts_them(ledger: Ledger) -> None:
    """Two operators resend at once: the mailing continues for the first, and its chunks are being counted."""
    refused(ledger, {ANA: "refused:FAILED"})
    ledger.move(HELD.id, [MailingState.DONE], MailingState.SENDING, NOW)

    assert not ledger.reopen(HELD.id, 0, {ANA: "refused:FAILED"}, NOW)

    head = ledger.mailing(HELD.id)
    assert head is not None
    assert head.watermark == 1
    assert ledger.chunks(HELD.id)[0].closed


def test_a_member_whose_status_has_changed_is_not_set_to_waiting_again(ledger: Ledger) -> None:
    """Two who resend, one of them by what the ledger said before the other's mails went."""
    refused(ledger, {ANA: "accepted", BO: "refused:FAILED"})

    assert not ledger.reopen(HELD.id, 0, {ANA: "refused:FAILED", BO: "refused:FAILED"}, NOW)

    (chunk,) = ledger.chunks(HELD.id)
    assert (chunk.closed, chunk.members) == (True, {ANA: "accepted", BO: "refused:FAILED"})


def test_the_times_of_chunks_are_deleted_and_the_statuses_of_members_are_not(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), {ANA: "in doubt", BO: "waiting"}, NOW)
    ledger.finish(chunk, {ANA: "accepted", BO: "skipped"}, NOW)
    mailing = a_mailing(state=MailingState.DONE, chunk_count=2)

    assert ledger.forget_times(mailing, LATER)
    assert ledger.forget_times(mailing, LATER)

    [kept] = ledger.chunks(HELD.id)
    assert (kept.has_times, kept.closed, kept.members) == (False, True, {ANA: "accepted", BO: "skipped"})


def test_the_times_of_a_chunk_with_a_running_lease_stay(ledger: Ledger) -> None:
    ledger.freeze(claimed(ledger), {ANA: "in doubt"}, NOW)

    ledger.forget_times(a_mailing(chunk_count=1), NOW)

    [kept] = ledger.chunks(HELD.id)
    assert (kept.leased_until, kept.called_at) == (LEASE_ENDS, NOW)


def test_a_chunk_whose_times_are_forgotten_can_be_claimed_if_it_is_open(ledger: Ledger) -> None:
    ledger.finish(ledger.freeze(claimed(ledger), BOTH_WAIT, NOW), {ANA: "accepted"}, NOW)
    ledger.forget_times(a_mailing(chunk_count=1), LATER)

    assert claimed(ledger, LATER).members == {ANA: "accepted", BO: "waiting"}


def test_times_are_deleted_in_parts_however_many_chunks_there_are(ledger: Ledger) -> None:
    mailing = a_mailing(state=MailingState.DONE, chunk_count=TIMES_FORGOTTEN_AT_ONCE + 1)
    closed_chunks(ledger, mailing.chunk_count)

    assert [ledger.forget_times(mailing, LATER) for _ in range(2)] == [False, True]
    assert not any(chunk.has_times for chunk in ledger.chunks(HELD.id))

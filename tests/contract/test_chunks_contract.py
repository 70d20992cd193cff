"""What `Ledger` promises about chunks: lease, fence and balance, kept by the fake and by DynamoDB."""

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.mailings.mailing import Chunk
from broadsheet.mailings.ports import ChunkState, LeasedError, Ledger, StaleAttemptError
from tests.builders import a_mailing
from tests.fakes.mailings import FakeLedger

NOW = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
LEASE_SECONDS = 120
LEASE_ENDS = NOW + timedelta(seconds=LEASE_SECONDS)
LATER = LEASE_ENDS + timedelta(seconds=1)
HELD = a_mailing()
ANA, BO, CY = "a" * 32, "b" * 32, "c" * 32


def claimed(ledger: Ledger, now: datetime = NOW, number: int = 0) -> Chunk:
    """Arrange a lease."""
    chunk = ledger.claim(HELD.id, number, now, LEASE_SECONDS)
    assert chunk is not None
    return chunk


def counts(**standings: int) -> dict[str, int]:
    """Counts, nobody where nothing is said."""
    words = ("members", "waiting", "in_doubt", "accepted", "refused", "skipped")
    return {word: standings.get(word, 0) for word in words}


def afterwards(ledger: Ledger) -> dict[str, str]:
    """What SES said later about the members of chunk 0; no port reads it yet."""
    if isinstance(ledger, FakeLedger):
        return ledger.entries[HELD.id, 0].afterwards
    assert isinstance(ledger, DynamoDBLedger)
    item = ledger.table.get_item(Key={"mailing": HELD.id, "entry": "chunk#000000"})["Item"]
    return item["afterwards"]  # type: ignore[return-value]  # a map of strings


def test_the_first_claim_is_attempt_one_and_knows_no_members(ledger: Ledger) -> None:
    assert ledger.claim(HELD.id, 0, NOW, LEASE_SECONDS) == Chunk(HELD.id, 0, 1)

    assert ledger.chunks(HELD.id) == [ChunkState(0, closed=False, leased_until=LEASE_ENDS, counts=counts())]


def test_nobody_else_gets_a_chunk_while_the_lease_runs(ledger: Ledger) -> None:
    claimed(ledger)

    with pytest.raises(LeasedError):
        ledger.claim(HELD.id, 0, NOW, LEASE_SECONDS)
    with pytest.raises(LeasedError):
        ledger.claim(HELD.id, 0, LEASE_ENDS, LEASE_SECONDS)

    assert claimed(ledger, number=1) == Chunk(HELD.id, 1, 1)


def test_after_the_lease_the_next_attempt_sees_where_everybody_stands(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), [ANA, BO])
    ledger.record(chunk, {ANA: "in doubt"})

    assert claimed(ledger, LATER) == Chunk(HELD.id, 0, 2, {ANA: "in doubt", BO: "waiting"})


def test_members_are_frozen_as_waiting(ledger: Ledger) -> None:
    chunk = claimed(ledger)

    frozen = ledger.freeze(chunk, [ANA, BO])

    assert frozen == Chunk(HELD.id, 0, 1, {ANA: "waiting", BO: "waiting"})
    assert ledger.chunks(HELD.id) == [ChunkState(0, False, LEASE_ENDS, counts(members=2, waiting=2))]


def test_records_add_up_to_the_members(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), [ANA, BO, CY])

    chunk = ledger.record(chunk, {ANA: "in doubt", BO: "in doubt"})
    chunk = ledger.record(chunk, {ANA: "accepted", BO: "refused:MESSAGE_REJECTED"})

    assert chunk.members == {ANA: "accepted", BO: "refused:MESSAGE_REJECTED", CY: "waiting"}
    added = counts(members=3, accepted=1, refused=1, waiting=1)
    assert ledger.chunks(HELD.id) == [ChunkState(0, False, LEASE_ENDS, added)]


def test_recording_nothing_changes_nothing(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), [ANA])

    assert ledger.record(chunk, {}) == chunk

    assert ledger.chunks(HELD.id) == [ChunkState(0, False, LEASE_ENDS, counts(members=1, waiting=1))]


def test_a_closed_chunk_is_never_claimed_again(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), [ANA])

    ledger.record(chunk, {ANA: "accepted"}, close=True)

    assert ledger.claim(HELD.id, 0, NOW, LEASE_SECONDS) is None
    assert ledger.claim(HELD.id, 0, LATER, LEASE_SECONDS) is None
    closed = ChunkState(0, closed=True, leased_until=LEASE_ENDS, counts=counts(members=1, accepted=1))
    assert ledger.chunks(HELD.id) == [closed]


def test_a_chunk_without_members_can_be_closed(ledger: Ledger) -> None:
    chunk = ledger.freeze(claimed(ledger), [])

    ledger.record(chunk, {}, close=True)

    assert ledger.chunks(HELD.id) == [ChunkState(0, True, LEASE_ENDS, counts())]


def test_a_worker_that_was_overtaken_can_write_nothing_any_more(ledger: Ledger) -> None:
    slow = claimed(ledger)
    quick = ledger.freeze(claimed(ledger, LATER), [ANA])

    with pytest.raises(StaleAttemptError):
        ledger.freeze(slow, [BO])
    with pytest.raises(StaleAttemptError):
        ledger.record(slow, {ANA: "accepted"})
    with pytest.raises(StaleAttemptError):
        ledger.record(slow, {}, close=True)

    assert ledger.record(quick, {ANA: "skipped"}).members == {ANA: "skipped"}


def test_chunks_are_listed_by_number_and_by_mailing(ledger: Ledger) -> None:
    for number in (10, 9, 100):
        claimed(ledger, number=number)
    ledger.claim(a_mailing(audience="be-ru").id, 1, NOW, LEASE_SECONDS)

    assert [chunk.number for chunk in ledger.chunks(HELD.id)] == [9, 10, 100]


def test_the_latest_word_about_a_member_is_kept(ledger: Ledger) -> None:
    ledger.freeze(claimed(ledger), [ANA, BO])

    for word in ("send", "delivery", "complaint"):
        ledger.note(HELD.id, 0, ANA, word)

    assert afterwards(ledger) == {ANA: "complaint"}
    assert ledger.chunks(HELD.id) == [ChunkState(0, False, LEASE_ENDS, counts(members=2, waiting=2))]


def test_a_word_about_somebody_unknown_is_dropped(ledger: Ledger) -> None:
    ledger.note(HELD.id, 0, ANA, "delivery")
    assert ledger.chunks(HELD.id) == []
    claimed(ledger)
    ledger.note(HELD.id, 0, ANA, "delivery")
    ledger.freeze(claimed(ledger, LATER), [ANA])
    ledger.note(HELD.id, 0, BO, "delivery")
    ledger.note(HELD.id, 1, ANA, "delivery")

    assert afterwards(ledger) == {}

"""A mailing's members are forgotten after ninety days, even if DynamoDB deletes late; the counts stay."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_heads import DynamoDBHeads
from broadsheet.mailings.mailing import MailingState
from broadsheet.retention import LEDGER_DETAILS
from tests.builders import SUBSCRIBER_ID, a_mailing
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.from_template import create_tables

HOUR = timedelta(hours=1)
LAST_DAY = MONDAY_MORNING.replace(hour=0, minute=0, second=0) + LEDGER_DETAILS
MAILING = a_mailing(state=MailingState.SENDING)
COUNTS = {"members": 1, "accepted": 1}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ledger(aws: dict[str, Any], clock: FakeClock) -> DynamoDBLedger:
    """A mailing with one member, who got it and complained; DynamoDB itself forgets nothing here."""
    ledger = DynamoDBLedger(create_tables(aws, ["LedgerTable"])["LedgerTable"], clock)
    ledger.hold(a_mailing())
    ledger.begin(MAILING)
    chunk = ledger.claim(MAILING.id, 0, clock(), 120)
    assert chunk is not None
    ledger.finish(ledger.freeze(chunk, {SUBSCRIBER_ID: "in doubt"}), {SUBSCRIBER_ID: "accepted"}, clock())
    ledger.record_events(MAILING.id, 0, {SUBSCRIBER_ID: {"delivery"}})
    ledger.mark(MAILING.id, "complaint", [SUBSCRIBER_ID])
    ledger.advance(MAILING, 1, COUNTS)
    ledger.end(MAILING, clock())
    return ledger


def test_nothing_expires_before_its_last_day_begins(ledger: DynamoDBLedger, clock: FakeClock) -> None:
    heads = DynamoDBHeads(ledger.table, clock)
    clock.now = LAST_DAY - HOUR

    [chunk] = ledger.chunks(MAILING.id)
    assert (chunk.closed, chunk.members) == (True, {SUBSCRIBER_ID: "accepted"})
    assert ledger.marks(MAILING.id) == {"bounce": 0, "complaint": 1}
    assert heads.events_of(MAILING, SUBSCRIBER_ID) == {"delivery"}


def test_after_that_only_the_counts_exist(ledger: DynamoDBLedger, clock: FakeClock) -> None:
    heads, ended_at = DynamoDBHeads(ledger.table, clock), clock()
    clock.now = LAST_DAY

    assert ledger.chunks(MAILING.id) == []
    assert ledger.marks(MAILING.id) == {"bounce": 0, "complaint": 0}
    assert heads.events_of(MAILING, SUBSCRIBER_ID) == frozenset()
    clock.move(24 * HOUR)
    assert heads.latest("en", MAILING.issue, 3) == []
    kept = replace(MAILING, state=MailingState.DONE, watermark=1, totals=COUNTS, ended_at=ended_at)
    assert ledger.mailing(MAILING.id) == kept


def test_everything_that_names_a_member_lapses_and_nothing_else(
    ledger: DynamoDBLedger, clock: FakeClock
) -> None:
    items: list[dict[str, Any]] = ledger.table.scan()["Items"]
    naming = [item for item in items if SUBSCRIBER_ID in repr(item)]
    end = int(LAST_DAY.timestamp())  # no time to the second shows when a reader was mailed or complained
    assert {(item["entry"].partition("#")[0], int(item["expires_at"])) for item in naming} == {
        ("chunk", end),
        ("complaint", end),
    }
    assert [item["entry"] for item in items if item not in naming and "expires_at" in item] == []


def test_an_expired_chunk_that_still_exists_is_never_mailed_again(
    ledger: DynamoDBLedger, clock: FakeClock
) -> None:
    clock.now = LAST_DAY
    assert ledger.claim(MAILING.id, 0, clock(), 120) is None

"""What `Heads` promises, kept by the fake and by DynamoDB, each with its ledger."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_heads import DynamoDBHeads
from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.mailings.ports import Heads, Ledger
from tests.builders import SUBSCRIBER_ID, a_mailing
from tests.fakes.mailings import FakeLedger

NOW = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
HELD = a_mailing()
RESULTS = {"members": 1200, "delivered": 1190}


@pytest.fixture
def heads(ledger: Ledger) -> Heads:
    """The heads of the same ledger."""
    if isinstance(ledger, FakeLedger):
        return ledger
    assert isinstance(ledger, DynamoDBLedger)
    return DynamoDBHeads(ledger.table, ledger.clock)


def begun(ledger: Ledger, issue: str, audience: str = "en", chunks: int = 1) -> Mailing:
    ledger.hold(a_mailing(issue=issue, audience=audience))
    mailing = a_mailing(issue=issue, audience=audience, state=MailingState.SENDING, chunk_count=chunks)
    assert ledger.begin(mailing)
    return mailing


def test_the_mailings_of_an_issue_are_those_of_no_other(ledger: Ledger, heads: Heads) -> None:
    here = [ledger.hold(a_mailing(audience=audience)) for audience in ("be-ru", "en")]
    for issue in ("2016-12-05-extra", "2016-12-0", "2016-12-12"):
        ledger.hold(a_mailing(issue=issue))

    assert heads.of_issue(HELD.issue) == here
    assert heads.of_issue("2015-01-05") == []


def test_the_latest_mailings_to_an_audience_come_newest_first(ledger: Ledger, heads: Heads) -> None:
    first, second, third = (begun(ledger, issue) for issue in ("2016-11-21", "2016-11-28", "2016-12-05"))
    begun(ledger, "2016-12-12")
    begun(ledger, "2016-11-28", "be-ru")
    ledger.hold(a_mailing(issue="2016-12-01"))

    assert heads.latest("en", "2016-12-05", 3) == [third, second, first]
    assert heads.latest("en", "2016-12-05", 2) == [third, second]
    assert heads.latest("none", "2016-12-05", 2) == []


def test_the_events_of_one_member_are_found(ledger: Ledger, heads: Heads) -> None:
    mailing = begun(ledger, HELD.issue, chunks=1)
    assert heads.events_of(mailing, SUBSCRIBER_ID) == frozenset()
    chunk = ledger.claim(HELD.id, 0, NOW, 120)
    assert chunk is not None
    ledger.freeze(chunk, {SUBSCRIBER_ID: "waiting", "b" * 32: "waiting"})
    assert heads.events_of(mailing, SUBSCRIBER_ID) == frozenset()

    assert ledger.record_events(HELD.id, 0, {SUBSCRIBER_ID: {"send", "delivery"}, "b" * 32: {"bounce"}})

    assert heads.events_of(mailing, SUBSCRIBER_ID) == {"send", "delivery"}


def test_events_of_an_unclaimed_chunk_are_not_recorded(ledger: Ledger) -> None:
    assert not ledger.record_events(HELD.id, 0, {SUBSCRIBER_ID: {"send"}})
    assert ledger.chunks(HELD.id) == []


def test_events_of_very_many_members_are_all_recorded(ledger: Ledger) -> None:
    members = [f"{number:032x}" for number in range(600)]
    chunk = ledger.claim(HELD.id, 0, NOW, 120)
    assert chunk is not None
    ledger.freeze(chunk, dict.fromkeys(members, "waiting"))

    assert ledger.record_events(
        HELD.id, 0, {m: {"send"} if m > members[300] else {"send", "bounce"} for m in members}
    )

    (state,) = ledger.chunks(HELD.id)
    assert {m: set(said) for m, said in state.events.items()} == {
        m: {"send"} if m > members[300] else {"send", "bounce"} for m in members
    }


def test_something_is_reported_once_and_with_it_the_counts(ledger: Ledger, heads: Heads) -> None:
    begun(ledger, HELD.issue)

    assert heads.mark_notified(HELD.id, "hour", RESULTS)
    assert not heads.mark_notified(HELD.id, "hour", {"members": 1})
    mailing = ledger.mailing(HELD.id)
    assert mailing is not None
    assert (mailing.reported, mailing.results) == ({"hour"}, RESULTS)

    assert heads.mark_notified(HELD.id, "day", {"members": 1})
    mailing = ledger.mailing(HELD.id)
    assert mailing is not None
    assert (mailing.reported, mailing.results) == ({"hour", "day"}, {"members": 1})


def test_a_report_marker_can_be_cleared_and_set_again(ledger: Ledger, heads: Heads) -> None:
    begun(ledger, HELD.issue)
    heads.mark_notified(HELD.id, "hour", RESULTS)
    heads.mark_notified(HELD.id, "hour to 1", RESULTS)
    for _ in range(2):
        heads.unmark_notified(HELD.id, "hour to 1")
    mailing = ledger.mailing(HELD.id)
    assert mailing is not None
    assert mailing.reported == {"hour"}
    assert heads.mark_notified(HELD.id, "hour to 1", RESULTS)


def test_nothing_is_reported_of_a_mailing_that_does_not_exist(ledger: Ledger, heads: Heads) -> None:
    assert not heads.mark_notified(HELD.id, "hour", RESULTS)
    assert ledger.mailing(HELD.id) is None


@pytest.mark.parametrize("how", ["done", "cancelled"])
def test_a_mailing_records_when_it_ended(ledger: Ledger, how: str) -> None:
    begun(ledger, HELD.issue)
    if how == "done":
        ledger.advance(HELD, 1, RESULTS)
        ledger.end(replace(HELD, plan=ChunkPlan(1)), NOW)
    else:
        assert ledger.move(HELD.id, [MailingState.SENDING], MailingState.CANCELLED, NOW)

    mailing = ledger.mailing(HELD.id)
    assert mailing is not None
    assert (mailing.state.value, mailing.ended_at) == (how, NOW)


def test_an_inactive_mailing_can_be_activated(ledger: Ledger) -> None:
    mailing = begun(ledger, HELD.issue)
    ledger.deactivate(HELD.id)
    assert ledger.active() == []

    for _ in range(2):
        ledger.activate(HELD.id)

    assert ledger.active() == [mailing]


def test_chunks_are_read_in_parts(ledger: Ledger) -> None:
    for number in range(5):
        ledger.claim(HELD.id, number, NOW, 120)

    assert [chunk.number for chunk in ledger.chunks(HELD.id, 1, 3)] == [1, 2]
    assert [chunk.number for chunk in ledger.chunks(HELD.id, 3)] == [3, 4]
    assert ledger.chunks(HELD.id, 5, 9) == []

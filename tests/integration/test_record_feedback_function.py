"""record_feedback: SES's events suppress where they must, and the ledger keeps the word."""

import json
from typing import Any

import pytest

from tests.builders import ADDRESS
from tests.integration.world import World, a_batch, a_sample, failed, told

HARD = [("bounce_permanent", "bounce"), ("complaint", "complaint")]
SOFT = [
    *(("send", "send"), ("delivery", "delivery"), ("bounce_transient", "bounce")),
    *(("reject", "reject"), ("rendering_failure", "rendering-failure")),
]


@pytest.fixture
def subscriber(world: World) -> str:
    """A reader whom a mailing has just reached."""
    subscriber = world.a_reader()
    world.a_begun_mailing()
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))
    return subscriber


def recorded(world: World, event: dict[str, Any]) -> list[str]:
    return failed(world.cold_start("RecordFeedbackFunction")(event))


@pytest.mark.parametrize(("case", "reason"), HARD)
def test_a_hard_bounce_or_a_complaint_suppresses_at_once(
    case: str, reason: str, world: World, subscriber: str
) -> None:
    assert recorded(world, a_sample(f"record_feedback/{case}", subscriber=subscriber)) == []
    assert world.items("SubscribersTable") == []
    (kept,) = world.items("FingerprintsTable")
    assert (kept["reason"], kept.keys()) == (reason, {"fingerprint", "reason", "since"})
    assert world.chunk()["afterwards"] == {subscriber: reason}


@pytest.mark.parametrize(("case", "word"), SOFT)
def test_other_events_are_noted_and_suppress_nobody(
    case: str, word: str, world: World, subscriber: str
) -> None:
    people = world.items("SubscribersTable"), world.items("FingerprintsTable")
    assert recorded(world, a_sample(f"record_feedback/{case}", subscriber=subscriber)) == []
    assert (world.items("SubscribersTable"), world.items("FingerprintsTable")) == people
    assert world.chunk()["afterwards"] == {subscriber: word}


def test_an_event_about_nobody_we_know_is_worked_off(world: World) -> None:
    assert recorded(world, a_sample("record_feedback/delivery")) == []
    assert world.items("LedgerTable") == []


def test_what_is_no_event_is_dropped_and_the_others_go_on(
    world: World, subscriber: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = a_sample("record_feedback/batch_with_something_else", subscriber=subscriber)
    assert recorded(world, event) == []
    assert "event not readable" in capsys.readouterr().out
    assert world.items("SubscribersTable") == []


def test_an_event_that_cannot_be_recorded_comes_back_and_the_others_go_on(
    world: World, subscriber: str
) -> None:
    world.refs["FingerprintKey"] = "00000000-0000-4000-8000-000000000000"
    event = a_sample("record_feedback/batch_with_something_else", subscriber=subscriber)
    assert recorded(world, event) == [event["Records"][2]["messageId"]]
    assert world.chunk()["afterwards"] == {subscriber: "delivery"}


def test_what_our_ses_says_about_a_mail_can_be_recorded(world: World, subscriber: str) -> None:
    events = [e for e in world.ses.published() if "mailing" in e["mail"]["tags"]]
    assert [event["eventType"] for event in events] == ["Send", "Delivery"]
    assert recorded(world, a_batch(*map(json.dumps, events))) == []
    assert world.chunk()["afterwards"] == {subscriber: "delivery"}


def test_nothing_of_an_event_is_kept_or_logged_that_tells_an_address(
    world: World, subscriber: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for case, _ in (*HARD, *SOFT):
        recorded(world, a_sample(f"record_feedback/{case}", subscriber=subscriber))
    assert told(repr(world.state()), ADDRESS) == set()
    assert told(capsys.readouterr().out, ADDRESS) == set()

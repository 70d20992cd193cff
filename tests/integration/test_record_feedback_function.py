"""record_feedback: SES's events suppress where they must, and the ledger keeps the word."""

import json
from typing import Any

import pytest

from broadsheet.aws.ledger_items import events_in
from tests.builders import ADDRESS
from tests.integration.world import MAILING, World, a_batch, a_sample, failed, spellings_in

HARD = [("bounce_permanent", "bounce"), ("complaint", "complaint")]
SOFT = [
    *(("send", "send"), ("delivery", "delivery"), ("bounce_transient", "soft-bounce")),
    *(("reject", "reject"), ("rendering_failure", "rendering-failure")),
    ("complaint_not_spam", "not-spam"),
]


@pytest.fixture
def subscriber(world: World) -> str:
    """A reader whom a mailing has just reached."""
    subscriber = world.a_reader()
    world.a_begun_mailing()
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))
    return subscriber


def events_by_member(world: World) -> dict[str, frozenset[str]]:
    """The events of SES that the ledger has recorded, by member."""
    return events_in(world.chunk())


def people_in(world: World) -> list[list[dict[str, Any]]]:
    """Subscribers, but for their soft bounces, and fingerprints."""
    people = [{k: v for k, v in i.items() if k != "soft_bounces"} for i in world.items("SubscribersTable")]
    return [people, world.items("FingerprintsTable")]


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
    assert events_by_member(world) == {subscriber: {reason}}


@pytest.mark.parametrize(("case", "word"), SOFT)
def test_other_events_are_recorded_and_suppress_nobody(
    case: str, word: str, world: World, subscriber: str
) -> None:
    people = people_in(world)
    assert recorded(world, a_sample(f"record_feedback/{case}", subscriber=subscriber)) == []
    assert people_in(world) == people
    assert events_by_member(world) == {subscriber: {word}}


def test_a_third_soft_bounce_in_a_row_suppresses(world: World, subscriber: str) -> None:
    event = a_sample("record_feedback/bounce_transient", subscriber=subscriber)
    earlier = ["2016-11-28_en", "2016-11-21_en"]
    for mailing in earlier:
        head = {**world.head(), "entry": mailing, "issue": mailing[:10]}
        world.table("LedgerTable").put_item(Item=head)
        world.table("LedgerTable").put_item(Item={**world.chunk(), "mailing": mailing})
        body = event["Records"][0]["body"].replace(MAILING, mailing)
        assert recorded(world, a_batch(body)) == []
    (person,) = world.items("SubscribersTable")
    assert person["soft_bounces"] == set(earlier)
    assert recorded(world, event) == []
    assert world.items("SubscribersTable") == []
    assert [item["reason"] for item in world.items("FingerprintsTable")] == ["bounce"]


def test_a_hard_bounce_is_marked_so_that_the_sweep_can_count_it(world: World, subscriber: str) -> None:
    for _ in range(2):
        recorded(world, a_sample("record_feedback/bounce_permanent", subscriber=subscriber))
    marks = [i["entry"] for i in world.items("LedgerTable") if str(i["entry"]).startswith("bounce#")]
    assert marks == [f"bounce#{subscriber}"]


def test_an_event_about_an_unknown_recipient_is_processed(world: World) -> None:
    assert recorded(world, a_sample("record_feedback/delivery")) == []
    assert world.items("LedgerTable") == []


def test_a_message_that_is_no_event_is_dropped_and_the_others_are_processed(
    world: World, subscriber: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = a_sample("record_feedback/batch_with_something_else", subscriber=subscriber)
    assert recorded(world, event) == []
    assert "event not readable" in capsys.readouterr().out
    assert world.items("SubscribersTable") == []


def test_an_event_that_cannot_be_recorded_is_retried_and_the_others_are_recorded(
    world: World, subscriber: str
) -> None:
    world.refs["FingerprintKey"] = "00000000-0000-4000-8000-000000000000"
    world.table("SubscribersTable").delete_item(Key={"shard": subscriber[0], "subscriber_id": subscriber})
    event = a_sample("record_feedback/batch_with_something_else", subscriber=subscriber)
    assert recorded(world, event) == [event["Records"][2]["messageId"]]
    assert events_by_member(world) == {subscriber: {"delivery"}}


@pytest.mark.parametrize(("case", "reason"), HARD)
def test_a_subscriber_on_the_list_is_suppressed_without_the_fingerprint_key(
    case: str, reason: str, world: World, subscriber: str
) -> None:
    world.refs["FingerprintKey"] = "00000000-0000-4000-8000-000000000000"
    assert recorded(world, a_sample(f"record_feedback/{case}", subscriber=subscriber)) == []
    assert world.items("SubscribersTable") == []
    assert [item["reason"] for item in world.items("FingerprintsTable")] == [reason]


def test_what_our_ses_says_about_a_mail_can_be_recorded(world: World, subscriber: str) -> None:
    events = [e for e in world.ses.published() if "mailing" in e["mail"]["tags"]]
    assert [event["eventType"] for event in events] == ["Send", "Delivery"]
    assert recorded(world, a_batch(*map(json.dumps, events))) == []
    assert events_by_member(world) == {subscriber: {"send", "delivery"}}


def test_nothing_of_an_event_that_reveals_an_address_is_kept_or_logged(
    world: World, subscriber: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for case, _ in (*HARD, *SOFT):
        recorded(world, a_sample(f"record_feedback/{case}", subscriber=subscriber))
    assert spellings_in(repr(world.state()), ADDRESS) == set()
    assert spellings_in(capsys.readouterr().out, ADDRESS) == set()


def test_a_bounce_of_a_round_trip_is_recorded_separately_and_changes_no_subscriber(
    world: World, subscriber: str
) -> None:
    people, mailing = people_in(world), world.items("LedgerTable")
    assert recorded(world, a_sample("record_feedback/round_trip_bounce")) == []
    assert people_in(world) == people
    (noted,) = [item for item in world.items("LedgerTable") if item not in mailing]
    assert noted.pop("expires_at") > 0
    trip = "0123456789abcdef0123456789abcdef"
    assert noted == {"mailing": "round-trip", "entry": trip, "said": {"bounce"}}

"""What the two tables of the list store: no address, an expiry for pending items, and no half-done work."""

from dataclasses import replace
from typing import Any

import pytest
from boto3.dynamodb.types import Binary

from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.subscribers.subscriber import Known, Reason, Status
from tests.builders import ADDRESS, REQUEST_ID, SUBSCRIBER_ID, TEXT_VERSION, a_pending_address, a_subscriber
from tests.contract.people import LAPSED, NOW, PENDING, TODAY, confirmed
from tests.from_template import create_tables

SEALED = Binary(PENDING.sealed_address.content)
NEW = a_subscriber("ana@new.test")
WANTED = a_pending_address(NEW)
LEFT = f"left#{PENDING.fingerprint}"


class Crash(Exception):  # noqa: N818  # it stands for the power going off
    """The function died."""


@pytest.fixture
def subscribers(aws: dict[str, Any]) -> DynamoDBSubscribers:
    tables = create_tables(aws, ["SubscribersTable", "FingerprintsTable"])
    return DynamoDBSubscribers(tables["SubscribersTable"], tables["FingerprintsTable"])


def everything(subscribers: DynamoDBSubscribers) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All items of both tables."""
    return subscribers.table.scan()["Items"], subscribers.fingerprints.scan()["Items"]


def dies_before(subscribers: DynamoDBSubscribers, operation: str) -> None:
    """Arrange that the next call of this operation kills the function, and only that one."""

    def die(**_: Any) -> None:
        for client in clients:
            client.meta.events.unregister(event, die)
        raise Crash

    event = f"before-call.dynamodb.{operation}"
    clients = [subscribers.table.client, subscribers.fingerprints.client]
    for client in clients:
        client.meta.events.register(event, die)


def test_a_pending_subscriber_is_stored_with_an_end_in_both_tables(subscribers: DynamoDBSubscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)

    expires_at = int(LAPSED.timestamp())
    choice = {
        "order_id": REQUEST_ID,
        "audiences": ["en"],
        "language": "en",
        "text": TEXT_VERSION,
        "form": "page",
        "asked_on": "2016-12-12",
        "expires_at": expires_at,
    }
    person = {
        "shard": SUBSCRIBER_ID[0],
        "subscriber_id": SUBSCRIBER_ID,
        "status": "pending",
        "fingerprint": PENDING.fingerprint,
        "language": "en",
        "sealed_address": SEALED,
        "address_key": "address-2016",
        "choice": choice,
        "expires_at": expires_at,
    }
    known = {"fingerprint": PENDING.fingerprint, "subscriber_id": SUBSCRIBER_ID, "expires_at": expires_at}
    assert everything(subscribers) == ([person], [known])


def test_a_confirmed_subscriber_is_stored_without_an_end(subscribers: DynamoDBSubscribers) -> None:
    confirmed(subscribers)

    consent = {
        "order_id": REQUEST_ID,
        "text": TEXT_VERSION,
        "form": "page",
        "language": "en",
        "asked_on": "2016-12-12",
        "confirmed_on": "2016-12-12",
        "confirmed_by": "button",
    }
    person = {
        "shard": SUBSCRIBER_ID[0],
        "subscriber_id": SUBSCRIBER_ID,
        "status": "confirmed",
        "fingerprint": PENDING.fingerprint,
        "language": "en",
        "audiences": {"en"},
        "sealed_address": SEALED,
        "address_key": "address-2016",
        "consent": consent,
    }
    known = {"fingerprint": PENDING.fingerprint, "subscriber_id": SUBSCRIBER_ID}
    assert everything(subscribers) == ([person], [known])


def test_of_a_reader_who_left_only_the_opt_out_record_stays(subscribers: DynamoDBSubscribers) -> None:
    subscribers.leave(confirmed(subscribers), TODAY)

    note = {"fingerprint": f"left#{PENDING.fingerprint}", "since": "2016-12-12"}
    assert everything(subscribers) == ([], [note])


def test_a_reader_who_confirms_again_has_no_opt_out_record(subscribers: DynamoDBSubscribers) -> None:
    subscribers.leave(confirmed(subscribers), TODAY)
    confirmed(subscribers)

    known = {"fingerprint": PENDING.fingerprint, "subscriber_id": SUBSCRIBER_ID}
    assert everything(subscribers)[1] == [known]


def test_an_erased_reader_leaves_nothing_behind(subscribers: DynamoDBSubscribers) -> None:
    subscribers.leave(confirmed(subscribers), TODAY)
    subscribers.erase(confirmed(subscribers), TODAY, not_again=False)

    assert everything(subscribers) == ([], [])


def test_a_suppressed_address_leaves_its_fingerprint_and_the_reason_alone(
    subscribers: DynamoDBSubscribers,
) -> None:
    confirmed(subscribers)

    subscribers.suppress(PENDING.fingerprint, Reason.BOUNCE, TODAY)

    kept = {"fingerprint": PENDING.fingerprint, "reason": "bounce", "since": "2016-12-12"}
    assert everything(subscribers) == ([], [kept])


def test_the_tables_hold_no_address(subscribers: DynamoDBSubscribers) -> None:
    confirmed(subscribers)
    subscribers.put_pending(
        a_subscriber("bo@example.org", id="b" * 32, status=Status.PENDING), NOW, is_new=True
    )

    dump = repr(everything(subscribers))

    assert [word for word in (ADDRESS, "bo@", "example.org") if word in dump] == []


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "DeleteItem"])
def test_a_suppression_that_crashed_half_way_is_completed_by_the_events_next_delivery(
    subscribers: DynamoDBSubscribers, operation: str
) -> None:
    confirmed(subscribers)
    dies_before(subscribers, operation)
    with pytest.raises(Crash):
        subscribers.suppress(PENDING.fingerprint, Reason.COMPLAINT, TODAY)

    subscribers.suppress(PENDING.fingerprint, Reason.COMPLAINT, TODAY)

    assert subscribers.get(SUBSCRIBER_ID, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(reason=Reason.COMPLAINT)


def test_a_sign_up_that_crashed_half_way_wrote_nothing(subscribers: DynamoDBSubscribers) -> None:
    dies_before(subscribers, "TransactWriteItems")

    with pytest.raises(Crash):
        subscribers.put_pending(PENDING, NOW, is_new=True)

    assert everything(subscribers) == ([], [])


def test_never_again_is_kept_in_the_write_that_erases(subscribers: DynamoDBSubscribers) -> None:
    person = confirmed(subscribers)
    dies_before(subscribers, "TransactWriteItems")
    with pytest.raises(Crash):
        subscribers.erase(person, TODAY, not_again=True)
    assert subscribers.get(person.id, NOW) == person

    for operation in ("PutItem", "DeleteItem", "GetItem"):
        dies_before(subscribers, operation)
    subscribers.erase(person, TODAY, not_again=True)

    kept = {"fingerprint": person.fingerprint, "reason": "not again", "since": TODAY.isoformat()}
    assert everything(subscribers) == ([], [kept])


def test_never_again_holds_also_for_a_reader_erased_in_another_tab(
    subscribers: DynamoDBSubscribers,
) -> None:
    person = confirmed(subscribers)
    subscribers.erase(person, TODAY, not_again=False)
    subscribers.erase(person, TODAY, not_again=True)

    assert subscribers.find(person.fingerprint, NOW) == Known(reason=Reason.NOT_AGAIN)


def test_the_first_written_of_two_simultaneous_reasons_stays(subscribers: DynamoDBSubscribers) -> None:
    events = subscribers.fingerprints.client.meta.events

    def overtaken(**_: Any) -> None:
        events.unregister("before-call.dynamodb.PutItem", overtaken)
        subscribers.suppress(PENDING.fingerprint, Reason.COMPLAINT, TODAY)

    events.register("before-call.dynamodb.PutItem", overtaken)

    subscribers.suppress(PENDING.fingerprint, Reason.BOUNCE, TODAY)

    assert subscribers.find(PENDING.fingerprint, NOW) == Known(reason=Reason.COMPLAINT)


def test_a_pending_address_is_stored_sealed_beside_its_subscriber_with_an_end(
    subscribers: DynamoDBSubscribers,
) -> None:
    reader = confirmed(subscribers)
    before = everything(subscribers)
    subscribers.put_address(reader, replace(WANTED, mailbox="a mailbox"))

    item = {
        "shard": SUBSCRIBER_ID[0],
        "subscriber_id": f"{SUBSCRIBER_ID}#address",
        "order_id": REQUEST_ID,
        "fingerprint": NEW.fingerprint,
        "sealed_address": Binary(NEW.sealed_address.content),
        "address_key": "address-2016",
        "mailbox": "a mailbox",
        "asked_on": "2016-12-12",
        "asked_at": 0,
        "expires_at": int(LAPSED.timestamp()),
    }
    people, fingerprints = everything(subscribers)
    assert [one for one in people if one not in before[0]] == [item]
    assert fingerprints == before[1]


def test_a_change_leaves_the_subscriber_their_fingerprint_and_an_opt_out_record(
    subscribers: DynamoDBSubscribers,
) -> None:
    reader = confirmed(subscribers)
    subscribers.put_address(reader, WANTED)
    (before,) = (one for one in everything(subscribers)[0] if "status" in one)

    assert subscribers.change_address(reader, WANTED, NOW)

    ((person,), fingerprints) = everything(subscribers)
    assert person == {
        **before,
        "fingerprint": NEW.fingerprint,
        "sealed_address": Binary(NEW.sealed_address.content),
        "moved": {"order_id": REQUEST_ID, "asked_on": "2016-12-12", "confirmed_on": "2016-12-12"},
    }
    assert {one["fingerprint"]: one for one in fingerprints} == {
        NEW.fingerprint: {"fingerprint": NEW.fingerprint, "subscriber_id": SUBSCRIBER_ID},
        LEFT: {"fingerprint": LEFT, "since": "2016-12-12"},
    }


def test_a_crash_before_the_change_is_written_leaves_everything_as_it_was(
    subscribers: DynamoDBSubscribers,
) -> None:
    reader = confirmed(subscribers)
    subscribers.put_address(reader, WANTED)
    before = everything(subscribers)
    dies_before(subscribers, "TransactWriteItems")
    with pytest.raises(Crash):
        subscribers.change_address(reader, WANTED, NOW)
    assert everything(subscribers) == before

    assert subscribers.change_address(reader, WANTED, NOW)

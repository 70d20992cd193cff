"""What `Recipients` promises, kept by the fake and by DynamoDB, over a list that people join and leave."""

from dataclasses import replace

import pytest

from broadsheet.aws.recipients import DynamoDBRecipients
from broadsheet.aws.subscriber_items import to_item
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.mailings.chunk_plan import ChunkPlan, IdRange
from broadsheet.mailings.ports import Recipient, Recipients
from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import Reason, Status, Subscriber
from tests.builders import a_pending_request, a_subscriber
from tests.contract.people import NOW, TODAY, confirmed
from tests.fakes.mailings import FakeRecipients
from tests.fakes.subscribers import FakeSubscribers

EVERYBODY = ChunkPlan(1).ids(0)


@pytest.fixture
def readers(subscribers: Subscribers) -> Recipients:
    """The readers of the list that `subscribers` keeps."""
    if isinstance(subscribers, FakeSubscribers):
        return FakeRecipients(subscribers)
    assert isinstance(subscribers, DynamoDBSubscribers)
    return DynamoDBRecipients(subscribers.table)


def joins(subscribers: Subscribers, subscriber_id: str, *audiences: str) -> Subscriber:
    """Arrange that a reader signs up and confirms."""
    person = a_subscriber(f"{subscriber_id}@example.org", id=subscriber_id, status=Status.PENDING)
    return confirmed(
        subscribers, replace(person, pending_request=a_pending_request(audiences=audiences or ("en",)))
    )


def ids(found: list[Recipient]) -> list[str]:
    return [reader.id for reader in found]


def test_an_empty_list_has_no_readers(readers: Recipients) -> None:
    assert readers.within(EVERYBODY, "en") == []
    assert readers.estimate("en") == 0


def test_a_recipient_has_the_sealed_address_only(subscribers: Subscribers, readers: Recipients) -> None:
    person = joins(subscribers, "a" * 32)

    assert readers.within(EVERYBODY, "en") == [Recipient(person.id, person.sealed_address)]


def test_readers_come_in_the_order_of_their_ids_from_all_shards(
    subscribers: Subscribers, readers: Recipients
) -> None:
    mixed = [f"{digit:x}{tail:031x}" for digit in (15, 0, 7, 8) for tail in (9, 1, 5)]
    for subscriber_id in mixed:
        joins(subscribers, subscriber_id)

    assert ids(readers.within(EVERYBODY, "en")) == sorted(mixed)


def test_a_range_includes_both_its_ends_and_nobody_else(
    subscribers: Subscribers, readers: Recipients
) -> None:
    around = ["2" + "0" * 31, "2" + "0" * 30 + "1", "3" + "f" * 31, "4" + "0" * 31]
    for subscriber_id in around:
        joins(subscribers, subscriber_id)

    assert ids(readers.within(IdRange(around[1], around[2]), "en")) == around[1:3]


@pytest.mark.parametrize("most", [0, 1, 4, 5, 6, 12, 13])
def test_the_first_of_a_range_are_read_and_no_more(
    subscribers: Subscribers, readers: Recipients, most: int
) -> None:
    mixed = sorted(f"{digit:x}{tail:031x}" for digit in (15, 0, 7, 8) for tail in (9, 1, 5))
    for subscriber_id in mixed:
        joins(subscribers, subscriber_id)

    assert ids(readers.within(EVERYBODY, "en", most)) == mixed[:most]


def test_chunks_hold_everybody_once(subscribers: Subscribers, readers: Recipients) -> None:
    everyone = sorted(f"{digit:x}{digit * 3 % 16:x}" + "0" * 30 for digit in range(16))
    for subscriber_id in everyone:
        joins(subscribers, subscriber_id)

    found = [reader for number in range(3) for reader in readers.within(ChunkPlan(3).ids(number), "en")]

    assert ids(found) == everyone


def test_only_readers_of_the_audience_are_found(subscribers: Subscribers, readers: Recipients) -> None:
    joins(subscribers, "a" * 32, "en")
    joins(subscribers, "b" * 32, "be-ru")
    joins(subscribers, "c" * 32, "be-ru", "en")

    assert ids(readers.within(EVERYBODY, "en")) == ["a" * 32, "c" * 32]
    assert ids(readers.within(EVERYBODY, "be-ru")) == ["b" * 32, "c" * 32]
    assert ids(readers.within(EVERYBODY, "be")) == []


def test_a_pending_request_that_is_not_confirmed_makes_no_reader(
    subscribers: Subscribers, readers: Recipients
) -> None:
    joins(subscribers, "a" * 32, "en")
    assert subscribers.put_pending(
        a_subscriber("bo@example.org", id="b" * 32, status=Status.PENDING), NOW, is_new=True
    )

    assert ids(readers.within(EVERYBODY, "en")) == ["a" * 32]
    assert ids(readers.within(EVERYBODY, "be-ru")) == []


def test_a_reader_who_just_left_or_was_suppressed_is_no_reader(
    subscribers: Subscribers, readers: Recipients
) -> None:
    stays, leaves, bounces = (joins(subscribers, digit * 32) for digit in "abc")

    subscribers.leave(leaves, TODAY)
    subscribers.suppress(bounces.fingerprint, Reason.BOUNCE, TODAY)

    assert ids(readers.within(EVERYBODY, "en")) == [stays.id]


def test_a_small_list_is_counted_exactly(subscribers: Subscribers, readers: Recipients) -> None:
    for digit in "0123456789abcdef":
        joins(subscribers, digit + "0" * 31, "en" if digit < "b" else "be-ru")

    assert readers.estimate("en") == 11
    assert readers.estimate("be-ru") == 5


@pytest.mark.parametrize("subscribers", ["DynamoDB"], indirect=True)
def test_a_large_list_is_estimated_from_a_sixteenth_of_the_ids(
    subscribers: DynamoDBSubscribers, readers: Recipients
) -> None:
    with subscribers.table.batch_writer() as batch:
        for number in range(210):
            batch.put_item(Item=to_item(a_subscriber(id=f"0{number:02x}" + "f" * 29)))
        batch.put_item(Item=to_item(a_subscriber(id="f" * 32)))

    assert readers.estimate("en") == 210 * 16

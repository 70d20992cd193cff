"""What `MailingList` promises, kept by the fake and by DynamoDB with KMS."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest

from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.mailing_list import DynamoDBMailingList
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.subscribers.mailing_list.ports import ImportStatus, MailingList
from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber
from tests.builders import a_consent, a_subscriber
from tests.contract.people import LAPSED, NOW, PENDING, TODAY, confirmed
from tests.fakes.mailing_list import FakeMailingList
from tests.from_template import create_keys, create_tables


@dataclass
class Lists:
    """The same people, one by one and all together."""

    subscribers: Subscribers
    mailing_list: MailingList


@pytest.fixture(params=["fake", "DynamoDB"])
def lists(request: pytest.FixtureRequest) -> Lists:
    """An empty list."""
    if request.param == "fake":
        mailing_list = FakeMailingList()
        return Lists(mailing_list.subscribers, mailing_list)
    return in_moto(request.getfixturevalue("aws"))


def in_moto(aws: dict[str, Any]) -> Lists:
    tables = create_tables(aws, ["SubscribersTable", "FingerprintsTable"])
    key = create_keys(aws, ["FingerprintKey"])["FingerprintKey"]
    hashes = KMSFingerprints(boto3.client("kms"), key)
    return Lists(
        DynamoDBSubscribers(*tables.values()),
        DynamoDBMailingList(*tables.values(), hashes, lambda _: None),
    )


def people(number: int) -> list[Subscriber]:
    """As many subscribers as asked for, in the order of their ids."""
    return [a_subscriber(f"r{n}@example.org", id=f"{n:032x}"[::-1]) for n in range(number)]


def outcomes(lists: Lists, those: list[Subscriber]) -> list[ImportStatus]:
    return lists.mailing_list.add_new(those, NOW)


def test_a_new_subscriber_is_imported_and_found_by_id_and_by_fingerprint(lists: Lists) -> None:
    those = people(3)

    assert lists.mailing_list.look_up([one.fingerprint for one in those], NOW) == [ImportStatus.NEW] * 3
    assert outcomes(lists, those) == [ImportStatus.NEW] * 3

    assert [lists.subscribers.get(one.id, NOW) for one in those] == those
    assert [lists.subscribers.find(one.fingerprint, LAPSED) for one in those] == [
        Known(one.id) for one in those
    ]


def test_a_second_run_finds_them_and_changes_nothing(lists: Lists) -> None:
    those = people(2)
    outcomes(lists, those)
    again = [
        a_subscriber(f"r{n}@example.org", id=f"{n + 7:032x}", audiences=frozenset({"be-ru"}))
        for n in range(2)
    ]

    assert outcomes(lists, again) == [ImportStatus.PRESENT] * 2

    assert list(lists.mailing_list.everyone()) == sorted(those, key=lambda one: one.id)


def test_more_people_than_fit_in_one_transaction_are_all_imported(lists: Lists) -> None:
    those = people(80)

    assert outcomes(lists, those) == [ImportStatus.NEW] * 80

    assert [one.id for one in lists.mailing_list.everyone()] == sorted(one.id for one in those)


def test_nobody_at_all_is_no_error(lists: Lists) -> None:
    assert outcomes(lists, []) == []
    assert lists.mailing_list.look_up([], NOW) == []
    assert list(lists.mailing_list.everyone()) == []


def test_an_address_that_left_is_never_brought_back_and_the_others_are_imported(lists: Lists) -> None:
    first, second, third = people(3)
    outcomes(lists, [second])
    lists.subscribers.leave(second, TODAY)
    prints = [one.fingerprint for one in (first, second, third)]

    assert lists.mailing_list.look_up(prints, NOW) == [ImportStatus.NEW, ImportStatus.LEFT, ImportStatus.NEW]
    assert outcomes(lists, [first, second, third]) == [ImportStatus.NEW, ImportStatus.LEFT, ImportStatus.NEW]

    assert lists.subscribers.get(second.id, NOW) is None
    assert lists.subscribers.find(second.fingerprint, NOW) == Known()
    assert lists.subscribers.get(third.id, NOW) == third


@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppressed_reader_is_never_brought_back(lists: Lists, reason: Reason) -> None:
    one, other = people(2)
    lists.subscribers.suppress(one.fingerprint, reason, TODAY)

    assert lists.mailing_list.look_up([one.fingerprint], NOW) == [ImportStatus.SUPPRESSED]
    assert outcomes(lists, [one, other]) == [ImportStatus.SUPPRESSED, ImportStatus.NEW]

    assert lists.subscribers.get(one.id, NOW) is None
    assert lists.subscribers.find(one.fingerprint, NOW) == Known(reason=reason)


def test_a_reader_who_left_and_was_suppressed_is_suppressed(lists: Lists) -> None:
    (one,) = people(1)
    outcomes(lists, [one])
    lists.subscribers.leave(one, TODAY)
    lists.subscribers.suppress(one.fingerprint, Reason.COMPLAINT, TODAY)

    assert outcomes(lists, [one]) == [ImportStatus.SUPPRESSED]


def test_a_pending_subscriber_is_not_changed(lists: Lists) -> None:
    assert lists.subscribers.put_pending(PENDING, NOW, is_new=True)
    imported = a_subscriber(id="b" * 32)

    assert outcomes(lists, [imported]) == [ImportStatus.PRESENT]

    assert lists.subscribers.get(PENDING.id, NOW) == PENDING
    assert lists.subscribers.get(imported.id, NOW) is None


def test_a_subscriber_whose_pending_request_expired_is_imported(lists: Lists) -> None:
    lists.subscribers.put_pending(PENDING, NOW, is_new=True)
    imported = a_subscriber(id="b" * 32)

    assert lists.mailing_list.look_up([imported.fingerprint], LAPSED) == [ImportStatus.NEW]
    assert lists.mailing_list.add_new([imported], LAPSED) == [ImportStatus.NEW]

    assert lists.subscribers.find(imported.fingerprint, LAPSED) == Known(imported.id)
    assert lists.subscribers.find(imported.fingerprint, LAPSED + timedelta(days=9)) == Known(imported.id)


def test_a_reader_who_confirmed_themselves_is_not_changed(lists: Lists) -> None:
    person = confirmed(lists.subscribers)
    imported = a_subscriber(id="b" * 32, consent=a_consent(form="import"), audiences=frozenset({"be-ru"}))

    assert outcomes(lists, [imported]) == [ImportStatus.PRESENT]

    assert lists.subscribers.get(person.id, NOW) == person


def test_an_opt_out_record_exists_until_it_is_deleted(lists: Lists) -> None:
    (one,) = people(1)
    outcomes(lists, [one])
    assert lists.mailing_list.opted_out_on(one.fingerprint) is None
    lists.subscribers.leave(one, TODAY)
    assert lists.mailing_list.opted_out_on(one.fingerprint) == TODAY

    for _ in range(2):
        lists.mailing_list.delete_opt_out(one.fingerprint)

    assert lists.mailing_list.opted_out_on(one.fingerprint) is None
    assert lists.mailing_list.look_up([one.fingerprint], NOW) == [ImportStatus.NEW]


def test_a_suppression_is_deleted_and_a_subscriber_is_not(lists: Lists) -> None:
    one, other = people(2)
    outcomes(lists, [one, other])
    lists.subscribers.suppress(one.fingerprint, Reason.NOT_AGAIN, TODAY)

    for _ in range(2):
        for person in (one, other):
            lists.mailing_list.delete_suppression(person.fingerprint)

    assert lists.subscribers.find(one.fingerprint, NOW) == Known()
    assert lists.subscribers.find(other.fingerprint, NOW) == Known(other.id)


def test_a_fingerprint_is_of_one_address(lists: Lists) -> None:
    first, second, third = lists.mailing_list.fingerprints(
        ["a@example.org", "b@example.org", "a@example.org"]
    )

    assert first == third != second
    assert len(bytes.fromhex(first)) == 32


def test_all_subscribers_include_the_pending_ones(lists: Lists) -> None:
    lists.subscribers.put_pending(PENDING, NOW, is_new=True)
    outcomes(lists, people(2))

    assert {one.status for one in lists.mailing_list.everyone()} == {Status.PENDING, Status.CONFIRMED}

"""What `Roster` promises, kept by the fake and by DynamoDB with KMS."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

from broadsheet.aws.dynamodb import plain_values
from broadsheet.aws.fingerprints import KMSFingerprints
from broadsheet.aws.roster import DynamoDBRoster
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.subscribers.mailing_list.ports import Fate, Roster
from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber
from tests.builders import a_consent, a_subscriber
from tests.contract.people import LAPSED, NOW, PENDING, TODAY, confirmed
from tests.fakes.roster import FakeRoster
from tests.from_template import create_keys, create_tables


@dataclass
class Lists:
    """The same people, one by one and all together."""

    subscribers: Subscribers
    roster: Roster


@pytest.fixture(params=["fake", "DynamoDB"])
def lists(request: pytest.FixtureRequest) -> Lists:
    """An empty list."""
    if request.param == "fake":
        roster = FakeRoster()
        return Lists(roster.subscribers, roster)
    return in_moto(request.getfixturevalue("aws"))


def in_moto(aws: dict[str, Any]) -> Lists:
    tables = create_tables(aws, ["SubscribersTable", "FingerprintsTable"])
    key = create_keys(aws, ["FingerprintKey"])["FingerprintKey"]
    client = plain_values(boto3.client("dynamodb", config=Config(parameter_validation=False)))
    hashes = KMSFingerprints(boto3.client("kms"), key)
    return Lists(
        DynamoDBSubscribers(tables["SubscribersTable"], tables["FingerprintsTable"]),
        DynamoDBRoster(client, hashes, "SubscribersTable", "FingerprintsTable", lambda _: None),
    )


def people(number: int) -> list[Subscriber]:
    """So many, in the order of their ids."""
    return [a_subscriber(f"r{n}@example.org", id=f"{n:032x}"[::-1]) for n in range(number)]


def outcomes(lists: Lists, those: list[Subscriber]) -> list[Fate]:
    return lists.roster.take_in(those, NOW)


def test_who_is_new_is_taken_in_and_found_by_id_and_by_fingerprint(lists: Lists) -> None:
    those = people(3)

    assert lists.roster.look([one.fingerprint for one in those], NOW) == [Fate.NEW] * 3
    assert outcomes(lists, those) == [Fate.NEW] * 3

    assert [lists.subscribers.get(one.id, NOW) for one in those] == those
    assert [lists.subscribers.find(one.fingerprint, LAPSED) for one in those] == [
        Known(one.id) for one in those
    ]


def test_a_second_time_finds_them_there_and_changes_nothing(lists: Lists) -> None:
    those = people(2)
    outcomes(lists, those)
    again = [
        a_subscriber(f"r{n}@example.org", id=f"{n + 7:032x}", audiences=frozenset({"be-ru"}))
        for n in range(2)
    ]

    assert outcomes(lists, again) == [Fate.THERE] * 2

    assert list(lists.roster.everyone()) == sorted(those, key=lambda one: one.id)


def test_more_people_than_one_transaction_takes_are_all_taken_in(lists: Lists) -> None:
    those = people(80)

    assert outcomes(lists, those) == [Fate.NEW] * 80

    assert [one.id for one in lists.roster.everyone()] == sorted(one.id for one in those)


def test_nobody_at_all_is_no_error(lists: Lists) -> None:
    assert outcomes(lists, []) == []
    assert lists.roster.look([], NOW) == []
    assert list(lists.roster.everyone()) == []


def test_who_left_is_never_brought_back_and_the_others_are_taken_in(lists: Lists) -> None:
    first, second, third = people(3)
    outcomes(lists, [second])
    lists.subscribers.leave(second, TODAY)
    prints = [one.fingerprint for one in (first, second, third)]

    assert lists.roster.look(prints, NOW) == [Fate.NEW, Fate.LEFT, Fate.NEW]
    assert outcomes(lists, [first, second, third]) == [Fate.NEW, Fate.LEFT, Fate.NEW]

    assert lists.subscribers.get(second.id, NOW) is None
    assert lists.subscribers.find(second.fingerprint, NOW) == Known()
    assert lists.subscribers.get(third.id, NOW) == third


@pytest.mark.parametrize("reason", list(Reason))
def test_who_must_not_be_mailed_is_never_brought_back(lists: Lists, reason: Reason) -> None:
    one, other = people(2)
    lists.subscribers.suppress(one.fingerprint, reason, TODAY)

    assert lists.roster.look([one.fingerprint], NOW) == [Fate.SUPPRESSED]
    assert outcomes(lists, [one, other]) == [Fate.SUPPRESSED, Fate.NEW]

    assert lists.subscribers.get(one.id, NOW) is None
    assert lists.subscribers.find(one.fingerprint, NOW) == Known(reason=reason)


def test_who_left_and_was_suppressed_is_suppressed(lists: Lists) -> None:
    (one,) = people(1)
    outcomes(lists, [one])
    lists.subscribers.leave(one, TODAY)
    lists.subscribers.suppress(one.fingerprint, Reason.COMPLAINT, TODAY)

    assert outcomes(lists, [one]) == [Fate.SUPPRESSED]


def test_who_waits_to_confirm_stays_as_they_are(lists: Lists) -> None:
    assert lists.subscribers.ask(PENDING, NOW, anew=True)
    imported = a_subscriber(id="b" * 32)

    assert outcomes(lists, [imported]) == [Fate.THERE]

    assert lists.subscribers.get(PENDING.id, NOW) == PENDING
    assert lists.subscribers.get(imported.id, NOW) is None


def test_whose_wish_lapsed_is_taken_in(lists: Lists) -> None:
    lists.subscribers.ask(PENDING, NOW, anew=True)
    imported = a_subscriber(id="b" * 32)

    assert lists.roster.look([imported.fingerprint], LAPSED) == [Fate.NEW]
    assert lists.roster.take_in([imported], LAPSED) == [Fate.NEW]

    assert lists.subscribers.find(imported.fingerprint, LAPSED) == Known(imported.id)
    assert lists.subscribers.find(imported.fingerprint, LAPSED + timedelta(days=9)) == Known(imported.id)


def test_who_confirmed_by_themselves_stays_as_they_are(lists: Lists) -> None:
    person = confirmed(lists.subscribers)
    imported = a_subscriber(id="b" * 32, consent=a_consent(form="import"), audiences=frozenset({"be-ru"}))

    assert outcomes(lists, [imported]) == [Fate.THERE]

    assert lists.subscribers.get(person.id, NOW) == person


def test_that_somebody_left_is_known_until_it_is_forgotten(lists: Lists) -> None:
    (one,) = people(1)
    outcomes(lists, [one])
    assert lists.roster.opted_out_on(one.fingerprint) is None
    lists.subscribers.leave(one, TODAY)
    assert lists.roster.opted_out_on(one.fingerprint) == TODAY

    for _ in range(2):
        lists.roster.delete_opt_out(one.fingerprint)

    assert lists.roster.opted_out_on(one.fingerprint) is None
    assert lists.roster.look([one.fingerprint], NOW) == [Fate.NEW]


def test_why_an_address_is_never_mailed_is_forgotten_and_a_reader_is_not(lists: Lists) -> None:
    one, other = people(2)
    outcomes(lists, [one, other])
    lists.subscribers.suppress(one.fingerprint, Reason.NOT_AGAIN, TODAY)

    for _ in range(2):
        for person in (one, other):
            lists.roster.delete_suppression(person.fingerprint)

    assert lists.subscribers.find(one.fingerprint, NOW) == Known()
    assert lists.subscribers.find(other.fingerprint, NOW) == Known(other.id)


def test_a_fingerprint_is_of_one_address(lists: Lists) -> None:
    first, second, third = lists.roster.fingerprints(["a@example.org", "b@example.org", "a@example.org"])

    assert first == third != second
    assert len(bytes.fromhex(first)) == 32


def test_everybody_is_everybody_pending_ones_too(lists: Lists) -> None:
    lists.subscribers.ask(PENDING, NOW, anew=True)
    outcomes(lists, people(2))

    assert {one.status for one in lists.roster.everyone()} == {Status.PENDING, Status.CONFIRMED}

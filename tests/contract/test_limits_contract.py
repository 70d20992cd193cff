"""What `Networks` and `Limits` promise, kept by the fakes and by DynamoDB; and what the table stores."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from broadsheet.aws.limits import DynamoDBLimits, DynamoDBNetworks
from broadsheet.subscribers.limits import address_counter
from broadsheet.subscribers.networks import Share
from broadsheet.subscribers.ports import Limits, Networks
from broadsheet.subscribers.send_history import SendHistory, end_of_day
from tests.contract.people import NOW, PENDING
from tests.fakes.subscribers import FakeLimits, FakeNetworks
from tests.from_template import create_tables

HOME = Share("203.0.113.0/24", 20)
WORK, NEXT_DOOR = (Share(f"2001:db8:{number}::/48", 3, "2001:db8::/32") for number in (1, 2))
ANA = address_counter(PENDING.fingerprint)
LATER = NOW + timedelta(days=1)
LASTING = timedelta(days=1)
EPOCH = int(NOW.timestamp())
END_OF_DAY = EPOCH + 18 * 3600
FIRST = SendHistory((("1" * 32, EPOCH),), None, 1)


@pytest.fixture(params=["fake", "DynamoDB"])
def networks(request: pytest.FixtureRequest) -> Networks:
    """No network has been counted yet."""
    if request.param == "fake":
        return FakeNetworks()
    return DynamoDBNetworks(request.getfixturevalue("table"), request.getfixturevalue("salts"))


@pytest.fixture(params=["fake", "DynamoDB"])
def limits(request: pytest.FixtureRequest) -> Limits:
    """No mail has been recorded yet."""
    return FakeLimits() if request.param == "fake" else DynamoDBLimits(request.getfixturevalue("table"))


@pytest.fixture
def table(aws: dict[str, Any]) -> Any:
    return create_tables(aws, ["LimitsTable"])["LimitsTable"]


@pytest.fixture
def salts(aws: dict[str, Any]) -> Any:
    return create_tables(aws, ["SaltTable"])["SaltTable"]


def items(table: Any) -> dict[str, dict[str, Any]]:
    """All items of the table, by counter."""
    return {item.pop("counter"): item for item in table.scan()["Items"]}


def days(salts: Any) -> list[str]:
    """The days that have a salt."""
    return sorted(item["day"] for item in salts.scan()["Items"])


def test_each_network_is_counted_by_itself_and_day(networks: Networks) -> None:
    counts = [networks.count(network, NOW) for network in (HOME, HOME, WORK, HOME)]

    assert counts == [1, 2, 1, 3]
    assert networks.count(HOME, LATER) == 1


def test_a_wide_network_has_ten_shares_and_its_places_are_those_of_one_tenth(networks: Networks) -> None:
    """Requests that are spread over the networks of one /32 wait longer and longer, and end at ten shares."""
    spread = [Share(f"2001:db8:{number:x}::/48", 3, "2001:db8::/32") for number in range(1, 41)]

    places = [networks.count(share, NOW) for share in spread]

    assert places == [1] * 10 + [2] * 10 + [3] * 10 + [4] * 10
    assert networks.count(Share("2001:db9:1::/48", 3, "2001:db9::/32"), NOW) == 1


def test_requests_of_a_network_beyond_its_share_use_up_nothing_of_its_neighbours(
    networks: Networks,
) -> None:
    """Else one household could keep a whole access provider's customers out for the day."""
    flood, neighbour = (Share(f"2001:db8:{number}::/48", 3, "2001:db8::/32") for number in (1, 2))

    places = [networks.count(flood, NOW) for _ in range(60)]

    assert places == [1, 2, 3] + [4] * 57
    assert networks.count(neighbour, NOW) == 1


def test_in_a_wide_network_each_has_its_own_share(networks: Networks) -> None:
    assert [networks.count(share, NOW) for share in (WORK, WORK, NEXT_DOOR, WORK, WORK)] == [1, 2, 1, 3, 4]


def test_nothing_is_remembered_of_a_stranger(limits: Limits) -> None:
    assert limits.send_history(ANA) == SendHistory()


def test_a_send_history_is_read_as_it_was_written(limits: Limits) -> None:
    second = FIRST.with_mail("2" * 32, LATER)

    assert limits.put_history(ANA, FIRST)
    assert limits.send_history(ANA) == FIRST
    assert limits.put_history(ANA, second)

    assert limits.send_history(ANA) == second
    assert limits.send_history(address_counter("another")) == SendHistory()


def test_if_two_workers_read_the_same_state_only_one_writes(limits: Limits) -> None:
    other = replace(FIRST, mailed=(("2" * 32, EPOCH),))
    assert limits.put_history(ANA, FIRST)
    assert not limits.put_history(ANA, other)
    second = FIRST.with_mail("3" * 32, LATER)
    assert limits.put_history(ANA, second)

    assert not limits.put_history(ANA, FIRST.with_mail("4" * 32, LATER))

    assert limits.send_history(ANA) == second


def test_of_a_deleted_reader_only_the_tombstone_is_kept(limits: Limits) -> None:
    limits.put_history(ANA, FIRST)

    limits.put_tombstone(ANA, LATER)
    limits.put_tombstone(ANA, LATER)

    send_history = limits.send_history(ANA)
    assert (send_history.mailed, send_history.gone_at) == ((), end_of_day(LATER))


@pytest.mark.parametrize("before", [SendHistory(), FIRST])
def test_a_tombstone_written_meanwhile_is_not_overwritten(limits: Limits, before: SendHistory) -> None:
    if before.version:
        limits.put_history(ANA, before)
    limits.put_tombstone(ANA, LATER)

    assert not limits.put_history(ANA, before.with_mail("2" * 32, LATER))

    assert limits.send_history(ANA).gone_at == end_of_day(LATER)


def test_a_deleted_reader_who_signs_up_again_has_a_tombstone_and_a_send_history(limits: Limits) -> None:
    limits.put_tombstone(ANA, NOW)
    after = limits.send_history(ANA).with_mail("2" * 32, LATER)

    assert limits.put_history(ANA, after)

    send_history = limits.send_history(ANA)
    assert (send_history.mailed, send_history.gone_at) == (
        (("2" * 32, end_of_day(LATER)),),
        end_of_day(NOW),
    )


def test_the_id_of_an_absent_reader_who_leaves_is_not_taken_for_an_address(limits: Limits) -> None:
    for _ in range(2):
        limits.put_absent_tombstone("a" * 32, NOW)

    assert limits.send_history(ANA) == SendHistory()


@pytest.mark.parametrize(
    ("later", "expected"),
    [([None] * 5, 4), ([2] * 5, 2), ([2, 2, 2, None, None, None], 4), ([None] * 4 + [2], 4)],
)
def test_an_hour_has_a_limit_of_mails_and_a_lower_one_for_later_sign_ups(
    limits: Limits, later: list[int | None], expected: int
) -> None:
    assert sum(limits.take(NOW, 4, 1 if most is None else 3, most) for most in later) == expected


def test_a_later_sign_up_gets_no_mail_of_an_hour_for_which_an_earlier_one_waits(limits: Limits) -> None:
    for _ in range(2):
        limits.note_waiting(NOW, 2)

    assert [limits.take(NOW, 4, priority, None) for priority in (1, 2, 3)] == [True, True, False]
    limits.note_waiting(NOW, 1)
    assert [limits.take(NOW, 4, priority, None) for priority in (1, 2, 3)] == [True, False, False]
    assert limits.take(NOW + timedelta(hours=1), 4, 3, None)


@pytest.mark.parametrize(("priority", "later"), [(1, None), (3, 1)])
def test_the_budget_reserved_for_a_mail_that_was_not_sent_can_be_returned(
    limits: Limits, priority: int, later: int | None
) -> None:
    assert [limits.take(NOW, 1, priority, later) for _ in range(2)] == [True, False]

    limits.give_back(NOW, is_late=later is not None)

    assert [limits.take(NOW, 1, priority, later) for _ in range(2)] == [True, False]


def test_a_send_history_can_be_deleted(limits: Limits) -> None:
    limits.put_history(ANA, FIRST)

    for _ in range(2):
        limits.delete_history(ANA)

    assert limits.send_history(ANA) == SendHistory()


def test_a_mail_that_is_not_known_to_have_been_sent_is_remembered_as_unconfirmed(limits: Limits) -> None:
    begun = SendHistory().with_mail("1" * 32, NOW)

    assert limits.put_history(ANA, begun)
    assert limits.send_history(ANA) == begun
    assert limits.put_history(ANA, begun.confirmed())
    assert limits.send_history(ANA) == begun.confirmed()
    assert begun.confirmed() == SendHistory((("1" * 32, end_of_day(NOW)),), None, 2)


def test_each_hour_has_its_own_count(limits: Limits) -> None:
    hours: list[datetime] = [NOW, NOW, NOW + timedelta(hours=1)]

    assert [limits.take(hour, 1, 1, None) for hour in hours] == [True, False, True]


@pytest.mark.parametrize(("in_all", "later"), [(0, None), (1, 0)])
def test_an_hour_without_a_budget_has_no_mail(limits: Limits, in_all: int, later: int | None) -> None:
    assert not limits.take(NOW, in_all, 3, later)


# -- in the table


def test_a_network_is_stored_under_a_hash_whose_salt_ends_with_the_day(table: Any, salts: Any) -> None:
    DynamoDBNetworks(table, salts).count(HOME, NOW)

    [(name, network)] = items(table).items()
    (own,) = set(network) - {"number", "expires_at"}
    assert (network.pop(own), network) == (1, {"number": 1, "expires_at": END_OF_DAY})
    assert (name.startswith("network#"), own.startswith("own_"), len(own)) == (True, True, 20)
    (salt,) = salts.scan()["Items"]
    assert (salt["day"], len(bytes(salt["salt"])), salt["expires_at"]) == ("2016-12-12", 32, END_OF_DAY)
    assert "203.0.113" not in repr(items(table)) + repr(salt)


@pytest.mark.parametrize("share", [HOME, WORK, Share("unknown", 20), Share("198.51.0.0/16", 400)])
def test_every_network_is_counted_by_the_same_call(share: Share, table: Any, salts: Any) -> None:
    worker = DynamoDBNetworks(table, salts)
    worker.count(NEXT_DOOR, NOW)
    calls: list[tuple[str, ...]] = []
    table.client.meta.events.register(
        "before-parameter-build.dynamodb.*",
        lambda params, model, **_: calls.append((model.name, *sorted(params))),
    )

    worker.count(share, NOW)

    assert [name for name, *_ in calls] == ["UpdateItem"]
    assert len(items(table)) == (1 if share is WORK else 2)


def test_requests_of_a_wide_network_beyond_its_shares_make_no_item_larger(table: Any, salts: Any) -> None:
    worker = DynamoDBNetworks(table, salts)
    for number in range(50):
        worker.count(Share(f"2001:db8:{number:x}::/48", 2, "2001:db8::/32"), NOW)
    ((_, network),) = items(table).items()
    assert (network["number"], len(network)) == (20, 20 + 2)


def test_two_workers_count_under_one_salt(table: Any, salts: Any) -> None:
    workers = [DynamoDBNetworks(table, salts), DynamoDBNetworks(table, salts)]

    assert [worker.count(HOME, NOW) for worker in workers] == [1, 2]


def test_if_two_workers_make_a_salt_at_once_the_first_salt_is_used(table: Any, salts: Any) -> None:
    late, early = DynamoDBNetworks(table, salts), DynamoDBNetworks(table, salts)
    events = salts.client.meta.events

    def overtaken(**_: Any) -> None:
        events.unregister("before-call.dynamodb.PutItem", overtaken)
        early.count(HOME, NOW)

    events.register("before-call.dynamodb.PutItem", overtaken)

    assert late.count(HOME, NOW) == 2


def test_the_first_worker_of_a_day_deletes_the_salt_of_the_day_before(table: Any, salts: Any) -> None:
    DynamoDBNetworks(table, salts).count(HOME, NOW)

    DynamoDBNetworks(table, salts).count(HOME, LATER)

    assert days(salts) == ["2016-12-13"]


def test_a_salt_expires_with_its_day_even_if_nobody_signs_up_the_next_day(table: Any, salts: Any) -> None:
    networks = DynamoDBNetworks(table, salts)
    networks.count(HOME, NOW)
    midnight = LATER.replace(hour=0, minute=0)

    networks.delete_old_salts(midnight - timedelta(minutes=1))
    assert days(salts) == ["2016-12-12"]
    for minute in range(2):
        networks.delete_old_salts(midnight + timedelta(minutes=minute))
    assert days(salts) == []


def test_no_salt_is_deleted_too_early(table: Any, salts: Any) -> None:
    """A worker whose clock is ahead by a day deletes no salt that is still in use."""
    salts.put_item(Item={"day": "2016-12-12", "salt": b"1", "expires_at": int((LATER + LASTING).timestamp())})
    DynamoDBNetworks(table, salts).delete_old_salts(LATER.replace(hour=0, minute=0))
    assert days(salts) == ["2016-12-12"]


def test_a_salt_that_an_earlier_release_stored_beside_the_counts_expires_with_its_day(
    table: Any, salts: Any
) -> None:
    table.put_item(Item={"counter": "salt#2016-12-12", "salt": b"1", "expires_at": END_OF_DAY})
    DynamoDBNetworks(table, salts).delete_old_salts(LATER.replace(hour=0, minute=1))
    assert items(table) == {}


def test_records_of_mails_are_deleted_and_tombstones_stay(limits: Limits) -> None:
    limits.put_tombstone(ANA, NOW)
    before = limits.send_history(ANA)
    limits.put_history(ANA, replace(before.with_mail("1" * 32, NOW)))

    limits.delete_mails(ANA, NOW)

    assert limits.send_history(ANA) == SendHistory((), END_OF_DAY, before.version + 2)


def test_without_a_send_history_nothing_is_deleted(limits: Limits) -> None:
    limits.delete_mails(ANA, NOW)
    assert limits.send_history(ANA) == SendHistory()


def test_a_worker_that_read_before_mails_were_forgotten_writes_nothing(limits: Limits) -> None:
    limits.put_history(ANA, FIRST)
    limits.delete_mails(ANA, NOW)
    assert not limits.put_history(ANA, FIRST.confirmed())


def test_the_rest_of_deleted_mail_records_expires_with_the_tombstones(table: Any) -> None:
    limits = DynamoDBLimits(table)
    limits.put_history(ANA, FIRST)
    limits.delete_mails(ANA, NOW)
    assert items(table)[ANA] == {"version": 2, "expires_at": END_OF_DAY + 48 * 3600}


def test_everything_in_the_table_expires(table: Any) -> None:
    limits, hour = DynamoDBLimits(table), NOW.replace(minute=0)
    limits.put_history(ANA, FIRST)
    limits.put_tombstone(address_counter("another"), NOW)
    limits.put_absent_tombstone("absent", NOW)
    limits.take(hour, 4, 3, 2)
    limits.note_waiting(hour + timedelta(hours=1), 1)

    ends = {
        name.partition("#")[0] + name[-3:]: item["expires_at"] - EPOCH for name, item in items(table).items()
    }
    assert ends == {
        f"address{ANA[-3:]}": 30 * 86_400,
        "addressher": 48 * 3600 + 18 * 3600,  # to the end of the day, never shorter
        "goneent": 7 * 86_400 + 18 * 3600,
        "budgetT06": 2 * 3600,
        "budgetT07": 3 * 3600,
    }

"""The events of round trips, kept by the fake and by DynamoDB."""

from datetime import timedelta

import pytest

from broadsheet.aws.round_trips import DynamoDBRoundTripEvents
from tests.fakes.clock import FakeClock
from tests.fakes.feedback import FakeRoundTripEvents
from tests.from_template import create_tables

TRIP, ANOTHER = "0" * 32, "f" * 32


@pytest.fixture(params=["fake", "DynamoDB"])
def round_trips(request: pytest.FixtureRequest) -> FakeRoundTripEvents | DynamoDBRoundTripEvents:
    if request.param == "fake":
        return FakeRoundTripEvents()
    table = create_tables(request.getfixturevalue("aws"), ["LedgerTable"])["LedgerTable"]
    return DynamoDBRoundTripEvents(table, FakeClock())


def test_an_event_of_a_probe_is_stored_once_for_its_mail(
    round_trips: FakeRoundTripEvents | DynamoDBRoundTripEvents,
) -> None:
    assert round_trips.recorded(TRIP) == frozenset()
    for word in ("delivery", "complaint", "delivery"):
        round_trips.record(TRIP, word)
    round_trips.record(ANOTHER, "bounce")
    assert round_trips.recorded(TRIP) == {"delivery", "complaint"}
    assert round_trips.recorded(ANOTHER) == {"bounce"}


def test_it_is_forgotten_after_a_day(aws: dict[str, object]) -> None:
    table, clock = create_tables(aws, ["LedgerTable"])["LedgerTable"], FakeClock()
    DynamoDBRoundTripEvents(table, clock).record(TRIP, "bounce")
    (item,) = table.scan()["Items"]
    assert item["expires_at"] == int((clock() + timedelta(days=1)).timestamp())

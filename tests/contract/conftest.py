"""moto in process: an empty account for each test, in one thread, without a network."""

from collections.abc import Iterator
from typing import Any

import moto  # first: it must be there before any client is made
import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.mailings.ports import Ledger
from broadsheet.subscribers.ports import Subscribers
from tests.fakes.clock import FakeClock
from tests.fakes.mailings import FakeLedger
from tests.fakes.subscribers import FakeSubscribers
from tests.from_template import ENVIRONMENT, create_tables, the_template


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """An AWS account for this test alone; gives the template to make resources from."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with moto.mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield the_template()


@pytest.fixture(params=["fake", "DynamoDB"])
def subscribers(request: pytest.FixtureRequest) -> Subscribers:
    """An empty list."""
    if request.param == "fake":
        return FakeSubscribers()
    tables = create_tables(request.getfixturevalue("aws"), ["SubscribersTable", "FingerprintsTable"])
    return DynamoDBSubscribers(tables["SubscribersTable"], tables["FingerprintsTable"])


@pytest.fixture(params=["fake", "DynamoDB"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """An empty ledger."""
    if request.param == "fake":
        return FakeLedger()
    table = create_tables(request.getfixturevalue("aws"), ["LedgerTable"])["LedgerTable"]
    return DynamoDBLedger(table, FakeClock())

"""moto in process: an empty account for each test, in one thread, without a network."""

from collections.abc import Iterator

import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.mailings.ports import Ledger
from broadsheet.subscribers.ports import Subscribers
from tests import in_moto
from tests.fakes.clock import FakeClock
from tests.fakes.mailings import FakeLedger
from tests.fakes.subscribers import FakeSubscribers
from tests.from_template import Template, create_tables


@pytest.fixture
def aws() -> Iterator[Template]:
    """An AWS account for this test alone; gives the template to make resources from."""
    with in_moto.account({"reset_boto3_session": False}) as template:
        yield template


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

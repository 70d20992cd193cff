"""What `Presses` promises, kept by the fake and by DynamoDB; and how orders to rebuild travel."""

from typing import Any

import boto3
import pytest

from broadsheet.aws.rebuilds import DynamoDBPresses, SQSRebuilds
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.publishing.desk_events import Rebuild, desk_event
from broadsheet.publishing.rebuild import Presses
from tests.fakes.desk import FakePresses
from tests.from_template import create_queue, create_tables


@pytest.fixture(params=["fake", "DynamoDB"])
def presses(request: pytest.FixtureRequest) -> Presses:
    """Nothing was ever completed."""
    if request.param == "fake":
        return FakePresses()
    return DynamoDBPresses(create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"])


def test_before_the_first_rebuild_there_is_no_press(presses: Presses) -> None:
    assert presses.press() == ""


def test_the_press_of_the_last_rebuild_is_remembered(presses: Presses) -> None:
    for press in ("first", "second", "second"):
        presses.complete(press)
        assert presses.press() == press


def test_a_press_is_no_issue(presses: Presses) -> None:
    presses.complete("first")
    if isinstance(presses, DynamoDBPresses):
        assert DynamoDBRegister(presses.table).after("", 10) == []
    assert presses.press() == "first"


@pytest.mark.parametrize(
    "order",
    [Rebuild("0123456789abcdef0123"), Rebuild("0123456789abcdef0123", "years", "2016", 3)],
    ids=["the first", "in the middle"],
)
def test_an_order_to_rebuild_can_be_taken_at_once_and_is_read_as_it_was_put(
    order: Rebuild, aws: dict[str, Any]
) -> None:
    sqs: Any = boto3.client("sqs")
    queue = create_queue(aws, "DeskQueue")

    SQSRebuilds(sqs, queue)(order)

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]  # uploads wait; this does not
    assert desk_event(message["Body"]) == order

"""What `RendererVersions` promises, kept by the fake and by DynamoDB; and how messages to rebuild travel."""

from typing import Any

import boto3
import pytest

from broadsheet.aws.publishing_state import DynamoDBRendererVersions
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.aws.sqs import SQSQueue
from broadsheet.publishing.desk_events import Rebuild, desk_event
from broadsheet.publishing.rebuild import RendererVersions
from tests.fakes.desk import FakeRendererVersions
from tests.from_template import create_queue, create_tables


@pytest.fixture(params=["fake", "DynamoDB"])
def versions(request: pytest.FixtureRequest) -> RendererVersions:
    """Nothing was ever completed."""
    if request.param == "fake":
        return FakeRendererVersions()
    return DynamoDBRendererVersions(
        create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"]
    )


def test_before_the_first_rebuild_there_is_no_version(versions: RendererVersions) -> None:
    assert versions.current() == ""


def test_the_version_of_the_last_rebuild_is_remembered(versions: RendererVersions) -> None:
    for version in ("first", "second", "second"):
        versions.complete(version)
        assert versions.current() == version


def test_a_version_is_no_issue(versions: RendererVersions) -> None:
    versions.complete("first")
    if isinstance(versions, DynamoDBRendererVersions):
        assert DynamoDBRegister(versions.table).after("", 10) == []
    assert versions.current() == "first"


@pytest.mark.parametrize(
    "sent",
    [Rebuild("0123456789abcdef0123"), Rebuild("0123456789abcdef0123", "years", "2016", 3)],
    ids=["the first", "in the middle"],
)
def test_a_rebuild_message_is_received_at_once_and_read_as_it_was_sent(
    sent: Rebuild, aws: dict[str, Any]
) -> None:
    sqs: Any = boto3.client("sqs")
    queue = create_queue(aws, "DeskQueue")

    SQSQueue(sqs, queue).send(sent)

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]  # uploads wait; this does not
    assert desk_event(message["Body"]) == sent

"""What `RendererVersions` and `Rebuilds` promise, kept by fakes and by DynamoDB; how messages travel."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from broadsheet.aws.publishing_state import DynamoDBRebuilds, DynamoDBRendererVersions
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.aws.sqs import SQSQueue
from broadsheet.publishing.desk_events import Rebuild, RebuildRequest, desk_event
from broadsheet.publishing.rebuild import ENDED, Rebuilds, RendererVersions
from tests.fakes.desk import FakeRebuilds, FakeRendererVersions
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
    [
        Rebuild("0123456789abcdef0123"),
        Rebuild("0123456789abcdef0123", "years", "2016", 3),
        RebuildRequest("run", anew=True),
    ],
    ids=["the first", "in the middle", "a request"],
)
def test_a_rebuild_message_is_received_at_once_and_read_as_it_was_sent(
    sent: Rebuild | RebuildRequest, aws: dict[str, Any]
) -> None:
    sqs: Any = boto3.client("sqs")
    queue = create_queue(aws, "DeskQueue")

    SQSQueue(sqs, queue).send(sent)

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]  # uploads wait; this does not
    assert desk_event(message["Body"]) == sent


FIRST = Rebuild("0123456789abcdef0123", run="run", anew=True)


@pytest.fixture(params=["fake", "DynamoDB"])
def rebuilds(request: pytest.FixtureRequest) -> Rebuilds:
    """Nothing was ever begun."""
    if request.param == "fake":
        return FakeRebuilds()
    return DynamoDBRebuilds(create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"])


def test_before_the_first_rebuild_there_is_no_message(rebuilds: Rebuilds) -> None:
    assert rebuilds.latest() is None
    assert not rebuilds.save(FIRST)
    assert rebuilds.latest() is None


def test_the_last_step_of_the_rebuild_that_was_begun_last_is_remembered(rebuilds: Rebuilds) -> None:
    rebuilds.begin(FIRST)
    assert rebuilds.latest() == FIRST
    later = replace(FIRST, after="2016-12-05", done=20, left=1, picture="media/a.png", lost=("issues/a", "b"))
    for _ in range(2):
        assert rebuilds.save(later)
        assert rebuilds.latest() == later


def test_an_earlier_step_and_a_step_after_the_end_are_refused(rebuilds: Rebuilds) -> None:
    rebuilds.begin(FIRST)
    later = replace(FIRST, after="2016-12-05", done=20)
    assert rebuilds.save(later)
    assert not rebuilds.save(FIRST)
    ended = replace(later, phase=ENDED)
    assert rebuilds.save(ended)
    assert not rebuilds.save(later)
    assert rebuilds.latest() == ended


def test_the_steps_of_a_rebuild_in_whose_place_another_was_begun_are_refused(rebuilds: Rebuilds) -> None:
    rebuilds.begin(FIRST)
    second = replace(FIRST, run="another")
    rebuilds.begin(second)
    assert not rebuilds.save(replace(FIRST, done=20))
    assert rebuilds.latest() == second


def test_a_message_of_an_older_release_has_no_id_and_is_not_refused(rebuilds: Rebuilds) -> None:
    rebuilds.begin(FIRST)
    assert rebuilds.save(Rebuild("0123456789abcdef0123", after="2016-12-05"))
    assert rebuilds.latest() == FIRST


def test_a_rebuild_is_no_issue(aws: dict[str, Any]) -> None:
    table = create_tables(aws, ["RegisterTable"])["RegisterTable"]
    DynamoDBRebuilds(table).begin(FIRST)
    register = DynamoDBRegister(table)
    assert (register.after("", 10), register.count()) == ([], 0)

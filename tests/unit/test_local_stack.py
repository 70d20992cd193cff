"""The deployed stack as the local tools see it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, Response, request

from local.server import serve
from local.stack import LocalStack, Resource, StackMissingError


@dataclass
class CountedEngine:
    """CloudFormation with the stacks of a test; counts how often it is asked for a list."""

    stacks: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    listings: int = 0
    endpoint: str = ""

    def answer(self) -> Response:
        name = request.form["StackName"]
        if name not in self.stacks:
            code = f"<Code>ValidationError</Code><Message>Stack with id {name} does not exist</Message>"
            return Response(f"<ErrorResponse><Error>{code}</Error></ErrorResponse>", 400)
        if request.form["Action"] == "DescribeStacks":
            output = "<member><OutputKey>Site</OutputKey><OutputValue>d1.example</OutputValue></member>"
            value = (
                "<member><ParameterKey>Doubts</ParameterKey><ParameterValue>skip</ParameterValue></member>"
            )
            described = f"<Outputs>{output}</Outputs><Parameters>{value}</Parameters>"
            return _xml("DescribeStacks", f"<Stacks><member>{described}</member></Stacks>")
        self.listings += 1
        members = "".join(
            f"<member><LogicalResourceId>{logical}</LogicalResourceId><ResourceType>{kind}</ResourceType>"
            f"<PhysicalResourceId>{physical}</PhysicalResourceId></member>"
            for logical, (kind, physical) in self.stacks[name].items()
        )
        return _xml("ListStackResources", f"<StackResourceSummaries>{members}</StackResourceSummaries>")


def _xml(action: str, inside: str) -> Response:
    return Response(f"<{action}Response><{action}Result>{inside}</{action}Result></{action}Response>")


@pytest.fixture
def engine() -> Iterator[Any]:
    engine = CountedEngine({"broadsheet": {"SiteBucket": ("AWS::S3::Bucket", "site-1a")}})
    app = Flask("engine")
    app.add_url_rule("/", "answer", engine.answer, methods=["POST"])
    server = serve(app, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    engine.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield engine
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class SteppingClock:
    """A clock that a test moves."""

    now: float = 0

    def __call__(self) -> float:
        return self.now


def test_a_name_is_looked_up_once_in_five_seconds(engine: Any) -> None:
    clock = SteppingClock()
    stack = LocalStack(engine.endpoint, "eu-central-1", "broadsheet", "secret", clock)

    names = [stack.physical("SiteBucket"), stack.physical("SiteBucket")]
    listings = engine.listings
    clock.now = 6
    stack.physical("SiteBucket")

    assert names == ["site-1a", "site-1a"]
    assert (listings, engine.listings) == (1, 2)


def test_a_resource_that_came_later_is_found_at_once(engine: Any) -> None:
    stack = LocalStack(engine.endpoint, "eu-central-1", "broadsheet", "secret", SteppingClock())
    stack.physical("SiteBucket")
    engine.stacks["broadsheet"]["DeskBucket"] = ("AWS::S3::Bucket", "desk-1a")

    assert stack.physical("DeskBucket") == "desk-1a"


def test_resources_are_listed_by_their_type(engine: Any) -> None:
    engine.stacks["broadsheet"] |= {"B": ("AWS::SQS::Queue", "b-1a"), "A": ("AWS::SQS::Queue", "a-1a")}
    stack = LocalStack(engine.endpoint, "eu-central-1", "broadsheet", "secret")

    assert stack.resources("AWS::SQS::Queue") == [
        Resource("A", "a-1a", "AWS::SQS::Queue"),
        Resource("B", "b-1a", "AWS::SQS::Queue"),
    ]


def test_an_output_is_read_and_a_wrong_one_named(engine: Any) -> None:
    stack = LocalStack(engine.endpoint, "eu-central-1", "broadsheet", "secret")

    assert stack.output("Site") == "d1.example"
    with pytest.raises(StackMissingError, match=r"The stack broadsheet has no output Sight\."):
        stack.output("Sight")


def test_the_parameters_are_read_by_their_names(engine: Any) -> None:
    stack = LocalStack(engine.endpoint, "eu-central-1", "broadsheet", "secret")

    assert stack.parameters() == {"Doubts": "skip"}


def test_a_user_s_aws_profile_that_does_not_exist_is_not_looked_for(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    stack = LocalStack(engine.endpoint, "eu-central-1", "broadsheet", "secret")
    assert stack.output("Site") == "d1.example"


def test_a_missing_stack_or_resource_is_named(engine: Any) -> None:
    with pytest.raises(StackMissingError, match=r"There is no stack other in the engine at http://127"):
        LocalStack(engine.endpoint, "eu-central-1", "other", "secret").physical("SiteBucket")
    with pytest.raises(StackMissingError, match=r"The stack broadsheet has no resource Attic\."):
        LocalStack(engine.endpoint, "eu-central-1", "broadsheet", "secret").physical("Attic")

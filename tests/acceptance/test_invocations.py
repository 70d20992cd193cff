"""The engine invokes functions as Lambda does: it stops loops, and throttles beyond the account's limit.

On an engine of its own, with a stack of a few lines: `Counting` puts its message again, one less each time;
`Sleeping` takes up room until a file is there, or for as long as its message says.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.lambda_rules import DROPPED
from local.lineage import MOST_INVOCATIONS
from local.system import STACK, LocalSystem, free_port
from tests.acceptance.conftest import wait_for

LIMIT, MAXIMUM, PATIENCE_SECONDS = 3, 2, 120
LONG = 40  # far beyond what Lambda lets loop
COUNTING = """
import json, os, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    for record in event["Records"]:
        left = int(record["body"])
        sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=record["body"])
        if left > 1:
            sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(left - 1))
"""
SLEEPING = """
import os, time
def handler(event, context):
    while "until" in event and not os.path.exists(event["until"]):
        time.sleep(0.05)
    time.sleep(sum(float(record["body"]) for record in event.get("Records", [])))
    return {"statusCode": 200, "body": "awake"}
"""


def a_function(code: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Timeout": 60,
            "Role": "arn:aws:iam::000000000000:role/any",
            "Code": {"ZipFile": code},
            **properties,
        },
    }


def a_queue(dead_letters: str) -> dict[str, Any]:
    redrive = {"deadLetterTargetArn": arn(dead_letters), "maxReceiveCount": 5}
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 360, "RedrivePolicy": redrive}}


def a_mapping(function: str, queue: str) -> dict[str, Any]:
    properties = {
        "FunctionName": {"Ref": function},
        "EventSourceArn": arn(queue),
        "BatchSize": 1,
        "ScalingConfig": {"MaximumConcurrency": {"Ref": "Maximum"}},  # a parameter is a text
    }
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def counting(name: str) -> dict[str, Any]:
    """The environment that gives a counting function its queues."""
    return {
        "Environment": {"Variables": {"QUEUE": {"Ref": f"{name}Queue"}, "RESULTS": {"Ref": f"{name}Done"}}}
    }


def the_stack(**counting_properties: Any) -> str:
    resources: dict[str, Any] = {
        "HttpApi": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "HttpApi"}, "StageName": "$default", "AutoDeploy": True},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": arn("Sleeping"),
                "PayloadFormatVersion": "2.0",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "RouteKey": "ANY /api",
                "Target": {"Fn::Sub": "integrations/${Integration}"},
            },
        },
        "Sleeping": a_function(SLEEPING),
        "SleepingDeadLetters": {"Type": "AWS::SQS::Queue"},
        "SleepingQueue": a_queue("SleepingDeadLetters"),
        "SleepingMapping": a_mapping("Sleeping", "SleepingQueue"),
        "Counting": a_function(COUNTING, **counting("Counting"), **counting_properties),
        "Looping": a_function(COUNTING, **counting("Looping")),
    }
    for name in ("Counting", "Looping"):
        resources |= {
            f"{name}DeadLetters": {"Type": "AWS::SQS::Queue"},
            f"{name}Queue": a_queue(f"{name}DeadLetters"),
            f"{name}Done": {"Type": "AWS::SQS::Queue"},
            f"{name}Mapping": a_mapping(name, f"{name}Queue"),
        }
    parameters = {"Maximum": {"Type": "Number", "Default": MAXIMUM}}
    return json.dumps({"Parameters": parameters, "Resources": resources})


class Engine:
    """The stack on its engine."""

    def __init__(self, system: LocalSystem) -> None:
        self.system = system
        self.functions = system.stack.client("lambda")

    def name(self, logical_id: str) -> str:
        return self.system.stack.physical(logical_id)

    def put(self, queue: str, body: str) -> None:
        self.system.stack.sqs.send_message(QueueUrl=self.name(queue), MessageBody=body)

    def depth(self, queue: str) -> int:
        """The number of messages of a queue, in any state."""
        found = self.system.stack.sqs.get_queue_attributes(QueueUrl=self.name(queue), AttributeNames=["All"])
        return sum(
            int(value)
            for name, value in found["Attributes"].items()
            if name.startswith("ApproximateNumberOf")
        )

    def counted(self, metric: str, function: str) -> float:
        """The sum of a function's metric since it was made."""
        found = self.system.stack.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": self.name(function)}],
            StartTime=0,
            EndTime=4_000_000_000,
            Period=60,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    @contextmanager
    def full(self, until: Path) -> Iterator[None]:
        """Use up the account's concurrency within the context."""
        assert self.functions.exceptions  # made on first use, and twice for two threads at once
        sleepers = [threading.Thread(target=self._sleep, args=(until,)) for _ in range(LIMIT)]
        try:
            for sleeper in sleepers:
                sleeper.start()
            wait_for(self._is_full, "invocations that take up all room")
            yield
        finally:
            until.touch()
            for sleeper in sleepers:
                sleeper.join()

    def _sleep(self, until: Path) -> None:
        """Occupy one execution; retry if a probe has just taken the last one."""
        payload = json.dumps({"until": str(until)})
        while not until.exists():
            with suppress(self.functions.exceptions.TooManyRequestsException):
                self.functions.invoke(FunctionName=self.name("Sleeping"), Payload=payload)

    def _is_full(self) -> bool:
        return self.refusal() is not None

    def refusal(self) -> dict[str, Any] | None:
        """What a synchronous call is answered if it is throttled."""
        try:
            self.functions.invoke(FunctionName=self.name("Sleeping"), Payload="{}")
        except self.functions.exceptions.TooManyRequestsException as error:
            return dict(error.response)
        return None

    def ask_the_api(self) -> urllib3.BaseHTTPResponse:
        host = f"{self.name('HttpApi')}.execute-api.localhost:{self.system.engine_port}"
        address = f"{self.system.engine.endpoint}/api"
        headers = {"Host": host, **self.system.engine_headers}
        return urllib3.request("GET", address, headers=headers, retries=False)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    system = LocalSystem(tmp_path_factory.mktemp("narrow"), free_port(), free_port(), LIMIT)
    try:
        system.start()
        stacks = system.stack.cloudformation
        stacks.create_stack(StackName=STACK, TemplateBody=the_stack(RecursiveLoop="Allow"))
        stacks.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        yield Engine(system)
    finally:
        system.stop()


def comes_to(wanted: int, look: Callable[[], int], what: str) -> None:
    wait_for(lambda: look() >= wanted, what, PATIENCE_SECONDS)
    assert look() == wanted, what


def test_the_seventeenth_invocation_of_a_chain_goes_to_the_dead_letter_queue_and_is_reported(
    engine: Engine,
) -> None:
    engine.put("LoopingQueue", str(LONG))

    comes_to(1, lambda: engine.depth("LoopingDeadLetters"), "the dead letter")
    assert engine.depth("LoopingDone") == MOST_INVOCATIONS
    assert engine.depth("LoopingQueue") == 0
    assert engine.counted("RecursiveInvocationsDropped", "Looping") >= 1
    log = urllib3.request("GET", f"{engine.system.address}/_local/log", retries=False).data.decode()
    assert DROPPED in log
    assert "Looping" in log


def test_a_chain_is_not_stopped_where_the_function_may_loop(engine: Engine) -> None:
    engine.put("CountingQueue", str(LONG))

    comes_to(LONG, lambda: engine.depth("CountingDone"), "the whole chain")
    assert engine.depth("CountingDeadLetters") == 0
    assert engine.counted("RecursiveInvocationsDropped", "Counting") == 0


def test_messages_that_a_person_sends_begin_their_own_chains(engine: Engine) -> None:
    before = engine.depth("LoopingDone"), engine.depth("LoopingDeadLetters")

    for _ in range(MOST_INVOCATIONS + 4):
        engine.put("LoopingQueue", "1")

    comes_to(before[0] + MOST_INVOCATIONS + 4, lambda: engine.depth("LoopingDone"), "all of them")
    assert engine.depth("LoopingDeadLetters") == before[1]


def test_the_template_s_setting_for_loops_is_shown_by_the_api_and_can_be_removed(engine: Engine) -> None:
    def said(function: str) -> str:
        found = engine.functions.get_function_recursion_config(FunctionName=engine.name(function))
        return str(found["RecursiveLoop"])

    assert [said("Counting"), said("Looping")] == ["Allow", "Terminate"]
    stacks = engine.system.stack.cloudformation
    for properties, word in (({}, "Terminate"), ({"RecursiveLoop": "Allow"}, "Allow")):
        stacks.update_stack(StackName=STACK, TemplateBody=the_stack(**properties))
        stacks.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        assert said("Counting") == word


def test_the_deployed_functions_may_loop_where_the_template_says_so(system: LocalSystem) -> None:
    stack, functions = system.stack, system.stack.client("lambda")
    allowed = {
        resource.logical_id
        for resource in stack.resources("AWS::Lambda::Function")
        if functions.get_function_recursion_config(FunctionName=resource.physical_id)["RecursiveLoop"]
        == "Allow"
    }

    assert allowed == {"PublishIssueFunction", "ProcessSignupFunction", "DeliverChunkFunction"}


def test_the_concurrency_limit_of_the_account_is_read(engine: Engine) -> None:
    limits = engine.functions.get_account_settings()["AccountLimit"]

    assert (limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]) == (LIMIT, LIMIT)


def test_beyond_the_limit_a_caller_is_throttled_and_a_visitor_is_asked_to_try_again_later(
    engine: Engine, tmp_path: Path
) -> None:
    with engine.full(tmp_path / "over"):
        refusal = engine.refusal()
        visitor = engine.ask_the_api()

    assert refusal is not None
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert (refusal["Reason"], refusal["Error"]["Message"]) == (
        "ConcurrentInvocationLimitExceeded",
        "Rate Exceeded.",
    )
    assert (visitor.status, visitor.json()) == (503, {"message": "Service Unavailable"})
    assert engine.ask_the_api().status == 200


def test_beyond_the_limit_messages_and_asynchronous_calls_wait_and_are_no_errors(
    engine: Engine, tmp_path: Path
) -> None:
    before = engine.counted("Throttles", "Counting")

    with engine.full(tmp_path / "over"):
        engine.put("CountingQueue", "1")
        waiting = engine.depth("CountingDone")
        payload = json.dumps({"Records": [{"body": "1"}]})
        answer = engine.functions.invoke(
            FunctionName=engine.name("Counting"), InvocationType="Event", Payload=payload
        )
        wait_for(lambda: engine.counted("Throttles", "Counting") >= before + 2, "both to be throttled")
        assert engine.depth("CountingDone") == waiting

    assert answer["StatusCode"] == 202
    comes_to(waiting + 2, lambda: engine.depth("CountingDone"), "both to run")
    assert engine.depth("CountingDeadLetters") == 0
    assert engine.counted("Errors", "Counting") == 0


def test_a_mapping_takes_no_more_workers_than_its_maximum(engine: Engine) -> None:
    for _ in range(4 * MAXIMUM):
        engine.put("SleepingQueue", "0.3")
    refusals = [engine.refusal()]
    while engine.depth("SleepingQueue"):
        refusals.append(engine.refusal())

    assert set(map(str, refusals)) == {"None"}  # there was room for one more, all the time

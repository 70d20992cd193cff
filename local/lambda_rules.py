"""What Lambda does with invocations and MiniStack does not: functions around MiniStack's own.

Chains through SQS are counted, and stopped where they loop (local/lineage.py). A throttled invocation is
tried again, unless somebody waits for its answer. Each function here takes one of MiniStack's and gives what
stands in its place; local/engine_process.py puts it there. `service` is its module of Lambda, `queues` that
of SQS.

Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops"; "How Lambda
handles errors and retries with asynchronous invocation" (throttled: six hours, after 1 second at first, 5
minutes at last); "Handling errors for an SQS event source" (a throttled batch is tried again until its
visibility ends). An HTTP API answers 503 where Lambda throttles.
"""

import json
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from local import lineage

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
ASYNCHRONOUS_PATIENCE_SECONDS = 6 * 3600.0
DROPPED = "invocation stopped: recursive loop; the message goes to the dead letters"

Function = dict[str, Any]

# The trace header that the request or batch being worked on came with.
chain: ContextVar[str] = ContextVar("chain", default="")
# How long a throttled invocation is tried again; not at all for a caller who waits for the answer.
patience_seconds: ContextVar[float] = ContextVar("patience_seconds", default=ASYNCHRONOUS_PATIENCE_SECONDS)


def keeping_the_chain(build: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """SQS keeps the header that a message was sent with, unless the sender gives another."""

    def built(now: float, given: dict[str, Any]) -> dict[str, str]:
        kept = {"AWSTraceHeader": chain.get()} if chain.get() else {}
        return {**kept, **build(now, given)}

    return built


def naming_the_chain(name: Callable[..., str | None]) -> Callable[..., str]:
    """An invocation's own header: the chain's, with this invocation counted."""

    def named(config: Function, inbound: str | None = None) -> str:
        header = inbound or chain.get() or name(config) or ""
        return lineage.invoked(header, config["FunctionArn"])

    return named


def following_the_chain(run: Callable[..., None], service: Any, queues: Any) -> Callable[..., None]:  # noqa: ANN401  # modules
    """An event source mapping: its batch is of the chain that its messages came from."""

    def followed(
        esm: Function,
        function: Function,
        event: dict[str, Any],
        batch: list[dict[str, Any]],
        url: str,
        name: str,
    ) -> None:
        arn = function["config"]["FunctionArn"]
        headers = (record["attributes"].get("AWSTraceHeader", "") for record in event["Records"])
        header = lineage.longest(headers, arn)
        depth = lineage.invocations(header, arn) + 1
        if service._recursive_loop_drop(esm["FunctionName"], function, depth) is not None:
            _tell(service, function, depth)
            _offer_again(batch, service)
            return
        chain.set(header)
        visible_after = float(queues._queues[url]["attributes"].get("VisibilityTimeout", 30))
        patience_seconds.set(max(0.0, visible_after - float(function["config"].get("Timeout", 3))))
        run(esm, function, event, batch, url, name)

    return followed


def _tell(service: Any, function: Function, depth: int) -> None:  # noqa: ANN401  # a module
    """A line in the function's log, for the local log page. AWS has a metric and a mail to the account."""
    line = {
        "level": "WARNING",
        "message": DROPPED,
        "function_name": function["config"]["FunctionName"],
        "invocation_of_its_chain": depth,
    }
    service._emit_lambda_logs(function, str(uuid.uuid4()), json.dumps(line), error=False, duration_ms=0)


def _offer_again(batch: list[dict[str, Any]], service: Any) -> None:  # noqa: ANN401  # a module
    """Let the messages be received again at once, until they have been often enough for the dead letters.

    Lambda does so when their visibility ends, minutes later; nobody wants to wait for that here.
    """
    for message in batch:
        message["visible_at"] = time.time()
    service._esm_wake.set()


def waiting(acquire: Callable[..., Any], service: Any) -> Callable[..., Any]:  # noqa: ANN401  # a module
    """Whoever can wait is tried again until there is room in the account."""

    def acquired(function: Function, config: Function) -> tuple[str | None, str | None]:
        until, pause = time.monotonic() + patience_seconds.get(), FIRST_PAUSE_SECONDS
        while True:
            slot, limit = acquire(function, config)
            if slot is not None or limit != "account" or time.monotonic() + pause > until:
                return slot, limit
            service._emit_lambda_metrics(config["FunctionName"], duration_ms=0.0, error=False, throttle=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    return acquired


def asynchronous(invoke: Callable[..., None]) -> Callable[..., None]:
    """An asynchronous invocation is queued; that its request is over does not hurry it."""

    def invoked(function: Function, event: object) -> None:
        before = patience_seconds.set(ASYNCHRONOUS_PATIENCE_SECONDS)
        try:
            invoke(function, event)
        finally:
            patience_seconds.reset(before)

    return invoked


def as_lambda_says_it(respond: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Lambda's own words. Source: Lambda API, TooManyRequestsException."""

    def response(reason_code: str, msg: str, retry_after: int = 1) -> dict[str, Any]:
        throttled = respond(reason_code, msg, retry_after)
        throttled["body"] |= {"message": "Rate Exceeded.", "Type": "User"}
        return throttled

    return response


def unavailable_where_throttled(translate: Callable[..., Any]) -> Callable[..., Any]:
    """What a visitor gets of an HTTP API whose function is throttled."""

    def translated(result: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
        if result.get("throttle"):
            return {"statusCode": 503, "body": json.dumps({"message": "Service Unavailable"})}, None
        answer: tuple[dict[str, Any] | None, str | None] = translate(result)
        return answer

    return translated


def with_recursion(provision: Callable[..., Any], service: Any, place: int) -> Callable[..., Any]:  # noqa: ANN401  # a module
    """CloudFormation's property RecursiveLoop; `place` is where the properties stand among the arguments."""

    def provisioned(*arguments: Any) -> Any:  # noqa: ANN401  # as MiniStack calls it
        name, attributes = provision(*arguments)
        wanted = arguments[place].get("RecursiveLoop", "Terminate")
        status, _, body = service._put_function_recursion_config(name, {"RecursiveLoop": wanted})
        if status != 200:  # noqa: PLR2004  # HTTP's OK
            raise ValueError(f"AWS::Lambda::Function RecursiveLoop: {body!r}")
        return name, attributes

    return provisioned

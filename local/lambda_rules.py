"""Lambda's rules for invocations that MiniStack lacks, as wrappers of MiniStack's functions.

Chains of invocations through SQS are counted and stopped if they loop (local/lineage.py). A throttled
invocation is tried again unless a caller waits for its answer. Each function here takes one of MiniStack's
and returns its replacement, which local/engine_process.py installs. `service` is MiniStack's module of
Lambda, `queues` that of SQS.

Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops"; "How Lambda
handles errors and retries with asynchronous invocation" (throttled: for six hours, with pauses from 1 second
to 5 minutes); "Handling errors for an SQS event source" (a throttled batch is tried again until its
visibility ends). An HTTP API answers 503 if Lambda throttles.
"""

import json
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from types import ModuleType
from typing import Any

from local import lineage

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
ASYNCHRONOUS_RETRY_SECONDS = 6 * 3600.0
DROPPED = "invocation stopped: recursive loop; the message goes to the dead letters"

Function = dict[str, Any]

# The trace header of the current request or batch.
chain: ContextVar[str] = ContextVar("chain", default="")
# For how long a throttled invocation is tried again; 0 for a caller who waits for the answer.
retry_seconds: ContextVar[float] = ContextVar("retry_seconds", default=ASYNCHRONOUS_RETRY_SECONDS)


def with_chain_in_messages(build: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """SQS stores the trace header of the request that sent a message, unless the sender gives another."""

    def built(now: float, given: dict[str, Any]) -> dict[str, str]:
        stored = {"AWSTraceHeader": chain.get()} if chain.get() else {}
        return {**stored, **build(now, given)}

    return built


def with_invocation_counted(name: Callable[..., str | None]) -> Callable[..., str]:
    """An invocation gets the chain's trace header, with this invocation counted."""

    def named(config: Function, inbound: str | None = None) -> str:
        header = inbound or chain.get() or name(config) or ""
        return lineage.invoked(header, config["FunctionArn"])

    return named


def with_loops_stopped(
    run: Callable[..., None], service: ModuleType, queues: ModuleType
) -> Callable[..., None]:
    """An event source mapping continues the chain of its messages, and drops a batch whose chain loops."""

    def checked(
        esm: Function,
        function: Function,
        event: dict[str, Any],
        batch: list[dict[str, Any]],
        url: str,
        name: str,
    ) -> None:
        config = function["config"]
        headers = (record["attributes"].get("AWSTraceHeader", "") for record in event["Records"])
        header = lineage.longest(headers, config["FunctionArn"])
        depth = lineage.invocations(header, config["FunctionArn"]) + 1
        if service._recursive_loop_drop(esm["FunctionName"], function, depth) is not None:
            _drop(batch, function, depth, service)
            return
        chain.set(header)
        visible_after = float(queues._queues[url]["attributes"].get("VisibilityTimeout", 30))
        retry_seconds.set(max(0.0, visible_after - float(config.get("Timeout", 3))))
        run(esm, function, event, batch, url, name)

    return checked


def _drop(batch: list[dict[str, Any]], function: Function, depth: int, service: ModuleType) -> None:
    """Make the messages visible at once, so that they soon become dead letters, and log it for the log page.

    Lambda makes them visible minutes later, and reports the loop by a metric and a mail to the account.
    """
    line = {
        "level": "WARNING",
        "message": DROPPED,
        "function_name": function["config"]["FunctionName"],
        "invocation_of_its_chain": depth,
    }
    service._emit_lambda_logs(function, str(uuid.uuid4()), json.dumps(line), error=False, duration_ms=0)
    for message in batch:
        message["visible_at"] = time.time()
    service._esm_wake.set()


def with_retries(acquire: Callable[..., Any], service: ModuleType) -> Callable[..., Any]:
    """An invocation over the account's limit is tried again for `retry_seconds`."""

    def acquired(function: Function, config: Function) -> tuple[str | None, str | None]:
        until, pause = time.monotonic() + retry_seconds.get(), FIRST_PAUSE_SECONDS
        while True:
            slot, limit = acquire(function, config)
            if slot is not None or limit != "account" or time.monotonic() + pause > until:
                return slot, limit
            service._emit_lambda_metrics(config["FunctionName"], duration_ms=0.0, error=False, throttle=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    return acquired


def asynchronous(invoke: Callable[..., None]) -> Callable[..., None]:
    """An asynchronous invocation is tried again for six hours, whatever the request that started it."""

    def invoked(function: Function, event: object) -> None:
        before = retry_seconds.set(ASYNCHRONOUS_RETRY_SECONDS)
        try:
            invoke(function, event)
        finally:
            retry_seconds.reset(before)

    return invoked


def with_lambdas_error(respond: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A throttled call gets Lambda's error. Source: Lambda API, TooManyRequestsException."""

    def response(reason_code: str, msg: str, retry_after: int = 1) -> dict[str, Any]:
        throttled = respond(reason_code, msg, retry_after)
        throttled["body"] |= {"message": "Rate Exceeded.", "Type": "User"}
        return throttled

    return response


def with_throttling_as_503(translate: Callable[..., Any]) -> Callable[..., Any]:
    """A visitor of an HTTP API gets 503 if the function is throttled."""

    def translated(result: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
        if result.get("throttle"):
            return {"statusCode": 503, "body": json.dumps({"message": "Service Unavailable"})}, None
        answer: tuple[dict[str, Any] | None, str | None] = translate(result)
        return answer

    return translated


def with_recursion(provision: Callable[..., Any], service: ModuleType, position: int) -> Callable[..., Any]:
    """CloudFormation's property RecursiveLoop; `position` is that of the properties among the arguments."""

    def provisioned(*arguments: Any) -> Any:  # noqa: ANN401  # as MiniStack calls it
        name, attributes = provision(*arguments)
        wanted = arguments[position].get("RecursiveLoop", "Terminate")
        status, _, body = service._put_function_recursion_config(name, {"RecursiveLoop": wanted})
        if status != HTTPStatus.OK:
            raise ValueError(f"AWS::Lambda::Function RecursiveLoop: {body!r}")
        return name, attributes

    return provisioned

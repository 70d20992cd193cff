"""The engine's process: MiniStack as it is, and around it what AWS does and MiniStack does not.

`python -m local.engine_process` takes the place of `python -m ministack`. Functions of MiniStack are wrapped
by ones that call them (local/lambda_rules.py); all that is wrapped or called stands in NEEDED and is looked
for before anything starts. Requests pass through `application`, around MiniStack's ASGI app, once
local/engine_guard.py has let them in.
"""

import importlib
import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from types import ModuleType
from typing import Any

from local import lambda_rules as rules
from local import private
from local.engine_guard import Asgi, Scope, guarded
from local.properties import given, with_numbers, without_expressions

WRITTEN_FOR = "1.5.33"
LAMBDA, SQS = "ministack.services.lambda_svc", "ministack.services.sqs"
SIGNATURES = "ministack.core.sigv4"
PROVISIONERS = "ministack.services.cloudformation.provisioners"
# What is wrapped or used, a function with its parameters: another version of MiniStack may have others.
NEEDED: dict[str, dict[str, str | None]] = {
    "ministack.app": {"app": "scope receive send", "main": ""},
    LAMBDA: {
        "_run_sqs_batch": "esm func_rec event batch queue_url queue_name",
        "_acquire_execution_slot": "func config",
        "_xray_trace_id_for_invocation": "config inbound_trace_header",
        "_throttle_response": "reason_code msg retry_after",
        "lambda_execute_result_to_api_proxy_response": "exec_result",
        "invoke_async_with_retry": "func event",
        "_recursive_loop_drop": "name func depth",
        "_put_function_recursion_config": "func_name data",
        "_emit_lambda_logs": "func request_id log_text error duration_ms log_source",
        "_emit_lambda_metrics": "function_name duration_ms error throttle",
        "_esm_wake": None,
    },
    SQS: {"_build_send_sys_attrs": "now sys_attrs_input", "_queues": None},
    SIGNATURES: {
        "decode_header_value": "value",
        "parse_header_signature": "headers",
        "header_signature_failure": (
            "signature secret method raw_path query_params headers body presigned explain"
        ),
    },
    PROVISIONERS: {
        "_lambda_create": "logical_id props stack_name",
        "_lambda_update": "physical_id old_props new_props stack_name logical_id",
        "_lambda_esm_create": "logical_id props stack_name",
        "_lambda_esm_update": "physical_id old_props new_props stack_name",
        "_cw_metric_alarm_create": "logical_id props stack_name",
        "_cw_metric_alarm_update": "physical_id old_props new_props stack_name logical_id",
        "_RESOURCE_HANDLERS": None,
    },
}
PUT_RIGHT = {
    "AWS::Lambda::EventSourceMapping": with_numbers,
    "AWS::CloudWatch::Alarm": without_expressions,
}
TRACE_HEADER = b"x-amzn-trace-id"


class OtherMiniStackError(RuntimeError):
    """The installed MiniStack lacks what this module wraps; nothing was changed."""


def check(needed: Mapping[str, Mapping[str, str | None]] = NEEDED) -> None:
    """Look for all that is wrapped.

    Raises:
        OtherMiniStackError: a name is missing, or a function takes other parameters; the message names it.
    """
    for module, names in needed.items():
        for name, parameters in names.items():
            if not _is_there(importlib.import_module(module), name, parameters):
                wanted = name if parameters is None else f"{name}({', '.join(parameters.split())})"
                raise OtherMiniStackError(
                    f"MiniStack {version('ministack')} has no {module}.{wanted}. local/engine_process.py"
                    f" was written for {WRITTEN_FOR}: install that, or adapt NEEDED and what uses it."
                )


def _is_there(module: ModuleType, name: str, parameters: str | None) -> bool:
    found = getattr(module, name, None)
    if parameters is None or found is None:
        return found is not None
    return list(inspect.signature(found).parameters) == parameters.split()


def application(inner: Asgi) -> Asgi:
    """MiniStack's app, each request of which knows its chain."""

    async def app(
        scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] == "http":
            headers: dict[bytes, bytes] = dict(scope["headers"])
            rules.chain.set(headers.get(TRACE_HEADER, b"").decode("latin-1"))
            rules.patience_seconds.set(0.0)
        await inner(scope, receive, send)

    return app


def install(secret: str, port: int) -> None:
    """Wrap MiniStack's functions; to be done once, before it serves on a port of 127.0.0.1.

    Whoever asks must have `secret`: see `guarded`. MiniStack hands it to functions as their own.

    Raises:
        ValueError: there is no secret.
    """
    service, queues = importlib.import_module(LAMBDA), importlib.import_module(SQS)
    provisioners, ministack = importlib.import_module(PROVISIONERS), importlib.import_module("ministack.app")
    _wrap(queues, "_build_send_sys_attrs", rules.keeping_the_chain)
    _wrap(service, "_xray_trace_id_for_invocation", rules.naming_the_chain)
    _wrap(service, "_run_sqs_batch", lambda run: rules.following_the_chain(run, service, queues))
    _wrap(service, "_acquire_execution_slot", lambda acquire: rules.waiting(acquire, service))
    _wrap(service, "invoke_async_with_retry", rules.asynchronous)
    _wrap(service, "_throttle_response", rules.as_lambda_says_it)
    _wrap(service, "lambda_execute_result_to_api_proxy_response", rules.unavailable_where_throttled)
    types = provisioners._RESOURCE_HANDLERS  # noqa: SLF001  # its table of types
    for kind, put_right in PUT_RIGHT.items():
        types[kind]["create"] = given(types[kind]["create"], put_right, (1,))
        types[kind]["update"] = given(types[kind]["update"], put_right, (1, 2))
    function = types["AWS::Lambda::Function"]
    function["create"] = rules.with_recursion(function["create"], service, 1)
    function["update"] = rules.with_recursion(function["update"], service, 2)
    _wrap(ministack, "app", lambda app: guarded(application(app), secret, port))


def _wrap(module: ModuleType, name: str, around: Callable[[Any], Any]) -> None:
    setattr(module, name, around(getattr(module, name)))


if __name__ == "__main__":
    os.umask(private.UMASK)  # functions' processes have it from here
    check()
    install(os.environ["AWS_SECRET_ACCESS_KEY"], int(os.environ["GATEWAY_PORT"]))
    importlib.import_module("ministack.app").main()

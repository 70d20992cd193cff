"""The engine's process: MiniStack, extended by rules of AWS that it lacks.

`python -m local.engine_process` replaces `python -m ministack`. It wraps functions of MiniStack
(local/lambda_rules.py, local/properties.py) and keeps its state in a store (local/engine_durability.py).
NEEDED lists everything of MiniStack that is wrapped or called; the process checks that list before it starts.
Requests pass local/engine_guard.py, then `application`, then MiniStack's ASGI app; an answer waits until what
the request changed is in the store.
"""

import importlib
import inspect
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from local import engine_durability as durability
from local import lambda_rules as rules
from local import private
from local.engine import STORE
from local.engine_guard import Asgi, Receive, Scope, Send, guarded
from local.engine_state import READ_IN_PLACE, EngineState
from local.properties import corrected, with_numbers, without_expressions
from local.store import Store

WRITTEN_FOR = "1.5.33"
LAMBDA, SQS = "ministack.services.lambda_svc", "ministack.services.sqs"
DYNAMODB, S3 = "ministack.services.dynamodb", "ministack.services.s3"
SCHEDULER = "ministack.services.scheduler"
SIGNATURES = "ministack.core.sigv4"
PROVISIONERS = "ministack.services.cloudformation.provisioners"
# Names that are wrapped or used; for functions their parameters, which another version may change.
NEEDED: dict[str, dict[str, str | None]] = {
    "ministack.app": {
        "app": "scope receive send",
        "main": "",
        "load_state": "service",
        "save_all": "services",
        "_load_persisted_state": "",
        "_build_persistence_save_dict": "",
        "_get_module": "name",
        "_state_map": None,
    },
    "ministack.core.persistence": {"_json_default": "obj", "_json_object_hook": "obj", "STATE_DIR": None},
    "ministack.services.cloudformation": {"_stack_events": None, "_stacks": None},
    DYNAMODB: {
        "_set_item": "table pk_val sk_val item",
        "_remove_item": "table pk_val sk_val",
        "_items_replaced": "table",
        "_update_counts": "table",
    },
    S3: {
        "_atomic_write": "fpath data text",
        "_persist_object": "bucket key obj",
        "_fire_s3_event_async": (
            "bucket_name key event_name size etag deletion_type version_id object_extra record_extra"
        ),
        "_next_event_sequencer": "event_name",
        "_bucket_notifications": None,
    },
    LAMBDA: {
        "_run_sqs_batch": "esm func_rec event batch queue_url queue_name",
        "_prune_orphan_code_blobs": "referenced",
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
    SQS: {
        "_build_send_sys_attrs": "now sys_attrs_input",
        "_queues": None,
        "_get_q": "url action",
        "_queue_by_arn": "arn",
        "_collect_msgs": "q max_n vis_timeout",
    },
    SCHEDULER: {"_SCHEDULE_TICK_INTERVAL": None},
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
NEEDED |= {
    module: NEEDED.get(module, {}) | {f"_{store}": None for store in READ_IN_PLACE[service]}
    for service, module in {
        "dynamodb": DYNAMODB,
        "sqs": SQS,
        "cloudwatch_logs": "ministack.services.cloudwatch_logs",
        "cloudwatch": "ministack.services.cloudwatch",
    }.items()
}
CORRECTIONS = {
    "AWS::Lambda::EventSourceMapping": with_numbers,
    "AWS::CloudWatch::Alarm": without_expressions,
}
SECONDS_BETWEEN_SCHEDULES = 1.0  # MiniStack looks every ten seconds for schedules that are due
TRACE_HEADER = b"x-amzn-trace-id"


class OtherMiniStackError(RuntimeError):
    """The installed MiniStack lacks a name that this module needs. Nothing was changed."""


def check(needed: Mapping[str, Mapping[str, str | None]] = NEEDED) -> None:
    """Check that MiniStack has every needed name.

    Raises:
        OtherMiniStackError: a name is missing, or a function takes other parameters; the message names it.
    """
    for module, names in needed.items():
        for name, parameters in names.items():
            if not _has(importlib.import_module(module), name, parameters):
                wanted = name if parameters is None else f"{name}({', '.join(parameters.split())})"
                raise OtherMiniStackError(
                    f"MiniStack {version('ministack')} has no {module}.{wanted}. local/engine_process.py"
                    f" was written for {WRITTEN_FOR}: install that, or adapt NEEDED and what uses it."
                )


def _has(module: ModuleType, name: str, parameters: str | None) -> bool:
    found = getattr(module, name, None)
    if parameters is None or found is None:
        return found is not None
    return list(inspect.signature(found).parameters) == parameters.split()


def application(inner: Asgi) -> Asgi:
    """MiniStack's app, with the chain of each request set from its trace header."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers: dict[bytes, bytes] = dict(scope["headers"])
            rules.chain.set(headers.get(TRACE_HEADER, b"").decode("latin-1"))
            rules.retry_seconds.set(0.0)
        await inner(scope, receive, send)

    return app


def install(secret: str, port: int, store: Store) -> None:
    """Wrap MiniStack's functions; to be called once, before it serves on a port of 127.0.0.1.

    Clients need `secret` (see `guarded`). MiniStack passes it to functions as their own. Its state is in
    `store`.

    Raises:
        ValueError: there is no secret.
    """
    service, queues = importlib.import_module(LAMBDA), importlib.import_module(SQS)
    provisioners, ministack = importlib.import_module(PROVISIONERS), importlib.import_module("ministack.app")
    durability.wrap(queues, "_build_send_sys_attrs", rules.with_chain_in_messages)
    durability.wrap(service, "_xray_trace_id_for_invocation", rules.with_invocation_counted)
    durability.wrap(service, "_run_sqs_batch", lambda run: rules.with_loops_stopped(run, service, queues))
    durability.wrap(service, "_acquire_execution_slot", lambda acquire: rules.with_retries(acquire, service))
    durability.wrap(service, "invoke_async_with_retry", rules.asynchronous)
    durability.wrap(service, "_throttle_response", rules.with_lambdas_error)
    durability.wrap(service, "lambda_execute_result_to_api_proxy_response", rules.with_throttling_as_503)
    schedules: Any = importlib.import_module(SCHEDULER)
    schedules._SCHEDULE_TICK_INTERVAL = SECONDS_BETWEEN_SCHEDULES  # noqa: SLF001  # it has no setting
    types = provisioners._RESOURCE_HANDLERS  # noqa: SLF001  # its table of types
    for kind, correct in CORRECTIONS.items():
        types[kind]["create"] = corrected(types[kind]["create"], correct, (1,))
        types[kind]["update"] = corrected(types[kind]["update"], correct, (1, 2))
    function = types["AWS::Lambda::Function"]
    function["create"] = rules.with_recursion(function["create"], service, 1)
    function["update"] = rules.with_recursion(function["update"], service, 2)
    state = EngineState(store, ministack, importlib.import_module("ministack.core.persistence"))
    durability.install(
        state, store, ministack, lambda name: importlib.import_module(f"ministack.services.{name}")
    )
    durability.wrap(ministack, "app", lambda app: durability.answering_after_writing(app, state))
    durability.wrap(ministack, "app", lambda app: guarded(application(app), secret, port))


if __name__ == "__main__":
    os.umask(private.UMASK)  # functions' processes have it from here
    del sys.argv[1:]  # by which local/processes.py knows it; MiniStack would read them
    kept = Store(Path(os.environ["STATE_DIR"]) / STORE)
    durability.finish_moves(kept)  # before MiniStack reads the objects
    check()
    install(os.environ["AWS_SECRET_ACCESS_KEY"], int(os.environ["GATEWAY_PORT"]), kept)
    importlib.import_module("ministack.app").main()

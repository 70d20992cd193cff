"""What makes MiniStack write its state: wrappers of its functions, and of its ASGI app.

The wrappers note which items and queues were changed; the app answers a request after its changes were
written (local/engine_state.py). An object's content and its description, two files of MiniStack's S3, are
replaced together. An event of S3 is delivered before the request that caused it is answered. If the store
can't be written, the engine ends, and every request that it did not answer counts as failed.
"""

import asyncio
import contextlib
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Collection, Iterator
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

from local.engine_guard import Asgi, Receive, Scope, Send
from local.engine_records import Record
from local.engine_state import EngineState
from local.store import Store

SECONDS_BETWEEN_TICKS = 1.0
MOVES = "files to be moved"  # collection: the target's path, with the source's as value
SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([a-z0-9-]+)/aws4_request")
# What a service is called in a signature, if it is not its name in MiniStack.
SIGNING_NAMES = {
    "monitoring": ("cloudwatch",), "logs": ("cloudwatch_logs",), "events": ("eventbridge",),
    "ses": ("ses", "ses_v2"), "email": ("ses", "ses_v2"), "apigateway": ("apigateway", "apigateway_v1"),
}  # fmt: skip
READING = (
    "BatchGet", "Decrypt", "Describe", "Encrypt", "Filter", "Generate", "Get", "List", "Query", "ReEncrypt",
    "Scan", "Sign", "TransactGet", "Verify",
)  # fmt: skip
NOTED = {  # operations that change nothing but items and messages, which are noted
    "BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem",
    "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch",
    "ReceiveMessage", "SendMessage", "SendMessageBatch",
}  # fmt: skip
INVOCATIONS = "/invocations"


def changed_services(method: str, path: str, headers: dict[bytes, bytes]) -> tuple[str, ...]:
    """The services that a request may have changed, apart from items and messages, by its signature."""
    signed = SIGNED_FOR.search(headers.get(b"authorization", b"").decode("latin-1"))
    operation = headers.get(b"x-amz-target", b"").decode("latin-1").rpartition(".")[2]
    if not signed or operation in NOTED or operation.startswith(READING):
        return ()
    if not operation and (method in {"GET", "HEAD"} or path.endswith(INVOCATIONS)):
        return ()
    return SIGNING_NAMES.get(signed[1], (signed[1],))


def answering_after_writing(inner: Asgi, state: EngineState) -> Asgi:
    """The app, which writes what a request changed before it answers, and ticks while it serves."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tasks: list[asyncio.Task[None]] = []

        async def sent(message: Any) -> None:  # noqa: ANN401  # an ASGI message
            if message["type"] == "http.response.start":
                changed = changed_services(scope["method"], scope["path"], dict(scope["headers"]))
                with _or_end():
                    state.write(changed)
            elif message["type"] == "lifespan.startup.complete":
                tasks.append(asyncio.create_task(_ticking(state)))
            elif message["type"] == "lifespan.shutdown.complete":
                tasks.pop().cancel()
                state.close()
            await send(message)

        await inner(scope, receive, sent)

    return app


async def _ticking(state: EngineState) -> None:
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_TICKS)
        with contextlib.suppress(RuntimeError), _or_end():  # changed by a thread meanwhile: the next tick
            state.tick()


@contextlib.contextmanager
def _or_end() -> Iterator[None]:
    """End the process if the store can't be written: nothing may be answered that was not written."""
    try:
        yield
    except sqlite3.Error as error:
        sys.stderr.write(f"The engine stops: its state can't be written ({error}).\n")
        sys.stderr.flush()
        os._exit(1)


def install(state: EngineState, store: Store, app: ModuleType, services: Callable[[str], ModuleType]) -> None:
    """Wrap MiniStack's functions; `services` gives a service's module by its name."""
    dynamodb, sqs, s3, lambdas = map(services, ("dynamodb", "sqs", "s3", "lambda_svc"))
    for name in ("_set_item", "_remove_item"):
        wrap(dynamodb, name, _noting(lambda table, *key: state.items.note(table, *key[:2])))
    wrap(dynamodb, "_items_replaced", _noting(state.items.note_all))
    for name in ("_get_q", "_queue_by_arn"):
        wrap(sqs, name, _noting_what_it_returns(state.messages.note))
    wrap(sqs, "_collect_msgs", _noting(lambda queue, *_: state.messages.note(queue)))
    wrap(s3, "_atomic_write", _collected)
    wrap(s3, "_persist_object", lambda persist: _moving_together(persist, store))
    wrap(s3, "_fire_s3_event_async", lambda _: _delivered_at_once(s3))
    wrap(lambdas, "_prune_orphan_code_blobs", state.after_writing)
    wrap(app, "_load_persisted_state", lambda _: state.load)
    wrap(app, "save_all", lambda _: state.save_all)


def wrap(module: ModuleType, name: str, around: Callable[[Any], Any]) -> None:
    """Replace a function of a module by what `around` makes of it."""
    setattr(module, name, around(getattr(module, name)))


def _noting(note: Callable[..., object]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: call `note` with the arguments, after the function."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:  # noqa: ANN401  # as MiniStack calls it
            result = function(*arguments)
            note(*arguments)
            return result

        return called

    return decorated


def _noting_what_it_returns(
    note: Callable[[Record], None],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: call `note` with what the function returns, unless that is nothing."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:  # noqa: ANN401  # as MiniStack calls it
            if (result := function(*arguments)) is not None:
                note(result)
            return result

        return called

    return decorated


def _delivered_at_once(s3: ModuleType) -> Callable[..., None]:
    """S3's events, delivered by the request instead of a thread that would be lost with the engine."""

    def fire(bucket: str, key: str, event: str, *arguments: Any, **more: Any) -> None:  # noqa: ANN401  # as MiniStack calls it
        if bucket in s3._bucket_notifications:
            names = ("size", "etag", "deletion_type", "version_id", "object_extra", "record_extra")
            given = {**dict(zip(names, arguments, strict=False)), **more}
            s3._fire_s3_event(bucket, key, event, **given, sequencer=s3._next_event_sequencer(event))

    return fire


# The files that `_persist_object` has written so far in this request, beside their places.
collected: ContextVar[list[Path] | None] = ContextVar("collected", default=None)


def _collected(write: Callable[..., None]) -> Callable[..., None]:
    """Write a file beside its place, if it will be moved there together with another."""

    def written(path: str, content: bytes | str, *, text: bool = False) -> None:
        files = collected.get()
        if files is None:
            write(path, content, text=text)
            return
        write(f"{path}.new.tmp", content, text=text)  # MiniStack reads no file that ends so
        files.append(Path(path))

    return written


def _moving_together(persist: Callable[..., None], store: Store) -> Callable[..., None]:
    """Replace an object's content and its description together: after a crash, `finish_moves` goes on."""

    def persisted(bucket: str, key: str, obj: object) -> None:
        files: list[Path] = []
        token = collected.set(files)
        try:
            persist(bucket, key, obj)
        finally:
            collected.reset(token)
        moves = {(MOVES, str(file)): f"{file}.new.tmp" for file in files}
        with _or_end():
            store.write(moves)
        finish_moves(store, moves)

    return persisted


def finish_moves(store: Store, moves: Collection[tuple[str, str]] = ()) -> None:
    """Move every file that is listed, or those given, to its place. A second time changes nothing."""
    listed = moves or [(MOVES, target) for target, _ in store.entries(MOVES)]
    for _, target in listed:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{target}.new.tmp").replace(target)
    store.write(dict.fromkeys(listed))

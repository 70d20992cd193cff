"""Runs a CloudFront function (viewer request) from its deployed text, in a JavaScript engine.

Shape: CloudFront's event, version 1.0. The function returns the request, of which it may have changed the
path, or a response without a body, or a promise of one of them. Nothing is kept between two calls. Of the
module `cloudfront` it may call `cf.kvs().get(key)`, which fails for a key that is not in the store.

Source: CloudFront Developer Guide, "CloudFront Functions event structure"; "Helper methods for key value
stores"; "Quotas on CloudFront Functions".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import quickjs  # type: ignore[import-untyped]  # has no stubs

MEMORY_BYTES = 2 * 1024 * 1024
TIME_LIMIT_SECONDS = 1  # CloudFront gives about a millisecond; this one ends endless loops
MOST_JOBS = 1_000  # continuations of promises; ends endless chains of them
IMPORT = "import cf from 'cloudfront';"
# The engine calls no Python while it has a time limit, so reads wait in a list until they are answered.
_MODULE = """
const __reads = [];
const cf = { kvs: () => ({ get: (key) => new Promise((resolve, reject) => {
  __reads.push({ key: String(key), resolve, reject });
}) }) };
"""
_NO_STORE = "const cf = { kvs: () => { throw new Error('No key value store is associated.'); } };"
_CALL = """
let __returned = '', __failed = false;
Promise.resolve(handler(JSON.parse(%s))).then(
  (value) => { __returned = JSON.stringify(value); },
  () => { __failed = true; },
);
"""


class EdgeFunctionError(Exception):
    """The function failed, or did something that the local system has no answer for. CloudFront sends 503."""


@dataclass(frozen=True)
class ViewerRequest:
    """A viewer's request; path and query as the viewer wrote them, names of headers in small letters."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class EdgeResponse:
    """A response that the function made."""

    status: int
    headers: tuple[tuple[str, str], ...]


def run_viewer_request(
    code: str, request: ViewerRequest, store: Mapping[str, str] | None = None
) -> str | EdgeResponse:
    """The path to go on with, or the response. `store` is the function's key-value store.

    Raises:
        EdgeFunctionError: see there; nothing was sent to an origin.
    """
    sent = _event_request(request)
    event = {"version": "1.0", "context": {"eventType": "viewer-request"}, "viewer": {}, "request": sent}
    try:
        returned = json.loads(_returned(code, event, store))
    except (quickjs.JSException, TypeError, ValueError) as error:
        raise EdgeFunctionError("The CloudFront function failed.") from error
    if not isinstance(returned, dict):
        raise EdgeFunctionError("The CloudFront function returned neither a request nor a response.")
    if "statusCode" in returned:
        headers = {name: header["value"] for name, header in returned.get("headers", {}).items()}
        return EdgeResponse(returned["statusCode"], tuple(headers.items()))
    if returned != {**sent, "uri": returned.get("uri")}:
        raise EdgeFunctionError("The CloudFront function changed more than the path.")
    return str(returned["uri"])


def _returned(code: str, event: Mapping[str, Any], store: Mapping[str, str] | None) -> str:
    """What the function returned or promised, as JSON; "" if that did not come."""
    context = quickjs.Context()  # of one thread, so a new one for each call
    context.set_memory_limit(MEMORY_BYTES)
    context.set_time_limit(TIME_LIMIT_SECONDS)
    module = _NO_STORE if store is None else _MODULE
    context.eval(module + code.replace(IMPORT, ""))
    # parsed there, since in a literal of JavaScript a name like __proto__ is special
    context.eval(_CALL % json.dumps(json.dumps(event)))
    for _ in range(MOST_JOBS):
        if context.execute_pending_job():
            continue
        if store is None or not context.eval("__reads.length"):
            break
        value = store.get(context.eval("__reads[0].key"))
        context.eval("__reads.shift()." + ("reject()" if value is None else f"resolve({json.dumps(value)})"))
    return str(context.eval("__failed ? '' : __returned"))


def _event_request(request: ViewerRequest) -> dict[str, Any]:
    pairs = [pair.partition("=") for pair in request.query.split("&") if pair]
    return {
        "method": request.method,
        "uri": request.path,
        "querystring": _fields((name, value) for name, _, value in pairs),
        "headers": _fields(request.headers),
        "cookies": {},
    }


def _fields(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Each name with its value; one that is there more than once has all of them as `multiValue`, too."""
    values: dict[str, list[dict[str, str]]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append({"value": value})
    return {
        name: {**found[0], **({"multiValue": found} if found[1:] else {})} for name, found in values.items()
    }

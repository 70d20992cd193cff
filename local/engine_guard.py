"""Access control of the engine: clients need this run's secret, and web pages are refused.

MiniStack answers every request and runs functions with the user's rights, so a page in the user's browser
could run code on this machine. Therefore every request must be signed with the secret (Signature V4, which
AWS clients use anyway) or have the secret in a header, as the gateway's requests do for visitors of the HTTP
API. Signed URLs are refused, since nothing here makes any. The host must be this machine with this port,
which stops DNS rebinding. A request that a page caused is refused even if it is signed; only the gateway may
forward it.

Source: Signature Version 4, AWS General Reference; Fetch, "Origin header"; Fetch Metadata Request Headers;
RFC 6761 section 6.3 (names below localhost are this machine).
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack.core import sigv4

from local.credentials import HEADER

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = Iterable[tuple[bytes, bytes]]

HASH = re.compile(r"[0-9a-f]{64}")
SIGNED = "AWS4-HMAC-SHA256 "
OURS = HEADER.lower()
BY_A_PERSON = ("same-origin", "none")
OTHER_HOST = "Call this engine as 127.0.0.1 or localhost, with its port."
FROM_A_PAGE = "This engine accepts nothing from a web page."
NOT_SIGNED = (
    "This engine accepts only requests of its own run. An AWS client needs"
    " AWS_SHARED_CREDENTIALS_FILE=<state>/credentials, and no other credentials in its environment."
)


def guarded(inner: Asgi, secret: str, port: int) -> Asgi:
    """The app, refusing every request without the secret; `port` is where it listens.

    Raises:
        ValueError: the secret is empty, and would let everybody in.
    """
    if not secret:
        raise ValueError("The engine was started without a secret. Start it with: broadsheet up")
    hosts = re.compile(rf"(127\.0\.0\.1|localhost|\w+\.execute-api\.localhost):{port}", re.ASCII)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await inner(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket carries no signature
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = joined(scope["headers"])
        if ".execute-api." not in headers.get("host", ""):  # an API sends CORS headers of its own
            send = _without_cors(send)
        if why := _refusal(headers, hosts, secret):
            await _refuse(headers, why, send)
        elif OURS in headers:
            kept = [(name, value) for name, value in scope["headers"] if name.lower() != OURS.encode()]
            await inner({**scope, "headers": kept}, receive, send)
        elif is_signed(scope, headers, body := await _read(receive), secret):
            await inner(scope, _replayed(body, receive), send)
        else:
            await _refuse(headers, NOT_SIGNED, send)

    return app


def _refusal(headers: dict[str, str], hosts: re.Pattern[str], secret: str) -> str:
    """Why a request is refused for its headers; empty if it is the gateway's, or claims to be signed."""
    if not hosts.fullmatch(headers.get("host", "")):
        return OTHER_HOST
    if OURS in headers:
        is_the_gateways = hmac.compare_digest(headers[OURS].encode(), secret.encode())
        return "" if is_the_gateways else NOT_SIGNED
    if "origin" in headers or headers.get("sec-fetch-site", "none") not in BY_A_PERSON:
        return FROM_A_PAGE
    return "" if headers.get("authorization", "").startswith(SIGNED) else NOT_SIGNED


def joined(headers: RawHeaders) -> dict[str, str]:
    """Headers by lower-case name; the values of a repeated one are joined as in RFC 9110."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), sigv4.decode_header_value(raw_value)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def is_signed(scope: Scope, headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Whether the request is signed with the secret.

    Any access key id is valid: MiniStack's functions have the number of an account for it.
    """
    signature = sigv4.parse_header_signature(headers)
    if isinstance(signature, tuple) or not _has_declared_hash(headers, body):
        return False
    path = scope["raw_path"].decode("latin-1")
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return (
        sigv4.header_signature_failure(signature, secret, scope["method"], path, query, headers, body) is None
    )


def _has_declared_hash(headers: dict[str, str], body: bytes) -> bool:
    """Whether the body has the hash that the client signed in its place; signed chunks have their own."""
    declared = headers.get("x-amz-content-sha256", "")
    return not HASH.fullmatch(declared) or hmac.compare_digest(declared, sha256(body).hexdigest())


async def _read(receive: Receive) -> bytes:
    """The whole body; if the client has disconnected, the part that it sent."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns the body once more, then every further message."""
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Any:  # noqa: ANN401  # an ASGI message
        return unread.pop() if unread else await receive()

    return received


def _without_cors(send: Send) -> Send:
    """A `send` that removes MiniStack's CORS headers, which let every page read an answer."""

    async def sent(message: Any) -> None:  # noqa: ANN401  # an ASGI message
        if message["type"] == "http.response.start":
            headers = [one for one in message["headers"] if not one[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": headers}
        await send(message)

    return sent


async def _refuse(headers: dict[str, str], why: str, send: Send) -> None:
    """Answer 403 in the form that the client's SDK parses. Nothing of the request is quoted or logged."""
    kind, body = _error(headers, why)
    fields = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-errortype", b"SignatureDoesNotMatch"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def _error(headers: dict[str, str], why: str) -> tuple[str, bytes]:
    """Content type and body of the error: S3's XML, that of the query protocol, or JSON."""
    error = f"<Code>SignatureDoesNotMatch</Code><Message>{escape(why)}</Message>"
    authorization, kind = headers.get("authorization", ""), headers.get("content-type", "")
    if "/s3/aws4_request" in authorization:
        return "application/xml", f"<Error>{error}</Error>".encode()
    if "/cloudfront/aws4_request" in authorization or kind.startswith("application/x-www-form-urlencoded"):
        return "text/xml", f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
    return "application/json", json.dumps({"__type": "SignatureDoesNotMatch", "message": why}).encode()

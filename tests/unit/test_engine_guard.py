"""Who may ask the local engine: requests as AWS's own SDK signs them, and what a web page could send."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from local.engine_guard import guarded

SECRET, PORT = "this-run", 4566
HERE = f"127.0.0.1:{PORT}"
FROM_THE_FRONT = {"host": HERE, "x-broadsheet-run": SECRET}
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class GuardedEngine:
    """A stand-in for MiniStack: records requests, and answers with CORS headers for every page."""

    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            self.other.append(scope["type"])
            return
        message = await receive()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append((headers, message["body"]))
        cors = [
            (b"Access-Control-Allow-Origin", b"*"),
            (b"access-control-expose-headers", b"*"),
            (b"etag", b"1"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": cors})
        await send({"type": "http.response.body", "body": b"done"})


@dataclass
class RequestToEngine:
    """A request on its way: as a client wrote it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    def scope(self) -> dict[str, Any]:
        path, _, query = self.target.partition("?")
        return {
            "type": "http",
            "method": self.method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in self.headers.items()],
        }

    def messages(self) -> list[dict[str, Any]]:
        middle = len(self.body) // 2
        return [
            {"type": "http.request", "body": self.body[:middle], "more_body": True},
            {"type": "http.request", "body": self.body[middle:], "more_body": False},
        ]


def reply(app: Any, request: RequestToEngine) -> Reply:
    """What comes back; the body is there in two parts."""
    messages, sent = request.messages(), []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(request.scope(), receive, send))
    start, *rest = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(message["body"] for message in rest)


def client(service: str, secret: str = SECRET) -> Any:
    return boto3.client(  # type: ignore[call-overload]  # any service
        service,
        endpoint_url=f"http://{HERE}",
        region_name="eu-central-1",
        aws_access_key_id="000000000000",  # as MiniStack gives it to functions
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def as_sent(found: Any) -> RequestToEngine:
    """A request of the SDK, as its connection would write it."""
    url = urlsplit(found.url)
    target = url.path + (f"?{url.query}" if url.query else "")
    body = found.body.read() if hasattr(found.body, "read") else found.body or b""
    headers = {
        name: value.decode() if isinstance(value, bytes) else value for name, value in found.headers.items()
    }
    return RequestToEngine(
        found.method,
        target,
        {"Host": url.netloc, **headers},
        body if isinstance(body, bytes) else body.encode(),
    )


@dataclass
class Raw:
    """An answer as botocore reads it."""

    content: bytes

    def stream(self, **_: Any) -> Any:
        yield self.content

    def read(self, *_: Any) -> bytes:
        return self.content


def by_sdk(app: Any, asking: Any, call: Callable[[Any], Any]) -> RequestToEngine:
    """Let the SDK ask the app; gives the request, and raises what the SDK raises."""
    requests: list[RequestToEngine] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        requests.append(as_sent(request))
        status, headers, body = reply(app, requests[0])
        return AWSResponse(request.url, status, headers, Raw(body))

    asking.meta.events.register("before-send", answer)
    call(asking)
    return requests[0]


CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "JSON": ("dynamodb", lambda ask: ask.put_item(TableName="t", Item={"id": {"S": "Перамога"}})),
    "a form": ("sts", lambda ask: ask.get_caller_identity()),
    "a path with an ARN": (
        "lambda",
        lambda ask: ask.invoke(
            FunctionName="arn:aws:lambda:eu-central-1:000000000000:function:f", Payload=b"{}"
        ),
    ),
    "an object": ("s3", lambda ask: ask.put_object(Bucket="desk", Key="drafts/a b+c (é) й.md", Body=b"text")),
    "a stream": ("s3", lambda ask: ask.put_object(Bucket="desk", Key="a", Body=io.BytesIO(b"x" * 100_000))),
    "an empty object": ("s3", lambda ask: ask.put_object(Bucket="desk", Key="a", Body=b"")),
    "a query": ("s3", lambda ask: ask.list_objects_v2(Bucket="desk", Prefix="a b+c/й&=", MaxKeys=3)),
    "metadata": ("s3", lambda ask: ask.copy_object(Bucket="desk", Key="b", CopySource="desk/й c")),
    "a head": ("s3", lambda ask: ask.head_object(Bucket="desk", Key="a")),
    "XML": ("cloudfront", lambda ask: ask.list_distributions()),
    "a policy": ("scheduler", lambda ask: ask.get_schedule(Name="n", GroupName="g h")),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_request_that_the_sdk_signs_with_this_run_s_secret_is_accepted(
    call: tuple[str, Callable[[Any], Any]],
) -> None:
    engine = GuardedEngine()
    service, ask = call

    request = wanted(guarded(engine, SECRET, PORT), client(service), ask)

    assert [body for _, body in engine.asked] == [request.body]


def wanted(app: Any, asking: Any, ask: Callable[[Any], Any]) -> RequestToEngine:
    """Make the request, and ignore the SDK's error about an answer of one word."""
    requests: list[RequestToEngine] = []

    class Caught(Exception):  # noqa: N818  # not an error
        """The request is known."""

    def catch(request: Any, **_: Any) -> None:
        requests.append(as_sent(request))
        raise Caught

    asking.meta.events.register("before-send", catch)
    with pytest.raises(Caught):
        ask(asking)
    reply(app, requests[0])
    return requests[0]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_request_signed_with_another_secret_never_reaches_the_engine_and_gets_a_readable_error(
    call: tuple[str, Callable[[Any], Any]],
) -> None:
    engine = GuardedEngine()
    service, ask = call

    with pytest.raises(ClientError) as refused:
        by_sdk(guarded(engine, SECRET, PORT), client(service, "test"), ask)

    assert engine.asked == []
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert "AWS_SHARED_CREDENTIALS_FILE" in refused.value.response["Error"]["Message"]


def a_signed_request() -> RequestToEngine:
    return wanted(
        guarded(GuardedEngine(), SECRET, PORT), client("dynamodb"), lambda ask: ask.list_tables(Limit=1)
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b'{"Limit": 2}'},
        {"target": "/other"},
        {"target": "/?a=b"},
        {"method": "PUT"},
        {"header": ("X-Amz-Target", "DynamoDB_20120810.DeleteTable")},
        {"header": ("Authorization", "AWS4-HMAC-SHA256 Credential=local/x")},
        {"header": ("Authorization", "AWS4-HMAC-SHA256 ")},
        {"header": ("Authorization", "AWS local:abc")},
        {"header": ("Authorization", "Basic dGVzdDp0ZXN0")},
        {"header": ("X-Amz-Date", "20161205T120000Z")},
    ],
)
def test_a_signature_is_worth_nothing_for_another_request(changed: dict[str, Any]) -> None:
    engine, request = GuardedEngine(), a_signed_request()
    name, value = changed.pop("header", ("X-Any", "x"))
    sent = RequestToEngine(**{**vars(request), **changed, "headers": {**request.headers, name: value}})

    status, _, _ = reply(guarded(engine, SECRET, PORT), sent)

    assert (status, engine.asked) == (403, [])


def test_the_hash_that_was_signed_in_place_of_a_body_is_worth_nothing_for_another_body() -> None:
    def put(ask: Any) -> Any:
        return ask.put_object(Bucket="desk", Key="one.md", Body=b"a text")

    engine = GuardedEngine()
    request = wanted(guarded(GuardedEngine(), SECRET, PORT), client("s3"), put)
    is_hashed = {name.lower(): value for name, value in request.headers.items()}["x-amz-content-sha256"]
    assert len(is_hashed) == len("0" * 64)

    status, _, _ = reply(
        guarded(engine, SECRET, PORT), RequestToEngine(**{**vars(request), "body": b"another"})
    )

    assert (status, engine.asked) == (403, [])


@pytest.mark.parametrize(
    "request_of_a_page",
    [
        RequestToEngine(
            "POST", "/2015-03-31/functions", {"host": HERE, "content-type": "text/plain"}, b'{"Code": 1}'
        ),
        RequestToEngine("GET", "/_ministack/health", {"host": HERE}),
        RequestToEngine("POST", "/_ministack/reset", {"host": HERE}),
        RequestToEngine("OPTIONS", "/", {"host": HERE, "access-control-request-method": "POST"}),
        RequestToEngine(
            "GET",
            "/desk/a?X-Amz-Credential=local/20161205/x/s3/aws4_request&X-Amz-Signature=0",
            {"host": HERE},
        ),
        RequestToEngine("GET", "/_aws/execute-api/0a1b2c3d/$default/api/subscribe", {"host": HERE}),
        RequestToEngine("GET", "/_ministack/health", {"host": HERE, "x-broadsheet-run": ""}),
        RequestToEngine("GET", "/_ministack/health", {"host": HERE, "x-broadsheet-run": "another"}),
        RequestToEngine("GET", "/_ministack/health", {"host": HERE, "x-broadsheet-run": "й"}),
    ],
)
def test_a_request_without_the_secret_is_refused_unread(request_of_a_page: RequestToEngine) -> None:
    engine = GuardedEngine()

    status, headers, _ = reply(guarded(engine, SECRET, PORT), request_of_a_page)

    assert (status, engine.asked) == (403, [])
    assert [name for name in headers if name.startswith("access-control")] == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (HERE, 200),
        (f"localhost:{PORT}", 200),
        (f"0a1b2c3d.execute-api.localhost:{PORT}", 200),
        ("127.0.0.1", 403),
        ("127.0.0.1:8080", 403),
        (f"evil.example:{PORT}", 403),
        (f"127.0.0.1.evil.example:{PORT}", 403),
        (f"evil.localhost:{PORT}", 403),
        (f"a.evil.example#.execute-api.localhost:{PORT}", 403),
        (f"[::1]:{PORT}", 403),
        ("", 403),
    ],
)
def test_only_this_machine_s_own_names_with_the_port_are_answered(host: str, status: int) -> None:
    engine = GuardedEngine()

    found, _, _ = reply(
        guarded(engine, SECRET, PORT), RequestToEngine("GET", "/", {**FROM_THE_FRONT, "host": host})
    )

    assert (found, len(engine.asked)) == (status, int(status == 200))


@pytest.mark.parametrize(
    "header",
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", f"http://{HERE}"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
def test_a_page_is_refused_even_with_a_signature(header: tuple[str, str]) -> None:
    engine, request = GuardedEngine(), a_signed_request()
    request.headers.update([header])

    status, _, _ = reply(guarded(engine, SECRET, PORT), request)

    assert (status, engine.asked) == (403, [])


def test_the_gateway_passes_on_what_a_mirror_s_page_sends_and_the_engine_never_sees_the_secret() -> None:
    engine = GuardedEngine()
    headers = {**FROM_THE_FRONT, "origin": "https://mirror.example", "sec-fetch-site": "cross-site"}

    status, _, _ = reply(
        guarded(engine, SECRET, PORT), RequestToEngine("POST", "/api/subscribe", headers, b"a=1")
    )

    ((seen, _),) = engine.asked
    assert status == 200
    assert seen == {"host": HERE, "origin": "https://mirror.example", "sec-fetch-site": "cross-site"}


def test_no_page_may_read_what_the_engine_answers() -> None:
    for request in (a_signed_request(), RequestToEngine("GET", "/_ministack/health", FROM_THE_FRONT)):
        _, headers, body = reply(guarded(GuardedEngine(), SECRET, PORT), request)

        assert (headers, body) == ({"etag": "1"}, b"done")


def test_an_api_says_itself_which_pages_may_read_it_as_on_aws() -> None:
    asked = {**FROM_THE_FRONT, "host": f"0a1b2c3d.execute-api.localhost:{PORT}"}

    _, headers, _ = reply(guarded(GuardedEngine(), SECRET, PORT), RequestToEngine("GET", "/api/x", asked))

    assert headers["Access-Control-Allow-Origin"] == "*"


def test_a_websocket_is_closed_and_the_engine_gets_the_event_of_its_own_start() -> None:
    engine, sent = GuardedEngine(), []
    app = guarded(engine, SECRET, PORT)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    for kind in ("websocket", "lifespan"):
        asyncio.run(app({"type": kind, "headers": []}, receive, send))

    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert engine.other == ["lifespan"]


def test_without_a_secret_the_engine_does_not_start() -> None:
    with pytest.raises(ValueError, match="started without a secret"):
        guarded(GuardedEngine(), "", PORT)

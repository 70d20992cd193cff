"""The gateway as a CDN: what of a request reaches the origins, and what of their answers the reader."""

import http.client
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from flask import Flask, Response, jsonify, request

from infrastructure.redirect_store import import_file, object_key
from local.cdn import Cdn
from local.distribution import Distribution, ErrorPage, path_pattern, read_distribution
from local.key_value_store import RedirectStore
from local.overload import Overloaded, RequestQueue
from local.server import serve
from tests.builders import a_newsletter

SITE = {"Id": "site", "DomainName": "site-1a.s3.eu-central-1.amazonaws.com"}
API = {
    "Id": "api",
    "DomainName": "0a1b2c3d.execute-api.eu-central-1.amazonaws.com",
    "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Origin-Secret", "HeaderValue": "s3cret"}]},
}
SECURITY = {
    "SecurityHeadersConfig": {
        "ContentTypeOptions": {"Override": True},
        "FrameOptions": {"FrameOption": "DENY", "Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": "no-referrer", "Override": False},
        "ContentSecurityPolicy": {"ContentSecurityPolicy": "default-src 'none'", "Override": True},
        "StrictTransportSecurity": {
            "AccessControlMaxAgeSec": 60,
            "IncludeSubdomains": True,
            "Override": True,
        },
    },
    "CustomHeadersConfig": {
        "Items": [{"Header": "Permissions-Policy", "Value": "camera=()", "Override": True}]
    },
    "RemoveHeadersConfig": {"Items": [{"Header": "X-Powered-By"}]},
}
EVERYTHING_BUT_HOST = {
    "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": {"Items": ["Host"]}},
    "CookiesConfig": {"CookieBehavior": "all"},
    "QueryStringsConfig": {"QueryStringBehavior": "all"},
}
ADDRESS_ALONE = {
    "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Items": ["CloudFront-Viewer-Address"]}},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}
FUNCTION = """function handler(event) {
  const request = event.request, asked = request.headers['x-asked'];
  if (request.uri === '/broken') { throw new Error('x'); }
  const location = {value: asked ? '/en/' + asked.value : ''};
  if (request.uri === '/old') { return {statusCode: 301, headers: {location}}; }
  request.uri += request.uri.endsWith('/') ? 'index.html' : '';
  return request;
}"""
METHODS = {"Items": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]}


@dataclass
class CloudFront:
    """A CloudFront API with one distribution, in the shape that MiniStack answers in."""

    origin_request: dict[str, Any]
    has_store: bool = False

    def get_distribution_config(self, Id: str) -> dict[str, Any]:  # noqa: N803  # boto3's keyword
        assert Id == "E1"
        api_behaviour = {
            "PathPattern": "/api/*",
            "TargetOriginId": "api",
            "AllowedMethods": METHODS,
            "OriginRequestPolicyId": "requests",
            "ResponseHeadersPolicyId": "headers",
        }
        config = {
            "DefaultRootObject": "index.html",
            "Origins": {"Items": [SITE, API]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "site",
                "ResponseHeadersPolicyId": "headers",
                "FunctionAssociations": {
                    "Items": [
                        {"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::1:function/f"}
                    ]
                },
            },
            "CacheBehaviors": {"Items": [api_behaviour]},
            "CustomErrorResponses": {
                "Items": [{"ErrorCode": 403, "ResponseCode": "404", "ResponsePagePath": "/404.html"}]
            },
        }
        return {"DistributionConfig": config}

    def get_function(self, Name: str, Stage: str) -> dict[str, Any]:  # noqa: N803  # boto3's keywords
        assert (Name, Stage) == ("f", "LIVE")
        return {"FunctionCode": io.BytesIO(FUNCTION.encode())}

    def describe_function(self, Name: str, Stage: str) -> dict[str, Any]:  # noqa: N803  # boto3's keywords
        assert (Name, Stage) == ("f", "LIVE")
        items = [{"KeyValueStoreARN": "arn:aws:cloudfront::1:key-value-store/s"}] if self.has_store else []
        config = {"KeyValueStoreAssociations": {"Quantity": len(items), "Items": items}}
        return {"FunctionSummary": {"FunctionConfig": config}}

    def get_response_headers_policy(self, Id: str) -> dict[str, Any]:  # noqa: N803  # boto3's keyword
        assert Id == "headers"
        return {"ResponseHeadersPolicy": {"ResponseHeadersPolicyConfig": SECURITY}}

    def get_origin_request_policy(self, Id: str) -> dict[str, Any]:  # noqa: N803  # boto3's keyword
        assert Id == "requests"
        return {"OriginRequestPolicy": {"OriginRequestPolicyConfig": self.origin_request}}


@dataclass
class Bucket:
    """The site bucket: refuses as S3 does, and honours If-None-Match."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def get_object(self, Bucket: str, Key: str, IfNoneMatch: str = "") -> dict[str, Any]:  # noqa: N803  # boto3's keywords
        assert Bucket == "site-1a"
        headers = {
            "content-type": "text/html",
            "cache-control": "max-age=60",
            "etag": '"v1"',
            "x-amz-id-2": "x",
        }
        if Key not in self.objects:
            raise ClientError(
                {"Error": {"Code": "NoSuchKey"}, "ResponseMetadata": metadata(404, {})}, "GetObject"
            )
        if IfNoneMatch == '"v1"':
            raise ClientError(
                {"Error": {"Code": "304"}, "ResponseMetadata": metadata(304, headers)}, "GetObject"
            )
        return {"Body": io.BytesIO(self.objects[Key]), "ResponseMetadata": metadata(200, headers)}


def metadata(status: int, headers: dict[str, str]) -> Any:
    return {
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RequestId": "",
        "RetryAttempts": 0,
        "HostId": "",
    }


@dataclass
class DeployedStack:
    """The stack behind the gateway."""

    endpoint: str
    cloudfront: CloudFront
    s3: Bucket
    secret: str = "of this run"

    def client(self, service: str) -> Any:
        return {"cloudfront": self.cloudfront}[service]

    def physical(self, logical_id: str) -> str:
        return {"Distribution": "E1", "SiteBucket": "site-1a", "HttpApi": "0a1b2c3d"}[logical_id]


def the_api() -> Flask:
    """An HTTP API as MiniStack serves it: `/api/echo` returns the request, other paths misbehave."""
    app = Flask("api")

    @app.route("/api/echo", methods=METHODS["Items"])
    @app.route("/api/<path:path>", methods=METHODS["Items"])
    def echo(path: str = "") -> Response:
        echoed = {
            "uri": request.environ["RAW_URI"],
            "method": request.method,
            "body": request.get_data().decode(),
        }
        response = jsonify(echoed | {"headers": {name.lower(): value for name, value in request.headers}})
        response.headers["X-Powered-By"] = "x"
        response.headers["Referrer-Policy"] = "origin"
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    @app.get("/api/go")
    def go() -> Response:
        headers = [
            ("Location", "/en/index.html"),
            ("Set-Cookie", "a=1; Path=/"),
            ("Set-Cookie", "b=2; Path=/"),
        ]
        return Response(status=303, headers=headers)

    @app.get("/api/raises")
    def raises() -> Response:
        return Response('{"errorMessage": "reader@example.org", "errorType": "KeyError"}', 502)

    @app.post("/api/throttled")
    def throttled() -> Response:
        return Response('{"message": "Service Unavailable"}', 503)

    @app.get("/api/breaks")
    def breaks() -> Response:
        def body() -> Iterator[bytes]:
            raise ConnectionResetError
            yield b""

        return Response(body())

    @app.get("/api/says-503")
    def says_503() -> Response:
        return Response("<h1>Closed</h1>", 503)

    @app.get("/api/says-502")
    def says_502() -> Response:
        return Response("<h1>Later</h1>", 502)

    return app


@contextmanager
def running(app: Any) -> Iterator[int]:
    server = serve(app, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class DemoReader:
    """A browser that does nothing by itself."""

    connection: http.client.HTTPConnection

    def asks(
        self, target: str, method: str = "GET", body: str = "", **headers: str
    ) -> http.client.HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, target, body.encode() or None, named)
        response = self.connection.getresponse()
        response.text = response.read().decode()  # type: ignore[attr-defined]  # a test's shortcut
        return response


@contextmanager
def a_reader(
    origin_request: dict[str, Any] | None = None, queue: RequestQueue | None = None, **objects: bytes
) -> Iterator[Any]:
    pages = {name.replace("__", "/") + ".html": text for name, text in objects.items()}
    with running(the_api()) as api_port:
        cloudfront = CloudFront(origin_request or EVERYTHING_BUT_HOST)
        stack: Any = DeployedStack(f"http://127.0.0.1:{api_port}", cloudfront, Bucket(pages))
        overloaded = Overloaded(a_newsletter)
        cdn = Cdn(stack, lambda: read_distribution(stack), overloaded, lambda: queue or RequestQueue())
        app = Flask("front", static_folder=None)
        app.before_request(lambda: cdn.serve(request))
        with running(app) as port:
            reader = DemoReader(http.client.HTTPConnection("127.0.0.1", port, timeout=2))
            yield reader
            reader.connection.close()


@pytest.fixture
def reader() -> Iterator[Any]:
    with a_reader(index=b"root", en__index=b"english", **{"404": b"nowhere"}) as one:
        yield one


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/api/*", "api/subscribe", True),
        ("api/*", "api/", True),
        ("/api/*", "API/subscribe", False),
        ("/api/*", "apis/subscribe", False),
        ("*.jp?g", "images/a.jpeg", True),
        ("*.jp?g", "images/a.jpg", False),
        ("*", "", True),
    ],
)
def test_a_path_pattern_matches_as_cloudfront_s_does(pattern: str, path: str, matches: bool) -> None:  # noqa: FBT001  # an example's outcome
    assert bool(path_pattern(pattern).fullmatch(path)) is matches


def test_a_distribution_is_read_in_the_order_of_its_behaviours() -> None:
    stack: Any = DeployedStack("", CloudFront(EVERYTHING_BUT_HOST), Bucket())

    distribution: Distribution = read_distribution(stack)

    assert distribution.behaviour_for("/api/x").origin.headers == {"X-Origin-Secret": "s3cret"}
    assert distribution.behaviour_for("/en/").origin.domain == SITE["DomainName"]
    assert distribution.behaviour_for("/en/").methods == ("HEAD", "GET")
    assert distribution.error_pages == {403: ErrorPage("/404.html", 404)}


@pytest.mark.parametrize(("has_store", "store"), [(True, {"/old": "/en/"}), (False, None)])
def test_a_function_has_the_store_that_is_associated_with_it(
    *, has_store: bool, store: dict[str, str] | None
) -> None:
    cloudfront = CloudFront(EVERYTHING_BUT_HOST, has_store=has_store)
    stack: Any = DeployedStack("", cloudfront, Bucket())

    distribution = read_distribution(stack, lambda: {"/old": "/en/"})

    assert distribution.behaviour_for("/en/").store == store
    assert distribution.behaviour_for("/api/x").store is None


@dataclass
class ImportedStack:
    """A stack whose store imports from a bucket; counts how often that is read."""

    source: str
    objects: dict[str, bytes]
    reads: int = 0

    def parameters(self) -> dict[str, str]:
        return {"RedirectsSource": self.source}

    @property
    def s3(self) -> "ImportedStack":
        return self

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  # boto3's keywords
        self.reads += 1
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}


def test_the_store_s_pairs_are_read_once_from_the_object_that_the_template_names() -> None:
    first, second = ({"/old": "/en/"}, {"/old": "/be/", "/мост": "/be/"})
    names = {object_key(import_file(pairs)): import_file(pairs) for pairs in (first, second)}
    stack: Any = ImportedStack("", {f"bucket/{name}": content for name, content in names.items()})
    store = RedirectStore(stack)

    assert store() == {}
    for name, pairs in zip(names, (first, second), strict=True):
        stack.source = f"arn:aws:s3:::bucket/{name}"
        assert (store(), store()) == (pairs, pairs)
    assert stack.reads == 2
    stack.source = ""
    assert store() == {}


def test_a_page_comes_with_its_own_headers_and_the_policy_s(reader: Any) -> None:
    page = reader.asks("/en/index.html")

    assert (page.status, page.text) == (200, "english")
    assert page.headers["Content-Type"] == "text/html"
    assert page.headers["Cache-Control"] == "max-age=60"
    assert page.headers["Content-Security-Policy"] == "default-src 'none'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Strict-Transport-Security"] == "max-age=60; includeSubDomains"
    assert page.headers["Permissions-Policy"] == "camera=()"
    assert page.headers["X-Amz-Id-2"] is None


def test_the_root_is_the_root_object(reader: Any) -> None:
    assert reader.asks("/").text == "root"


def test_the_behaviour_s_function_changes_the_path_or_answers(reader: Any) -> None:
    served, moved = reader.asks("/en/"), reader.asks("/old", X_Asked="there")

    assert (served.status, served.text) == (200, "english")
    assert (moved.status, moved.headers["Location"], moved.text) == (301, "/en/there", "")
    assert moved.headers["X-Content-Type-Options"] == "nosniff"
    assert json_of(reader.asks("/api/old"))["uri"] == "/api/old"


def test_a_function_that_fails_is_a_503(reader: Any) -> None:
    assert reader.asks("/broken").status == 503


def test_a_head_has_the_length_and_no_body(reader: Any) -> None:
    page = reader.asks("/en/index.html", "HEAD")

    assert (page.status, page.headers["Content-Length"], page.text) == (200, "7", "")


def test_an_unchanged_page_is_not_written_again(reader: Any) -> None:
    page = reader.asks("/en/index.html", If_None_Match='"v1"')

    assert (page.status, page.text, page.headers["ETag"]) == (304, "", '"v1"')


def test_a_missing_page_is_the_404_page_with_the_policy_s_headers(reader: Any) -> None:
    page = reader.asks("/en/nothing.html")

    assert (page.status, page.text) == (404, "nowhere")
    assert page.headers["X-Frame-Options"] == "DENY"


def test_without_an_error_page_the_bucket_s_403_shows() -> None:
    with a_reader(index=b"root") as reader:
        page = reader.asks("/en/nothing.html")

    assert page.status == 403
    assert "AccessDenied" in page.text


def test_a_method_that_the_behaviour_does_not_allow_is_refused(reader: Any) -> None:
    assert reader.asks("/en/index.html", "POST", "x=1").status == 403


def test_the_api_gets_path_query_and_body_as_they_were_written(reader: Any) -> None:
    target = "/api/confirm/%D1%8B%2Fb?t=a%2Bb+c&t=&x"

    echoed = reader.asks(
        target, "POST", "email=a%40b", Content_Type="application/x-www-form-urlencoded", Cookie="c=1"
    )

    seen = json_of(echoed)
    assert (seen["uri"], seen["method"], seen["body"]) == (target, "POST", "email=a%40b")
    assert seen["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert seen["headers"]["cookie"] == "c=1"


def test_the_cdn_says_who_the_viewer_is_and_proves_itself(reader: Any) -> None:
    echoed = reader.asks("/api/echo", CloudFront_Viewer_Address="192.0.2.1:9", X_Origin_Secret="guessed")

    headers = json_of(echoed)["headers"]
    port = reader.connection.sock.getsockname()[1]
    assert headers["cloudfront-viewer-address"] == f"127.0.0.1:{port}"
    assert headers["x-origin-secret"] == "s3cret"
    assert headers["host"].startswith("0a1b2c3d.execute-api.localhost:")


def test_a_whitelist_lets_nothing_else_through() -> None:
    with a_reader(ADDRESS_ALONE) as reader:
        echoed = reader.asks(
            "/api/echo?t=1", "POST", "x", User_Agent="Mozilla", Cookie="c=1", Content_Type="text/plain"
        )

    seen = json_of(echoed)
    assert seen["uri"] == "/api/echo"
    assert seen["headers"].keys() & {"user-agent", "cookie"} == set()
    assert seen["headers"].keys() >= {"cloudfront-viewer-address", "content-type", "x-origin-secret"}


def test_a_policy_that_does_not_name_the_viewer_s_address_does_not_send_it() -> None:
    policy = ADDRESS_ALONE | {
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Items": ["Accept"]}}
    }
    with a_reader(policy) as reader:
        echoed = reader.asks("/api/echo", Accept="text/html")

    headers = json_of(echoed)["headers"]
    assert headers["accept"] == "text/html"
    assert "cloudfront-viewer-address" not in headers


def test_a_redirect_is_passed_on_with_both_its_cookies(reader: Any) -> None:
    answer = reader.asks("/api/go")

    assert (answer.status, answer.headers["Location"]) == (303, "/en/index.html")
    assert answer.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]


def test_a_policy_s_header_overrides_the_api_s_only_where_it_says_so(reader: Any) -> None:
    answer = reader.asks("/api/echo")

    assert answer.headers.get_all("X-Frame-Options") == ["DENY"]
    assert answer.headers.get_all("Referrer-Policy") == ["origin"]
    assert answer.headers["X-Powered-By"] is None


def test_an_exception_in_a_function_reaches_nobody(reader: Any) -> None:
    answer = reader.asks("/api/raises")

    assert (answer.status, answer.text) == (500, '{"message":"Internal Server Error"}')


def test_a_function_may_say_502_itself(reader: Any) -> None:
    answer = reader.asks("/api/says-502")

    assert (answer.status, answer.text) == (502, "<h1>Later</h1>")


def test_a_form_that_lambda_throttles_gets_the_page_of_a_failing_endpoint_in_its_own_language(
    reader: Any,
) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded", "Accept": "text/html"}

    page = reader.asks("/api/throttled", "POST", "email=a%40b&edition=ru", **form)

    assert (page.status, page.headers["Retry-After"]) == (503, "120")
    assert "Попробуйте ещё раз через несколько минут" in page.text
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == "default-src 'none'"


def test_a_program_that_lambda_throttles_gets_a_problem_document(reader: Any) -> None:
    answer = reader.asks("/api/throttled", "POST", '{"email": "a@b"}', Content_Type="application/json")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "120")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (
        json.loads(answer.text)["detail"] == "Please try again in a few minutes. Trying twice does no harm."
    )


def test_a_function_may_say_503_itself(reader: Any) -> None:
    assert reader.asks("/api/says-503").text == "<h1>Closed</h1>"


def test_an_api_that_breaks_the_connection_is_answered_as_a_failing_endpoint(reader: Any) -> None:
    answer = reader.asks("/api/breaks")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "120")
    assert reader.asks("/api/echo").status == 200


def test_without_room_in_the_queue_a_link_is_answered_in_the_words_of_its_edition_and_pages_still_come() -> (
    None
):
    with a_reader(index=b"root", queue=RequestQueue(at_once=0, most_waiting=0)) as reader:
        answer = reader.asks("/api/echo?t=x&in=be")
        page = reader.asks("/")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "120")
    assert "Паспрабуйце яшчэ раз праз некалькі хвілін" in answer.text
    assert (page.status, page.text) == (200, "root")


def test_a_connection_serves_one_request_after_another(reader: Any) -> None:
    first = reader.asks("/api/echo", "POST", "one")
    socket = reader.connection.sock
    second = reader.asks("/en/index.html")

    assert (first.status, second.text) == (200, "english")
    assert reader.connection.sock is socket
    assert socket is not None


def json_of(response: Any) -> dict[str, Any]:
    assert response.status == 200, response.text
    return dict(json.loads(response.text))

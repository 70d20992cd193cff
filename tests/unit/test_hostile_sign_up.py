"""What a hostile visitor may send to sign up: a 4xx or a message, never an error, nothing injected."""

import base64
import json
import re
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.http import FORM, JSON, MULTIPART, Request
from broadsheet.subscribers.endpoints.sign_up import SignupEndpoint
from broadsheet.subscribers.sign_up import subscribe
from tests.builders import a_newsletter, a_request, an_event
from tests.effort import tries
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeNetworks, FakeSignupQueue, FakeVault
from tests.pages import response_of

NEWSLETTER = a_newsletter()
FILLED = {"email": "ana@example.org", "audience": "en", "edition": "en", "website": ""}
BREAKS = [
    *("\r\nbcc: x@example.org", "\n", "\r", "\0", "\x0b", "\x1b[2J"),
    *("\u2028", "\u2029", "\u0085", "\ud800"),
]
BOUNDARY = "b"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class HostileSignup:
    """The endpoint as the function has it: an event in, an event out."""

    def __init__(self) -> None:
        self.queue, self.networks = FakeSignupQueue(), FakeNetworks()
        act = partial(
            subscribe,
            networks=self.networks,
            seal=FakeVault(),
            queue=self.queue,
            clock=FakeClock(),
        )
        self._endpoint = SignupEndpoint(NEWSLETTER, 1_000_000, act, FakeClock())

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        answer = response_of(self._endpoint, Request.from_event(event)).to_event()
        assert_sound(answer)
        for message in self.queue.sign_ups:
            assert_sound_message(message.to_json())
        return answer


def assert_sound(answer: dict[str, Any]) -> None:
    """The answer is valid JSON, no server error, and has no header but our own."""
    sent = json.loads(json.dumps(answer))
    assert sent["statusCode"] in {202, 303, 400, 405, 413, 415, 422, 429}
    assert set(sent["headers"]) <= {
        *("content-type", "cache-control", "referrer-policy", "location", "allow", "retry-after"),
    }
    assert [value for value in sent["headers"].values() if CONTROL.search(value) or not value.isascii()] == []
    if sent["headers"]["content-type"] == "application/problem+json":
        assert json.loads(sent["body"])["status"] == sent["statusCode"]
    elif sent["statusCode"] >= 400:
        assert sent["body"].startswith("<!doctype html>")


def assert_sound_message(message: str) -> None:
    """A message is one line, for audiences and a language that there are."""
    content = json.loads(message)
    assert not CONTROL.search(message)
    assert set(content["audiences"]) <= {"en", "be-ru"}
    assert (content["language"], content["form"]) in {
        (e, f) for e in ("en", "be", "ru") for f in ("page", "api")
    }


def multipart(fields: dict[str, str]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
        for n, v in fields.items()
    ]
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode("utf-8", "surrogatepass")


def in_each_way(fields: dict[str, str]) -> list[Request]:
    typed = f"{MULTIPART}; boundary={BOUNDARY}"
    plain = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
    return [
        a_request(form=plain),
        a_request(content=fields),
        a_request(headers={"content-type": typed}, body=multipart(fields)),
    ]


@pytest.mark.parametrize("field", list(FILLED))
@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_a_line_break_or_control_character_in_a_field_gets_nowhere(field: str, text: str) -> None:
    for where in (text, FILLED[field] + text, text + FILLED[field], text.join(FILLED[field]) or text):
        for request in in_each_way({**FILLED, field: where}):
            endpoint = HostileSignup()
            answer = endpoint(an_event(request))
            assert answer["statusCode"] in {202, 303, 422}
            opened = [FakeVault().open_sign_up(message.sealed) for message in endpoint.queue.sign_ups]
            assert opened in ([], ["ana@example.org"])


@pytest.mark.parametrize("text", BREAKS, ids=ascii)
@pytest.mark.parametrize(
    "name",
    ["content-type", "accept", "host", "x-broadsheet-origin", "cloudfront-viewer-address", "x-forwarded-for"],
)
def test_nothing_in_a_header_is_passed_on(name: str, text: str) -> None:
    endpoint = HostileSignup()
    event = an_event(a_request(form=FILLED))
    event["headers"] = {**event["headers"], name: f"text/html{text}"}

    answer = endpoint(event)

    assert answer["statusCode"] in {303, 415}
    assert text not in json.dumps(answer["headers"], ensure_ascii=False)
    assert {network for _, network in endpoint.networks.counts} <= {"unknown"}


@pytest.mark.parametrize(
    ("kind", "status"),
    [(FORM, 413), (JSON, 413), (f"{MULTIPART}; boundary=b", 413), ("text/plain", 413), ("", 413)],
)
@pytest.mark.parametrize("size", [16_385, 1_000_000, 6_000_000])
def test_a_body_that_is_too_large_is_refused_unread(kind: str, status: int, size: int) -> None:
    endpoint = HostileSignup()

    assert (
        endpoint(an_event(a_request(headers={"content-type": kind}, body=b"x" * size)))["statusCode"]
        == status
    )
    assert endpoint.queue.messages == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post"])
def test_any_other_method_is_refused(method: str) -> None:
    endpoint = HostileSignup()

    answer = endpoint(an_event(a_request(method, form=FILLED)))

    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "image/png", "*/*", "application/x-www-form-urlencoded2", "; ;"]
)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_body_that_is_no_form_is_refused_in_the_format_that_the_client_understands(
    kind: str, accept: str
) -> None:
    sent = {"content-type": kind, "accept": accept}

    answer = HostileSignup()(an_event(a_request(headers=sent, body=b"email=ana@example.org")))

    expected = "application/problem+json" if accept == "application/json" else "text/html; charset=utf-8"
    assert answer["headers"]["content-type"] == expected
    assert answer["statusCode"] in {415, 422}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 8_000,
        b'{"email":' * 1_500 + b"1" + b"}" * 1_500,
        b'{"email": ' + b"9" * 5_000 + b"}",
        b'{"email": {"a": ["b"]}, "audience": [["en"]], "edition": {}}',
        b'{"email": NaN, "audience": [null, 1e999, true]}',
        b'{"email": "\\ud800@example.org", "audience": "\\udfff", "edition": "\\ud800"}',
        b'{"email": ["ana@example.org", "bo@example.org"], "audience": "en"}',
        b"\xff\xfe{\x00",
        b'"email"',
        b"null",
    ],
    ids=range(10),
)
def test_json_of_any_shape_is_understood_or_refused(body: bytes) -> None:
    answer = HostileSignup()(an_event(a_request(headers={"content-type": JSON}, body=body)))

    assert answer["statusCode"] in {202, 400, 422}


def one_part(*lines: str) -> bytes:
    """A form of one part with these lines."""
    return "\r\n".join((f"--{BOUNDARY}", *lines, f"--{BOUNDARY}--")).encode()


def nested(depth: int) -> bytes:
    """Parts in parts."""
    part = b"--b%d\r\ncontent-type:multipart/x;boundary=b%d\r\n\r\n"
    return b"".join(part % (n, n + 1) for n in range(depth))


DISPOSITION = "content-disposition: form-data; "
ENCODING = "content-transfer-encoding: "


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        ("", b"--b\r\n\r\n"),
        ("; boundary=", b"--\r\n\r\n"),
        ("; boundary*0=b; boundary*1=c", b"--bc\r\n\r\n"),
        ("; boundary=b\r\nx: y", multipart(FILLED)),
        ("; boundary=b", one_part(f"{DISPOSITION}name*=x'y'%ff", "", "z")),
        ("; boundary=b", one_part(f"{DISPOSITION}name*=utf-8''x; name*0=y", "", "z")),
        ("; boundary=b", one_part(f'{DISPOSITION}name="email"', f"{ENCODING}base64", "", "?")),
        (
            "; boundary=b",
            one_part(f'{DISPOSITION}name="email"', f"{ENCODING}x-uuencode", "", "begin 6 x", "?"),
        ),
        ("; boundary=1", b"--1\ncontent-type:multipart/x;boundary=1\n\n" * 389),
        ("; boundary=b0", nested(320)),
    ],
    ids=range(10),
)
def test_multipart_of_any_shape_is_understood_or_refused(parameters: str, body: bytes) -> None:
    answer = HostileSignup()(an_event(a_request(headers={"content-type": MULTIPART + parameters}, body=body)))

    assert answer["statusCode"] in {303, 400, 422}


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=tries(40, proof=1500))
@given(
    kind=st.sampled_from([FORM, JSON, f"{MULTIPART}; boundary=b", "text/plain", ""]),
    accept=st.sampled_from(["text/html", "application/json", ""]),
    body=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.dictionaries(st.sampled_from(list(FILLED)), st.text(max_size=40)).map(multipart),
        st.dictionaries(st.sampled_from(list(FILLED)), st.text(max_size=40)).map(
            lambda d: json.dumps(d).encode()
        ),
    ),
    query=st.text(max_size=30),
)
def test_every_request_is_answered(kind: str, accept: str, body: bytes, query: str) -> None:
    event = an_event(a_request(headers={"content-type": kind, "accept": accept}, body=body))
    event["rawQueryString"] = query

    HostileSignup()(event)


@pytest.mark.parametrize("body", ["not base64!", "YQ", "=", "\u20ac", base64.b64encode(b"\xff\x00").decode()])
def test_a_body_that_is_not_what_the_gateway_sends_is_no_form(body: str) -> None:
    event = {**an_event(a_request(form=FILLED)), "body": body}

    assert HostileSignup()(event)["statusCode"] == 422


@pytest.mark.parametrize("missing", ["headers", "body", "rawQueryString", "isBase64Encoded"])
def test_an_event_without_its_optional_parts_is_answered(missing: str) -> None:
    event = an_event(a_request(form=FILLED))
    del event[missing]

    HostileSignup()(event)

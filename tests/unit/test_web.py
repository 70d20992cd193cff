"""What comes in over the HTTP API: three kinds of forms, JSON, and junk."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broadsheet.http import BODY_LIMIT_BYTES, Problem, Request
from tests.builders import a_request, an_event

MULTIPART = "multipart/form-data; boundary=----WebKitFormBoundaryAbC123"
PART = '------WebKitFormBoundaryAbC123\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
MULTIPART_BODY = (
    PART.format("email", "ana@example.org")
    + PART.format("audience", "en")
    + PART.format("audience", "бе-ру")
    + PART.format("website", "")
    + "------WebKitFormBoundaryAbC123--\r\n"
).encode()
PIECES = [  # of multipart bodies, and of what has confused their parsers
    *(b"------WebKitFormBoundaryAbC123", b"--", b"\r\n", b"Content-Disposition", b": ", b"form-data", b"; "),
    *(b'name="', b'"', b"name*=utf-8''", b"%ff", b"=?utf-8?q?=", b"Content-Transfer-Encoding: base64"),
    *(b"Content-Type: multipart/mixed", b"a", b"\xff", b"\0", b"(", b"<", b"@", b"[", b"\\"),
]
FIELDS = {"email": ["ana@example.org"], "audience": ["en", "бе-ру"], "website": [""]}
FORM_POST = a_request(form=FIELDS)


def typed(content_type: str, body: bytes) -> Request:
    return a_request(headers={"Content-Type": content_type}, body=body)


@pytest.mark.parametrize("base64_encoded", [True, False])
def test_a_request_is_the_same_however_the_gateway_carries_its_body(base64_encoded: bool) -> None:  # noqa: FBT001  # a parameter of the table above
    event = an_event(FORM_POST, base64_encoded=base64_encoded)

    assert Request.from_event(event) == FORM_POST


def test_header_names_are_lower_case_and_a_parameter_has_its_first_value() -> None:
    event = an_event(a_request("GET", "/api/confirm"))
    event |= {"headers": {"Accept": "text/html"}, "rawQueryString": "t=a%20b&in=be&t=second&empty="}

    request = Request.from_event(event)

    query = {"t": "a b", "in": "be", "empty": ""}
    assert request == Request("GET", "/api/confirm", query, {"accept": "text/html"}, b"")


def test_a_request_without_body_query_or_headers_is_read_as_empty() -> None:
    event = an_event(a_request("GET", "/api/confirm"))
    for name in ("body", "rawQueryString", "headers"):
        del event[name]

    assert Request.from_event(event) == Request("GET", "/api/confirm", {}, {}, b"")


def test_a_body_that_is_not_the_base64_it_claims_to_be_is_empty() -> None:
    event = {**an_event(FORM_POST), "body": "not base64!"}

    assert Request.from_event(event).body == b""


def test_too_many_parameters_are_no_parameters() -> None:
    event = {**an_event(a_request("GET")), "rawQueryString": "&".join(f"p{n}=1" for n in range(65))}

    assert Request.from_event(event).query == {}


@pytest.mark.parametrize(
    "request_",
    [
        FORM_POST,
        a_request(body=FORM_POST.body),
        typed("Application/X-WWW-Form-Urlencoded; charset=UTF-8", FORM_POST.body),
        typed(MULTIPART, MULTIPART_BODY),
        a_request(content={"email": "ana@example.org", "audience": ["en", "бе-ру"], "website": ""}),
        typed("application/json; charset=utf-8", json.dumps(FIELDS).encode()),
    ],
    ids=["urlencoded", "without a type", "type with parameters", "multipart", "JSON", "JSON lists"],
)
def test_a_form_gives_the_same_fields_in_every_encoding(request_: Request) -> None:
    assert request_.fields() == FIELDS


def test_values_of_json_that_are_not_text_are_given_as_json_and_null_as_nothing() -> None:
    request = a_request(content={"a": 1, "b": True, "c": {"d": None}, "e": [2, "x"], "website": None})

    assert request.fields() == {
        "a": ["1"],
        "b": ["true"],
        "c": ['{"d": null}'],
        "e": ["2", "x"],
        "website": [""],
    }


def test_a_body_may_be_as_large_as_the_limit() -> None:
    value = "x" * (BODY_LIMIT_BYTES - len("a="))

    assert a_request(form={"a": value}).fields() == {"a": [value]}


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (
            a_request(body=b"x" * (BODY_LIMIT_BYTES + 1)),
            Problem(413, "Too large", "Send at most 16384 bytes."),
        ),
        (
            typed("text/xml", b"<form/>"),
            Problem(
                415,
                "Unsupported media type",
                "Send application/x-www-form-urlencoded, multipart/form-data or application/json.",
            ),
        ),
        (
            a_request(form={f"f{n}": "" for n in range(65)}),
            Problem(400, "Bad form", "The form has too many fields."),
        ),
        (typed("application/json", b"{"), Problem(400, "Bad JSON", "The body is not valid JSON.")),
        (typed("application/json", b"\xff\xfe\xfd"), Problem(400, "Bad JSON", "The body is not valid JSON.")),
        (typed("application/json", b"[" * 16_000), Problem(400, "Bad JSON", "The body is not valid JSON.")),
        (a_request(content=["ana@example.org"]), Problem(400, "Bad JSON", "Send one JSON object.")),
    ],
    ids=["too large", "XML", "too many fields", "broken", "not text", "too deep", "no object"],
)
def test_an_unreadable_request_is_refused_as(request_: Request, problem: Problem) -> None:
    with pytest.raises(Problem) as caught:
        request_.fields()

    assert caught.value == problem


@example(content_type="multipart/form-data;0*", body=b"")
@example(content_type=MULTIPART, body=PART.format('a";0*', "x").encode())
@given(
    content_type=st.sampled_from(
        [
            "multipart/form-data",
            "multipart/form-data; boundary",
            MULTIPART,
            "application/json",
            "application/x-www-form-urlencoded",
        ]
    ),
    body=st.binary(max_size=400) | st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join),
)
def test_junk_is_read_as_fields_of_text_or_is_a_problem(content_type: str, body: bytes) -> None:
    try:
        fields = typed(content_type, body).fields()
    except Problem:
        return

    assert all(
        isinstance(name, str) and value == [str(text) for text in value] for name, value in fields.items()
    )


@pytest.mark.parametrize(
    ("headers", "wants_json"),
    [
        ({}, False),
        ({"Accept": "text/html,application/xhtml+xml,application/json;q=0.9"}, False),
        ({"Accept": "*/*"}, False),
        ({"Accept": "application/json"}, True),
        ({"Accept": "application/problem+json"}, True),
        ({"Content-Type": "application/json"}, True),
        ({"Content-Type": "APPLICATION/JSON; charset=utf-8", "Accept": "text/html"}, True),
    ],
)
def test_a_program_is_known_by_what_it_sends_and_accepts(headers: dict[str, str], wants_json: bool) -> None:  # noqa: FBT001  # a parameter of the table above
    assert a_request(headers=headers).wants_json is wants_json

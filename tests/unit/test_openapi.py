"""`/openapi.json` describes what the endpoints do, asked with what it allows and with what it does not."""

import copy
import json
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
import schemathesis
from flask import Flask, request
from flask import Response as FlaskResponse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from broadsheet.http import Request
from broadsheet.site.openapi import description, openapi
from broadsheet.subscribers.confirm import Confirm
from broadsheet.subscribers.endpoints.confirm import ConfirmEndpoint
from broadsheet.subscribers.endpoints.manage import ManageEndpoint
from broadsheet.subscribers.endpoints.sign_up import SignupEndpoint
from broadsheet.subscribers.endpoints.unsubscribe import UnsubscribeEndpoint
from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.manage import ManageSubscription
from broadsheet.subscribers.sign_up import subscribe
from broadsheet.subscribers.subscriber import Status
from infrastructure.build import ROOT
from tests import template_rules as rules
from tests.builders import REQUEST_ID, SUBSCRIBER_ID, a_newsletter, a_subscriber
from tests.effort import tries
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import (
    FakeKeyring,
    FakeLimits,
    FakeNetworks,
    FakeSignupQueue,
    FakeSubscribers,
    FakeVault,
)
from tests.from_template import the_template
from tests.pages import response_of

NEWSLETTER = a_newsletter()
DESCRIPTION = json.loads(openapi(NEWSLETTER).html)
LINKS = FakeKeyring().links
WAITING_ID = "c" * 32
TOKENS = {
    "/api/confirm": LINKS.confirm_token(Confirmation(WAITING_ID, REQUEST_ID)),
    "/api/manage": LINKS.manage_token(SUBSCRIBER_ID),
    "/api/unsubscribe": LINKS.unsubscribe_token(SUBSCRIBER_ID),
}
EXAMPLES = tries(10, proof=1000)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ACCEPTED = ["text/html", "application/json", "application/problem+json", "*/*"]
OPERATIONS = [
    (path, method)
    for path, item in DESCRIPTION["paths"].items()
    for method in item
    if method in ("get", "head", "post")
]


def endpoints() -> dict[str, Any]:
    """The four endpoints over a new list with a confirmed and a pending reader."""
    waits = a_subscriber("bo@example.org", id=WAITING_ID, status=Status.PENDING)
    subscribers, queue, clock = FakeSubscribers().add(a_subscriber(), waits), FakeSignupQueue(), FakeClock()
    bound: dict[str, Any] = {"subscribers": subscribers, "clock": clock}
    limits = FakeLimits()
    act = partial(
        subscribe,
        networks=FakeNetworks(),
        seal=FakeVault(),
        queue=queue,
        clock=clock,
    )
    return {
        "/api/subscribe": SignupEndpoint(NEWSLETTER, 20, act, clock),
        "/api/confirm": ConfirmEndpoint(NEWSLETTER, LINKS, Confirm(subscribers, limits, queue, clock)),
        "/api/manage": ManageEndpoint(
            NEWSLETTER,
            LINKS,
            ManageSubscription(subscribers, queue, FakeNetworks(), limits, clock, FakeVault()),
            20,
        ),
        "/api/unsubscribe": UnsubscribeEndpoint(
            NEWSLETTER, LINKS, partial(unsubscribe, limits=limits, **bound)
        ),
    }


def behind_http() -> Flask:
    """The endpoints as a web application, requests and answers as API Gateway has them."""
    app = Flask("api")

    @app.route("/api/<name>", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
    def api(name: str) -> FlaskResponse:
        sent = Request(
            request.method,
            request.path,
            {key: values[0] for key, values in request.args.lists()},
            {key.lower(): value for key, value in request.headers.items()},
            request.get_data(),
        )
        event = response_of(endpoints()[f"/api/{name}"], sent).to_event()
        return FlaskResponse(event["body"], event["statusCode"], event["headers"])

    @app.get("/openapi.json")
    def document() -> FlaskResponse:
        return FlaskResponse(openapi(NEWSLETTER).html, content_type="application/json")

    return app


@pytest.fixture(scope="module")
def app() -> Flask:
    return behind_http()


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[" ".join(one) for one in OPERATIONS])
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=str)
def test_every_answer_is_as_described(app: Flask, path: str, method: str, mode: Any) -> None:
    ask(DESCRIPTION, app, path, method, mode)


def test_an_answer_that_is_not_described_is_found_out(app: Flask) -> None:
    for path, method, status in (("/api/subscribe", "post", "303"), ("/api/manage", "get", "410")):
        lacking = copy.deepcopy(DESCRIPTION)
        del lacking["paths"][path][method]["responses"][status]
        with pytest.raises(FailureGroup, match=f"Received: {status}"):
            ask(lacking, app, path, method, schemathesis.GenerationMode.POSITIVE)


def ask(document: dict[str, Any], app: Flask, path: str, method: str, mode: Any) -> None:
    """Generate requests for one operation, and hold the answers against the description."""
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    schema.location = "/openapi.json"
    cases = schema[path][method.upper()].as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=cases, is_linked=st.booleans(), accept=st.sampled_from(ACCEPTED))
    def asked(case: Any, is_linked: bool, accept: str) -> None:  # noqa: FBT001  # drawn
        if is_linked and path in TOKENS:
            case.query = {**(case.query or {}), "t": TOKENS[path]}
        case.call_and_validate(checks=CHECKS, headers={"accept": accept})

    asked()


def test_every_endpoint_of_the_template_is_described_and_no_other() -> None:
    routes = {
        properties["RouteKey"].split()[-1]
        for _, properties in rules.of_type(the_template(), "AWS::ApiGatewayV2::Route")
    }
    assert set(DESCRIPTION["paths"]) == routes


@pytest.mark.parametrize("path", sorted(DESCRIPTION["paths"]))
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "LINK"]
)
def test_a_method_that_is_not_described_is_405_and_says_which_are(path: str, method: str) -> None:
    named = [name.upper() for name in ("get", "head", "post") if name in DESCRIPTION["paths"][path]]
    response = response_of(endpoints()[path], Request(method, path, {}, {}, b""))
    assert (response.status == 405) is (method not in named)
    if response.status == 405:
        assert response.headers["allow"].split(", ") == named


OLD_LINKS = replace(LINKS, today=lambda: date(2016, 12, 9))
LINKS_OF = {"t": TOKENS, "old": {"/api/manage": OLD_LINKS.manage_token(SUBSCRIBER_ID)}}
J, F = "application/json", "application/x-www-form-urlencoded"
SIGN_UP = '{"email": "ana@example.org", "audience": ["en"]}'
REACHED = [  # path, method, query, content type, body, status
    ("/api/subscribe", "GET", "", "", "", 303),
    ("/api/subscribe", "HEAD", "", "", "", 303),
    ("/api/subscribe", "POST", "", J, SIGN_UP, 202),
    ("/api/subscribe", "POST", "", F, "email=ana%40example.org&audience=en", 303),
    ("/api/subscribe", "POST", "", F, "email=ana%40gmial.con&audience=en", 202),
    ("/api/subscribe", "POST", "", J, "{", 400),
    ("/api/subscribe", "POST", "", F, "x" * 20_000, 413),
    ("/api/subscribe", "POST", "", "application/xml", "<a/>", 415),
    ("/api/subscribe", "POST", "", F, "email=", 422),
    ("/api/confirm", "GET", "t", "", "", 200),
    ("/api/confirm", "HEAD", "t", "", "", 200),
    ("/api/confirm", "POST", "t", J, "", 200),
    ("/api/confirm", "POST", "t", F, "button=yes", 303),
    ("/api/manage", "GET", "t", "", "", 200),
    ("/api/manage", "HEAD", "t", "", "", 200),
    ("/api/manage", "POST", "t", J, '{"action": "leave"}', 200),
    ("/api/manage", "POST", "t", J, '{"action": "record"}', 202),
    ("/api/manage", "POST", "t", F, "action=erase&not_again=yes", 303),
    ("/api/manage", "POST", "t", J, '{"action": "link"}', 202),
    ("/api/manage", "POST", "t", F, "action=link", 303),
    ("/api/manage", "POST", "", F, "action=link", 410),
    ("/api/manage", "POST", "t", J, "{", 400),
    ("/api/manage", "POST", "t", F, "x" * 20_000, 413),
    ("/api/manage", "POST", "t", "application/xml", "<a/>", 415),
    ("/api/manage", "POST", "t", F, "action=save", 422),
    ("/api/manage", "POST", "t", J, '{"action": "address", "email": "ana@new.test"}', 202),
    ("/api/manage", "POST", "old", F, "action=address&email=ana%40new.test", 403),
    ("/api/unsubscribe", "GET", "t", "", "", 200),
    ("/api/unsubscribe", "HEAD", "t", "", "", 200),
    ("/api/unsubscribe", "POST", "t", F, "List-Unsubscribe=One-Click", 200),
    ("/api/unsubscribe", "POST", "t", F, "button=yes", 303),
    ("/api/unsubscribe", "POST", "", F, "button=yes", 410),
    *((path, method, "", F, "", 410) for path in TOKENS for method in ("GET", "HEAD")),
    *((path, "POST", "", F, "", 410) for path in ("/api/confirm", "/api/manage")),
]


@pytest.mark.parametrize(("path", "method", "query", "kind", "body", "status"), REACHED)
def test_a_described_answer_is_given(
    path: str, method: str, query: str, kind: str, body: str, status: int
) -> None:
    sent = Request(
        method, path, {"t": LINKS_OF[query][path]} if query else {}, {"content-type": kind}, body.encode()
    )
    assert response_of(endpoints()[path], sent).status == status


def test_nothing_is_described_that_is_never_answered() -> None:
    provoked = {
        (path, method.upper(), int(status))
        for path, method in OPERATIONS
        for status in DESCRIPTION["paths"][path][method]["responses"]
    }
    without = {
        (path, "POST", 429) for path in ("/api/subscribe", "/api/manage")
    }  # see the endpoints' own tests
    failed = {one for one in provoked if one[2] == 503}  # see tests/integration/test_endpoints_that_fail.py
    assert provoked - without - failed == {
        (path, method, status) for path, method, _, _, _, status in REACHED
    }


def test_the_example_in_the_documents_is_that_of_the_sample_newsletter() -> None:
    from broadsheet.newsletter_file import read_newsletter  # noqa: PLC0415  # for this alone

    sample = read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))
    written = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert json.loads(written) == description(sample)

"""A forwarded mail: with its link a stranger can only unsubscribe the reader."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from itsdangerous import Signer

from broadsheet.http import Request, Response
from broadsheet.language import language
from broadsheet.subscribers.confirm import Confirm
from broadsheet.subscribers.endpoints.confirm import ConfirmEndpoint
from broadsheet.subscribers.endpoints.manage import ManageEndpoint
from broadsheet.subscribers.endpoints.unsubscribe import UnsubscribeEndpoint
from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.manage import ManageSubscription
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.networks import VIEWER
from broadsheet.subscribers.subscriber import Known, Reason
from tests.builders import ADDRESS, REQUEST_ID, SUBSCRIBER_ID, a_newsletter, a_request, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import (
    FakeKeyring,
    FakeLimits,
    FakeNetworks,
    FakeSignupQueue,
    FakeSubscribers,
    FakeVault,
)
from tests.pages import ShownPage, headers, one, response_of, shown_page, soup

NEWSLETTER, CLOCK = a_newsletter(), FakeClock()
LINKS = FakeKeyring().links
READER = a_subscriber()
NOW = int(CLOCK().timestamp())
EN = language("en")


def signed_as(purpose: str) -> str:
    """A token as it was made before `own-page`, for that purpose."""
    value = LINKS.unsubscribe_token(SUBSCRIBER_ID).rpartition(".")[0]
    return Signer(b"k" * 32, salt=purpose, digest_method=hashlib.sha256).sign(value).decode()


LETTER, FORMER = signed_as("unsubscribe"), signed_as("manage")
HELD = pytest.mark.parametrize("token", [LETTER, FORMER], ids=["a letter", "a manage link from before"])
ACTIONS = ["save", "address", "record", "link", "leave", "erase", "", "nothing"]
FIELDS = {"audience": "be-ru", "language": "be", "not_again": "yes", "email": "thief@example.org"}
FORMS: list[dict[str, Any]] = [
    {},
    {"button": "yes"},
    *({"action": action, **FIELDS} for action in ACTIONS),
]
PATHS = ("manage", "unsubscribe", "confirm")


def somebody(who: str) -> FakeSubscribers:
    """A list with the reader, without, or with their address suppressed."""
    people = FakeSubscribers()
    if who == "a reader":
        people.add(READER)
    if who == "suppressed":
        people.fingerprints[READER.fingerprint] = Known(reason=Reason.NOT_AGAIN)
    return people


@dataclass
class EndpointsOfLinks:
    """The endpoints behind links, with all that they change."""

    subscribers: FakeSubscribers = field(default_factory=lambda: somebody("a reader"))
    queue: FakeSignupQueue = field(default_factory=FakeSignupQueue)
    networks: FakeNetworks = field(default_factory=FakeNetworks)

    def __call__(self, request: Request) -> Response:
        bound: dict[str, Any] = {"subscribers": self.subscribers, "clock": CLOCK}
        limits = FakeLimits()
        endpoints = {
            "/api/confirm": ConfirmEndpoint(
                NEWSLETTER, LINKS, Confirm(self.subscribers, limits, self.queue, CLOCK)
            ),
            "/api/unsubscribe": UnsubscribeEndpoint(
                NEWSLETTER, LINKS, partial(unsubscribe, limits=limits, **bound)
            ),
            "/api/manage": ManageEndpoint(
                NEWSLETTER,
                LINKS,
                ManageSubscription(self.subscribers, self.queue, self.networks, limits, CLOCK, FakeVault()),
                2,
            ),
        }
        return response_of(endpoints[request.path], request)


def every_request(tokens: set[str]) -> Iterator[Request]:
    """All that can be asked with these tokens, as a person and as a program."""
    for token in sorted(tokens):
        for path in PATHS:
            where = {"path": f"/api/{path}", "query": {"t": token, "in": "en"}}
            for accept in ("text/html", "application/json"):
                yield a_request("GET", **where, headers={"accept": accept})
                for form in FORMS:
                    yield a_request("POST", **where, form=form, headers={"accept": accept})
                yield a_request("POST", **where, content={"action": "erase", "not_again": True})


def tokens_in(response: Response) -> set[str]:
    """The tokens in all links, forms and redirections of an answer."""
    page = soup(response)
    addresses = [
        str(tag.get(name)) for tag in page.find_all(True) for name in ("href", "action") if tag.get(name)
    ]
    addresses.append(str(headers(response).get("location", "")))
    return {value for each in addresses for name, value in parse_qsl(urlsplit(each).query) if name == "t"}


# -- nothing becomes a manage link


@HELD
def test_following_every_link_and_form_finds_no_other_token_and_nothing_of_the_reader(token: str) -> None:
    held, tried, answers = {token}, set[str](), []
    while held - tried:
        new = held - tried
        tried |= new
        answers += [EndpointsOfLinks()(request) for request in every_request(new)]
        held |= {found for answer in answers for found in tokens_in(answer)}

    assert held == {token}
    said = "\n".join(f"{headers(answer)} {answer.body}" for answer in answers)
    secrets = [LINKS.manage_token(SUBSCRIBER_ID), ADDRESS, READER.fingerprint, REQUEST_ID, "2016-11-10"]
    secrets += ["November 10, 2016", "en-0123456789abcdef", 'name="not_again"', 'name="audience"', "checked"]
    assert [secret for secret in secrets if secret in said] == []


@HELD
def test_nothing_that_can_be_posted_changes_the_reader_but_leaving(token: str) -> None:
    changed = set()
    for request in every_request({token}):
        system = EndpointsOfLinks()
        system(request)
        if system.subscribers != EndpointsOfLinks().subscribers:
            changed.add((request.method, request.path))
            assert (system.subscribers, list(system.subscribers.left)) == (
                FakeSubscribers(),
                [READER.fingerprint],
            )
        assert {message.kind for message in system.queue.messages} <= {MessageKind.LINK}

    assert changed == ({("POST", "/api/unsubscribe")} if token == LETTER else set())


def test_an_unsubscribe_link_of_an_old_mail_works_like_one_of_today() -> None:
    system = EndpointsOfLinks()
    query = {"t": LETTER, "in": "en"}

    response = system(a_request("POST", "/api/unsubscribe", query=query, form={"button": "yes"}))

    assert (response.status, system.subscribers.people) == (303, {})
    assert LINKS.unsubscribe_token(SUBSCRIBER_ID) == LETTER


# -- a fresh link


def asks(token: str, *, accept: str = "text/html", viewer: str = "203.0.113.7:52814") -> Request:
    return a_request(
        "POST",
        "/api/manage",
        query={"t": token, "in": "en"},
        form={"action": "link"},
        headers={"accept": accept, VIEWER: viewer},
    )


@HELD
def test_a_link_that_opens_nothing_offers_to_mail_a_fresh_one(token: str) -> None:
    response = EndpointsOfLinks()(a_request("GET", "/api/manage", query={"t": token, "in": "en"}))

    button = (f"manage?t={token}&in=en", EN["link_button"])
    assert shown_page(response) == ShownPage(410, "en", EN["old_link_heading"], EN["old_link_text"], button)
    pressed = one(soup(response), "button")
    assert (pressed["name"], pressed["value"]) == ("action", "link")


@HELD
def test_asking_queues_one_mail_to_the_reader_and_redirects_to_a_page_that_reveals_nothing(
    token: str,
) -> None:
    system = EndpointsOfLinks()

    response = system(asks(token))

    assert (response.status, headers(response)["location"]) == (303, "/en/link-on-its-way.html")
    assert system.queue.messages == [ReaderMailMessage(MessageKind.LINK, SUBSCRIBER_ID, NOW, 1)]
    assert system.subscribers == EndpointsOfLinks().subscribers


@HELD
@pytest.mark.parametrize("who", ["nobody", "suppressed"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_answer_does_not_reveal_whether_there_is_such_a_reader(token: str, who: str, accept: str) -> None:
    reader, other = EndpointsOfLinks(), EndpointsOfLinks(somebody(who))
    for request in (asks(token, accept=accept), a_request("GET", "/api/manage", query={"t": token})):
        assert reader(request) == other(request)

    assert replace(reader, subscribers=other.subscribers) == other


def test_a_network_over_its_sign_ups_of_the_day_is_asked_to_come_tomorrow() -> None:
    system = EndpointsOfLinks()
    answers = [system(asks(LETTER)) for _ in range(3)]

    assert [answer.status for answer in answers] == [303, 303, 429]
    assert shown_page(answers[2]) == ShownPage(429, "en", EN["link_busy_heading"], EN["link_busy_text"])
    assert headers(answers[2])["retry-after"] == str(18 * 3600)
    assert [
        message.attempt for message in system.queue.messages if isinstance(message, ReaderMailMessage)
    ] == [1, 2]
    assert system(asks(LETTER, viewer="198.51.100.9:4711")).status == 303


def test_a_program_gets_json_and_a_damaged_link_enqueues_nothing() -> None:
    system = EndpointsOfLinks()
    response = system(asks(LETTER[:-6], accept="application/json"))
    assert (response.status, system) == (410, EndpointsOfLinks())

    response = system(asks(LETTER, accept="application/json"))
    assert (response.status, json.loads(response.body)["status"]) == (202, "link")

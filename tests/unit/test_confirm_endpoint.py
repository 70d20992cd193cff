"""`/api/confirm`, from the request to the whole answer."""

import json
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from broadsheet.http import Request, Response
from broadsheet.language import language
from broadsheet.subscribers.confirm import Confirm
from broadsheet.subscribers.endpoints.confirm import ConfirmEndpoint
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.subscriber import Status, Subscriber
from tests.builders import (
    REQUEST_ID,
    SUBSCRIBER_ID,
    a_newsletter,
    a_pending_address,
    a_request,
    a_subscriber,
)
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeKeyring, FakeLimits, FakeSignupQueue, FakeSubscribers
from tests.pages import PAGE_HEADERS, ShownPage, headers, response_of, shown_page

LINKS = FakeKeyring().links
TOKEN = LINKS.confirm_token(Confirmation(SUBSCRIBER_ID, REQUEST_ID))
PENDING = a_subscriber(status=Status.PENDING)
CONFIRMED = PENDING.confirmed(FakeClock().now.date())
EN, BE = language("en"), language("be")
GONE = ShownPage(410, "en", EN["gone_heading"], EN["gone_confirm_text"])
USELESS = {
    "nothing": "",
    "junk": "junk",
    "damaged": TOKEN.replace("link-2016.", "link-2016.A"),
    "another request's": LINKS.confirm_token(Confirmation(SUBSCRIBER_ID, "2" * 32)),
    "nobody's": LINKS.confirm_token(Confirmation("b" * 32, REQUEST_ID)),
    "an unsubscribe token": LINKS.unsubscribe_token(SUBSCRIBER_ID),
}


@dataclass
class ConfirmSystem:
    """The endpoint with the list behind it."""

    subscribers: FakeSubscribers = field(default_factory=lambda: FakeSubscribers().add(PENDING))

    def __call__(self, request: Request) -> Response:
        confirm = Confirm(self.subscribers, FakeLimits(), FakeSignupQueue(), FakeClock())
        return response_of(ConfirmEndpoint(a_newsletter(), LINKS, confirm), request)


@pytest.fixture
def endpoint() -> ConfirmSystem:
    return ConfirmSystem()


def asked(method: str, token: str = TOKEN, edition: str = "en", **headers_: str) -> Request:
    query = {"t": token, "in": edition}
    return a_request(method, "/api/confirm", query=query, headers=headers_)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("person", [PENDING, CONFIRMED])
def test_looking_shows_a_button_and_changes_nothing(method: str, person: Subscriber) -> None:
    endpoint = ConfirmSystem(FakeSubscribers().add(person))

    response = endpoint(asked(method, edition="be"))

    button = (f"confirm?t={TOKEN}&in=be", BE["confirm_button"])
    assert shown_page(response) == ShownPage(200, "be", BE["confirm_heading"], BE["confirm_text"], button)
    assert headers(response) == PAGE_HEADERS
    assert endpoint.subscribers == FakeSubscribers().add(person)


def test_the_button_posts_to_the_same_link(endpoint: ConfirmSystem) -> None:
    page = shown_page(endpoint(asked("GET", edition="ru")))

    assert page.button is not None
    action = urlsplit(page.button[0])
    assert (action.scheme, action.path) == ("", "confirm")
    assert dict(parse_qsl(action.query)) == {"t": TOKEN, "in": "ru"}


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_pressing_the_button_confirms_and_redirects_to_a_page_that_says_so(
    endpoint: ConfirmSystem, edition: str
) -> None:
    response = endpoint(asked("POST", edition=edition))

    assert endpoint.subscribers == FakeSubscribers().add(CONFIRMED)
    assert (response.status, response.body) == (303, "")
    assert headers(response) == {**PAGE_HEADERS, "location": f"/{edition}/subscribed.html"}


def test_pressing_the_button_again_answers_the_same(endpoint: ConfirmSystem) -> None:
    first, second = endpoint(asked("POST")), endpoint(asked("POST"))

    assert first == second
    assert endpoint.subscribers == FakeSubscribers().add(CONFIRMED)


def test_a_program_gets_json(endpoint: ConfirmSystem) -> None:
    response = endpoint(asked("POST", accept="application/json"))

    assert headers(response) == {**PAGE_HEADERS, "content-type": "application/json"}
    assert json.loads(response.body) == {"status": "confirmed", "detail": EN["subscribed_heading"]}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("token", list(USELESS.values()), ids=list(USELESS))
def test_every_useless_link_gets_the_same_answer(endpoint: ConfirmSystem, method: str, token: str) -> None:
    response = endpoint(asked(method, token))

    assert (shown_page(response), headers(response)) == (GONE, PAGE_HEADERS)
    assert endpoint.subscribers == FakeSubscribers().add(PENDING)


def test_a_program_gets_json_that_says_that_the_link_is_gone(endpoint: ConfirmSystem) -> None:
    response = endpoint(asked("POST", "junk", accept="application/json"))

    assert headers(response) == {**PAGE_HEADERS, "content-type": "application/problem+json"}
    assert json.loads(response.body) == {
        "type": "about:blank",
        "title": EN["gone_heading"],
        "status": 410,
        "detail": EN["gone_confirm_text"],
    }


@pytest.mark.parametrize("edition", ["", "xx", '"><script>'])
def test_a_link_without_an_edition_of_ours_speaks_the_first(endpoint: ConfirmSystem, edition: str) -> None:
    response = endpoint(asked("GET", edition=edition))

    assert shown_page(response).language == "en"
    assert "<script" not in response.body


def test_the_parameters_of_the_link_are_shown_escaped(endpoint: ConfirmSystem) -> None:
    response = endpoint(asked("GET", '"><script>alert(1)</script>'))

    assert response.status == 410
    assert "script" not in response.body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(endpoint: ConfirmSystem, method: str) -> None:
    response = endpoint(asked(method))

    assert shown_page(response) == ShownPage(405, "en", EN["unreadable_heading"], EN["unreadable_text"])
    assert headers(response) == {**PAGE_HEADERS, "allow": "GET, HEAD, POST"}
    assert endpoint.subscribers == FakeSubscribers().add(PENDING)


# -- a new address

MOVES = a_subscriber()
WANTED = a_pending_address(a_subscriber("ana@new.test"))


@pytest.fixture
def moving() -> ConfirmSystem:
    subscribers = FakeSubscribers().add(MOVES)
    assert subscribers.put_address(MOVES, WANTED)
    return ConfirmSystem(subscribers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_link_of_a_new_address_shows_its_own_button_and_changes_nothing(
    moving: ConfirmSystem, method: str
) -> None:
    response = moving(asked(method, edition="be"))

    button = (f"confirm?t={TOKEN}&in=be", BE["new_address_button"])
    assert shown_page(response) == ShownPage(
        200, "be", BE["new_address_heading"], BE["new_address_text"], button
    )
    assert moving.subscribers.people == {SUBSCRIBER_ID: MOVES}


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_pressing_the_button_twice_changes_the_address_once_and_says_so_twice(
    moving: ConfirmSystem, edition: str
) -> None:
    first, second = moving(asked("POST", edition=edition)), moving(asked("POST", edition=edition))

    assert first == second
    assert headers(first) == {**PAGE_HEADERS, "location": f"/{edition}/new-address.html"}
    assert moving.subscribers.people[SUBSCRIBER_ID].fingerprint == WANTED.fingerprint


def test_a_program_is_told_that_the_address_is_in_use(moving: ConfirmSystem) -> None:
    response = moving(asked("POST", accept="application/json"))

    assert json.loads(response.body) == {"status": "confirmed", "detail": EN["moved_heading"]}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_another_request_replaced_gets_the_same_answer_as_every_useless_one(
    moving: ConfirmSystem, method: str
) -> None:
    moving.subscribers.put_address(MOVES, replace(WANTED, request_id="4" * 32))

    assert shown_page(moving(asked(method))) == GONE
    assert moving.subscribers.people == {SUBSCRIBER_ID: MOVES}

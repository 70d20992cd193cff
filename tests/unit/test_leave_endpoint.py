"""`/api/unsubscribe`: a reader's button and a mail provider's one click, from request to whole answer."""

import json
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from bs4 import Tag

from broadsheet.http import Request, Response
from broadsheet.language import language
from broadsheet.subscribers.endpoints.unsubscribe import UnsubscribeEndpoint
from broadsheet.subscribers.leave import unsubscribe
from tests.builders import SUBSCRIBER_ID, a_newsletter, a_request, a_subscriber, an_event
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeKeyring, FakeLimits, FakeSubscribers, damaged_tokens
from tests.pages import PAGE_HEADERS, ShownPage, headers, one, response_of, shown_page, soup

LINKS = FakeKeyring().links
TOKEN = LINKS.unsubscribe_token(SUBSCRIBER_ID)
STAYS = a_subscriber("bo@example.org", id="b" * 32)
EN, BE = language("en"), language("be")
GOODBYE = ShownPage(200, "en", EN["goodbye_heading"], EN["goodbye_text"])
GONE = ShownPage(410, "en", EN["gone_heading"], EN["gone_leave_text"])
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BUTTON = {"button": "yes"}
BOUNDARY = "----=_Part_7"
MULTIPART_ONE_CLICK = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    f"One-Click\r\n--{BOUNDARY}--\r\n"
).encode()
DAMAGED = damaged_tokens(TOKEN)


@dataclass
class LeavingSystem:
    """The endpoint with the list behind it."""

    subscribers: FakeSubscribers = field(default_factory=lambda: FakeSubscribers().add(a_subscriber(), STAYS))

    def __call__(self, request: Request) -> Response:
        leave = partial(
            unsubscribe,
            subscribers=self.subscribers,
            limits=FakeLimits(),
            clock=FakeClock(),
        )
        return response_of(UnsubscribeEndpoint(a_newsletter(), LINKS, leave), request)


@pytest.fixture
def endpoint() -> LeavingSystem:
    return LeavingSystem()


def asked(
    method: str,
    token: str = TOKEN,
    form: dict[str, str] | None = None,
    edition: str = "en",
    body: bytes = b"",
    **headers_: str,
) -> Request:
    sent = {name.replace("_", "-"): value for name, value in headers_.items()}
    query = {"t": token, "in": edition}
    return a_request(method, "/api/unsubscribe", query=query, form=form, headers=sent, body=body)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_shows_a_button_and_changes_nothing(endpoint: LeavingSystem, method: str) -> None:
    response = endpoint(asked(method, edition="be"))

    button = (f"unsubscribe?t={TOKEN}&in=be", BE["leave_button"])
    assert shown_page(response) == ShownPage(200, "be", BE["leave_heading"], BE["leave_text"], button)
    assert headers(response) == PAGE_HEADERS
    assert endpoint == LeavingSystem()


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_a_second_button_mails_a_link_and_shows_none(endpoint: LeavingSystem, edition: str) -> None:
    words, page = language(edition), soup(endpoint(asked("GET", edition=edition)))
    form = page.select("main form")[1]
    button = one(form, "button")
    assert (form["method"], form["action"]) == ("post", f"manage?t={TOKEN}&in={edition}")
    assert (button["name"], button["value"], button.text) == ("action", "link", words["link_button"])
    hint = form.find(id=str(button["aria-describedby"]))
    assert isinstance(hint, Tag)
    assert hint.text == words["link_hint"]
    assert page.select("main a") == []


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_the_page_is_the_same_whether_or_not_there_is_such_a_reader(
    endpoint: LeavingSystem, edition: str
) -> None:
    stranger = LINKS.unsubscribe_token("f" * 32)

    page, nobodys = endpoint(asked("GET", edition=edition)), endpoint(asked("GET", stranger, edition=edition))

    assert page == replace(nobodys, body=nobodys.body.replace(stranger, TOKEN))


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_the_button_unsubscribes_and_redirects_to_a_page_that_says_so(
    endpoint: LeavingSystem, edition: str
) -> None:
    response = endpoint(asked("POST", form=BUTTON, edition=edition))

    assert endpoint.subscribers == FakeSubscribers().add(STAYS)
    assert (response.status, response.body) == (303, "")
    assert headers(response) == {**PAGE_HEADERS, "location": f"/{edition}/goodbye.html"}


def test_pressing_the_button_twice_answers_the_same(endpoint: LeavingSystem) -> None:
    assert endpoint(asked("POST", form=BUTTON)) == endpoint(asked("POST", form=BUTTON))


@pytest.mark.parametrize(
    "request_",
    [
        asked("POST", form=ONE_CLICK),
        asked("POST", body=MULTIPART_ONE_CLICK, content_type=f'multipart/form-data; boundary="{BOUNDARY}"'),
        asked("POST"),
        asked("POST", form={"something": "else"}),
        asked("POST", body=b"One-Click", content_type="text/plain"),
        asked("POST", body=b"x" * 20_000),
        asked("POST", body=b"", content_type="multipart/form-data;0*"),
        Request.from_event(an_event(asked("POST", form=ONE_CLICK))),
    ],
    ids=[
        "urlencoded",
        "multipart",
        "empty",
        "another form",
        "text",
        "too large",
        "damaged",
        "by the gateway",
    ],
)
def test_one_click_leaves_with_200_and_without_redirect_or_cookie(
    endpoint: LeavingSystem, request_: Request
) -> None:
    """Source: RFC 8058, sections 3.1 and 3.2."""
    response = endpoint(request_)

    assert endpoint.subscribers == FakeSubscribers().add(STAYS)
    assert (shown_page(response), headers(response)) == (GOODBYE, PAGE_HEADERS)


def test_one_click_again_answers_the_same(endpoint: LeavingSystem) -> None:
    assert endpoint(asked("POST", form=ONE_CLICK)) == endpoint(asked("POST", form=ONE_CLICK))
    assert endpoint.subscribers == FakeSubscribers().add(STAYS)


@pytest.mark.parametrize("token", list(DAMAGED.values()), ids=list(DAMAGED))
def test_one_click_answers_200_whatever_its_token_is_worth(endpoint: LeavingSystem, token: str) -> None:
    response = endpoint(asked("POST", token, form=ONE_CLICK))

    assert (shown_page(response), headers(response)) == (GOODBYE, PAGE_HEADERS)
    assert endpoint == LeavingSystem()


def test_one_click_without_any_token_answers_200_too(endpoint: LeavingSystem) -> None:
    response = endpoint(a_request(path="/api/unsubscribe", form=ONE_CLICK))

    assert (shown_page(response), endpoint) == (GOODBYE, LeavingSystem())


def test_a_program_gets_json(endpoint: LeavingSystem) -> None:
    response = endpoint(asked("POST", form=ONE_CLICK, accept="application/json"))

    assert (response.status, headers(response)) == (200, {**PAGE_HEADERS, "content-type": "application/json"})
    assert json.loads(response.body) == {"status": "unsubscribed", "detail": EN["goodbye_heading"]}
    assert endpoint.subscribers == FakeSubscribers().add(STAYS)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("token", list(DAMAGED.values()), ids=list(DAMAGED))
def test_a_person_with_a_damaged_link_reads_that_it_is_damaged(
    endpoint: LeavingSystem, method: str, token: str
) -> None:
    response = endpoint(asked(method, token, form=BUTTON if method == "POST" else None))

    assert (shown_page(response), headers(response)) == (GONE, PAGE_HEADERS)
    assert endpoint == LeavingSystem()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(endpoint: LeavingSystem, method: str) -> None:
    response = endpoint(asked(method, form=BUTTON))

    assert shown_page(response) == ShownPage(405, "en", EN["unreadable_heading"], EN["unreadable_text"])
    assert headers(response) == {**PAGE_HEADERS, "allow": "GET, HEAD, POST"}
    assert endpoint == LeavingSystem()

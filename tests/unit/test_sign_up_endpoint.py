"""`POST /api/subscribe`, from the request to the whole answer."""

import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from broadsheet.http import Request, Response
from broadsheet.language import language
from broadsheet.newsletter import Audience
from broadsheet.subscribers.endpoints.sign_up import SignupEndpoint
from broadsheet.subscribers.ports import Seal, SignupClosedError
from broadsheet.subscribers.sign_up import subscribe
from tests.builders import a_newsletter, a_request
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeNetworks, FakeSignupQueue, FakeVault
from tests.pages import PAGE_HEADERS, ShownPage, headers, one, response_of, shown_page, soup

RU_BE = Audience("ru-be", "RU/BE", ("ru", "be"))
NEWSLETTER = a_newsletter(audiences=(*a_newsletter().audiences, RU_BE))
EN, BE = language("en"), language("be")
FORM = {"email": "ana@example.org", "audience": ["en"], "edition": "en", "website": ""}
JSON_HEADERS = {**PAGE_HEADERS, "content-type": "application/json"}
PROBLEM_HEADERS = {**PAGE_HEADERS, "content-type": "application/problem+json"}


@dataclass
class SignupForms:
    """The endpoint with its queue behind it."""

    queue: FakeSignupQueue = field(default_factory=FakeSignupQueue)
    networks: FakeNetworks = field(default_factory=FakeNetworks)
    seal: Seal = field(default_factory=FakeVault)

    def __call__(self, request: Request) -> Response:
        act = partial(
            subscribe,
            networks=self.networks,
            seal=self.seal,
            queue=self.queue,
            clock=FakeClock(),
        )
        return response_of(SignupEndpoint(NEWSLETTER, 20, act, FakeClock()), request)

    def queued(self) -> list[tuple[str, tuple[str, ...], str, str]]:
        """Address, audiences, language and form of each message."""
        return [
            (FakeVault().open_sign_up(message.sealed), message.audiences, message.language, message.form)
            for message in self.queue.sign_ups
        ]


@pytest.fixture
def endpoint() -> SignupForms:
    return SignupForms()


def problem(response: Response) -> dict[str, Any]:
    assert headers(response) == PROBLEM_HEADERS
    content: dict[str, Any] = json.loads(response.body)
    return content


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_a_form_is_queued_and_redirected_to_a_page_in_its_edition(
    endpoint: SignupForms, edition: str
) -> None:
    response = endpoint(a_request(form={**FORM, "edition": edition, "audience": ["en", "be-ru"]}))

    assert endpoint.queued() == [("ana@example.org", ("en", "be-ru"), edition, "page")]
    assert (response.status, response.body) == (303, "")
    assert headers(response) == {**PAGE_HEADERS, "location": f"/{edition}/check-your-mail.html"}


@pytest.mark.parametrize("edition", [{}, {"edition": "xx"}, {"edition": []}])
def test_without_an_edition_of_ours_the_answer_is_in_the_first(
    endpoint: SignupForms, edition: dict[str, Any]
) -> None:
    response = endpoint(a_request(content={"email": "ana@example.org", "audience": "be-ru", **edition}))

    assert endpoint.queued() == [("ana@example.org", ("be-ru",), "en", "api")]
    assert json.loads(response.body) == {"status": "accepted", "detail": EN["check_text"]}


def test_json_is_queued_and_answered_as_json(endpoint: SignupForms) -> None:
    response = endpoint(a_request(content={"email": "ana@example.org", "audience": "be-ru", "edition": "be"}))

    assert endpoint.queued() == [("ana@example.org", ("be-ru",), "be", "api")]
    assert (response.status, headers(response)) == (202, JSON_HEADERS)
    assert json.loads(response.body) == {"status": "accepted", "detail": BE["check_text"]}


def test_the_answer_and_the_calls_are_the_same_for_every_address() -> None:
    addresses = ("new@example.org", "Known+tag@EXAMPLE.org", "bounced@example.org", "ana@пример.рф")
    endpoints = {address: SignupForms() for address in addresses}

    answers = [
        endpoint(a_request(form={**FORM, "email": address})) for address, endpoint in endpoints.items()
    ]

    assert answers == [Response(303, headers={"location": "/en/check-your-mail.html"})] * 4
    assert [len(endpoint.queue.messages) for endpoint in endpoints.values()] == [1] * 4


@pytest.mark.parametrize("as_program", [False, True])
def test_a_program_in_the_honeypot_gets_the_same_answer_and_queues_nothing(as_program: bool) -> None:  # noqa: FBT001  # a parameter of the table above
    person, robot = SignupForms(), SignupForms()
    kind = "content" if as_program else "form"

    honest = person(a_request(**{kind: FORM}))
    trapped = robot(a_request(**{kind: {**FORM, "website": "https://spam.example"}}))

    assert trapped == honest
    assert (len(person.queue.messages), robot.queue.messages) == (1, [])


def test_errors_are_shown_at_their_fields_and_typed_values_stay(endpoint: SignupForms) -> None:
    response = endpoint(
        a_request(form={**FORM, "email": "ana(at)example.org", "audience": ["be-ru", "xx"], "edition": "be"})
    )

    form = one(soup(response), "form")
    typed = one(form, "input", id="email")
    assert endpoint.queue.messages == []
    assert (response.status, headers(response)) == (422, PAGE_HEADERS)
    assert one(soup(response), "html")["lang"] == "be"
    assert one(soup(response), "h1").text == BE["error_heading"]
    assert (typed["value"], typed["aria-invalid"], typed["aria-describedby"]) == (
        "ana(at)example.org",
        "true",
        "email-error",
    )
    assert one(form, "p", id="email-error").text == BE["error_email"]
    assert one(form, "p", id="audience-error").text == BE["error_audience"]
    assert [box["value"] for box in form.find_all("input", checked=True)] == ["be-ru"]
    assert one(form, "input", name="edition")["value"] == "be"
    assert form["action"] == "https://news.example.org/api/subscribe?in=be"


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_a_mistyped_domain_is_taken_as_it_is_and_the_likely_one_is_offered(
    endpoint: SignupForms, edition: str
) -> None:
    typed = {**FORM, "email": "ana@gmial.con", "audience": ["be-ru"], "edition": edition}

    response = endpoint(a_request(form=typed))

    words, page = language(edition), soup(response)
    assert endpoint.queued() == [("ana@gmial.con", ("be-ru",), edition, "page")]
    assert (response.status, headers(response)) == (202, PAGE_HEADERS)
    assert (one(page, "h1").text, one(page, "p", **{"class": "lead"}).text) == (
        words["check_heading"],
        words["check_text"],
    )
    asked = one(page, "div", id="meant")
    assert f"{words['did_you_mean']} ana@gmail.com?" in asked.text
    assert f"{words['you_typed']} ana@gmial.con." in asked.text
    assert words["meant_or_not_text"] in asked.text
    field = one(page, "input", id="email")
    assert (field["value"], field["aria-describedby"], field.get("aria-invalid")) == (
        "ana@gmail.com",
        "meant",
        None,
    )
    assert [box["value"] for box in page.find_all("input", checked=True)] == ["be-ru"]


def test_the_likely_address_is_sent_by_the_button_and_answered_like_any_other(endpoint: SignupForms) -> None:
    offered = one(soup(endpoint(a_request(form={**FORM, "email": "ana@gmial.con"}))), "input", id="email")[
        "value"
    ]

    response = endpoint(a_request(form={**FORM, "email": offered}))

    assert [address for address, *_ in endpoint.queued()] == ["ana@gmial.con", "ana@gmail.com"]
    assert (response.status, response.headers["location"]) == (303, "/en/check-your-mail.html")


def test_an_address_that_cannot_be_taken_is_mended_where_its_slip_is_clear(endpoint: SignupForms) -> None:
    response = endpoint(a_request(form={**FORM, "email": "ana@gmail,com"}))

    page = soup(response)
    assert (response.status, endpoint.queue.messages) == (422, [])
    assert one(page, "h1").text == EN["error_heading"]
    assert f"{EN['did_you_mean']} ana@gmail.com?" in one(page, "div", id="meant").text
    assert EN["meant_or_not_text"] not in page.text
    assert page.find(id="email-error") is None
    assert one(page, "input", id="email")["value"] == "ana@gmail.com"


def test_a_mistyped_domain_makes_the_same_calls_and_no_address_is_in_a_header(endpoint: SignupForms) -> None:
    usual = SignupForms()

    answers = [
        form(a_request(form={**FORM, "email": email}))
        for form, email in ((endpoint, "a@gmial.con"), (usual, "a@gmail.com"))
    ]

    assert endpoint.networks.counts == usual.networks.counts
    assert len(endpoint.queue.messages) == len(usual.queue.messages) == 1
    assert "gm" not in repr([answer.headers for answer in answers])


def test_a_program_with_a_mistyped_domain_gets_the_usual_answer(endpoint: SignupForms) -> None:
    usual = endpoint(a_request(content=FORM))
    assert endpoint(a_request(content={**FORM, "email": "ana@gmial.con"})) == usual


def test_a_robot_with_a_mistyped_domain_gets_the_same_page_and_queues_nothing(endpoint: SignupForms) -> None:
    form = {**FORM, "email": "ana@gmial.con"}
    honest = endpoint(a_request(form=form))

    assert endpoint(a_request(form={**form, "website": "https://spam.example"})) == honest
    assert len(endpoint.queue.messages) == 1


def test_typed_text_comes_back_as_text(endpoint: SignupForms) -> None:
    script = '"><script>alert(1)</script>'

    response = endpoint(a_request(form={**FORM, "email": script, "audience": [script], "edition": script}))

    assert soup(response).find_all("script") == []
    assert "<script" not in response.body
    assert one(soup(response), "input", id="email")["value"] == script


def test_the_honeypot_is_empty_on_the_page_that_comes_back(endpoint: SignupForms) -> None:
    response = endpoint(a_request(form={**FORM, "email": "", "website": "https://spam.example"}))

    assert not one(soup(response), "input", name="website").get("value")


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_two_choices_that_share_an_edition_are_refused_for_one_of_them(
    endpoint: SignupForms, edition: str
) -> None:
    both = {**FORM, "audience": ["be-ru", "ru-be"], "edition": edition}

    response = endpoint(a_request(form=both))

    assert (response.status, endpoint.queue.messages) == (422, [])
    assert one(soup(response), "p", id="audience-error").text == language(edition)["error_audience_both"]
    assert endpoint(a_request(form={**both, "audience": ["en", "ru-be"]})).status == 303


@pytest.mark.parametrize(
    ("edition", "comes"),
    [
        ("en", ["English", "Belarusian, or else Russian", "Russian, or else Belarusian"]),
        (
            "be",
            [
                "па-англійску",
                "па-беларуску, а калі няма, то па-руску",
                "па-руску, а калі няма, то па-беларуску",
            ],
        ),
        (
            "ru",
            [
                "по-английски",
                "по-белорусски, а если нет, то по-русски",
                "по-русски, а если нет, то по-белорусски",
            ],
        ),
    ],
)
def test_below_each_choice_stands_in_which_language_it_comes(
    endpoint: SignupForms, edition: str, comes: list[str]
) -> None:
    page = soup(endpoint(a_request(form={**FORM, "email": "", "edition": edition})))

    boxes = page.find_all("input", type="checkbox")
    assert [box.parent.text.strip() for box in boxes] == ["EN", "BE/RU", "RU/BE"]
    assert [one(page, "p", id=box["aria-describedby"]).text for box in boxes] == comes


def test_a_program_gets_the_errors_by_field(endpoint: SignupForms) -> None:
    response = endpoint(a_request(content={"email": "ana@", "audience": []}))

    assert endpoint.queue.messages == []
    assert problem(response) == {
        "type": "about:blank",
        "title": "Unprocessable content",
        "status": 422,
        "detail": EN["error_heading"],
        "errors": [
            {"field": "email", "detail": EN["error_email"]},
            {"field": "audience", "detail": EN["error_audience_missing"]},
        ],
    }


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_a_post_signs_up(endpoint: SignupForms, method: str) -> None:
    response = endpoint(a_request(method, form=FORM))

    assert endpoint.queue.messages == []
    assert shown_page(response) == ShownPage(405, "en", EN["unreadable_heading"], EN["unreadable_text"])
    assert headers(response) == {**PAGE_HEADERS, "allow": "GET, HEAD, POST"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_who_opens_the_address_after_an_error_is_led_to_the_form(
    endpoint: SignupForms, method: str, edition: str
) -> None:
    refused = endpoint(a_request(form={**FORM, "email": "ana", "edition": edition}))
    path, _, query = one(one(soup(refused), "main"), "form")["action"].partition("?")

    response = endpoint(Request(method, path, dict([query.split("=")]), {}, b""))

    assert (response.status, response.body, endpoint.queue.messages) == (303, "", [])
    assert response.headers == {"location": f"/{edition}/index.html#subscribe"}


def test_opening_the_address_with_a_typed_address_in_it_repeats_nothing_of_it(endpoint: SignupForms) -> None:
    query = {"email": "ana@example.org", "in": "xx"}

    response = endpoint(Request("GET", "/api/subscribe", query, {"accept": "text/html"}, b""))

    assert (response.body, response.headers["location"]) == ("", "/en/index.html#subscribe")
    assert (list(endpoint.networks.counts), endpoint.queue.messages) == ([], [])


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
@pytest.mark.parametrize(
    ("request_", "status", "title", "detail"),
    [
        (a_request(body=b"x" * 16_385), 413, "Too large", "Send at most 16384 bytes."),
        (
            a_request(headers={"content-type": "text/plain"}, body=b"ana@example.org"),
            415,
            "Unsupported media type",
            "Send application/x-www-form-urlencoded, multipart/form-data or application/json.",
        ),
        (a_request(form={f"f{n}": "" for n in range(65)}), 400, "Bad form", "The form has too many fields."),
    ],
)
def test_an_unreadable_request_is_refused_on_a_page_in_the_reader_s_language_or_as_json(
    endpoint: SignupForms, request_: Request, status: int, title: str, detail: str, edition: str
) -> None:
    words, page = language(edition), endpoint(replace(request_, query={"in": edition}))
    program = Request(
        "POST", request_.path, {}, {**request_.headers, "accept": "application/json"}, request_.body
    )

    assert shown_page(page) == ShownPage(
        status, edition, words["unreadable_heading"], words["unreadable_text"]
    )
    expected = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    assert problem(endpoint(program)) == expected
    assert endpoint.queue.messages == []


def test_broken_json_is_a_problem(endpoint: SignupForms) -> None:
    response = endpoint(a_request(headers={"content-type": "application/json"}, body=b"{"))

    assert problem(response)["detail"] == "The body is not valid JSON."
    assert (response.status, endpoint.queue.messages) == (400, [])


@pytest.mark.parametrize(
    ("sent", "network"),
    [
        ({"cloudfront-viewer-address": "203.0.113.7:52814"}, "203.0.113.0/24"),
        ({"cloudfront-viewer-address": "2001:db8:1:2::7:52814"}, "2001:db8:1::/48"),
        ({"x-forwarded-for": "203.0.113.7"}, "unknown"),
        ({"cloudfront-viewer-address": "nonsense"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_visitor_is_counted_by_the_address_that_the_cdn_saw(
    endpoint: SignupForms, sent: dict[str, str], network: str
) -> None:
    response = endpoint(a_request(form=FORM, headers=sent))

    assert response.status == 303
    assert [name for _, name in endpoint.networks.counts] == [network]


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_over_its_share_a_network_gets_a_page_that_says_what_to_do(
    endpoint: SignupForms, edition: str
) -> None:
    for _ in range(20):
        assert endpoint(a_request(form=FORM)).status == 303

    page = endpoint(a_request(form={**FORM, "edition": edition}))
    program = endpoint(a_request(content={**FORM, "edition": edition}))

    words = language(edition)
    assert shown_page(page) == ShownPage(429, edition, words["busy_heading"], words["busy_text"])
    assert page.headers == {"retry-after": "64800"}
    assert json.loads(program.body) == {
        "type": "about:blank",
        "title": words["busy_heading"],
        "status": 429,
        "detail": words["busy_text"],
    }
    assert len(endpoint.queue.messages) == 20


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_while_addresses_cannot_be_sealed_sign_up_is_closed(edition: str) -> None:
    def closed(address: str) -> bytes:
        raise SignupClosedError

    endpoint = SignupForms(seal=closed)

    page = endpoint(a_request(form={**FORM, "edition": edition}))
    program = endpoint(a_request(content={**FORM, "edition": edition}))

    words = language(edition)
    assert shown_page(page) == ShownPage(503, edition, words["closed_heading"], words["closed_text"])
    assert (program.status, problem_of(program)["detail"]) == (503, words["closed_text"])
    assert endpoint.queue.messages == []


def problem_of(response: Response) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(response.body)
    return content

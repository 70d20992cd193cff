"""`/api/manage`: a reader's own page, from request to whole answer."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from itsdangerous import Signer

from broadsheet.http import HTML, PADDED_TO_BYTES, Request, Response
from broadsheet.language import language
from broadsheet.subscribers.endpoints.manage import ManageEndpoint
from broadsheet.subscribers.limits import address_counter
from broadsheet.subscribers.manage import ManageSubscription
from broadsheet.subscribers.messages import MessageKind, NewAddressMessage, ReaderMailMessage
from broadsheet.subscribers.personal_data import record_of
from broadsheet.subscribers.ports import Seal, SignupClosedError
from broadsheet.subscribers.subscriber import ConfirmedAddress, Known, Reason, Status
from tests.builders import (
    REQUEST_ID,
    SUBSCRIBER_ID,
    a_newsletter,
    a_pending_address,
    a_request,
    a_subscriber,
    an_event,
)
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import (
    FakeKeyring,
    FakeLimits,
    FakeNetworks,
    FakeSignupQueue,
    FakeSubscribers,
    FakeVault,
    damaged_tokens,
)
from tests.pages import PAGE_HEADERS, ShownPage, headers, one, response_of, shown_page, soup

LINKS = FakeKeyring().links
TOKEN = LINKS.manage_token(SUBSCRIBER_ID)
READER = a_subscriber()
STAYS = a_subscriber("bo@example.org", id="b" * 32)
EN, BE = language("en"), language("be")
TOMBSTONE = [address_counter(READER.fingerprint)]
GONE = ShownPage(410, "en", EN["gone_heading"], EN["gone_leave_text"])
NOBODY = ShownPage(410, "en", EN["nobody_heading"], EN["nobody_text"])
JSON_HEADERS = {**PAGE_HEADERS, "content-type": "application/json"}
SAVE = {"audience": ["be-ru", "en"], "language": "be", "action": "save"}
ACTIONS: list[dict[str, Any]] = [
    SAVE,
    {"action": "record"},
    {"action": "leave"},
    {"action": "erase"},
    {"action": "erase", "not_again": "yes"},
]
DAMAGED = damaged_tokens(TOKEN)


@dataclass
class ManageSystem:
    """The endpoint with the list behind it."""

    subscribers: FakeSubscribers = field(default_factory=lambda: FakeSubscribers().add(READER, STAYS))
    queue: FakeSignupQueue = field(default_factory=FakeSignupQueue)
    limits: FakeLimits = field(default_factory=FakeLimits)
    networks: FakeNetworks = field(default_factory=FakeNetworks)
    seal: Seal = field(default_factory=FakeVault)

    def __call__(self, request: Request) -> Response:
        subscription = ManageSubscription(
            self.subscribers, self.queue, self.networks, self.limits, FakeClock(), self.seal
        )
        return response_of(ManageEndpoint(a_newsletter(), LINKS, subscription, 2), request)

    def tombstones(self) -> list[str]:
        """The counters of the tombstones."""
        return [counter for counter, history in self.limits.memory.items() if history.gone_at is not None]


@pytest.fixture
def endpoint() -> ManageSystem:
    return ManageSystem()


def asked(
    method: str,
    token: str = TOKEN,
    *,
    edition: str = "en",
    done: str = "",
    form: dict[str, Any] | None = None,
    **more: Any,
) -> Request:
    query = {"t": token, "in": edition, **({"done": done} if done else {})}
    return a_request(method, "/api/manage", query=query, form=form, **more)


def section(page: BeautifulSoup, heading: str) -> Tag:
    """The part of the page under that heading."""
    found = next(s for s in page.select("main section") if one(s, "h2").text == heading)
    assert found["aria-labelledby"] == one(found, "h2")["id"]
    return found


def checked(page: BeautifulSoup, name: str) -> list[str]:
    return [str(box["value"]) for box in page.select(f"input[name={name}][checked]")]


# -- looking


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("done", ["", "saved", "record", "leave", '"><script>'])
def test_looking_changes_nothing(endpoint: ManageSystem, method: str, done: str) -> None:
    response = endpoint(asked(method, done=done))

    assert (response.status, headers(response)) == (200, PAGE_HEADERS)
    assert endpoint == ManageSystem()
    assert "<script" not in response.body


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_the_page_shows_what_the_reader_has_and_five_things_to_do(
    endpoint: ManageSystem, edition: str
) -> None:
    words, page = language(edition), soup(endpoint(asked("GET", edition=edition)))

    assert one(page, "h1").text == words["manage_heading"]
    assert [heading.text for heading in page.select("main h2")] == [
        words["manage_receive"],
        words["address_heading"],
        words["record_heading"],
        words["leave_heading"],
        words["erase_heading"],
    ]
    assert checked(page, "audience") == ["en"]
    assert checked(page, "language") == ["en"]
    assert checked(page, "not_again") == []
    buttons = [(str(b["name"]), str(b["value"]), b.text) for b in page.select("main button")]
    assert buttons == [
        ("action", "save", words["save_button"]),
        ("action", "address", words["address_button"]),
        ("action", "record", words["record_button"]),
        ("action", "leave", words["leave_button"]),
        ("action", "erase", words["erase_button"]),
    ]
    assert page.select("[role=status]") == []


def test_all_that_is_kept_is_shown_but_never_the_address(endpoint: ManageSystem) -> None:
    response = endpoint(asked("GET"))
    part = section(soup(response), EN["record_heading"])

    shown = {one(row, "dt").text: one(row, "dd").text for row in part.select("dl > div")}
    assert shown == {
        "Editions": "EN",
        "Language of our emails about your subscription": "English",
        "Day of your request": "November 10, 2016",
        "How you subscribed": "With the form on our site",
        "Version of the text you agreed to": "en-0123456789abcdef",
        "Day of your confirmation": "November 11, 2016",
        "How you confirmed": "With the button behind the link in our email",
        "Number of recent issues that could not be delivered": "0",
        "Your number": SUBSCRIBER_ID,
    }
    assert "ana@example.org" not in response.body
    assert READER.sealed_address.content.hex() not in response.body
    assert READER.fingerprint not in response.body


@pytest.mark.parametrize("edition", ["en", "be"])
@pytest.mark.parametrize(("method", "form"), [("GET", None), ("POST", {"action": "save", "language": "xx"})])
def test_the_page_has_the_length_of_every_other_answer(
    endpoint: ManageSystem, edition: str, method: str, form: dict[str, Any] | None
) -> None:
    response = endpoint(asked(method, edition=edition, form=form))
    assert "<form" in response.body
    assert len(response.to_event()["body"].encode()) == PADDED_TO_BYTES[HTML]


def test_what_never_again_means_is_read_after_the_box_s_name(endpoint: ManageSystem) -> None:
    page = soup(endpoint(asked("GET")))
    box = page.select_one("input[name=not_again]")
    assert box is not None
    label, description = box.find_parent("label"), page.select_one(f"#{box['aria-describedby']}")
    assert [tag and tag.get_text(strip=True) for tag in (label, description)] == [
        EN["not_again"],
        EN["not_again_text"],
    ]


def test_every_field_has_a_name_that_is_read_out(endpoint: ManageSystem) -> None:
    page = soup(endpoint(asked("GET")))
    inputs = page.select("main input")
    assert len(inputs) == 2 + 3 + 1 + 1
    labels = {str(label["for"]) for label in page.select("main label[for]")}
    assert all(box.find_parent("label") or box["id"] in labels for box in inputs)
    groups = [box.find_parent("fieldset") for box in inputs if box["name"] in ("audience", "language")]
    assert [one(group, "legend").text for group in groups if group] == [EN["choices"]] * 2 + [
        EN["manage_language"]
    ] * 3


def test_each_form_posts_to_the_same_link(endpoint: ManageSystem) -> None:
    page = soup(endpoint(asked("GET", edition="be")))
    actions = {str(form["action"]) for form in page.select("main form")}
    [action] = [urlsplit(action) for action in actions]
    assert (action.scheme, action.path) == ("", "manage")
    assert dict(parse_qsl(action.query)) == {"t": TOKEN, "in": "be"}


def test_the_language_switch_keeps_the_link(endpoint: ManageSystem) -> None:
    links = [str(a["href"]) for a in soup(endpoint(asked("GET"))).select(".tongues a")]
    assert links == [f"../api/manage?t={TOKEN}&in={edition}" for edition in ("be", "ru")]


@pytest.mark.parametrize(("done", "words"), [("saved", "saved_text"), ("record", "record_asked_text")])
def test_the_result_is_shown_as_a_status_message(endpoint: ManageSystem, done: str, words: str) -> None:
    page = soup(endpoint(asked("GET", done=done)))
    assert one(page, "p", role="status").text == EN[words]


# -- acting


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_saving_redirects_back_to_the_page(endpoint: ManageSystem, edition: str) -> None:
    response = endpoint(asked("POST", edition=edition, form=SAVE))

    assert (response.status, response.body) == (303, "")
    place = f"manage?t={TOKEN}&in={edition}&done=saved"
    assert headers(response) == {**PAGE_HEADERS, "location": place}
    reader = endpoint.subscribers.people[SUBSCRIBER_ID]
    assert (reader.audiences, reader.language) == (frozenset({"en", "be-ru"}), "be")
    assert reader.consent is not None
    assert (reader.consent.form, reader.consent.confirmed_by) == ("manage", "manage")
    assert reader.consent.text.startswith(f"{edition}-")


def test_asking_for_the_record_queues_it_and_leads_back(endpoint: ManageSystem) -> None:
    response = endpoint(asked("POST", form={"action": "record"}))

    assert (response.status, headers(response)["location"]) == (303, f"manage?t={TOKEN}&in=en&done=record")
    assert endpoint.queue.messages == [
        ReaderMailMessage(MessageKind.RECORD, SUBSCRIBER_ID, int(FakeClock()().timestamp()))
    ]
    assert endpoint.subscribers == ManageSystem().subscribers


def test_leaving_redirects_to_a_page_that_says_goodbye(endpoint: ManageSystem) -> None:
    response = endpoint(asked("POST", edition="ru", form={"action": "leave"}))

    assert (response.status, headers(response)["location"]) == (303, "/ru/goodbye.html")
    assert endpoint.subscribers == FakeSubscribers().add(STAYS)
    assert list(endpoint.subscribers.left) == [READER.fingerprint]
    assert endpoint.tombstones() == TOMBSTONE


def test_erasing_redirects_to_a_page_that_says_so(endpoint: ManageSystem) -> None:
    response = endpoint(asked("POST", edition="be", form={"action": "erase"}))

    assert (response.status, headers(response)["location"]) == (303, "/be/erased.html")
    assert (endpoint.subscribers, endpoint.subscribers.left) == (FakeSubscribers().add(STAYS), {})
    assert endpoint.tombstones() == TOMBSTONE


def test_erasing_with_never_again_keeps_to_it(endpoint: ManageSystem) -> None:
    endpoint(asked("POST", form={"action": "erase", "not_again": "yes"}))

    kept = endpoint.subscribers.find(READER.fingerprint, FakeClock()())
    assert kept == Known(reason=Reason.NOT_AGAIN)


@pytest.mark.parametrize("form", ACTIONS, ids=lambda form: "-".join(map(str, form.values())))
def test_in_a_second_tab_after_leaving_nothing_happens_and_the_page_says_why(
    endpoint: ManageSystem, form: dict[str, Any]
) -> None:
    endpoint(asked("POST", form={"action": "leave"}))
    before = (endpoint.subscribers.people.copy(), endpoint.subscribers.left.copy())

    response = endpoint(asked("POST", form=form))

    if form["action"] == "leave":
        assert headers(response)["location"] == "/en/goodbye.html"
    else:
        assert shown_page(response) == NOBODY
    assert (endpoint.subscribers.people, endpoint.subscribers.left) == before
    assert endpoint.queue.messages == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_after_leaving_the_link_says_that_nothing_is_kept(endpoint: ManageSystem, method: str) -> None:
    endpoint(asked("POST", form={"action": "erase"}))
    response = endpoint(asked(method))
    assert (shown_page(response), headers(response)) == (NOBODY, PAGE_HEADERS)


@pytest.mark.parametrize("done", [{"action": "record"}, SAVE], ids=["record", "save"])
def test_pressing_twice_gets_the_same_answer(endpoint: ManageSystem, done: dict[str, Any]) -> None:
    assert endpoint(asked("POST", form=done)) == endpoint(asked("POST", form=done))


def test_a_post_as_the_gateway_brings_it_is_understood(endpoint: ManageSystem) -> None:
    request = Request.from_event(an_event(asked("POST", form={"action": "leave"})))
    assert endpoint(request).status == 303
    assert endpoint.subscribers == FakeSubscribers().add(STAYS)


# -- errors


def test_without_an_edition_the_page_says_that_leaving_is_another_button(endpoint: ManageSystem) -> None:
    response = endpoint(asked("POST", form={"language": "ru", "action": "save"}))

    page = soup(response)
    assert (response.status, headers(response)) == (422, PAGE_HEADERS)
    assert one(page, "h1").text == EN["error_heading"]
    group = next(g for g in page.select("fieldset") if one(g, "legend").text == EN["choices"])
    error = page.find(id=str(group["aria-describedby"]))
    assert isinstance(error, Tag)
    assert error.text == EN["error_audience_none_left"]
    assert EN["leave_button"] in error.text
    assert (checked(page, "audience"), checked(page, "language")) == ([], ["ru"])
    assert endpoint == ManageSystem()


def test_an_unknown_language_is_an_error_at_its_field(endpoint: ManageSystem) -> None:
    response = endpoint(asked("POST", form={**SAVE, "language": "de"}))

    page = soup(response)
    group = next(g for g in page.select("fieldset") if one(g, "legend").text == EN["manage_language"])
    error = page.find(id=str(group["aria-describedby"]))
    assert isinstance(error, Tag)
    assert (response.status, error.text) == (422, EN["error_language"])
    assert (checked(page, "audience"), checked(page, "language")) == (["en", "be-ru"], ["en"])
    assert endpoint == ManageSystem()


@pytest.mark.parametrize("form", [{}, {"action": ""}, {"action": "delete"}, {"audience": "en"}])
def test_a_post_without_an_action_does_nothing(endpoint: ManageSystem, form: dict[str, str]) -> None:
    response = endpoint(asked("POST", form=form))
    assert shown_page(response) == ShownPage(422, "en", EN["error_heading"], EN["error_action"])
    assert endpoint == ManageSystem()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("token", list(DAMAGED.values()), ids=list(DAMAGED))
def test_a_damaged_link_says_so_and_does_nothing(endpoint: ManageSystem, method: str, token: str) -> None:
    form = {"action": "erase"} if method == "POST" else None
    response = endpoint(asked(method, token, form=form))
    assert (shown_page(response), headers(response)) == (GONE, PAGE_HEADERS)
    assert endpoint == ManageSystem()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(endpoint: ManageSystem, method: str) -> None:
    response = endpoint(asked(method, form={"action": "erase"}))
    assert response.status == 405
    assert headers(response) == {**PAGE_HEADERS, "allow": "GET, HEAD, POST"}
    assert endpoint == ManageSystem()


def test_a_form_that_is_too_large_is_refused(endpoint: ManageSystem) -> None:
    assert endpoint(asked("POST", body=b"x" * 20_000)).status == 413
    assert endpoint == ManageSystem()


# -- programs


def test_a_program_gets_what_is_kept_without_the_address(endpoint: ManageSystem) -> None:
    response = endpoint(asked("GET", headers={"accept": "application/json"}))
    assert headers(response) == JSON_HEADERS
    assert json.loads(response.body) == record_of(READER)
    assert not {"fingerprint", "order_id"} & set(re.findall(r"[a-z_]+", response.body))
    assert [secret for secret in (READER.fingerprint, REQUEST_ID) if secret in response.body] == []
    assert "ana@example.org" not in response.body


@pytest.mark.parametrize(
    ("content", "status", "answer"),
    [
        ({"action": "save", "audience": ["be-ru"]}, 200, ("saved", EN["saved_text"])),
        ({"action": "record"}, 202, ("record", EN["record_asked_text"])),
        ({"action": "address", "email": "ana@new.test"}, 202, ("address", EN["address_asked_text"])),
        ({"action": "link"}, 202, ("link", EN["link_text"])),
        ({"action": "leave"}, 200, ("unsubscribed", EN["goodbye_heading"])),
        ({"action": "erase", "not_again": True}, 200, ("erased", EN["erased_heading"])),
    ],
)
def test_a_program_gets_json_that_says_what_was_done(
    endpoint: ManageSystem, content: dict[str, Any], status: int, answer: tuple[str, str]
) -> None:
    response = endpoint(asked("POST", content=content))
    assert (response.status, headers(response)) == (status, JSON_HEADERS)
    assert json.loads(response.body) == dict(zip(("status", "detail"), answer, strict=True))


def test_a_program_gets_the_name_of_the_wrong_field(endpoint: ManageSystem) -> None:
    response = endpoint(asked("POST", content={"action": "save", "audience": [], "language": "de"}))
    told_ = json.loads(response.body)
    assert (response.status, told_["status"]) == (422, 422)
    assert told_["errors"] == [
        {"field": "audience", "detail": EN["error_audience_none_left"]},
        {"field": "language", "detail": EN["error_language"]},
    ]
    assert endpoint == ManageSystem()


def test_a_program_gets_json_that_says_that_there_is_no_such_subscriber(endpoint: ManageSystem) -> None:
    endpoint.subscribers.people.clear()
    response = endpoint(asked("GET", headers={"accept": "application/json"}))
    assert (response.status, json.loads(response.body)["title"]) == (410, EN["nobody_heading"])


# -- changing the address

NEW = "ana@new.test"
CHANGE = {"action": "address", "email": NEW}
OLD_LINK = replace(LINKS, today=lambda: date(2016, 12, 9)).manage_token(SUBSCRIBER_ID)
FORMER = "link-2016." + TOKEN.split(".")[1]  # of an earlier release, without request and day
FORMER_LINK = Signer(b"k" * 32, salt="own-page", digest_method=hashlib.sha256).sign(FORMER).decode()
MOVED = replace(READER, confirmed_address=ConfirmedAddress("3" * 32, date(2016, 12, 1), date(2016, 12, 2)))


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_a_new_address_is_queued_sealed_and_the_page_says_what_comes(
    endpoint: ManageSystem, edition: str
) -> None:
    response = endpoint(asked("POST", edition=edition, form=CHANGE))

    assert (response.status, endpoint.subscribers.people) == (303, ManageSystem().subscribers.people)
    [message] = endpoint.queue.messages
    assert isinstance(message, NewAddressMessage)
    assert FakeVault().open_sign_up(message.sealed) == NEW
    assert (message.subscriber_id, message.attempt) == (SUBSCRIBER_ID, 1)
    assert NEW not in message.to_json()
    shown = soup(endpoint(asked("GET", edition=edition, done="address")))
    assert one(shown, "p", role="status").text == language(edition)["address_asked_text"]


ADDRESSES = {
    "a stranger's": NEW,
    "another reader's": "bo@example.org",
    "suppressed": "never@example.org",
    "waiting": "waits@example.org",
    "left": "left@example.org",
    "one's own": "ana@example.org",
    "one's own, in capitals": "ANA@EXAMPLE.ORG",
    "long": f"{'a' * 64}@{'b' * 60}.example.org",
    "international": "ana@пошта.example.org",
}


def test_the_answer_and_the_calls_are_the_same_for_every_address() -> None:
    seen = set()
    for address in ADDRESSES.values():
        calls: list[str] = []
        system = ManageSystem()
        system.subscribers.fingerprints[FakeVault().fingerprint("never@example.org")] = Known(
            reason=Reason.COMPLAINT
        )
        system.subscribers.add(a_subscriber("waits@example.org", id="c" * 32, status=Status.PENDING))
        system.subscribers.left[FakeVault().fingerprint("left@example.org")] = date(2016, 12, 1)
        with watched(system, calls):
            response = system(asked("POST", form={"action": "address", "email": address}))
        [message] = system.queue.messages
        seen.add((response.status, response.body, *headers(response).items(), *calls, len(message.to_json())))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("typed", "error"), [("", "error_email_missing"), ("  ", "error_email_missing"), ("ana", "error_email")]
)
def test_what_is_no_address_is_an_error_at_its_field_and_is_not_lost(
    endpoint: ManageSystem, typed: str, error: str
) -> None:
    response = endpoint(asked("POST", form={"action": "address", "email": typed}))

    page = soup(response)
    box = one(page, "input", name="email")
    assert (response.status, box["value"], box["aria-describedby"]) == (422, typed, "email-error")
    assert one(page, "p", id="email-error").text == EN[error]
    assert checked(page, "audience") == ["en"]
    assert endpoint.queue.messages == []
    sent = {"action": "address", "email": typed}
    problem = endpoint(asked("POST", content=sent))
    assert json.loads(problem.body)["errors"] == [{"field": "email", "detail": EN[error]}]


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_a_mistyped_new_address_is_taken_as_it_is_and_the_likely_one_is_offered(
    endpoint: ManageSystem, edition: str
) -> None:
    response = endpoint(asked("POST", edition=edition, form={**CHANGE, "email": "ana@yaho.con"}))

    words, page = language(edition), soup(response)
    [message] = endpoint.queue.messages
    assert isinstance(message, NewAddressMessage)
    assert FakeVault().open_sign_up(message.sealed) == "ana@yaho.con"
    assert (response.status, headers(response)) == (202, PAGE_HEADERS)
    assert one(page, "p", role="status").text == words["address_asked_text"]
    hint = one(page, "div", id="meant").text
    assert f"{words['did_you_mean']} ana@yahoo.com?" in hint
    assert f"{words['you_typed']} ana@yaho.con." in hint
    assert words["meant_or_not_text"] in hint
    box = one(page, "input", name="email")
    assert (box["value"], box["aria-describedby"]) == ("ana@yahoo.com", "meant")
    assert checked(page, "audience") == ["en"]


def test_a_new_address_that_cannot_be_taken_is_corrected_where_its_slip_is_clear(
    endpoint: ManageSystem,
) -> None:
    response = endpoint(asked("POST", form={**CHANGE, "email": "ana@yahoo,com"}))

    page = soup(response)
    assert (response.status, endpoint.queue.messages) == (422, [])
    assert f"{EN['did_you_mean']} ana@yahoo.com?" in one(page, "div", id="meant").text
    assert EN["meant_or_not_text"] not in page.text
    assert page.find(id="email-error") is None
    assert one(page, "input", name="email")["value"] == "ana@yahoo.com"


def test_a_mistyped_new_address_makes_the_same_calls_and_a_program_gets_the_usual_answer() -> None:
    calls: dict[str, list[str]] = {"ana@gmail.com": [], "ana@gmial.com": []}
    for address, seen in calls.items():
        system = ManageSystem()
        with watched(system, seen):
            system(asked("POST", form={**CHANGE, "email": address}))
        answer = json.loads(system(asked("POST", content={**CHANGE, "email": address})).body)
        assert answer == {"status": "address", "detail": EN["address_asked_text"]}
    assert calls["ana@gmail.com"] == calls["ana@gmial.com"] != []


def test_a_network_that_used_its_share_is_told_so_and_nothing_is_queued(endpoint: ManageSystem) -> None:
    for _ in range(2):
        endpoint(asked("POST", form=CHANGE))

    response = endpoint(asked("POST", form=CHANGE))

    assert shown_page(response) == ShownPage(429, "en", EN["address_busy_heading"], EN["address_busy_text"])
    assert len(endpoint.queue.messages) == 2


def test_while_addresses_cannot_be_sealed_none_is_taken_and_the_page_says_so() -> None:
    def closed(_: str) -> bytes:
        raise SignupClosedError

    system = ManageSystem(seal=closed)

    response = system(asked("POST", form=CHANGE))

    assert shown_page(response) == ShownPage(503, "en", EN["address_closed_heading"], EN["closed_text"])
    assert system.queue.messages == []


@pytest.mark.parametrize("token", [OLD_LINK, FORMER_LINK], ids=["three days old", "of an earlier release"])
def test_an_older_link_opens_the_page_but_changes_no_address(endpoint: ManageSystem, token: str) -> None:
    """Whoever has an old mail of a reader can't take the subscription over."""
    part = section(soup(endpoint(asked("GET", token))), EN["address_heading"])
    assert part.select("input") == []
    assert one(part, "button")["value"] == "link"
    assert EN["address_old_link_text"] in part.text

    response = endpoint(asked("POST", token, form=CHANGE))

    assert response.status == 403
    assert one(soup(response), "button")["value"] == "link"
    assert endpoint == ManageSystem()


@pytest.mark.parametrize("form", [None, SAVE, CHANGE, {"action": "record"}, {"action": "erase"}])
def test_a_link_from_before_the_change_says_what_a_link_says_after_leaving(
    form: dict[str, Any] | None,
) -> None:
    """Who holds the old mailbox must not see that its reader went on reading elsewhere."""
    moved, left = ManageSystem(FakeSubscribers().add(MOVED)), ManageSystem(FakeSubscribers())
    method = "POST" if form else "GET"

    assert moved(asked(method, form=form)) == left(asked(method, form=form))
    assert shown_page(moved(asked(method, form=form))) == NOBODY
    assert moved == ManageSystem(FakeSubscribers().add(MOVED))


def test_a_link_from_before_the_change_still_leaves_and_has_a_new_link_mailed() -> None:
    moved = ManageSystem(FakeSubscribers().add(MOVED))

    moved(asked("POST", form={"action": "link"}))
    assert [message.kind for message in moved.queue.messages] == [MessageKind.LINK]
    moved(asked("POST", form={"action": "leave"}))

    assert moved.subscribers.people == {}


def test_the_link_of_the_new_address_opens_the_page() -> None:
    moved = ManageSystem(FakeSubscribers().add(MOVED))
    response = moved(asked("GET", LINKS.manage_token(SUBSCRIBER_ID, MOVED.address_id)))

    rows = section(soup(response), EN["record_heading"]).select("dl > div")
    shown = {one(row, "dt").text: one(row, "dd").text for row in rows}
    assert shown[EN["record_changed_on"]] == "December 2, 2016"


def test_the_page_is_the_same_whether_or_not_an_address_waits(endpoint: ManageSystem) -> None:
    """Whether one waits may depend on whether the new address is on the list."""
    program = {"accept": "application/json"}
    before = [endpoint(asked("GET")).body, endpoint(asked("GET", headers=program)).body]

    assert endpoint.subscribers.put_address(READER, a_pending_address(a_subscriber(NEW)))

    assert [endpoint(asked("GET")).body, endpoint(asked("GET", headers=program)).body] == before


@contextmanager
def watched(system: ManageSystem, calls: list[str]) -> Iterator[None]:
    """Note the names of the calls to every port."""
    for name in ("subscribers", "queue", "limits", "networks"):
        setattr(system, name, Noting(getattr(system, name), name, calls))
    yield
    for name in ("subscribers", "queue", "limits", "networks"):
        setattr(system, name, getattr(system, name).port)


@dataclass
class Noting:
    """Passes calls on to a port, and notes their names."""

    port: Any
    name: str
    calls: list[str]

    def __getattr__(self, method: str) -> Any:
        self.calls.append(f"{self.name}.{method}")
        return getattr(self.port, method)

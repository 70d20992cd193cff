"""What readers meet at the endpoints, over HTTP."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from broadsheet.aws.keyring import Keyring
from broadsheet.subscribers.link_tokens import Links
from demo.reader import DemoReader, Inbox, Received
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for
from tests.members import table

FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}


def call(
    system: LocalSystem, method: str, path: str, body: str | bytes = b"", **headers: str
) -> urllib3.BaseHTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request(
        method, system.address + path, body=body, headers=named, redirect=False, retries=False, timeout=30
    )


def test_a_program_signs_up_by_json_and_confirms_by_json(system: LocalSystem, inbox: Inbox) -> None:
    fields = json.dumps({"email": "json@readers.test", "audience": ["en", "be-ru"], "edition": "ru"})
    answer = call(system, "POST", "/api/subscribe", fields, content_type="application/json")
    assert (answer.status, answer.json()["status"]) == (202, "accepted")
    mail = wait_for(lambda: inbox.last_to("json@readers.test"), "the confirmation")
    path = mail.link("/api/confirm").removeprefix(system.address)
    confirmed = call(system, "POST", path, accept="application/json")
    assert (confirmed.status, confirmed.json()["status"]) == (200, "confirmed")


def test_a_confirmation_link_confirms_one_pending_request_and_answers_the_same_the_second_time(
    system: LocalSystem, inbox: Inbox
) -> None:
    reader = DemoReader("twice@readers.test", system.address, "en", "en")
    reader.sign_up()
    mail = wait_for(lambda: inbox.last_to(reader.address), "the confirmation")
    assert reader.open_confirmation(mail)
    first, second = reader.press_confirm(), reader.press_confirm()
    assert "You have been successfully subscribed" in first
    assert first == second


def test_following_every_link_by_get_and_head_confirms_nobody(system: LocalSystem, inbox: Inbox) -> None:
    reader = DemoReader("scanned@readers.test", system.address, "en", "en")
    reader.sign_up()
    mail = wait_for(lambda: inbox.last_to(reader.address), "the confirmation")
    path = mail.link("/api/confirm").removeprefix(system.address)
    statuses = [call(system, method, path).status for method in ("GET", "HEAD", "GET")]
    assert statuses == [200, 200, 200]
    messages = json.loads(call(system, "GET", "/_local/ses/messages").data)
    mine = next(message for message in messages if reader.address in message["to"])
    table = system.stack.client("dynamodb")
    items = table.scan(TableName=system.stack.physical("SubscribersTable"), ConsistentRead=True)["Items"]
    status = {item["subscriber_id"]["S"]: item["status"]["S"] for item in items}
    assert status[mine["tags"]["subscriber"]] == "pending"


def test_a_subscriber_who_leaves_is_deleted_at_once(system: LocalSystem, inbox: Inbox) -> None:
    reader = DemoReader("leaver@readers.test", system.address, "be-ru", "be")
    reader.sign_up()
    mail = wait_for(lambda: inbox.last_to(reader.address), "the confirmation")
    reader.open_confirmation(mail)
    reader.press_confirm()
    leaving = _leaving_path(system, mail.link("/api/confirm"))
    before = _subscribers(system)
    answer = call(system, "POST", leaving, "List-Unsubscribe=One-Click", **FORM)
    assert (answer.status, answer.headers.get("location"), answer.headers.get("set-cookie")) == (
        200,
        None,
        None,
    )
    assert len(before) - len(_subscribers(system)) == 1


def test_a_reader_changes_their_address_by_the_button_in_a_mail_to_the_new_one(
    system: LocalSystem, inbox: Inbox
) -> None:
    reader = DemoReader("mover@readers.test", system.address, "en", "en")
    reader.sign_up()
    mail = wait_for(lambda: inbox.last_to(reader.address), "the confirmation")
    reader.open_confirmation(mail)
    reader.press_confirm()
    welcome = wait_for(lambda: _with_link(inbox, reader.address, "/api/manage"), "the welcome")
    page, leaving = (
        welcome.link(f"/api/{name}").removeprefix(system.address) for name in ("manage", "unsubscribe")
    )
    asked = urlencode({"action": "address", "email": "moved@readers.test"})
    assert call(system, "POST", page, asked, **FORM).status == 303
    mail = wait_for(lambda: _with_link(inbox, "moved@readers.test", "/api/confirm"), "the new confirmation")
    button = mail.link("/api/confirm").removeprefix(system.address)
    assert call(system, "GET", page, **FORM).status == 200

    answer = call(system, "POST", button, "button=yes", **FORM)

    assert (answer.status, answer.headers["location"]) == (303, "/en/new-address.html")
    assert "Your address has been changed" in call(system, "GET", "/en/new-address.html").data.decode()
    assert call(system, "GET", page, **FORM).status == 410
    moved = wait_for(lambda: _with_link(inbox, "moved@readers.test", "/api/manage"), "the welcome there")
    assert call(system, "GET", moved.link("/api/manage").removeprefix(system.address), **FORM).status == 200
    before = _subscribers(system)
    assert call(system, "POST", leaving, "List-Unsubscribe=One-Click", **FORM).status == 200
    assert len(before) - len(_subscribers(system)) == 1


def _with_link(inbox: Inbox, address: str, path: str) -> Received | None:
    return next((mail for mail in reversed(inbox.to(address)) if mail.link(path)), None)


@pytest.mark.parametrize("word", ["bounce", "complaint"])
def test_a_bounce_or_a_complaint_suppresses_permanently(system: LocalSystem, inbox: Inbox, word: str) -> None:
    reader = DemoReader(f"{word}+suppressed@simulator.amazonses.com", system.address, "en", "en")
    reader.sign_up()
    wait_for(lambda: inbox.last_to(reader.address), "the confirmation")
    kept = wait_for(lambda: _suppressed(system, word), "the suppression")
    assert [set(item) for item in kept] == [{"fingerprint", "reason", "since"}]
    reader.sign_up()
    other = DemoReader(f"after-{word}@readers.test", system.address, "en", "en")
    other.sign_up()
    wait_for(lambda: inbox.last_to(other.address), "the confirmation of a later sign-up")
    assert inbox.count_to(reader.address) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"email": "not an address", "audience": "en", "edition": "en"},
            "does not look like an email address",
        ),
        ({"email": "", "audience": "en", "edition": "en"}, "Please enter your email address"),
        ({"email": "a@example.org", "audience": "mars", "edition": "en"}, "There is no such edition"),
        ({"email": "a@example.org", "edition": "be"}, "Выберыце хаця б адно выданне"),
    ],
)
def test_a_bad_form_comes_back_with_what_was_typed(
    system: LocalSystem, fields: dict[str, str], expected: str
) -> None:
    answer = call(system, "POST", "/api/subscribe", urlencode(fields), **FORM)
    page = answer.data.decode()
    assert answer.status == 422
    assert expected in page
    assert f'value="{fields["email"]}"' in page


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/api/subscribe", FORM, "email=" + "a" * 1_000_000, 413),
        ("POST", "/api/subscribe", {"content_type": "application/xml"}, "<a/>", 415),
        ("POST", "/api/subscribe", {"content_type": "application/json"}, "{", 400),
        ("GET", "/api/subscribe", {}, "", 303),
        ("PUT", "/api/subscribe", {}, "", 405),
        ("GET", "/api/no-such-endpoint", {}, "", 404),
        ("DELETE", "/api/confirm", {}, "", 405),
        ("GET", "/api/confirm?t=forged", {}, "", 410),
        ("POST", "/api/confirm?t=forged.a.b.c", FORM, "button=yes", 410),
        ("GET", "/api/unsubscribe", {}, "", 410),
        ("POST", "/api/unsubscribe?t=damaged", FORM, "List-Unsubscribe=One-Click", 200),
        ("GET", "/en/no-such-page.html", {}, "", 404),
    ],
)
def test_a_request_that_cannot_be_served_gets_the_right_status_and_no_stack_trace(
    system: LocalSystem, method: str, path: str, headers: dict[str, str], body: str, status: int
) -> None:
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    answer = call(system, method, path, body, **named)
    assert answer.status == status
    assert b"Traceback" not in answer.data


def test_site_and_api_carry_the_security_headers(system: LocalSystem) -> None:
    for path in ("/en/index.html", "/api/unsubscribe?t=x", "/404.html"):
        headers = call(system, "GET", path).headers
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def _subscribers(system: LocalSystem) -> list[dict[str, object]]:
    table = system.stack.physical("SubscribersTable")
    items: list[dict[str, object]] = system.stack.client("dynamodb").scan(
        TableName=table, ConsistentRead=True
    )["Items"]
    return items


def _suppressed(system: LocalSystem, reason: str) -> list[dict[str, object]]:
    table = system.stack.physical("FingerprintsTable")
    items = system.stack.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return [item for item in items if item.get("reason") == {"S": reason}]


def _leaving_path(system: LocalSystem, confirm_link: str) -> str:
    """The path of the leaving link that the next issue will carry, made as the deployed functions make it."""
    stack = system.stack
    keyring = Keyring(
        stack.client("kms"),
        stack.physical("LinkKey"),
        table(system, "KeysTable"),
        "link",
        lambda: datetime.now(UTC),
    )
    links = Links(keyring.current, keyring.key, lambda: datetime.now(UTC).date())
    token = parse_qs(urlsplit(confirm_link).query)["t"][0]
    subscriber_id = links.read_confirm_token(token).subscriber_id
    return f"/api/unsubscribe?t={links.unsubscribe_token(subscriber_id)}&in=be"

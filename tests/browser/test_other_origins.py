"""Pages of other origins, in a real browser, against the local system: what they reach and what they don't.

They are served on another port of 127.0.0.1 (the same site, another origin) and of localhost (another site).
"""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3
from playwright.sync_api import Browser, Page

from demo.reader import Inbox
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for

ORIGINS = ("127.0.0.1", "localhost")
# Each request as a page may send it without asking first, or as one that asks; what came of it.
TRY = """async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    return answer.type === "opaque" ? "sent, unread" : `read: ${answer.status}`;
  } catch (error) {
    return "not read";
  }
}"""


class Elsewhere(BaseHTTPRequestHandler):
    """Any page of another site: empty, its script comes from the test."""

    def do_GET(self) -> None:
        page = b"<!doctype html><title>A mirror</title><h1>A mirror</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(params=ORIGINS)
def mirror(request: pytest.FixtureRequest, chromium: Browser, elsewhere: int) -> Iterator[Page]:
    """A page of another origin that is open, with script."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://{request.param}:{elsewhere}/")
    yield page
    context.close()


def submit(
    page: Page, url: str, fields: dict[str, str], kind: str = "application/x-www-form-urlencoded"
) -> int:
    """Let the page post a form, which takes the window along; the status of what it is then shown."""
    with page.expect_navigation() as went:
        page.evaluate(
            """([url, fields, kind]) => {
              const form = document.createElement("form");
              Object.assign(form, { action: url, method: "post", enctype: kind });
              for (const [name, value] of Object.entries(fields)) {
                const input = document.createElement("input");
                Object.assign(input, { type: "hidden", name, value });
                form.append(input);
              }
              document.body.append(form);
              form.submit();
            }""",
            [url, fields, kind],
        )
    return int(went.value.status)


def functions(system: LocalSystem) -> set[str]:
    pages = system.stack.client("lambda").get_paginator("list_functions").paginate()
    return {function["FunctionName"] for page in pages for function in page["Functions"]}


def desk(system: LocalSystem) -> set[str]:
    pages = system.stack.s3.get_paginator("list_objects_v2").paginate(
        Bucket=system.stack.physical("DeskBucket")
    )
    return {one["Key"] for page in pages for one in page.get("Contents", [])}


def test_a_page_elsewhere_gives_the_engine_nothing_and_reads_nothing(
    system: LocalSystem, mirror: Page
) -> None:
    before = functions(system)
    create = f"{system.engine.endpoint}/2015-03-31/functions"
    code = {"FunctionName": "theft", "Runtime": "python3.13", "Handler": "index.handler"}
    code |= {
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
    }  # type: ignore[dict-item]  # JSON

    sent = mirror.evaluate(TRY, [create, {"method": "POST", "mode": "no-cors", "body": json.dumps(code)}])
    asked = mirror.evaluate(TRY, [create, {"method": "POST", "body": json.dumps(code)}])
    health = mirror.evaluate(TRY, [f"{system.engine.endpoint}/_ministack/health", {}])
    secret = {"headers": {"X-Broadsheet-Run": "guessed"}}  # which the browser asks leave for
    guessed = mirror.evaluate(TRY, [f"{system.engine.endpoint}/_ministack/health", secret])

    assert (sent, asked, health, guessed) == ("sent, unread", "not read", "not read", "not read")
    assert submit(mirror, create, {json.dumps(code): ""}, "text/plain") == 403
    assert functions(system) == before


def test_a_page_elsewhere_neither_reads_nor_changes_what_is_for_the_person_here(
    system: LocalSystem, mirror: Page
) -> None:
    mails, before = f"{system.address}/_local/ses/messages", desk(system)
    wait_for(lambda: urllib3.request("GET", mails).json(), "the reports by mail")
    mail = json.dumps({"FromEmailAddress": "news@mail.example.org"})

    read = mirror.evaluate(TRY, [mails, {}])
    deleted = mirror.evaluate(TRY, [mails, {"method": "DELETE"}])
    sent = mirror.evaluate(
        TRY,
        [
            f"{system.address}/_local/ses/v2/email/outbound-emails",
            {"method": "POST", "mode": "no-cors", "body": mail},
        ],
    )

    assert (read, deleted, sent) == ("not read", "not read", "sent, unread")
    assert urllib3.request("GET", mails).json() != []
    assert submit(mirror, f"{system.address}/_local/desk/delete", {"key": "newsletter.toml"}) == 403
    assert desk(system) >= before


def test_a_link_elsewhere_does_not_open_the_inbox_but_a_typed_address_does(
    system: LocalSystem, mirror: Page
) -> None:
    inbox = f"{system.address}/_local/inbox"
    with mirror.expect_navigation() as went:
        mirror.evaluate("(url) => { location.href = url; }", inbox)

    typed = mirror.goto(inbox)

    assert went.value.status == 403
    assert typed is not None
    assert typed.status == 200
    with mirror.expect_navigation() as within:
        mirror.get_by_role("link", name="Desk").click()
    assert within.value.status == 200


def test_a_mirror_s_form_signs_up_at_the_official_address(system: LocalSystem, mirror: Page) -> None:
    address = f"mirror-{mirror.evaluate('location.hostname')}@readers.test"
    form = {"email": address, "audience": "en", "edition": "en", "website": ""}

    status = submit(mirror, f"{system.address}/api/subscribe", form)

    assert status == 200
    assert mirror.url == f"{system.address}/en/check-your-mail.html"
    wait_for(lambda: Inbox(system.address).last_to(address), "the confirmation")


def test_a_foreign_host_name_made_to_resolve_here_shows_nothing(
    system: LocalSystem, chromium: Browser
) -> None:
    """DNS rebinding: to the browser the page and what it asks are of one origin."""
    browser = chromium.browser_type.launch(
        executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
        args=["--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
    )
    page = browser.new_page()
    for port, path in (
        (system.port, "/_local/inbox"),
        (system.port, "/"),
        (system.engine_port, "/_ministack/health"),
    ):
        shown = page.goto(f"http://evil.example:{port}{path}")
        assert shown is not None
        assert shown.status == 403
    browser.close()

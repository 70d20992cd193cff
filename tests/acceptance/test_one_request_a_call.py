"""A call that mails is one request, even if it fails: a request that the SDK repeats would be a second mail.

Proved with the clients that functions are composed with, against a server that counts what reaches it.
"""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from broadsheet.aws import resources
from broadsheet.aws.resources import Resources
from broadsheet.aws.ses import SESMailer
from broadsheet.aws.ses_bulk import bulk_mailer
from broadsheet.mail import Mail, NotSentError, SendFailedError
from broadsheet.mailings.ports import Addressee
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_body, a_newsletter

BULK_MAIL = Addressee(SUBSCRIBER_ID, ADDRESS, "https://press.example.org/api/unsubscribe?t=x")
MAIL = Mail("press@press.example.org", "Subject", "text", "<p>text</p>")
STATUSES = (400, 403, 404, 408, 429, 500, 502, 503, 504)


class Counting(BaseHTTPRequestHandler):
    """Answers each request in the same bad way, and counts them."""

    server: "CountingServer"

    def do_POST(self) -> None:  # as the standard library has it
        self.rfile.read(int(self.headers["content-length"]))
        self.server.requests += 1
        self.server.fault(self)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class CountingServer(ThreadingHTTPServer):
    """`requests` that came; `fault` answers them."""

    daemon_threads = True

    def __init__(self, fault: Callable[[BaseHTTPRequestHandler], None]) -> None:
        super().__init__(("127.0.0.1", 0), Counting)
        self.fault, self.requests, self.is_over = fault, 0, threading.Event()


def with_status(status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("content-length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    return answer


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def says_nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.server.is_over.wait(10)  # type: ignore[attr-defined]  # ours


FAULTS = {f"status {status}": with_status(status) for status in STATUSES}
FAULTS |= {"hangs up": hangs_up, "says nothing": says_nothing}


@pytest.fixture(params=sorted(FAULTS))
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingServer]:
    found = CountingServer(FAULTS[request.param])
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{found.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setattr(resources, "BULK_READ_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(resources, "SINGLE_READ_TIMEOUT_SECONDS", 0.3)
    yield found
    found.is_over.set()
    found.shutdown()
    thread.join()
    found.server_close()


def test_a_bulk_call_is_one_request(server: CountingServer) -> None:
    with pytest.raises((NotSentError, SendFailedError)):
        bulk_mailer(Resources().bulk_sends, "press", a_newsletter()).send(
            a_body(), [BULK_MAIL], {"mailing": "m"}
        )
    assert server.requests == 1


def test_a_single_mail_is_one_request(server: CountingServer) -> None:
    with pytest.raises((NotSentError, SendFailedError)):
        SESMailer(Resources().single_sends, "press").send(MAIL, ADDRESS, {"kind": "report"})
    assert server.requests == 1

"""The local server takes what browsers send, refuses what is no HTTP, and says nothing of either."""

import socket
import threading
from collections.abc import Iterator

import pytest
from flask import Flask, Response, request

from local.server import serve

SECRET = "kqzvxw-secret"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server that answers with the body that it got."""
    app = Flask("echo")

    @app.post("/")
    def echo() -> Response:
        return Response(request.get_data())

    server = serve(app, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def answer_to(port: int, *parts: bytes) -> bytes:
    """All that comes back until the server hangs up, or has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while part := connection.recv(65_536):
            found += part
    return found


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ((b"5\r\nhello\r\n0\r\n\r\n",), b"hello"),
        ((b"3\r\nhel\r\n", b"2\r\nlo\r\n", b"0\r\n\r\n"), b"hello"),
        ((b"0\r\n\r\n",), b""),
        ((b"F4240\r\n" + b"a" * 1_000_000 + b"\r\n0\r\n\r\n",), b"a" * 1_000_000),
    ],
    ids=["one chunk", "chunks", "none", "a megabyte"],
)
def test_a_chunked_body_arrives_whole(port: int, parts: tuple[bytes, ...], body: bytes) -> None:
    head, _, got = answer_to(port, CHUNKED, *parts).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert got == body


@pytest.mark.parametrize(
    "sent",
    [
        f"GET /api/confirm?t={SECRET} extra HTTP/1.1\r\n\r\n".encode(),
        f"POST / HTTP/1.1\r\nContent-Length: {SECRET}\r\n\r\n".encode(),
        f"POST /?t={SECRET} HTTP/1.1\r\nContent-Length: -5\r\n\r\n".encode(),
        "POST / HTTP/1.1\r\nContent-Length: ٣\r\n\r\n".encode(),
        CHUNKED + f"{SECRET}\r\nhello\r\n0\r\n\r\n".encode(),
        CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + f"5\r\nhello{SECRET}".encode(),
        f"POST / HTTP/1.1\r\nContent-Length: 500\r\n\r\n{SECRET}".encode(),
        f"{SECRET}\r\n\r\n".encode(),
        f"GET / HTTP/{SECRET}\r\n\r\n".encode(),
    ],
)
def test_a_request_that_is_not_http_is_refused_and_repeated_nowhere(
    port: int, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = answer_to(port, sent)
    assert b" 400 " in answer.partition(b"\r\n")[0] or b"Error code: 400" in answer
    written = capfd.readouterr()
    for text in (answer.decode(), written.out, written.err):
        assert SECRET not in text
        assert "127.0.0.1" not in text


def test_a_body_that_is_said_to_be_huge_is_refused_unread(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = answer_to(port, b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    assert capfd.readouterr() == ("", "")

"""HTTP for the gateway: Werkzeug's threaded server, with connections that stay open between requests.

Werkzeug itself closes each connection, because an application may leave a part of a request's body unread.
Here the whole body is read before the application runs and the whole answer is known before it is sent, which
is what a local system can afford.
"""

import io
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import ClosingIterator

LARGEST_REQUEST_BYTES = 64 * 1024 * 1024  # a raw mail of 40 MB in base64
WITHOUT_LENGTH = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}

Headers = list[tuple[str, str]]


class KeepAliveHandler(WSGIRequestHandler):
    """One connection: HTTP/1.1, nothing logged, nothing held back for a client's acknowledgement."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go out as two writes

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # Werkzeug's name for it
        """Say nothing: who asks, and the tokens in paths, are in every line."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no HTTP, without the words that would repeat it."""
        del message, explain
        super().send_error(code)

    def run_wsgi(self) -> None:
        """Answer one request. An application that breaks its connection leaves it broken."""
        self.environ = environ = self.make_environ()
        try:
            length = _length(environ)
            if length > LARGEST_REQUEST_BYTES:
                self._refuse("413 Content Too Large")
                return
            body = self._body(environ, length)
        except (ValueError, OSError):
            self._refuse("400 Bad Request")
            return
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            status, headers, body = _run(self.server.app, environ)
        except ConnectionError:
            self.close_connection = True
            return
        self._answer(status, headers, body)

    def _refuse(self, status: str) -> None:
        """Answer, and read nothing more: nobody knows where the next request begins."""
        self.close_connection = True
        self._answer(status, [("Connection", "close")], b"")

    def _body(self, environ: dict[str, Any], length: int) -> bytes:
        if environ.get("wsgi.input_terminated"):
            body = bytes(environ["wsgi.input"].read())
            environ["CONTENT_LENGTH"] = str(len(body))
            return body
        body = self.rfile.read(length)
        if len(body) < length:
            raise ValueError
        return body

    def _answer(self, status: str, headers: Headers, body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        if "date" not in names:
            self.send_header("Date", formatdate(usegmt=True))
        if "content-length" not in names and int(code) not in WITHOUT_LENGTH:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class QuietServer(ThreadedWSGIServer):
    """A thread a connection; of what goes wrong it says the kind alone."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Neither who asked nor what: an error's words may repeat both."""
        del request, client_address
        sys.stderr.write(f"a connection ended with {sys.exc_info()[0]}\n")


def _length(environ: dict[str, Any]) -> int:
    """How long the body is said to be.

    Raises:
        ValueError: that is no length.
    """
    said = environ.get("CONTENT_LENGTH") or "0"
    if not (said.isascii() and said.isdigit()):
        raise ValueError
    return int(said)


def _run(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> tuple[str, Headers, bytes]:
    started: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, _exc_info: object = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda _: None

    with closing(ClosingIterator(app(environ, start_response))) as answer:
        body = b"".join(answer)
    return *started[-1], body


def serve(app: Any, port: int) -> BaseWSGIServer:  # noqa: ANN401  # any WSGI application
    """A server of the application on 127.0.0.1, not running yet; port 0 takes a free one."""
    return QuietServer("127.0.0.1", port, app, KeepAliveHandler)

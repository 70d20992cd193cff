"""HTTP for the front: Werkzeug's threaded server, with connections that stay open between requests.

Werkzeug itself closes each connection, because an application may leave a part of a request's body unread.
Here the whole body is read before the application runs and the whole answer is known before it is sent, which
is what a local system can afford.
"""

import io
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

LARGEST_REQUEST_BYTES = 64 * 1024 * 1024  # a raw mail of 40 MB in base64
WITHOUT_LENGTH = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}

Headers = list[tuple[str, str]]


class KeepAliveHandler(WSGIRequestHandler):
    """One connection: HTTP/1.1, nothing logged, nothing held back for a client's acknowledgement."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go out as two writes

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: tokens stand in paths."""

    def run_wsgi(self) -> None:
        """Answer one request. An application that breaks its connection leaves it broken."""
        self.environ = environ = self.make_environ()
        if int(environ.get("CONTENT_LENGTH") or 0) > LARGEST_REQUEST_BYTES:
            self.close_connection = True
            self._answer("413 Content Too Large", [("Connection", "close")], b"")
            return
        environ["wsgi.input"] = io.BytesIO(self._body(environ))
        try:
            status, headers, body = _run(self.server.app, environ)
        except ConnectionError:
            self.close_connection = True
            return
        self._answer(status, headers, body)

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            body = bytes(environ["wsgi.input"].read())
            environ["CONTENT_LENGTH"] = str(len(body))
            return body
        return self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))

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


def _run(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> tuple[str, Headers, bytes]:
    started: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, _exc_info: object = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda _: None

    answer = app(environ, start_response)
    body = b"".join(ClosingIterator(answer, getattr(answer, "close", lambda: None)))
    return *started[-1], body


def serve(app: Any, port: int) -> BaseWSGIServer:  # noqa: ANN401  # any WSGI application
    """A server of the application on 127.0.0.1, not running yet; port 0 takes a free one."""
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=KeepAliveHandler)

"""The gateway's HTTP server: Werkzeug's threaded one, with connections that stay open between requests.

Werkzeug itself closes each connection, because an application may leave a part of a request's body unread.
This server reads the whole body before it runs the application, and sends an answer when all of it is known.
"""

import io
import sys
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

LARGEST_REQUEST_BYTES = 64 * 1024 * 1024
WITHOUT_LENGTH = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class KeepAliveHandler(WSGIRequestHandler):
    """One HTTP/1.1 connection. It logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # Werkzeug's name for it
        """Log nothing: every line would have the client's address, and tokens in paths."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request without quoting it, and close: nobody knows where the next one begins."""
        del message, explain
        self.close_connection = True
        super().send_error(code)

    def run_wsgi(self) -> None:
        """Answer one request. If the application breaks its connection, so does the server."""
        self.environ = environ = self.make_environ()
        try:
            if _length(environ) > LARGEST_REQUEST_BYTES:
                self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            environ["wsgi.input"] = io.BytesIO(self._body(environ))
        except (ValueError, OSError):
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except ConnectionError:
            self.close_connection = True
            return
        self._answer(status, headers, b"".join(chunks))

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            body = bytes(environ["wsgi.input"].read())
            environ["CONTENT_LENGTH"] = str(len(body))
            return body
        body = self.rfile.read(_length(environ))
        if len(body) < _length(environ):
            raise ValueError
        return body

    def _answer(self, status: str, headers: Headers, body: bytes) -> None:
        code, _, reason = status.partition(" ")
        headers.setdefault("Date", formatdate(usegmt=True))
        if int(code) not in WITHOUT_LENGTH:
            headers.setdefault("Content-Length", str(len(body)))
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class QuietServer(ThreadedWSGIServer):
    """A thread for each connection. Of an error only its type is logged."""

    request_queue_size = (
        1024  # connections that come at once; a browser waits seconds for one that is dropped
    )

    def handle_error(self, request: object, client_address: object) -> None:
        """Log the type alone: an error's message may quote the request."""
        del request, client_address
        sys.stderr.write(f"a connection ended with {sys.exc_info()[0]}\n")


def _length(environ: dict[str, Any]) -> int:
    """The declared length of the body; ValueError if that is not a number."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not (declared.isascii() and declared.isdigit()):
        raise ValueError
    return int(declared)


def serve(app: Any, port: int) -> BaseWSGIServer:  # noqa: ANN401  # any WSGI application
    """A server of the application on 127.0.0.1, not running yet; port 0 takes a free one."""
    return QuietServer("127.0.0.1", port, app, KeepAliveHandler)

"""An HTTP server that answers as AWS does when something is wrong; AWS_ENDPOINT_URL leads a command to it.

Each service is answered in its own protocol: a query's or S3's XML, or JSON.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

VALUES = {"SiteAddress": "http://127.0.0.1:9"}  # of outputs whose form matters
XML = ("cloudformation", "sts", "sns")
REST_XML = ("s3", "cloudfront")


@dataclass
class Answer:
    """An error of AWS by its code, or HTML as a proxy sends it; `ahead` moves the answer's date."""

    code: str = "AccessDenied"
    status: int = 403
    message: str = "refused"
    html: str = ""
    seconds_ahead: int = 0


NO_STACK = Answer("ValidationError", 400, "Stack with id broadsheet does not exist")


@dataclass
class WrongAWS:
    """Answers every call with `answer`; with `stack` DescribeStacks describes one in that status instead.

    "NONE" is the status of a stack that there is not.
    """

    answer: Answer = field(default_factory=Answer)
    stack: str = ""
    outputs: tuple[str, ...] = ()
    url: str = ""
    calls: int = 0

    def reply(self, service: str, body: str) -> tuple[int, str, str]:
        """Status, content type and body."""
        self.calls += 1
        is_asked = bool(self.stack) and service == "cloudformation" and "DescribeStacks" in body
        if is_asked and self.stack != "NONE":
            return 200, "text/xml", self._described()
        answer = NO_STACK if is_asked else self.answer
        if answer.html:
            return 200, "text/html", answer.html
        error = f"<Error><Code>{answer.code}</Code><Message>{answer.message}</Message></Error>"
        if service in XML:
            return (
                answer.status,
                "text/xml",
                f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>",
            )
        if service in REST_XML:
            return answer.status, "application/xml", error
        return (
            answer.status,
            "application/json",
            json.dumps({"__type": answer.code, "message": answer.message}),
        )

    def _described(self) -> str:
        values = {**{name: f"the-{name}" for name in self.outputs}, **VALUES}
        members = "".join(
            f"<member><OutputKey>{name}</OutputKey><OutputValue>{values[name]}</OutputValue></member>"
            for name in self.outputs
        )
        return (
            '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
            "<DescribeStacksResult><Stacks><member><StackName>broadsheet</StackName><StackId>id</StackId>"
            f"<CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>{self.stack}</StackStatus>"
            f"<Outputs>{members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )


@contextmanager
def serving(aws: WrongAWS, host: str = "127.0.0.1") -> Iterator[WrongAWS]:
    """The server, which runs meanwhile; its address is `aws.url`."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
            scope = self.headers.get("authorization", "").partition("Credential=")[2].split("/")
            status, kind, text = aws.reply(scope[3] if len(scope) > 3 else "", body)
            self.send_response_only(status)
            self.send_header("date", formatdate(time.time() + aws.answer.seconds_ahead, usegmt=True))
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815  # the server's names

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    aws.url = f"http://{host}:{server.server_address[1]}"
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def without_aws(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """An environment without credentials, profiles or settings of AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

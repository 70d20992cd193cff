"""AWS's endpoints, as far as a measurement needs them, in a process whose CPU is not counted."""

import json
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import PIPE, Popen
from urllib.request import urlopen
from zlib import crc32

from bench.measuring import ROOT, Json, call_command

SERVICES = {
    "DynamoDB_20120810": "DynamoDB",
    "AmazonSQS": "SQS",
    "TrentService": "KMS",
    "secretsmanager": "SecretsManager",
}
SES_OPERATIONS = {
    "/v2/email/account": "SES GetAccount",
    "/v2/email/outbound-emails": "SES SendEmail",
    "/v2/email/outbound-bulk-emails": "SES SendBulkEmail",
}
Operations = Mapping[str, Callable[[Json], Json]]


class ConditionFailedError(ValueError):
    """DynamoDB's condition does not hold."""


class Endpoint(ThreadingHTTPServer):
    """Answers each call by the function of its operation, from JSON to JSON, and counts it.

    `GET /bench/counts` gives the counts since it was last asked; further `GET /bench/<name>` are operations.
    """

    daemon_threads = True

    def __init__(self, operations: Operations) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.operations = {"bench counts": self.take_counts, **operations}
        self.counts: Counter[str] = Counter()

    def answer(self, operation: str, request: bytes) -> bytes:
        """The answer to one call; raises KeyError for one that the measurement was not expected to make."""
        known = self.operations.get(operation) or self.operations["*"]
        if not operation.startswith("bench "):
            self.counts[operation] += 1
        given = known(json.loads(request or b"{}"))
        return given if isinstance(given, bytes) else json.dumps(given).encode()

    def take_counts(self, _: Json) -> Counter[str]:
        """What was counted since the last time."""
        taken, self.counts = self.counts, Counter()
        return taken


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Endpoint

    def do_POST(self) -> None:
        """Answer one call; an unexpected one gets an error that no client repeats."""
        request = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            status, body = 200, self.server.answer(self._operation(), request)
        except ConditionFailedError:
            status, body = 400, b'{"__type": "ConditionalCheckFailedException"}'
        except Exception as error:  # noqa: BLE001  # told to the caller, who would repeat a call without answer
            message = f"{self._operation()} can't be answered: {error!r}"
            status, body = 400, json.dumps({"__type": "ValidationException", "message": message}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("x-amz-crc32", str(crc32(body)))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST  # noqa: N815  # as the standard library looks for them

    def _operation(self) -> str:
        service, _, operation = self.headers.get("x-amz-target", "").partition(".")
        if operation:
            return f"{SERVICES[service]} {operation}"
        if self.path.startswith("/bench/"):
            return self.path[1:].replace("/", " ")
        return SES_OPERATIONS.get(self.path, f"S3 {self.command.title()}Object")

    def log_message(self, *_: object) -> None:
        """Nothing: the figures are the output."""


def serve(operations: str, *arguments: Json) -> None:
    """Answer until the process is ended, by what the function of that name gives; print the port."""
    with Endpoint(pkgutil.resolve_name(operations)(*arguments)) as endpoint:
        print(endpoint.server_port, flush=True)  # noqa: T201  # read by `answering`
        endpoint.serve_forever()


@contextmanager
def answering(operations: Callable[..., Operations], *arguments: Json) -> Iterator[str]:
    """The address of an endpoint with these operations."""
    command = call_command(serve, f"{operations.__module__}:{operations.__qualname__}", *arguments)
    with served(command) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def served(command: list[str]) -> Iterator[int]:
    """The port that a server prints as its first line; it is ended at the end."""
    with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as child:
        try:
            yield int(child.stdout.readline()) if child.stdout else 0
        finally:
            child.terminate()


def taken(address: str, what: str = "counts") -> Json:
    """What an endpoint counted since it was last asked, or another of its `bench` operations."""
    with urlopen(f"{address}/bench/{what}") as answer:  # noqa: S310  # our own server
        return json.load(answer)

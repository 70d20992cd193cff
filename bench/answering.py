"""AWS's endpoints, as far as a measurement needs them, in a process whose CPU is not counted."""

import json
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from subprocess import PIPE, Popen
from urllib.request import urlopen
from zlib import crc32

from werkzeug.wrappers import Request, Response

from bench.measuring import ROOT, Json, call_command
from local.server import serve

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


class Endpoint:
    """Answers each call by the function of its operation, from JSON to JSON, and counts it.

    `GET /bench/counts` gives the counts since it was last asked; further `GET /bench/<name>` are operations.
    """

    def __init__(self, operations: Operations) -> None:
        self.operations = {"bench counts": self._take_counts, **operations}
        self.counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Response:
        """Answer one call; one that the measurement was not expected to make gets an error that ends it."""
        operation, status = _operation(request), 200
        try:
            known = self.operations.get(operation) or self.operations["*"]
            if not operation.startswith("bench "):
                self.counts[operation] += 1
            given = known(json.loads(request.get_data() or b"{}"))
            body = given if isinstance(given, bytes) else json.dumps(given).encode()
        except ConditionFailedError:
            status, body = 400, b'{"__type": "ConditionalCheckFailedException"}'
        except Exception as error:  # noqa: BLE001  # told to the caller, who would repeat a call without answer
            message = f"{operation} can't be answered: {error!r}"
            status, body = 400, json.dumps({"__type": "ValidationException", "message": message}).encode()
        return Response(body, status, {"x-amz-crc32": str(crc32(body))}, content_type="application/json")

    def _take_counts(self, _: Json) -> Counter[str]:
        taken, self.counts = self.counts, Counter()
        return taken


def _operation(request: Request) -> str:
    service, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if operation:
        return f"{SERVICES[service]} {operation}"
    if request.path.startswith("/bench/"):
        return request.path[1:].replace("/", " ")
    return SES_OPERATIONS.get(request.path, f"S3 {request.method.title()}Object")


def serve_aws(operations: str, *arguments: Json) -> None:
    """Answer until the process is ended, by what the function of that name gives; print the port."""
    endpoint = Endpoint(pkgutil.resolve_name(operations)(*arguments))
    server = serve(Request.application(endpoint.answer), 0)
    print(server.server_port, flush=True)  # noqa: T201  # read by `served`
    server.serve_forever()


@contextmanager
def answering(operations: Callable[..., Operations], *arguments: Json) -> Iterator[str]:
    """The address of an endpoint with these operations."""
    command = call_command(serve_aws, f"{operations.__module__}:{operations.__qualname__}", *arguments)
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

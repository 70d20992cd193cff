"""A local answerer for all that a mailing calls, over HTTP, in a process of its own; it counts the calls.

Beside AWS's calls `/bench/counts` gives what was counted since it was last asked, `/bench/orders` takes the
orders from the queue. `python -m bench.answering <members> <grant> <file of the body>` prints its port.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.request import urlopen
from zlib import crc32

from bench.archive import the_newsletter
from bench.measuring import ROOT
from bench.readers import DATA_KEY, MAILING, base64_of, tables_of
from bench.tables import ConditionFailedError, Tables
from broadsheet.mailings.body import Body, letter_digest

SERVICES = {"DynamoDB_20120810": "DynamoDB", "AmazonSQS": "SQS", "TrentService": "KMS"}
ID_LETTERS = 32
PACE_SHARE = 0.9  # the template's PacePercent
CONDITION_FAILED = b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}'
MESSAGE_ID = "0102018f0000000a-00000000-0000-0000-0000-000000000000-000000"


class UnknownCallError(LookupError):
    """A call that this answerer was not made for."""


@dataclass
class Answerer:
    """What is answered from: the tables, the queue, the mail's body, and what SES grants."""

    tables: Tables
    granted: float
    body: bytes
    queue: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def answer(self, method: str, path: str, target: str, request: bytes) -> bytes:
        """The answer to one call.

        Raises:
            UnknownCallError: nobody asked for this before; teach it.
            ConditionFailedError: as of the tables.
        """
        if target:
            service, _, operation = target.partition(".")
            self.counts[f"{SERVICES[service]} {operation}"] += 1
            return self._called(operation, json.loads(request))
        if path.startswith("/bench/"):
            return json.dumps(self._taken(path.removeprefix("/bench/"))).encode()
        if path.startswith("/v2/email/"):
            return json.dumps(self._ses(path.removeprefix("/v2/email/"), request)).encode()
        self.counts[f"S3 {method.title()}Object"] += 1
        return self.body

    def _called(self, operation: str, request: dict[str, Any]) -> bytes:
        if operation == "Query":
            return self._query(request)
        known: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetItem": self._get,
            "UpdateItem": self._update,
            "PutItem": self._put,
            "DeleteItem": self._delete,
            "BatchWriteItem": self._write,
            "SendMessageBatch": self._send,
            "GenerateMac": lambda of: {"Mac": base64_of(sha256(of["Message"].encode()).digest())},
            "Decrypt": lambda _: {"Plaintext": base64_of(DATA_KEY)},
        }
        if operation not in known:
            raise UnknownCallError(operation)
        return json.dumps(known[operation](request)).encode()

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        item = self.tables.get(request)
        return {"Item": item} if item else {}

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        item = self.tables.update(request)
        return {"Attributes": item} if request.get("ReturnValues") == "ALL_NEW" else {}

    def _put(self, request: dict[str, Any]) -> dict[str, Any]:
        self.tables.put(request["Item"])
        return {}

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        self.tables.delete(request)
        return {}

    def _write(self, request: dict[str, Any]) -> dict[str, Any]:
        for write in next(iter(request["RequestItems"].values())):
            self.tables.put(write["PutRequest"]["Item"])
        return {"UnprocessedItems": {}}

    def _send(self, request: dict[str, Any]) -> dict[str, Any]:
        self.queue += request["Entries"]
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    def _query(self, request: dict[str, Any]) -> bytes:
        """Readers by the range of their ids; else what stands below a partition."""
        said = [value["S"] for value in request["ExpressionAttributeValues"].values()]
        ids = sorted(text for text in said if len(text) == ID_LETTERS)
        if ids:
            found = self.tables.readers_between(*ids)
        else:
            partition = next(text for text in said if text in ("live", "requests", MAILING))
            bounds = sorted(text for text in said if text != partition) or ["", "~"]
            last = bounds[-1] if len(bounds) > 1 else f"{bounds[0]}~"  # begins with it
            found = [json.dumps(item) for item in self.tables.entries(partition, bounds[0], last)]
        return f'{{"Items":[{",".join(found)}],"Count":{len(found)},"ScannedCount":{len(found)}}}'.encode()

    def _ses(self, what: str, request: bytes) -> dict[str, Any]:
        match what:
            case "account":
                self.counts["SES GetAccount"] += 1
                quota = {"MaxSendRate": self.granted, "Max24HourSend": -1, "SentLast24Hours": 0}
                return {"SendQuota": quota, "SendingEnabled": True}
            case "outbound-emails":
                self.counts["SES SendEmail"] += 1
                return {"MessageId": MESSAGE_ID}
            case "outbound-bulk-emails":
                self.counts["SES SendBulkEmail"] += 1
                recipients = len(json.loads(request)["BulkEmailEntries"])
                self.counts["recipients"] += recipients
                result = {"Status": "SUCCESS", "MessageId": MESSAGE_ID}
                return {"BulkEmailEntryResults": [result] * recipients}
        raise UnknownCallError(what)

    def _taken(self, what: str) -> Any:  # noqa: ANN401  # whatever JSON takes
        if what == "counts":
            counted = self.counts + self.tables.counts
            self.counts.clear()
            self.tables.counts.clear()
            return counted
        orders, self.queue = self.queue, []
        return orders


class Connection(StreamRequestHandler):
    """One connection that stays open."""

    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        """Answer until the other side has gone."""
        answerer: Answerer = self.server.answerer  # type: ignore[attr-defined]  # see `serve`
        while line := self.rfile.readline().decode():
            method, path, _ = line.split(" ", 2)
            headers = self._headers()
            request = self.rfile.read(int(headers.get("content-length", 0)))
            try:
                status = "200 OK"
                body = answerer.answer(method, path, headers.get("x-amz-target", ""), request)
            except ConditionFailedError:
                status, body = "400 Bad Request", CONDITION_FAILED
            except Exception as error:  # noqa: BLE001  # told to the caller, who would try a silent one again
                status, body = "400 Bad Request", json.dumps(_not_understood(error)).encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nx-amz-crc32: {crc32(body)}\r\n"
            self.wfile.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            self.wfile.flush()

    def _headers(self) -> dict[str, str]:
        found = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            found[name.lower()] = value.strip()
        return found


def _not_understood(error: Exception) -> dict[str, str]:
    """What no client repeats, unlike a connection that breaks off."""
    kind = "com.amazon.coral.validate#ValidationException"
    return {"__type": kind, "message": f"the stand-in can't answer: {error!r}"}


class Server(ThreadingTCPServer):
    """Many connections, none of which outlives the process."""

    daemon_threads = True


@contextmanager
def answering(members: int, granted: float, body: Path) -> Iterator[str]:
    """An answerer with a mailing to so many readers; gives its address."""
    command = [sys.executable, "-m", "bench.answering", str(members), str(granted), str(body)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            port = int(child.stdout.readline()) if child.stdout else 0
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()


def taken(address: str, what: str) -> Any:  # noqa: ANN401  # whatever JSON gives
    """What an answerer counted since it was last asked, or the orders in its queue."""
    with urlopen(f"{address}/bench/{what}") as answer:  # noqa: S310  # our own server
        return json.load(answer)


def serve(members: int, granted: float, body: bytes) -> None:
    """Answer until the process is ended."""
    with Server(("127.0.0.1", 0), Connection) as server:
        digest = letter_digest(Body(**json.loads(body)).digest, the_newsletter())
        tables = tables_of(members, PACE_SHARE * granted, digest)
        server.answerer = Answerer(tables, granted, body)  # type: ignore[attr-defined]  # its handlers'
        print(server.server_address[1], flush=True)  # noqa: T201  # how the bench learns the port
        server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]).read_bytes())

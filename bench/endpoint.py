"""The AWS endpoint of measured processes. It runs in the process that measures, so its CPU is not counted.

DynamoDB and S3 are MiniStack's, in memory, with the template's tables and buckets under their logical ids in
lower case. The other services always answer that all is well.
"""

import asyncio
import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import md5, sha256
from importlib import import_module
from math import ceil
from threading import Lock, Thread
from zlib import crc32

from werkzeug.wrappers import Request, Response

from bench.measuring import Json
from bench.template import of_type
from local.server import serve

Operations = Mapping[str, Callable[[Json], Json]]
SERVICES = {"AmazonSQS": "SQS", "TrentService": "KMS", "secretsmanager": "SecretsManager"}
PATHS = {
    "/bench/": "bench",
    "/v2/email/account": "SES GetAccount",
    "/v2/email/outbound-emails": "SES SendEmail",
    "/v2/email/outbound-bulk-emails": "SES SendBulkEmail",
    "/schedules/": "Scheduler CreateSchedule",
}
KEY = b"\x17" * 32  # every data key
MESSAGE_ID = "0102018f0000000a-00000000-0000-0000-0000-000000000000-000000"
READS, READ_UNIT_BYTES = {"GetItem", "Query"}, 4096  # Source: DynamoDB developer guide, strongly consistent


class LocalAWS:
    """Answers calls and counts them by operation; `operations` take the place of its own answers.

    `counts` also has DynamoDB's request units and the recipients of bulk mail, in lower case. `messages`
    are those sent to any queue. `per_second` is the rate that SES grants.
    """

    def __init__(self, operations: Operations, per_second: float) -> None:
        self.counts, self.messages, self.lock = Counter[str](), list[Json](), Lock()
        quota = {"MaxSendRate": per_second, "Max24HourSend": -1, "SentLast24Hours": 0}
        self.operations: Operations = {
            "KMS Decrypt": lambda _: {"Plaintext": base64_of(KEY)},
            "KMS Encrypt": lambda _: {"CiphertextBlob": base64_of(b"sealed" * 80), "KeyId": "key"},
            "KMS GenerateMac": lambda asked: {"Mac": base64_of(sha256(b64decode(asked["Message"])).digest())},
            "SecretsManager GetSecretValue": lambda _: {"SecretString": "what-only-the-cdn-knows"},
            "Scheduler CreateSchedule": lambda _: {"ScheduleArn": "arn:aws:scheduler:::schedule/all/bench"},
            "SES GetAccount": lambda _: {"SendQuota": quota, "SendingEnabled": True},
            "SES SendEmail": lambda _: {"MessageId": MESSAGE_ID},
            "SES SendBulkEmail": lambda asked: self._send(len(asked["BulkEmailEntries"])),
            "SQS SendMessage": self._enqueue,
            "SQS SendMessageBatch": lambda asked: {"Successful": list(map(self._enqueue, asked["Entries"]))},
            **operations,
        }
        # Not imported above: processes whose memory is measured import this module, too.
        self.engine = {name: import_module(f"ministack.services.{name}") for name in ("dynamodb", "s3")}
        for service in self.engine.values():
            service.reset()
        for name, given in of_type("AWS::DynamoDB::Table").items():
            table = {"TableName": name.lower(), "BillingMode": "PAY_PER_REQUEST"}
            table |= {key: given[key] for key in ("AttributeDefinitions", "KeySchema")}
            self._dynamodb("CreateTable", table)
        for name in of_type("AWS::S3::Bucket"):
            self._ask("s3", "PUT", f"/{name.lower()}", {}, b"", {})
        for key_id in (f"{purpose}-{datetime.now(UTC).year}" for purpose in ("address", "link")):
            item = {"key_id": {"S": key_id}, "wrapped": {"B": base64_of(b"wrapped" * 26)}}
            self._dynamodb("PutItem", {"TableName": "keystable", "Item": item})

    def answer(self, request: Request) -> Response:
        """Answer one call. An unknown operation is an error that the client does not retry."""
        with self.lock:
            operation, body = operation_of(request), request.get_data()
            if operation == "bench":
                return Response(json.dumps(self._take(request.path)))
            self.counts[operation] += 1
            if operation.startswith("S3 "):
                headers = {name.lower(): value for name, value in request.headers.items()}
                query = request.args.to_dict(flat=False)
                status, given, content = self._ask("s3", request.method, request.path, headers, body, query)
                return Response(content, status, given)
            status, answer = self.answer_json(operation, json.loads(body or b"{}"))
        content = json.dumps(answer).encode()
        checksum = {"x-amz-crc32": str(crc32(content))}
        return Response(content, status, checksum, content_type="application/json")

    def _take(self, path: str) -> Json:
        name = path.removeprefix("/bench/")
        taken = getattr(self, name)
        setattr(self, name, type(taken)())
        return taken

    def answer_json(self, operation: str, request: Json) -> tuple[int, Json]:
        """The status and the answer of an operation with JSON; DynamoDB's request units are counted."""
        service, _, name = operation.partition(" ")
        status, answer = 200, self.operations.get(operation, lambda _: None)(request)
        if answer is None and service == "DynamoDB":
            status, answer = self._dynamodb(name, request)
        if answer is None:
            return 400, {"__type": "ValidationException", "message": f"no answer to {operation}"}
        if service == "DynamoDB":
            consumed = answer.pop("ConsumedCapacity", {"CapacityUnits": 1})
            parts = consumed if isinstance(consumed, list) else [consumed]
            kind = "read units" if name in READS else "write units"
            self.counts[kind] += ceil(sum(part["CapacityUnits"] for part in parts))
        return status, answer

    def _dynamodb(self, operation: str, request: Json) -> tuple[int, Json]:
        """The status and the answer, with the request units that DynamoDB would charge."""
        body = json.dumps({**request, "ReturnConsumedCapacity": "TOTAL"}).encode()
        headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        status, _, content = self._ask("dynamodb", "POST", "/", headers, body, {})
        answer = json.loads(content)
        if operation in READS:  # MiniStack's number does not depend on the size
            items = answer.get("Items", [answer.get("Item", {})])
            size = sum(map(self.engine["dynamodb"]._item_size_bytes, items))  # noqa: SLF001  # it is pinned
            answer["ConsumedCapacity"] = {"CapacityUnits": read_units(size)}
        return status, answer

    def _ask(self, service: str, *request: Json) -> Json:
        return asyncio.run(self.engine[service].handle_request(*request))

    def _send(self, recipients: int) -> Json:
        self.counts["recipients"] += recipients
        return {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": MESSAGE_ID}] * recipients}

    def _enqueue(self, message: Json) -> Json:
        self.messages.append(message)
        digest = md5(message["MessageBody"].encode(), usedforsecurity=False).hexdigest()
        return {"Id": message.get("Id"), "MessageId": MESSAGE_ID, "MD5OfMessageBody": digest}


def operation_of(request: Request) -> str:
    """The service and the operation of a call, as `DynamoDB GetItem`."""
    service, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if operation:
        return f"{SERVICES.get(service, 'DynamoDB')} {operation}"
    if "list-type" in request.args:
        return "S3 ListObjects"
    known = (name for path, name in PATHS.items() if request.path.startswith(path))
    return next(known, f"S3 {request.method.title()}Object")


def read_units(size_bytes: int) -> int:
    """What DynamoDB charges for a read."""
    return max(1, ceil(size_bytes / READ_UNIT_BYTES))


def base64_of(content: bytes) -> str:
    """The content in base64, as JSON carries bytes."""
    return b64encode(content).decode()


@contextmanager
def answering(operations: Operations | None = None, per_second: float = 200) -> Iterator[str]:
    """The address of an endpoint; MiniStack's state is one for this process, so one endpoint at a time."""
    with serve(Request.application(LocalAWS(operations or {}, per_second).answer), 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

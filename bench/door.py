"""What a sign-up costs at the door: CPU and calls of a warm `subscribe`, against a local answerer.

`python -m bench.door serve` answers and prints its port; `python -m bench.door <address> door|floor` lets the
function take sign-ups, or boto3 make the same three calls, and prints CPU seconds for one, and the calls.
"""

import json
import os
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen, check_output
from typing import Any

from bench import answering
from bench.delivery import YARDSTICK, single_cpu, slowness
from bench.environment import environment_of
from bench.measuring import ROOT, Section, kept

SIGN_UPS, WARM_AFTER = 400, 20
MOST_SECONDS, MOST_CALLS = 0.002, 3
SALT = b64encode(b"\x17" * 32).decode()
SEALED = b64encode(b"sealed" * 80).decode()
MEANING = f"""\
A container of `subscribe` that has answered before takes {SIGN_UPS} sign-ups, one after the other: read the
form, count the network, seal the address, queue the order, answer. Beside it a program that makes the same
three calls by boto3 and does nothing else. All against a local answerer, whose CPU is not counted; no TLS.

Budget: {1000 * MOST_SECONDS:.0f} ms of CPU and {MOST_CALLS} calls of AWS for a sign-up.
{YARDSTICK}"""


class Answers:
    """A network's first sign-up of the day, again and again; `/bench/calls` counts the calls."""

    calls = 0

    def answer(self, _method: str, path: str, target: str, request: bytes) -> bytes:
        """The answer to one call."""
        if path == "/bench/calls":
            return str(self.calls).encode()
        self.calls += 1
        match target.partition(".")[2]:
            case "UpdateItem":
                return b'{"Attributes": {"number": {"N": "1"}}}'
            case "GetSecretValue":
                return b'{"SecretString": "what-only-the-cdn-knows"}'  # as in the sample events
            case "GetItem":
                return json.dumps({"Item": {"salt": {"B": SALT}}}).encode()
            case "Encrypt":
                return json.dumps({"CiphertextBlob": SEALED, "KeyId": "key"}).encode()
            case "SendMessage":
                body = json.loads(request)["MessageBody"].encode()
                digest = md5(body, usedforsecurity=False).hexdigest()
                return json.dumps({"MessageId": "message", "MD5OfMessageBody": digest}).encode()
        raise LookupError(target)


@contextmanager
def answerer() -> Iterator[str]:
    """The address of what answers a sign-up's calls, in a process of its own."""
    with Popen([sys.executable, "-m", "bench.door", "serve"], cwd=ROOT, stdout=PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline()) if process.stdout else 0}"
        finally:
            process.terminate()


def door(folder: Path, rounds: int) -> Section:
    """Measure `subscribe`; `folder` is an empty one for the yardstick's mail."""
    with answerer() as address:
        measured = [(_measured(address, "door"), _measured(address, "floor")) for _ in range(rounds)]
    seconds, floor = (median(pair[which][0] for pair in measured) for which in (0, 1))
    calls, single = max(pair[0][1] for pair in measured), single_cpu(folder, rounds)
    there = seconds / slowness(single)
    verdict = kept(there <= MOST_SECONDS and calls <= MOST_CALLS)
    rows = [
        ("`subscribe`, all that it does", _ms(seconds), f"{calls:g}", f"{_ms(there)} there: {verdict}"),
        ("three calls by boto3, nothing else", _ms(floor), "3", ""),
        ("one `SendEmail` of 46 kB by boto3", _ms(single / 1000), "1", ""),
    ]
    return Section("A sign-up at the door", MEANING, ("", "CPU for one", "calls of AWS", "budget"), rows)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


def _measured(address: str, what: str) -> tuple[float, float]:
    """CPU seconds and calls of one sign-up."""
    environment = {**environment_of("SubscribeFunction"), "AWS_ENDPOINT_URL": address}
    command = [sys.executable, "-m", "bench.door", address, what]
    said = check_output(command, cwd=ROOT, env=environment, text=True)
    seconds, calls = said.splitlines()[-1].split()
    return float(seconds), float(calls)


def take_sign_ups(address: str) -> tuple[float, float]:
    """Let the function take them; CPU seconds and calls for one."""
    from bench.worker import Context, _load  # noqa: PLC0415  # the answerer does without

    event: dict[str, Any] = json.loads((ROOT / "events" / "subscribe" / "form_post.json").read_text())
    handler, context = _load("subscribe").handler, Context()
    started, before = 0.0, 0
    for number in range(WARM_AFTER + SIGN_UPS):
        if number == WARM_AFTER:
            before = answering.taken(address, "calls")
            started = time.process_time()
        if handler(event, context)["statusCode"] != 303:  # noqa: PLR2004  # see other
            raise RuntimeError("a sign-up was not taken")
    seconds = time.process_time() - started
    return seconds / SIGN_UPS, (answering.taken(address, "calls") - before) / SIGN_UPS


def call_three_times(address: str) -> tuple[float, float]:
    """Make the calls of a sign-up by boto3, as plainly as they can be made; CPU seconds and calls for one."""
    import boto3  # noqa: PLC0415  # the answerer does without

    dynamodb, kms, sqs = (boto3.client(service) for service in ("dynamodb", "kms", "sqs"))
    order = json.dumps({"sealed": SEALED, "kind": "sign-up", "audiences": ["en"], "language": "en"})
    started = 0.0
    for number in range(WARM_AFTER + SIGN_UPS):
        if number == WARM_AFTER:
            started = time.process_time()
        dynamodb.update_item(
            TableName="limits",
            Key={"counter": {"S": f"network#{'0' * 64}"}},
            UpdateExpression="ADD #number :one SET expires_at = :end",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":one": {"N": "1"}, ":end": {"N": "1481587200"}},
            ReturnValues="UPDATED_NEW",
        )
        kms.encrypt(KeyId="key", Plaintext=b"\0" * 320, EncryptionContext={"purpose": "sign-up"})
        sqs.send_message(QueueUrl=f"{address}/123456789012/queue", MessageBody=order, DelaySeconds=0)
    return (time.process_time() - started) / SIGN_UPS, 3


def serve() -> None:
    """Answer until the process is ended."""
    with answering.Server(("127.0.0.1", 0), answering.Connection) as server:
        server.answerer = Answers()  # type: ignore[attr-defined]  # its handlers'
        print(server.server_address[1], flush=True)  # noqa: T201  # how the bench learns the port
        server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        own, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)  # what the function logs
        seconds, calls = {"door": take_sign_ups, "floor": call_three_times}[sys.argv[2]](sys.argv[1])
        os.write(own, f"{seconds} {calls}\n".encode())

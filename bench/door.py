"""What a sign-up costs at the door: CPU and calls of a warm `subscribe`, against a local answerer.

`python -m bench.door serve` answers and prints its port; `python -m bench.door <address>` lets the function
take sign-ups and prints CPU seconds for one, and the calls that it makes.
"""

import json
import os
import sys
import time
from base64 import b64encode
from hashlib import md5
from statistics import median
from subprocess import PIPE, Popen, check_output
from typing import Any

from bench import answering
from bench.measuring import ROOT, Section, kept
from bench.starting import environment_of

SIGN_UPS, WARM_AFTER = 400, 20
MOST_SECONDS, MOST_CALLS = 0.002, 3
SALT = b64encode(b"\x17" * 32).decode()
SEALED = b64encode(b"sealed" * 80).decode()
MEANING = f"""\
A container of `subscribe` that has answered before takes {SIGN_UPS} sign-ups, one after the other: read the
form, count the network, seal the address, queue the order, answer. All against a local answerer, whose CPU is
not counted; there is no TLS.

Budget: {1000 * MOST_SECONDS:.0f} ms of CPU and {MOST_CALLS} calls of AWS for a sign-up."""


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
                return b'{"SecretString": "the origin\'s"}'
            case "GetItem":
                return json.dumps({"Item": {"salt": {"B": SALT}}}).encode()
            case "Encrypt":
                return json.dumps({"CiphertextBlob": SEALED, "KeyId": "key"}).encode()
            case "SendMessage":
                body = json.loads(request)["MessageBody"].encode()
                digest = md5(body, usedforsecurity=False).hexdigest()
                return json.dumps({"MessageId": "message", "MD5OfMessageBody": digest}).encode()
        raise LookupError(target)


def door(rounds: int) -> Section:
    """Measure `subscribe`."""
    with Popen([sys.executable, "-m", "bench.door", "serve"], cwd=ROOT, stdout=PIPE, text=True) as answerer:
        try:
            port = int(answerer.stdout.readline()) if answerer.stdout else 0
            measured = [_measured(f"http://127.0.0.1:{port}") for _ in range(rounds)]
        finally:
            answerer.terminate()
    seconds, calls = median(cpu for cpu, _ in measured), max(calls for _, calls in measured)
    is_kept = seconds <= MOST_SECONDS and calls <= MOST_CALLS
    row = (f"{1000 * seconds:.2f} ms", f"{calls:g}", kept(is_kept))
    return Section("A sign-up at the door", MEANING, ("CPU for one", "calls of AWS", "budget"), [row])


def _measured(address: str) -> tuple[float, float]:
    """CPU seconds and calls of one sign-up."""
    environment = {**environment_of("SubscribeFunction"), "AWS_ENDPOINT_URL": address}
    said = check_output([sys.executable, "-m", "bench.door", address], cwd=ROOT, env=environment, text=True)
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
        seconds, calls = take_sign_ups(sys.argv[1])
        os.write(own, f"{seconds} {calls}\n".encode())

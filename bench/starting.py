"""How long a function takes from its process to its first answer, beside the least that could do its work.

The least is a program that imports boto3, makes the same clients, and calls each service once that the
function calls: which these are is found by watching the function start and answer. Both run in fresh
interpreters, with bytecode, by turns.
"""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.door import answerer
from bench.environment import environment_of
from bench.measuring import ROOT, CommandError, Section, cpu_seconds, kept, medians
from tests import template_rules as rules
from tests.from_template import the_template

CLOSE_TO_THE_FLOOR = {"subscribe", "process_signup", "deliver_chunk"}
MOST_TIMES, MOST_TIMES_ELSE = 1.3, 1.6
MEANING = """\
CPU time of a fresh interpreter until a function has given its first answer, bytecode being there: `subscribe`
to a sign-up, the other doors to a link that nobody signed, a queue's function to an order about somebody or
something that is not there, publishing to an empty batch. Calls go to a local answerer. The floor is a
program that imports boto3, makes the same clients, and calls each service once that the function calls.

Budget: 1.3 times the floor for what readers wait for and for mailing, 1.6 times for the others."""
COLUMNS = ("function", "clients", "floor, ms", "function, ms", "ratio", "budget")
ANSWER = """
import json, runpy, sys
class Context:
    function_name, memory_limit_in_mb = "broadsheet", 512
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:broadsheet"
    def get_remaining_time_in_millis(self): return 90_000
function = runpy.run_path(sys.argv[1])
answer = function["handler"](json.loads(sys.argv[2]), Context())
if sys.argv[3] != "null":
    assert answer["statusCode"] == int(sys.argv[3]), answer
"""
WATCH = """
import botocore.session
made, called, make = [], set(), botocore.session.Session.create_client
def watched(session, service, *arguments, **named):
    made.append(service)
    client = make(session, service, *arguments, **named)
    client.meta.events.register("before-send", lambda **_: called.add(service))
    return client
botocore.session.Session.create_client = watched
"""
TELL = "print(json.dumps([made, sorted(called)]))"
FLOOR = """
import boto3, json, sys
clients = {service: boto3.client(service) for service in json.loads(sys.argv[1])}
for service, (operation, parameters) in json.loads(sys.argv[2]).items():
    getattr(clients[service], operation)(**parameters)
"""
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/queue"
CALLS = {
    "dynamodb": ("get_item", {"TableName": "table", "Key": {"key": {"S": "value"}}}),
    "kms": ("encrypt", {"KeyId": "key", "Plaintext": "text"}),
    "sqs": ("send_message", {"QueueUrl": QUEUE, "MessageBody": "order"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "secret"}),
}
NOBODY_THERE = (  # fits every call of these answers; the secret is the sample events'
    b'{"Items": [], "Count": 0, "SecretString": "what-only-the-cdn-knows"}'
)
FIRST: dict[str, tuple[str, int | None]] = {  # a sample event, and the status that a door answers it with
    "subscribe": ("form_post", 303),
    "confirm_subscription": ("forged_link", 410),
    "manage_subscription": ("forged_link", 410),
    "unsubscribe": ("one_click_forged_link", 200),
    "process_signup": ("welcome", None),
    "deliver_chunk": ("one_chunk", None),
    "record_feedback": ("send", None),
    "start_mailing": ("due", None),
    "sweep": ("every_minute", None),
}


def starting(rounds: int) -> Section:
    """Measure the start of every function of the template."""
    rows = []
    with nobody() as usual, answerer() as of_sign_ups:
        for logical_id in sorted(rules.functions(the_template())):
            name = rules.snake(logical_id)
            rows.append(row(name, logical_id, rounds, of_sign_ups if name == "subscribe" else usual))
    return Section("The start of a function", MEANING, COLUMNS, rows)


def row(name: str, logical_id: str, rounds: int, address: str) -> tuple[str, ...]:
    """One function in figures; its calls go to this address."""
    environment = {**environment_of(logical_id), "AWS_ENDPOINT_URL": address}
    services, called = clients_of(name, environment)
    calls = json.dumps({service: CALLS[service] for service in called})
    answers = (sys.executable, "-c", ANSWER, app(name), *first_of(name))
    floor = (sys.executable, "-c", FLOOR, json.dumps(services), calls)
    measures = {
        "function": partial(cpu_seconds, answers, ROOT, environment),
        "floor": partial(cpu_seconds, floor, ROOT, environment),
    }
    seconds = medians(measures, rounds)
    ratio = seconds["function"] / seconds["floor"]
    most = MOST_TIMES if name in CLOSE_TO_THE_FLOOR else MOST_TIMES_ELSE
    clients = ", ".join(f"{count} {service}" for service, count in Counter(services).items())
    floor_ms, own_ms = (f"{1000 * seconds[key]:.0f}" for key in ("floor", "function"))
    return (
        f"`{name}`",
        clients,
        floor_ms,
        own_ms,
        f"{ratio:.2f}",
        f"{most}: {kept(ratio <= most)}",
    )


def clients_of(name: str, environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """The services that a function makes clients of until its first answer, and those that it calls.

    Two clients of one service are two.

    Raises:
        CommandError: the function did not answer.
    """
    command = [sys.executable, "-c", WATCH + ANSWER + TELL, str(app(name)), *first_of(name)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{name} did not answer:\n{done.stderr[-2000:]}")
    made, called = json.loads(done.stdout.splitlines()[-1])
    return made, called


def first_of(name: str) -> tuple[str, str]:
    """The first event of a function, and what a door answers to it; both as JSON."""
    case, status = FIRST.get(name, ("", None))
    if not case:
        return '{"Records": []}', json.dumps(status)
    event = (ROOT / "events" / name / f"{case}.json").read_text(encoding="utf-8")
    fresh = f'asked_at\\": {int(time.time())}'
    return event.replace('asked_at\\": 1481529600', fresh), json.dumps(status)


def app(name: str) -> Path:
    """The file of a function."""
    return ROOT / "functions" / name / "app.py"


class _Nobody(BaseHTTPRequestHandler):
    """Answers that there is nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # as the standard library looks for it
        """Whatever it is."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-length", str(len(NOBODY_THERE)))
        self.end_headers()
        self.wfile.write(NOBODY_THERE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def nobody() -> Iterator[str]:
    """The address of an answerer that knows nobody."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Nobody) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

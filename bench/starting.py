"""How long a function takes from its process to its first answer, beside the least that could do its work.

The least is a program that imports boto3 and the same powertools utilities, makes the same clients, and calls
each service once that the function calls: which these are is found by watching the function. Both run in
fresh interpreters, with bytecode, by turns.
"""

import json
import sys
import time
from base64 import b64encode
from collections import Counter
from functools import partial

from bench.answering import Operations, answering
from bench.importing import empty_list
from bench.mailing_data import KEY, KEY_ITEM
from bench.measuring import ROOT, cpu_seconds, medians, run
from bench.report import Figures, Row, kept
from bench.sign_up import first_of_the_day
from bench.template import environment_of, folder_of, functions

CLOSE_TO_THE_FLOOR = {"subscribe", "process_signup", "deliver_chunk"}
MOST_TIMES, MOST_TIMES_ELSE = 1.3, 1.6
ANSWER = """
import json, runpy, sys
from bench import CONTEXT
answer = runpy.run_path(sys.argv[1])["handler"](json.loads(sys.argv[2]), CONTEXT)
if sys.argv[3] != "0":
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
PRINT = """
utilities = [name for name in sys.modules if name.startswith("aws_lambda_powertools")]
print(json.dumps([made, sorted(called), utilities]))
"""
FLOOR = """
import boto3, importlib, json, sys
made, calls, utilities = map(json.loads, sys.argv[1:])
for name in utilities:
    importlib.import_module(name)
clients = {service: boto3.client(service) for service in made}
for service, (operation, parameters) in calls.items():
    getattr(clients[service], operation)(**parameters)
"""
CALLS = {
    "dynamodb": ("get_item", {"TableName": "table", "Key": {"key": {"S": "value"}}}),
    "kms": ("encrypt", {"KeyId": "key", "Plaintext": "text"}),
    "sqs": (
        "send_message",
        {"QueueUrl": "https://sqs.example.org/123456789012/queue", "MessageBody": "order"},
    ),
    "secretsmanager": ("get_secret_value", {"SecretId": "secret"}),
}
FIRST = {  # a sample event, and the status that an endpoint answers it with; 0 for other functions
    "subscribe": ("form_post", 303),
    "confirm_subscription": ("forged_link", 410),
    "manage_subscription": ("forged_link", 410),
    "unsubscribe": ("one_click_forged_link", 200),
    "process_signup": ("welcome", 0),
    "deliver_chunk": ("one_chunk", 0),
    "record_feedback": ("send", 0),
    "start_mailing": ("due", 0),
    "sweep": ("every_minute", 0),
}


def nobody() -> Operations:
    """Whoever is asked about is not there; the secret is the sample events'."""
    key = {"Plaintext": b64encode(KEY).decode(), "CiphertextBlob": KEY_ITEM["wrapped"]["B"]}
    return {"*": lambda _: {"Items": [], "Count": 0, "SecretString": "what-only-the-cdn-knows", **key}}


def nobody_but_keys() -> Operations:
    """The same for a list that has its keys, none of which was replaced."""
    return {**nobody(), "DynamoDB GetItem": empty_list()["DynamoDB GetItem"]}


def starting(rounds: int) -> list[Figures]:
    """Measure the start of every function of the template."""
    with answering(nobody) as usual, answering(first_of_the_day) as first, answering(nobody_but_keys) as keys:
        addresses = {"SubscribeFunction": first, "ResealListFunction": keys}
        rows = [row(f, 2 * rounds + 1, addresses.get(f, usual)) for f in sorted(functions())]
    return [Figures("The start of a function", rows)]


def row(function: str, rounds: int, address: str) -> Row:
    """One function in figures; its calls go to this address."""
    name, environment = folder_of(function), environment_of(function, address)
    made, called, utilities = watched(name, environment)
    calls = {service: CALLS[service] for service in called}
    floor = [sys.executable, "-c", FLOOR, *map(json.dumps, (made, calls, utilities))]
    commands = {"floor": floor, "function": answer_command(name)}
    cost = medians({n: partial(cpu_seconds, command, environment) for n, command in commands.items()}, rounds)
    ratio, most = (
        cost["function"] / cost["floor"],
        MOST_TIMES if name in CLOSE_TO_THE_FLOOR else MOST_TIMES_ELSE,
    )
    clients = ", ".join(f"{count} {service}" for service, count in Counter(made).items())
    in_ms = (f"{1000 * seconds:.0f}" for seconds in cost.values())
    return (f"`{name}`", clients, *in_ms, f"{ratio:.2f}", f"{most}: {kept(ratio <= most)}")


def watched(name: str, environment: dict[str, str]) -> tuple[list[str], list[str], list[str]]:
    """What a function makes and loads until its first answer: clients, services called, powertools' modules.

    Two clients of one service are two. Raises CommandError where the function does not answer.
    """
    made, called, utilities = json.loads(
        run(answer_command(name, WATCH, PRINT), environment)[0].splitlines()[-1]
    )
    return made, called, utilities


def answer_command(name: str, before: str = "", after: str = "") -> list[str]:
    """The command that has a function answer its first event."""
    event, status = '{"Records": []}', 0
    if name in FIRST:
        case, status = FIRST[name]
        event = (ROOT / "events" / name / f"{case}.json").read_text(encoding="utf-8")
        event = event.replace('asked_at\\": 1481529600', f'asked_at\\": {int(time.time())}')
    app = str(ROOT / "functions" / name / "app.py")
    return [sys.executable, "-c", before + ANSWER + after, app, event, str(status)]

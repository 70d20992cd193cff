"""CPU time of a function from its process to its first answer, beside the least that could do its work.

The floor of boto3 alone imports it, makes the same clients, and calls each service once that the function
calls; the floor imports the same powertools utilities, too. A first run of the function shows which these
are. All end without Python's clearing up, which a container in Lambda never does.
"""

import json
import sys
import time
from collections import Counter

from bench.endpoint import answering
from bench.measuring import ROOT, Figures, Row, kept, medians, run, taken
from bench.prices import calls
from bench.references import CALLS
from bench.subscribing import FIRST_OF_THE_DAY
from bench.template import environment_of, functions

TIGHT = {  # readers wait for them, or they mail
    *("subscribe", "confirm_subscription", "manage_subscription", "unsubscribe"),
    *("process_signup", "deliver_chunk"),
}
MOST_TIMES_TIGHT, MOST_TIMES = 1.2, 1.6
END = """
import os
sys.stdout.flush()
os._exit(0)
"""
ANSWER = """
import json, runpy, sys
from bench import CONTEXT
answer = runpy.run_path(sys.argv[1])["handler"](json.loads(sys.argv[2]), CONTEXT) or {}
assert answer.get("statusCode", 200) < 500 and not answer.get("batchItemFailures"), answer
"""
WATCH = """
import gc
gc.unfreeze()  # a function freezes what it has made
from botocore.client import BaseClient
clients = [each for each in gc.get_objects() if issubclass(type(each), BaseClient)]
utilities = [name for name in sys.modules if name.startswith("aws_lambda_powertools")]
print(json.dumps([[client.meta.service_model.service_name for client in clients], utilities]))
"""
FLOOR = f"""
import boto3, importlib, json, sys
made, calls, utilities = map(json.loads, sys.argv[1:])
for name in utilities:
    importlib.import_module(name)
clients = {{service: boto3.client(service) for service in made}}
for service, (operation, parameters) in calls.items():
    getattr(clients[service], operation)(**parameters)
{END}"""
EVENTS = {
    "confirm_subscription": "forged_link",
    "deliver_chunk": "one_chunk",
    "make_keys": "every_five_minutes",
    "manage_subscription": "forged_link",
    "process_signup": "welcome",
    "publish_issue": "old_version_expired",
    "record_feedback": "send",
    "reseal_list": "every_hour",
    "start_mailing": "due",
    "subscribe": "form_post",
    "sweep": "every_minute",
    "unsubscribe": "one_click_forged_link",
}


def starting(rounds: int) -> Figures:
    """Measure the start of every function of the template."""
    with answering(FIRST_OF_THE_DAY) as address:
        rows = [row(function, 2 * rounds + 1, address) for function in sorted(functions())]
    return Figures("The start of a function", rows)


def row(function: str, rounds: int, address: str) -> Row:
    """One function in figures."""
    environment, _ = environment_of(address, function), taken(address)
    name = functions()[function]["CodeUri"].rstrip("/").rpartition("/")[2]
    made, utilities = json.loads(run(answer_command(name, WATCH), environment)[0].splitlines()[-1])
    called = {operation.split()[0].lower() for operation in calls(taken(address))}
    calling = {service: CALLS[service] for service in called}
    commands = {
        "boto3": [sys.executable, "-c", FLOOR, *map(json.dumps, (made, calling, []))],
        "floor": [sys.executable, "-c", FLOOR, *map(json.dumps, (made, calling, utilities))],
        "function": answer_command(name),
    }
    cost = medians({n: lambda c=command: run(c, environment)[1] for n, command in commands.items()}, rounds)
    ratio, most = cost["function"] / cost["floor"], MOST_TIMES_TIGHT if name in TIGHT else MOST_TIMES
    clients = ", ".join(f"{count} {service}" for service, count in sorted(Counter(made).items()))
    in_ms = (f"{1000 * seconds:.0f}" for seconds in cost.values())
    of_boto3 = cost["function"] / cost["boto3"]
    ratios = f"{of_boto3:.2f}", f"{ratio:.2f}"
    return (f"`{name}`", clients, *in_ms, *ratios, f"{most}: {kept(ratio <= most)}")


def answer_command(name: str, after: str = "") -> list[str]:
    """The command that has a function answer a sample event, and then runs other code."""
    event = (ROOT / "events" / name / f"{EVENTS[name]}.json").read_text(encoding="utf-8")
    event = event.replace('asked_at\\": 1481529600', f'asked_at\\": {int(time.time())}')
    return [sys.executable, "-c", ANSWER + after + END, str(ROOT / "functions" / name / "app.py"), event]

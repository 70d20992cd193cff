"""How long a function takes to be ready, beside the least that could do its work.

The least is a program that imports boto3 and makes the same clients: which these are is found by watching the
function start. Both run in fresh interpreters, with bytecode, by turns.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from bench.measuring import ROOT, CommandError, Section, cpu_seconds, kept, medians
from tests import template_rules as rules
from tests.from_template import ENVIRONMENT, the_template

CLOSE_TO_THE_FLOOR = {"subscribe", "process_signup", "deliver_chunk"}
MOST_TIMES, MOST_TIMES_ELSE = 1.3, 1.6
MEANING = """\
CPU time of a fresh interpreter until a function could take its first event, bytecode being there; the floor
is a program that imports boto3 and makes the same clients.

Budget: 1.3 times the floor for what readers wait for and for mailing, 1.6 times for the others."""
COLUMNS = ("function", "clients", "floor, ms", "function, ms", "ratio", "budget")
START = "import runpy, sys; runpy.run_path(sys.argv[1])"
FLOOR = "import boto3, sys\nfor service in sys.argv[1:]:\n    boto3.client(service)"
WATCHED = """
import json, runpy, sys
import botocore.session
made, make = [], botocore.session.Session.create_client
def watched(session, service, *arguments, **named):
    made.append(service)
    return make(session, service, *arguments, **named)
botocore.session.Session.create_client = watched
runpy.run_path(sys.argv[1])
print(json.dumps(made))
"""


def starting(rounds: int) -> Section:
    """Measure the start of every function of the template."""
    rows = [
        row(rules.snake(logical_id), logical_id, rounds)
        for logical_id in sorted(rules.functions(the_template()))
    ]
    return Section("The start of a function", MEANING, COLUMNS, rows)


def row(name: str, logical_id: str, rounds: int) -> tuple[str, ...]:
    """One function in figures."""
    environment = environment_of(logical_id)
    services = clients_of(name, environment)
    measures = {
        "function": partial(cpu_seconds, (sys.executable, "-c", START, app(name)), ROOT, environment),
        "floor": partial(cpu_seconds, (sys.executable, "-c", FLOOR, *services), ROOT, environment),
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


def clients_of(name: str, environment: dict[str, str]) -> list[str]:
    """The services that a function makes clients of while it starts; two clients of one are two.

    Raises:
        CommandError: the function did not start.
    """
    command = [sys.executable, "-c", WATCHED, str(app(name))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{name} did not start:\n{done.stderr[-2000:]}")
    made: list[str] = json.loads(done.stdout)
    return made


def environment_of(logical_id: str) -> dict[str, str]:
    """What the template gives a function, with invented values."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "core"))),
        **ENVIRONMENT,
        **rules.example_values(the_template(), logical_id),
    }


def app(name: str) -> Path:
    """The file of a function."""
    return ROOT / "functions" / name / "app.py"

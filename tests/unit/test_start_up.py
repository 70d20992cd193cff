"""A function loads what its use case needs, and nothing else: each is imported in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from infrastructure.build import ROOT
from tests import template_rules as rules
from tests.from_template import ENVIRONMENT, the_template

COSTLY = {  # ms to import after boto3, with bytecode, measured 2026-11: 37, 25, 18, 9; the others 1-2
    *("jinja2", "email_validator", "yaml", "cryptography"),
    *("can_ada", "itsdangerous", "nh3", "pyromark"),
    *(
        "aws_lambda_powertools",
        "aws_lambda_powertools.utilities.batch",
        "aws_lambda_powertools.event_handler",
    ),
    *("aws_lambda_powertools.utilities.parser", "pydantic", "aws_xray_sdk"),
    *("PIL", "rich", "click"),  # pictures are opened when there are any; the others are for a terminal
}
LOGGER, BATCH = "aws_lambda_powertools", "aws_lambda_powertools.utilities.batch"
NEEDED: dict[str, set[str]] = {
    "subscribe": {"email_validator", LOGGER},
    "process_signup": {"itsdangerous", "cryptography", LOGGER, BATCH},
    "confirm_subscription": {"jinja2", "itsdangerous", LOGGER},
    "unsubscribe": {"jinja2", "itsdangerous", LOGGER},
    "manage_subscription": {"jinja2", "itsdangerous", LOGGER},
    "publish_issue": {"pyromark", "nh3", "can_ada", LOGGER, BATCH},
    "start_mailing": {LOGGER},
    "deliver_chunk": {"itsdangerous", "cryptography", LOGGER, BATCH},
    "record_feedback": {LOGGER, BATCH},
    "sweep": {LOGGER},
    "make_keys": {LOGGER},
    "reseal_list": {"cryptography", LOGGER},
}
START = """
import boto3  # which every function needs, so that it is imported once for all of them
import gc, json, os, runpy, sys
connected = []
sys.addaudithook(lambda event, _: connected.append(event) if event == "socket.connect" else None)
for app, variables in json.load(sys.stdin):
    if not os.fork():
        os.environ.update(variables)
        runpy.run_path(app)
        assert not connected, connected
        assert gc.isenabled() and gc.get_freeze_count() > 50_000, gc.get_freeze_count()
        print(json.dumps([app, sorted(sys.modules)]), flush=True)
        break
    os.wait()
"""
APPS = {
    function: str(ROOT / "functions" / rules.snake(function) / "app.py")
    for function in sorted(rules.functions(the_template()))
}


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """The modules that are there once a function could take its first event, by its file."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "core"))),
        **ENVIRONMENT,
    }
    given = [(app, rules.example_values(the_template(), function)) for function, app in APPS.items()]
    done = subprocess.run(
        [sys.executable, "-c", START],
        input=json.dumps(given),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {app: set(modules) for app, modules in map(json.loads, done.stdout.splitlines())}


FOR_MISTAKES = {"broadsheet.newsletter_file", "broadsheet.toml_lines", "difflib"}


@pytest.mark.parametrize("function", sorted(set(APPS) - {"PublishIssueFunction"}))
def test_only_what_checks_the_desk_s_copy_loads_what_finds_mistakes_in_a_newsletter_file(
    function: str, loaded: dict[str, set[str]]
) -> None:
    assert loaded[APPS[function]] & FOR_MISTAKES == set()


@pytest.mark.parametrize("function", APPS)
def test_a_function_loads_what_its_use_case_needs_and_makes_no_call(
    function: str, loaded: dict[str, set[str]]
) -> None:
    assert loaded[APPS[function]] & COSTLY == NEEDED[rules.snake(function)]

"""A function loads what its use case needs, and nothing else: each is imported in a fresh interpreter."""

import json
import os
import subprocess
import sys
from functools import cache

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
    "manage_subscription": {"jinja2", "itsdangerous", "email_validator", LOGGER},
    "publish_issue": {"pyromark", "nh3", "can_ada", LOGGER, BATCH},
    "start_mailing": {LOGGER},
    "deliver_chunk": {"itsdangerous", "cryptography", LOGGER, BATCH},
    "record_feedback": {"email_validator", LOGGER, BATCH},
    "sweep": {LOGGER},
    "make_keys": {LOGGER},
    "reseal_list": {"cryptography", LOGGER},
}
START = """
import json, runpy, sys
connected = []
sys.addaudithook(lambda event, _: connected.append(event) if event == "socket.connect" else None)
runpy.run_path(sys.argv[1])
assert not connected, connected
print(json.dumps(sorted(sys.modules)))
"""


@cache
def loaded_by(function: str) -> set[str]:
    """The modules that are there once the function could take its first event."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "core"))),
        **ENVIRONMENT,
        **rules.example_values(the_template(), function),
    }
    done = subprocess.run(
        [sys.executable, "-c", START, str(ROOT / "functions" / rules.snake(function) / "app.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return set(json.loads(done.stdout))


FOR_MISTAKES = {"broadsheet.newsletter_file", "broadsheet.toml_lines", "difflib"}


@pytest.mark.parametrize("function", sorted(set(rules.functions(the_template())) - {"PublishIssueFunction"}))
def test_only_what_checks_the_desk_s_copy_loads_what_finds_mistakes_in_a_newsletter_file(
    function: str,
) -> None:
    assert loaded_by(function) & FOR_MISTAKES == set()


@pytest.mark.parametrize("function", sorted(rules.functions(the_template())))
def test_a_function_loads_what_its_use_case_needs_and_makes_no_call(function: str) -> None:
    assert loaded_by(function) & COSTLY == NEEDED[rules.snake(function)]

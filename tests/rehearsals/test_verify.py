"""A rehearsal of `broadsheet verify`: with a healthy system, with a broken one, and killed after each step.

What is real here: the command as an operator types it, pages and forms by the CDN's stand-in, the emulator's
events, and what is in buckets and tables afterwards. What is not: that two hours pass, after which the sweep
deletes what is left (tests/integration/test_sweep_function.py). The template's expiry rules are checked, too.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from broadsheet.probes import DRAFTS
from cli.chosen_stack import StackOptions
from cli.verifying import probe
from infrastructure.build import ROOT
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for
from tests.from_template import the_template
from tests.members import table
from tests.template_rules import of_type

TABLES = [name for name, _ in of_type(the_template(), "AWS::DynamoDB::Table")]
A_DAY = 86_400
STEPS = 8


@pytest.fixture(scope="module", autouse=True)
def keys(system: LocalSystem) -> None:
    """This year's keys are made by the first sign-up of all."""
    assert verify(system).returncode == 0


def verify(system: LocalSystem, *, patience: int = 30) -> subprocess.CompletedProcess[str]:
    """The command as an operator types it."""
    return subprocess.run(
        [
            *(Path(sys.executable).with_name("broadsheet"), "verify", "--local", "--patience", str(patience)),
            *("--state", system.state, "--engine-port", str(system.engine_port)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def results(done: subprocess.CompletedProcess[str]) -> dict[str, bool]:
    """Whether each step held, by its name."""
    cells = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines() if "│" in line]
    return {row[1]: row[2].startswith("ok") for row in cells if row[2].startswith(("ok", "FAILED"))}


def objects(system: LocalSystem) -> set[tuple[str, str]]:
    """All current objects of both buckets."""
    pages = {
        name: system.stack.s3.get_paginator("list_objects_v2").paginate(Bucket=system.stack.physical(name))
        for name in ("DeskBucket", "SiteBucket")
    }
    return {
        (name, entry["Key"]) for name in pages for page in pages[name] for entry in page.get("Contents", [])
    }


def lasting(system: LocalSystem) -> dict[str, list[dict[str, Any]]]:
    """The items of each table that do not go by themselves soon enough."""
    found = {}
    for name in TABLES:
        soon = time.time() + A_DAY
        items = table(system, name).scan(ConsistentRead=True)["Items"]
        kept = [item for item in items if int(item.get("expires_at", soon + 1)) > soon]
        found[name] = sorted(kept, key=repr)
    return found


def test_a_healthy_system_passes_and_nothing_of_it_is_left(system: LocalSystem) -> None:
    before, kept = objects(system), lasting(system)

    done = verify(system)

    assert (done.returncode, len(results(done))) == (0, STEPS), done.stdout + done.stderr
    assert all(results(done).values()), done.stdout
    assert {pair for pair in objects(system) - before if not is_forgotten(*pair)} == set()
    assert {key.split("/")[0] for _, key in objects(system) - before} == {"reports"}
    assert lasting(system) == kept
    assert "@" not in done.stdout


@pytest.mark.parametrize("last", range(STEPS))
def test_killed_after_any_step_it_leaves_only_what_expires_within_a_day(
    system: LocalSystem, last: int
) -> None:
    before, kept = objects(system), lasting(system)
    port = urlsplit(system.engine.endpoint).port
    one = probe(StackOptions(True, int(port or 0), system.state), patience=30)
    for step, _ in zip(one.steps(), range(last + 1), strict=False):
        step.run()

    left = objects(system) - before
    assert {pair for pair in left if not is_forgotten(*pair)} == set()
    wait_for(lambda: lasting(system) == kept, "that nothing is left but what goes within a day")
    one.desk.remove(f"drafts/{DRAFTS}")  # as the sweep does within two hours
    wait_for(
        lambda: not {pair for pair in objects(system) - before if pair[0] == "SiteBucket"},
        "its preview to go",
    )
    one.desk.remove(f"reports/drafts/{DRAFTS}")  # with those of others, if any came late
    assert objects(system) - before == set()


def is_forgotten(bucket: str, key: str) -> bool:
    """Whether a rule of the template has the object expire within a day."""
    properties = the_template()["Resources"][bucket]["Properties"]
    rules = properties["LifecycleConfiguration"]["Rules"]
    return any(rule.get("ExpirationInDays") == 1 and key.startswith(rule["Prefix"]) for rule in rules)


@contextmanager
def disabled(system: LocalSystem, mapping: str) -> Iterator[None]:
    """A mapping brings no work."""
    functions, uuid = system.stack.client("lambda"), system.stack.physical(mapping)
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=uuid, Enabled=True)


@contextmanager
def stopped(system: LocalSystem, function: str) -> Iterator[None]:
    """A function can't be called."""
    functions, name = system.stack.client("lambda"), system.stack.physical(function)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        functions.delete_function_concurrency(FunctionName=name)


def failed(system: LocalSystem) -> tuple[list[str], str]:
    """The steps that failed, and what was said."""
    done = verify(system, patience=8)
    assert done.returncode == 1, done.stdout + done.stderr
    return [name for name, held in results(done).items() if not held], done.stdout


def test_events_that_are_not_recorded_are_named(system: LocalSystem) -> None:
    with disabled(system, "RecordFeedbackMapping"):
        steps, said = failed(system)

    assert steps == ["confirmation delivered"], said
    assert "RecordFeedbackFunction" in said


def test_a_desk_whose_function_is_off_is_named_and_catches_up(system: LocalSystem) -> None:
    before = objects(system)
    with disabled(system, "PublishIssueMapping"):
        steps, said = failed(system)

    assert steps == ["preview", "report"], said
    assert "PublishIssueFunction" in said
    wait_for(lambda: objects(system) == before, "the desk to be worked off")


@pytest.mark.parametrize(
    ("function", "names"),
    [
        ("SubscribeFunction", ["sign-up form", "confirmation delivered"]),
        ("UnsubscribeFunction", ["unsubscribing by a link"]),
    ],
)
def test_an_endpoint_that_answers_otherwise_is_named(
    system: LocalSystem, function: str, names: list[str]
) -> None:
    with stopped(system, function):
        steps, said = failed(system)

    assert (steps, function in said) == (names, True), said


def test_a_page_that_is_missing_is_named(system: LocalSystem) -> None:
    s3, site = system.stack.s3, system.stack.physical("SiteBucket")
    page = s3.get_object(Bucket=site, Key="be/index.html")
    content = page["Body"].read()
    s3.delete_object(Bucket=site, Key="be/index.html")
    try:
        steps, said = failed(system)
    finally:
        s3.put_object(Bucket=site, Key="be/index.html", Body=content, ContentType=page["ContentType"])

    assert steps == ["front pages"], said
    assert "/be/index.html answered 404" in said

"""`broadsheet verify`: uses a deployed stack once, without reading anyone's mail."""

import secrets
import time

import click
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.table import Table as Grid
from rich.text import Text

from broadsheet.aws.round_trips import DynamoDBRoundTripEvents
from cli.chosen_stack import StackOptions, stack_options
from cli.console import PrintableConsole
from cli.json_output import json_option, print_json
from cli.newsletter_file import own_newsletter
from cli.probing import Probe, ProbeObjects, ProbeStep, StepFailedError

TIMEOUT_SECONDS = 15.0
PATIENT = Config(user_agent="Broadsheet", retries={"mode": "standard", "total_max_attempts": 5})
console = PrintableConsole(highlight=False, soft_wrap=True)
progress = PrintableConsole(stderr=True)


@click.command()
@stack_options("VerifyPolicy")
@click.option(
    "--patience", default=180, type=click.IntRange(1, 3600), help="Number of seconds that a step may wait."
)
@json_option
def verify(*, stack: StackOptions, patience: int, as_json: bool) -> None:
    """Check that the stack does its work, without reading anyone's email.

    Uploads one draft, signs up one address of SES's mailbox simulator, and unsubscribes by a link that
    belongs to nobody. All of it is cleaned up at the end; what a killed run leaves behind, the sweep deletes
    within two hours.
    """
    results = [run(step) for step in probe(stack, patience).steps()]
    raise SystemExit(shown_as_json(results) if as_json else shown(results))


def probe(stack: StackOptions, patience: int) -> Probe:
    """A new probe of the stack; the sweep deletes what older probes have left.

    Raises:
        NoUsableStackError, ClientError, BotoCoreError: it can't be reached.
    """
    found = stack.reach("SiteAddress", "Desk", "Ledger")
    desk = ProbeObjects(found.client("s3", PATIENT), found.outputs["Desk"])
    pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS)
    recorded = DynamoDBRoundTripEvents(found.table("Ledger", PATIENT)).recorded
    return Probe(
        name=secrets.token_hex(16),
        site=found.outputs["SiteAddress"],
        newsletter=own_newsletter(),
        desk=desk,
        recorded=recorded,
        pool=pool,
        sleep=time.sleep,
        patience=patience,
        doctor=stack.command("doctor"),
    )


def shown_as_json(results: list[tuple[ProbeStep, bool, str, float]]) -> int:
    """Print the results as JSON; returns the exit code."""
    steps = [
        {
            "step": step.name,
            "passed": passed,
            "found": words,
            "seconds": round(seconds, 1),
            "look_at": step.look_at,
        }
        for step, passed, words, seconds in results
    ]
    is_well = all(passed for _, passed, _, _ in results)
    print_json({"passed": is_well, "steps": steps})
    return 0 if is_well else 1


def run(step: ProbeStep) -> tuple[ProbeStep, bool, str, float]:
    """Run a step: whether it passed, the reason in a few words, and the seconds that it took."""
    began = time.monotonic()
    with progress.status(f"{step.name} …"):
        try:
            passed, words = True, step.run()
        except StepFailedError as error:
            passed, words = False, str(error)
        except ClientError as error:
            passed, words = False, f"{error.operation_name} was refused: {error.response['Error']['Code']}"
    return step, passed, words, time.monotonic() - began


def shown(results: list[tuple[ProbeStep, bool, str, float]]) -> int:
    """Print the results as a table, and where to look; returns the exit code."""
    grid = Grid("step", "result", "seconds")
    for step, passed, words, seconds in results:
        result = Text(f"ok: {words}") if passed else Text(f"FAILED: {words}", style="red")
        grid.add_row(step.name, result, f"{seconds:.1f}")
    console.print(grid)
    for step, passed, _, _ in results:
        if not passed:
            console.print(f"{step.name}: look at {step.look_at}.")
    return 0 if all(passed for _, passed, _, _ in results) else 1

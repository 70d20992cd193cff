"""`broadsheet verify`: whether a deployed stack does what it is for, without reading anyone's mail."""

import secrets
import time
from typing import Any

import click
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.table import Table as Grid
from rich.text import Text

from broadsheet.aws.round_trips import DynamoDBRoundTripEvents
from cli.console import PrintableConsole
from cli.deployed_list import plain_errors
from cli.newsletter_file import own_newsletter
from cli.own_stack import StackOptions, stack_options
from cli.probing import Probe, ProbeStep, StepFailedError

ANSWERED_WITHIN_SECONDS = 15.0
PATIENT = Config(user_agent="Broadsheet", retries={"mode": "standard", "total_max_attempts": 5})
console = PrintableConsole(highlight=False, soft_wrap=True)


class ProbeObjects:
    """The probe's objects in the desk's bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:  # noqa: ANN401  # boto3's client
        self._s3, self._bucket = s3, bucket

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes | None:
        """Read an object.

        S3 says 403 where nothing is, unless all of the bucket may be listed. Source: S3 API, GetObject.
        """
        try:
            content: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
                return None
            raise
        return content

    def remove(self, prefix: str) -> None:
        """Delete what begins with this."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for entry in [entry for page in pages for entry in page.get("Contents", [])]:
            self._s3.delete_object(Bucket=self._bucket, Key=entry["Key"])


@click.command()
@stack_options()
@click.option(
    "--patience", default=180, type=click.IntRange(1, 3600), help="How many seconds a step may wait."
)
def verify(*, stack: StackOptions, patience: int) -> None:
    """Look whether the stack does what it is for, without reading anyone's mail.

    Lays one draft, signs up one address of SES's mailbox simulator, and leaves by a link of nobody's. All of
    that is cleared away in the end; what a run leaves that is killed, the sweep deletes within two hours.
    """
    with plain_errors("VerifyPolicy"):
        raise SystemExit(shown([taken(step) for step in probe(stack, patience).steps()]))


def probe(stack: StackOptions, patience: int) -> Probe:
    """A new probe of the stack; the sweep deletes what older probes have left.

    Raises:
        StackMissingError, ClientError, BotoCoreError: it can't be reached.
    """
    found = stack.reach(
        "SiteAddress",
        "Desk",
        "Ledger",
        older="The deployed stack is older than this command: it lacks {lacks}.",
    )
    desk = ProbeObjects(found.client("s3", PATIENT), found.outputs["Desk"])
    pool = urllib3.PoolManager(retries=False, timeout=ANSWERED_WITHIN_SECONDS)
    said, site = DynamoDBRoundTripEvents(found.table("Ledger", PATIENT)).said, found.outputs["SiteAddress"]
    return Probe(secrets.token_hex(16), site, own_newsletter(), desk, said, pool, time.sleep, patience)


def taken(step: ProbeStep) -> tuple[ProbeStep, bool, str, float]:
    """A step, whether it held, in a few words why, and how many seconds it took."""
    began = time.monotonic()
    with console.status(f"{step.name} …"):
        try:
            held, words = True, step.run()
        except StepFailedError as error:
            held, words = False, str(error)
        except ClientError as error:
            held, words = False, f"{error.operation_name} was refused: {error.response['Error']['Code']}"
    return step, held, words, time.monotonic() - began


def shown(results: list[tuple[ProbeStep, bool, str, float]]) -> int:
    """Show the results as a table, and where to look; the exit code."""
    grid = Grid("step", "result", "seconds")
    for step, held, words, seconds in results:
        result = Text(f"ok: {words}") if held else Text(f"FAILED: {words}", style="red")
        grid.add_row(step.name, result, f"{seconds:.1f}")
    console.print(grid)
    for step, held, _, _ in results:
        if not held:
            console.print(f"{step.name}: look at {step.look_at}.")
    return 0 if all(held for _, held, _, _ in results) else 1

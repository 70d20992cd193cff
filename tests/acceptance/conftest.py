"""One local system for all stories, on free ports and with temporary state."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import pytest
import urllib3

from demo.reader import DemoReader, Inbox
from infrastructure.build import ROOT
from local.engine import REGION
from local.system import LocalSystem, free_port

HOLD_SECONDS = 5
REDIRECTS = ROOT / "tests" / "data" / "redirects.toml"
T = TypeVar("T")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    running = LocalSystem(tmp_path_factory.mktemp("system"), free_port(), free_port())
    try:
        running.start()
        running.deploy(hold_seconds=HOLD_SECONDS, with_trial=False, redirects_file=REDIRECTS)
        wait_for(lambda: is_up(running), "the empty site")
        yield running
        assert untracked(running) == []
    finally:
        running.stop()


@pytest.fixture
def inbox(system: LocalSystem) -> Inbox:
    return Inbox(system.address)


def untracked(system: LocalSystem) -> list[dict[str, str]]:
    """The mails whose bounces SES might report by a mail to the sender instead of an event."""
    return list(urllib3.request("GET", f"{system.address}/_local/ses/untracked", retries=False).json())


def is_up(system: LocalSystem) -> bool:
    return DemoReader("nobody@example.org", system.address).page("/en/index.html") is not None


def wait_for(probe: Callable[[], T], what: str, seconds: float = 40) -> T:
    """What `probe` gives once it gives something; the test fails if it never does."""
    deadline = monotonic() + seconds
    while not (found := probe()):
        assert monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        sleep(0.1)
    return found


def desk_put(system: LocalSystem, key: str, content: bytes | Path) -> None:
    body = content if isinstance(content, bytes) else content.read_bytes()
    system.stack.s3.put_object(Bucket=system.stack.physical("DeskBucket"), Key=key, Body=body)


def desk_get(system: LocalSystem, key: str) -> str | None:
    s3 = system.stack.s3
    try:
        return s3.get_object(Bucket=system.stack.physical("DeskBucket"), Key=key)["Body"].read().decode()
    except s3.exceptions.NoSuchKey:
        return None


def desk_delete(system: LocalSystem, key: str) -> None:
    system.stack.s3.delete_object(Bucket=system.stack.physical("DeskBucket"), Key=key)


def head_of(system: LocalSystem, mailing: str) -> dict[str, Any]:
    """A mailing's item in the ledger; empty if there is none."""
    key = {"mailing": {"S": "mailings"}, "entry": {"S": mailing}}
    table = system.stack.physical("LedgerTable")
    found = system.stack.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
    return dict(found.get("Item", {}))


def swept(system: LocalSystem, mailing: str) -> str:
    """The state of a mailing once the minute's sweep has carried out what publishing asked for."""
    functions = system.stack.client("lambda")
    answer = functions.invoke(FunctionName=system.stack.output("Sweep"), Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    return state_of(system, mailing)


def broadsheet(system: LocalSystem, *arguments: str) -> str:
    """What the command prints, for the stack that AWS's address in the environment leads to."""
    environment = {
        **os.environ,
        **system.client_environment,
        "AWS_REGION": REGION,
    }
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def state_of(system: LocalSystem, mailing: str) -> str:
    """The state of a mailing in the ledger; nothing if there is none."""
    return str(head_of(system, mailing).get("state", {}).get("S", ""))

"""A rehearsal of `broadsheet restore` on the local system: a lost list is restored without readers who left.

What is real here: the copy that the engine makes, transactions over three tables, and the mail that is sent
afterwards. What is not: that the copy is of an earlier time, for the engine can only copy the present state.
"""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from demo.reader import Inbox
from infrastructure.build import ROOT
from local.system import LocalSystem
from tests.acceptance.conftest import desk_put, swept, wait_for
from tests.members import plant

ISSUE = "2018-04-02"
TEXT = b"---\ntitle: A week that was found\nsummary: In a sentence.\nmail: yes\n---\nOne paragraph.\n"
STAYS, LEAVES = "restored-0@readers.test", "restored-1@readers.test"


def test_a_list_that_was_lost_comes_back_without_who_left_meanwhile(system: LocalSystem) -> None:
    inbox, dynamodb = Inbox(system.address), system.stack.client("dynamodb")
    plant(system, [STAYS, LEAVES], "en")
    copies = {table: f"{system.stack.name}-restored-{table}" for table in ("subscribers", "fingerprints")}
    at = datetime.now(UTC)
    for table, copy in copies.items():
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=system.stack.physical(f"{table.capitalize()}Table"), TargetTableName=copy
        )
    forgotten = broadsheet(system, "subscribers", "forget", "--yes", said=LEAVES)
    assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
    for table in copies:
        emptied(system, f"{table.capitalize()}Table")

    given = [f"--from-table={table}={copy}" for table, copy in copies.items()]
    restored = broadsheet(
        system, "restore", "subscribers", "fingerprints", "--at", at.isoformat(), *given, "--yes"
    )

    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "unsubscribed or erased since: left out" in restored.stdout
    assert "@" not in restored.stdout
    desk_put(system, f"issues/{ISSUE}/en.md", TEXT)
    wait_for(lambda: inbox.with_subject(STAYS, "A week that was found"), "the mail")
    wait_for(lambda: swept(system, f"{ISSUE}_en") == "done", "the end of the mailing", 150)
    assert inbox.with_subject(LEAVES, "A week that was found") == []


def emptied(system: LocalSystem, name: str) -> None:
    """Delete all items of a table, as by an accident."""
    dynamodb, table = system.stack.client("dynamodb"), system.stack.physical(name)
    names = [key["AttributeName"] for key in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={key: item[key] for key in names})


def broadsheet(system: LocalSystem, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """The command, on this local system; `said` is what it reads."""
    where = ["--local", f"--engine-port={urlsplit(system.engine.endpoint).port}", f"--state={system.state}"]
    return subprocess.run(
        [str(Path(sys.executable).with_name("broadsheet")), *arguments, *where],
        cwd=ROOT,
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )

"""docs/operators.md, command by command in its order, against a stack in the local engine.

What the guide names stands for something of the test's: a file, a recipient's key, the address of the site.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyrage
import pytest

from cli.build import ROOT
from cli.main import main
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, wait_for

GUIDE = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line]
OURS = [line for line in LINES if line.startswith(("make ", ".venv/bin/broadsheet "))]
NOT_OURS = ["git pull"]
ISSUE = "2016-12-05"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    running = LocalSystem(tmp_path_factory.mktemp("guide"), free_port(), free_port())
    try:
        running.start()
        yield running
    finally:
        running.stop()


def words(line: str, folder: Path, address: str) -> list[str]:
    """A line as it is run here."""
    given = shlex.split(line)
    stands_for = {
        "old-list.csv": str(folder / "old-list.csv"),
        "list.age": str(folder / "list.age"),
        "age1…": str(pyrage.x25519.Identity.generate().to_public()),
    }
    found = [stands_for.get(word, word) for word in given]
    if found[:2] == ["make", "deploy"]:
        parameters = next((word for word in found if word.startswith("PARAMETERS=")), "PARAMETERS=")
        return ["make", "deploy", f"{parameters} Origin={address} DeskDelaySeconds=1"]
    return found


def environment_of(system: LocalSystem) -> Mapping[str, str]:
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": system.engine.endpoint,
        "AWS_ENDPOINT_URL_SESV2": f"{system.address}/_local/ses",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "eu-central-1",
    }


def lay_an_issue(system: LocalSystem) -> None:
    """What an editor does before the commands about a mailing."""
    folder = ROOT / "content" / "issues" / ISSUE
    for file in (folder / "en.md", *(folder / "images").iterdir()):
        desk_put(system, f"issues/{ISSUE}/{file.relative_to(folder)}", file)


def is_held(system: LocalSystem) -> bool:
    ledger = system.stack.client("dynamodb")
    key = {"mailing": {"S": "mailings"}, "entry": {"S": f"{ISSUE}_en"}}
    return "Item" in ledger.get_item(TableName=system.stack.output("Ledger"), Key=key)


def test_every_command_of_the_guide_does_what_it_is_for(system: LocalSystem, tmp_path: Path) -> None:
    (tmp_path / "old-list.csv").write_text("email\nana@readers.test\nbahdan@readers.test\n", encoding="utf-8")
    done = 0
    for line in OURS:
        if "broadsheet status" in line:
            lay_an_issue(system)
            wait_for(lambda: is_held(system), "the held mailing")
        run = subprocess.run(
            words(line, tmp_path, system.address),
            cwd=ROOT,
            env=environment_of(system),
            input="yes\n" * 5,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert run.returncode == 0, f"{line}\n{run.stdout}\n{run.stderr}"
        done += 1
    assert done == len(OURS) > 20
    assert (tmp_path / "list.age").stat().st_size > 100


def test_every_command_that_the_guide_names_is_among_those_that_were_run() -> None:
    """But for `panic` and the like in running text, which stand in a block elsewhere in the guide."""
    run = {shlex.split(line)[1] for line in OURS if line.startswith(".venv")}
    named = set(re.findall(r"`broadsheet ([a-z]+)", GUIDE))
    assert named <= run <= set(main.commands)
    assert [line for line in LINES if line not in OURS] == NOT_OURS


def test_every_output_parameter_and_alarm_that_the_guide_names_is_in_the_template() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", GUIDE)) - {"ISSUED", "CNAME", "MX", "TXT"}
    assert {name for name in named if f"  {name}:" not in template} == set()
    alarms = set(re.findall(r"^  (\w+Alarm):", template, re.MULTILINE))
    assert {alarm for alarm in alarms if f"`{alarm}`" not in GUIDE} == set()

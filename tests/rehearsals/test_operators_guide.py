"""docs/operators.md, command by command in its order, against a stack in the local engine.

Placeholders of the guide are replaced by the test's values: a file, a recipient's key, the site's address.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import pyrage
import pytest

from cli.main import main
from infrastructure.build import ROOT
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, swept, wait_for
from tests.members import table

GUIDE = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line]
NEEDS_CERTIFICATE = (  # that ACM has issued
    'make deploy PARAMETERS="OtherDomainNames=www.example.org,blog.example.org CertificateArn=arn:…"'
)
OURS = [
    line
    for line in LINES
    if line.startswith(("make ", ".venv/bin/broadsheet ")) and line != NEEDS_CERTIFICATE
]
NOT_RUN_LINES = {"git pull", NEEDS_CERTIFICATE}
PROSE = re.sub(r"^```.*?^```$", "", GUIDE, flags=re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"`((?:make|(?:\.venv/bin/)?broadsheet)\s[^`]+)`")
IN_TEXT = {" ".join(code.split()) for code in COMMAND.findall(PROSE)}
NOT_RUN = {  # and why
    'make deploy PARAMETERS="DomainName=… CertificateArn=…"': "wants a certificate that ACM has issued",
    "make up": "tests/rehearsals/test_operators.py",
    "broadsheet build": "tests/unit/test_build_command.py",
}
ISSUE = "2016-12-05"
PATIENCE_SECONDS = 120
LOST_AT = "2026-11-29T10:15:00Z"
FROM = {
    "resume": "paused",
    "resend": "done",
    "cancel": "paused",
}  # the states in which they are for something
ASKS = "asks@readers.test"  # to show and to erase what is kept
PEOPLE = [f"reader-{number}@readers.test" for number in range(20)]
LIST = ("keys", "fingerprints", "subscribers")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    running = LocalSystem(tmp_path_factory.mktemp("guide"), free_port(), free_port())
    try:
        running.start()
        yield running
    finally:
        running.stop()


def words(line: str, folder: Path, system: LocalSystem) -> list[str]:
    """A line as it is run here."""
    given = shlex.split(line)
    stands_for = {
        "old-list.csv": str(folder / "old-list.csv"),
        "list.age": str(folder / "list.age"),
        "age1…": str(pyrage.x25519.Identity.generate().to_public()),
        LOST_AT: datetime.now(UTC).isoformat(timespec="seconds"),
    }
    found = [stands_for.get(word, word) for word in given]
    if found[:2] == ["make", "deploy"]:
        parameters = next((word for word in found if word.startswith("PARAMETERS=")), "PARAMETERS=")
        return ["make", "deploy", f"{parameters} Origin={system.address} DeskDelaySeconds=1"]
    if (
        found[1] == "doctor"
    ):  # DNS and the CDN's own name are on the internet, but for those of the local system
        return [*found, "--local", f"--state={system.state}", f"--engine-port={system.engine_port}"]
    if found[0].endswith("broadsheet") and asks(found):
        found.append("--yes")  # a person is asked; here is none
    if found[1] == "restore":
        return [*found, *(f"--from-table={table}={copy_of(table)}" for table in LIST)]
    return found


def asks(words: list[str]) -> bool:
    """Whether the command asks before it does something."""
    command: click.Command = main
    for word in words[1:]:
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), word) or command
    return any(parameter.name == "yes" for parameter in command.params)


def copy_of(table: str) -> str:
    return f"guide-{table}"


def make_copies(system: LocalSystem) -> None:
    """What DynamoDB does for `restore`; done beforehand, since the engine can only copy the present state."""
    for name in LIST:
        system.stack.client("dynamodb").restore_table_to_point_in_time(
            SourceTableName=system.stack.output(name.capitalize()), TargetTableName=copy_of(name)
        )


def environment_of(system: LocalSystem) -> Mapping[str, str]:
    return {
        **os.environ,
        **system.client_environment,
        "AWS_ENDPOINT_URL_SESV2": f"{system.address}/_local/ses",
        "AWS_REGION": "eu-central-1",
    }


def upload_an_issue(system: LocalSystem) -> None:
    """What an editor does before the commands about a mailing."""
    folder = ROOT / "content" / "issues" / ISSUE
    for file in (folder / "en.md", *(folder / "images").iterdir()):
        desk_put(system, f"issues/{ISSUE}/{file.relative_to(folder)}", file)


def plant(system: LocalSystem, state: str) -> None:
    """What an operator waits for, or is mailed about: the mailing as it is then."""
    system.stack.client("dynamodb").update_item(
        TableName=system.stack.output("Ledger"),
        Key={"mailing": {"S": "mailings"}, "entry": {"S": f"{ISSUE}_en"}},
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": state}},
    )


@contextmanager
def as_it_must_be(system: LocalSystem, line: str) -> Iterator[None]:
    """What others have done before this line, or do not do meanwhile."""
    command = line.split()[1]
    if command == "status":
        upload_an_issue(system)
        wait_for(lambda: swept(system, f"{ISSUE}_en"), "the held mailing", PATIENCE_SECONDS)
    if command in FROM:
        plant(system, FROM[command])
    if command == "restore":
        make_copies(system)
    if command != "pause":
        yield
        return
    functions, sweep = system.stack.client("lambda"), system.stack.physical("SweepFunction")
    functions.put_function_concurrency(FunctionName=sweep, ReservedConcurrentExecutions=0)
    try:
        plant(system, "sending")  # which the sweep would end, since all its readers are mailed
        yield
    finally:
        functions.delete_function_concurrency(FunctionName=sweep)


def run(line: str, folder: Path, system: LocalSystem) -> subprocess.CompletedProcess[str]:
    """A line of the guide, by itself."""
    return subprocess.run(
        words(line, folder, system),
        cwd=ROOT,
        env=environment_of(system),
        input=f"{ASKS}\n" if line.endswith((" find", " forget")) else "",
        capture_output=True,
        text=True,
        check=False,
        timeout=900,  # the first deployment sets up the SAM CLI
    )


def test_every_command_of_the_guide_does_what_it_is_for(system: LocalSystem, tmp_path: Path) -> None:
    (tmp_path / "old-list.csv").write_text("\n".join(["email", *PEOPLE, ASKS]), encoding="utf-8")
    done = []
    for line in OURS:
        with as_it_must_be(system, line):
            done.append((line, run(line, tmp_path, system)))

    failed = [f"{line}\n{one.stdout}\n{one.stderr}" for line, one in done if one.returncode]
    assert failed == [], "\n\n".join(failed)
    assert len(done) > 20
    said = {line: one.stdout for line, one in done}
    assert "the form on our old site" in said[".venv/bin/broadsheet subscribers find"]
    assert "Erased." in said[".venv/bin/broadsheet subscribers forget"]
    assert (
        "already there: left unchanged" in said[f".venv/bin/broadsheet restore list --at {LOST_AT} --dry-run"]
    )
    assert len(table(system, "FingerprintsTable").scan(ConsistentRead=True)["Items"]) >= len(PEOPLE)
    assert (tmp_path / "list.age").stat().st_size > 100


def test_every_command_in_running_text_is_run_or_has_a_reason_not_to_be() -> None:
    """A command that was run may have more arguments: `broadsheet status` also matches one with an issue."""
    lines = [line.removeprefix(".venv/bin/") + " " for line in OURS]
    named = {one.removeprefix(".venv/bin/") for one in IN_TEXT}
    assert {one for one in named if not any(line.startswith(f"{one} ") for line in lines)} == set(NOT_RUN)


def test_every_command_that_the_guide_names_is_among_those_that_were_run() -> None:
    """But for `panic` and the like in running text, which stand in a block elsewhere in the guide."""
    run = {shlex.split(line)[1] for line in OURS if line.startswith(".venv")}
    named = set(re.findall(r"`broadsheet ([a-z]+)", GUIDE))
    assert named - {"build"} <= run <= set(main.lazy)
    assert {line for line in LINES if line not in OURS} == NOT_RUN_LINES


def test_every_output_parameter_and_alarm_that_the_guide_names_is_in_the_template() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", GUIDE)) - {
        "ISSUED",
        "CNAME",
        "MX",
        "TXT",
        "PutBucketPolicy",
    }
    assert {name for name in named if not re.search(rf"  {name}:|Sid: {name}\b", template)} == set()
    alarms = set(re.findall(r"^  (\w+Alarm):", template, re.MULTILINE))
    assert {alarm for alarm in alarms if f"`{alarm}`" not in GUIDE} == set()

"""`broadsheet restore` on what the template describes, by the command line, with the rights of its policy."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests import template_rules as rules
from tests.builders import ADDRESS
from tests.integration.roles import TRANSACTED
from tests.integration.world import World
from tests.policies import ACCOUNT, REGION, Question, arn, may, operators_policy

OUTPUTS = ("Subscribers", "Fingerprints", "Limits", "Keys", "Register", "Ledger")
COPY = re.compile(r"broadsheet-restored-\w+-\d{8}T\d{6}Z")


class Account:
    """What of AWS moto does not show: the stack's outputs, and from when on a table can be restored."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self.outputs = outputs
        self.first = datetime(2016, 1, 1, tzinfo=UTC)
        self.last = datetime.now(UTC) + timedelta(minutes=1)
        self.keeps_backups = True

    def stacks(self, **_: Any) -> tuple[Any, dict[str, Any]]:
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return SimpleNamespace(status_code=200), {"Stacks": [{"Outputs": outputs}]}

    def backups(self, **_: Any) -> tuple[Any, dict[str, Any]]:
        span: dict[str, Any] = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "EarliestRestorableDateTime": self.first,
            "LatestRestorableDateTime": self.last,
        }
        if not self.keeps_backups:
            span = {"PointInTimeRecoveryStatus": "DISABLED"}
        described = {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": span}}
        return SimpleNamespace(status_code=200), described


@pytest.fixture
def account(world: World) -> Account:
    names = {output: world.refs[f"{output}Table"] for output in OUTPUTS}
    return Account({**names, "DeskQueue": world.refs["DeskQueue"]})


@pytest.fixture
def called() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def operator(
    world: World, account: Account, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The operator who runs the command; a call that RestorePolicy does not allow fails the test."""
    expanded = rules.expanded(world.template)
    policy = operators_policy(expanded, "RestorePolicy")
    forbidden: list[Question] = []

    def look(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.service_model.signing_name == "dynamodb":
            called.append(model.name)
            asked = questions(expanded, model.name, params)
            forbidden.extend(question for question in asked if not may(policy, question))

    class Watched(boto3.Session):
        def __init__(self, **how: Any) -> None:
            super().__init__(**how)
            self.events.register_last("before-parameter-build", look)
            self.events.register_first("before-call.cloudformation", account.stacks)
            self.events.register_first("before-call.dynamodb.DescribeContinuousBackups", account.backups)

    monkeypatch.setattr(boto3, "Session", Watched)
    yield
    assert forbidden == []
    for table in boto3.client("dynamodb").list_tables()["TableNames"]:
        if COPY.fullmatch(table):
            boto3.client("dynamodb").delete_table(TableName=table)


def questions(expanded: dict[str, Any], operation: str, params: dict[str, Any]) -> Iterator[Question]:
    """What IAM is asked about a call of DynamoDB."""
    if operation == "TransactWriteItems":
        for write in params["TransactItems"]:
            ((kind, content),) = write.items()
            yield question(
                expanded, TRANSACTED[kind], content["TableName"], [content.get("Key", content.get("Item"))]
            )
    elif operation == "BatchGetItem":
        for table, asked in params["RequestItems"].items():
            yield question(expanded, operation, table, asked["Keys"])
    elif operation == "RestoreTableToPointInTime":
        for name in ("SourceTableName", "TargetTableName"):
            yield question(expanded, operation, params[name], [])
    else:
        yield question(expanded, operation, params["TableName"], [params.get("Key", params.get("Item", {}))])


def question(expanded: dict[str, Any], operation: str, table: str, keys: list[Any]) -> Question:
    of_stack = table in expanded["Resources"]
    resource = arn(expanded, table) if of_stack else f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
    leading = [key["counter"] for key in keys if key and "counter" in key]
    words = [value["S"] if isinstance(value, dict) else value for value in leading]
    return Question(f"dynamodb:{operation}", resource, {"dynamodb:LeadingKeys": words} if words else {})


def run(*arguments: str, **how: Any) -> Result:
    return CliRunner().invoke(main, ["restore", *arguments], **how)


def at_once() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def lose(world: World, *tables: str) -> None:
    for name in tables:
        for item in world.items(name):
            world.table(name).delete({key: item[key] for key in world.table(name).key_names})


def copies() -> list[str]:
    tables: list[str] = boto3.client("dynamodb").list_tables()["TableNames"]
    return [table for table in tables if COPY.fullmatch(table)]


def test_a_lost_list_comes_back_from_a_copy_that_is_deleted_in_the_end(
    world: World, called: list[str]
) -> None:
    world.a_reader(ADDRESS)
    world.a_reader("bo@example.org")
    before = world.state()
    at = at_once()
    looked = run("list", "--at", at, "--dry-run")
    assert (looked.exit_code, len(copies()), world.state()) == (0, 3, before), looked.output
    lose(world, "SubscribersTable", "FingerprintsTable", "KeysTable")

    result = run("list", "--at", at, "--yes")

    assert (result.exit_code, world.state(), copies()) == (0, before, []), result.output
    assert called.count("RestoreTableToPointInTime") == 3, "the second run found the copies"
    assert "missing: brought back" in result.output
    printed = looked.output + result.output
    assert [word for word in ("@", ADDRESS, "example.org") if word in printed] == []


def test_register_and_ledger_are_restored_and_the_site_is_rebuilt(world: World) -> None:
    world.a_begun_mailing()
    at = at_once()
    run("register", "ledger", "--at", at, "--dry-run")
    lose(world, "LedgerTable")

    result = run("register", "ledger", "--at", at, "--yes")

    assert result.exit_code == 0, result.output
    assert world.head()["state"] == "paused"
    assert "`broadsheet resume` emails" in " ".join(result.output.split())
    assert len(world.messages("DeskQueue")) == 1


def test_nothing_is_copied_back_without_agreement(world: World) -> None:
    world.a_reader(ADDRESS)
    at = at_once()
    run("subscribers", "--at", at, "--dry-run")
    lose(world, "SubscribersTable")

    result = run("subscribers", "--at", at)

    assert (result.exit_code, world.items("SubscribersTable")) == (1, []), result.output
    assert "There is no terminal to ask at: add --yes. Nothing was changed." in result.output
    assert len(copies()) == 1


def test_a_copy_that_somebody_else_made_is_read_and_stays(world: World) -> None:
    world.a_reader(ADDRESS)
    client: Any = boto3.client("dynamodb")
    name = "broadsheet-restored-by-hand"
    client.restore_table_to_point_in_time(
        SourceTableName="SubscribersTable", TargetTableName=name, UseLatestRestorableTime=True
    )
    lose(world, "SubscribersTable")

    result = run("subscribers", "--at", at_once(), "--from-table", name, "--yes")

    assert (result.exit_code, len(world.items("SubscribersTable"))) == (0, 1), result.output
    client.delete_table(TableName=name)


@pytest.mark.parametrize(
    ("arguments", "code", "printed"),
    [
        (["subscribers", "--at", "yesterday"], 2, "Write the time with its zone"),
        (["subscribers", "--at", "2016-12-12T06:00"], 2, "Write the time with its zone"),
        (["subscribers", "--at", "2999-12-12T06:00Z"], 2, "that is in the future"),
        (["limits", "--at", "2016-12-12T06:00Z"], 2, "'limits' is not one of"),
        (["subscribers", "--at", "2015-12-12T06:00Z"], 1, "can be restored to any second from 2016-01-01"),
        (
            ["subscribers", "--at", "2016-12-12T06:00Z", "--from-table", "broadsheet-restored-x"],
            1,
            "There is no table",
        ),
        (["list", "--at", "2016-12-12T06:00Z", "--from-table", "x"], 2, "Write --from-table as TABLE=NAME"),
        (
            ["keys", "--at", "2016-12-12T06:00Z", "--from-table", "ledger=x"],
            2,
            "Write --from-table as TABLE=NAME",
        ),
    ],
)
def test_an_error_is_reported_in_one_sentence(arguments: list[str], code: int, printed: str) -> None:
    result = run(*arguments, "--yes")

    assert (result.exit_code, printed in " ".join(result.output.split())) == (code, True), result.output
    assert copies() == []


def test_without_backups_the_error_says_how_to_name_another_copy(account: Account) -> None:
    account.keeps_backups = False

    result = run("keys", "--at", "2016-12-12T06:00Z", "--yes")

    printed = " ".join(result.output.split())
    assert (result.exit_code, "say where: --from-table keys=NAME" in printed) == (1, True), result.output
    assert copies() == []


def test_a_copy_of_another_table_is_refused(world: World) -> None:
    client: Any = boto3.client("dynamodb")
    name = "broadsheet-restored-ledger"
    client.restore_table_to_point_in_time(
        SourceTableName="LedgerTable", TargetTableName=name, UseLatestRestorableTime=True
    )

    result = run("subscribers", "--at", at_once(), "--from-table", name, "--yes")

    assert (result.exit_code, "is not a backup of subscribers" in result.output) == (1, True), result.output
    client.delete_table(TableName=name)


def test_a_recreated_key_is_reported(world: World) -> None:
    world.a_reader(ADDRESS)
    at = at_once()
    run("keys", "--at", at, "--dry-run")
    key = next(item for item in world.items("KeysTable") if item["key_id"].startswith("address-"))
    world.table("KeysTable").put_item(Item={**key, "wrapped": b"another"})

    result = run("keys", "--at", at, "--yes")

    assert (result.exit_code, "has been replaced by a new one" in " ".join(result.output.split())) == (
        1,
        True,
    ), result.output
    assert b"another" in {bytes(item["wrapped"]) for item in world.items("KeysTable")}

"""Keys, register and ledger are copied back: what is missing comes back, what is live stays."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from broadsheet.archive.register import Record
from broadsheet.aws.dynamodb import table_of
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_heads import DynamoDBHeads
from broadsheet.aws.publishing_state import DynamoDBRendererVersions
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.mailings.mailing import MailingState
from broadsheet.publishing.desk_events import DeskChanged, FolderDue, RebuildRequest, desk_event
from broadsheet.restore.copy_back import copy_back
from broadsheet.restore.people import BackupTime
from broadsheet.restore.ports import Verdict
from cli.restore_steps import RestoreStep, RestoreTables, issues_in
from tests.builders import ISSUE_ID, a_mailing, a_record
from tests.contract.people import NOW
from tests.fakes.clock import FakeClock
from tests.from_template import create_queue, create_tables

TABLES = {"keys": "KeysTable", "register": "RegisterTable", "ledger": "LedgerTable"}
CLOCK = FakeClock()


@pytest.fixture
def tables(aws: dict[str, Any]) -> dict[str, Any]:
    return create_tables(aws, list(TABLES.values()))


@pytest.fixture
def stack(aws: dict[str, Any], tables: dict[str, Any]) -> RestoreTables:
    return RestoreTables(
        "stack",
        table_of(boto3.Session(), "").client,
        boto3.client("sqs"),
        TABLES,
        create_queue(aws, "DeskQueue"),
        CLOCK,
    )


def backed_up(tables: dict[str, Any], name: str) -> None:
    """Copy the table, as point-in-time recovery would."""
    boto3.client("dynamodb").restore_table_to_point_in_time(
        SourceTableName=TABLES[name], TargetTableName=f"copy-of-{name}", UseLatestRestorableTime=True
    )


def emptied(table: Any) -> None:
    for item in items(table):
        table.delete({name: item[name] for name in table.key_names})


def items(table: Any) -> list[dict[str, Any]]:
    return sorted(table.scan()["Items"], key=repr)


def step(stack: RestoreTables, name: str) -> RestoreStep:
    (found,) = stack.steps({name: f"copy-of-{name}"}, BackupTime(NOW))
    return found


def restored(stack: RestoreTables, name: str) -> dict[Verdict, int]:
    one = step(stack, name)
    return copy_back(one.pages(), one.part, lambda _: None)


def test_a_key_is_restored_and_a_recreated_one_is_left_alone(
    stack: RestoreTables, tables: dict[str, Any]
) -> None:
    keys = tables["KeysTable"]
    for key_id in ("address-2016", "link-2016", "link-2015"):
        keys.put_item(Item={"key_id": key_id, "wrapped": key_id.encode(), "born_on": "2016-01-01"})
    backed_up(tables, "keys")
    before = items(keys)
    keys.delete_item(Key={"key_id": "link-2015"})
    anew = {"key_id": "link-2016", "wrapped": b"another", "born_on": "2016-12-12"}
    keys.put_item(Item=anew)

    assert restored(stack, "keys") == {Verdict.RESTORED: 1, Verdict.UNCHANGED: 1, Verdict.CONFLICT: 1}

    kept = items(keys)
    assert [bytes(item["wrapped"]) for item in kept] == [b"address-2016", b"link-2015", b"another"]
    assert [item for item in kept if item in before] == [before[0], before[1]]


def published(register: DynamoDBRegister, *issues: str) -> None:
    for issue in issues:
        assert register.put(a_record(issue), Record(issue))


@pytest.mark.parametrize("lost", ["everything", "a record", "the tally"])
def test_the_register_is_restored_with_its_tally_whatever_was_lost(
    stack: RestoreTables, tables: dict[str, Any], lost: str
) -> None:
    register = DynamoDBRegister(tables["RegisterTable"])
    published(register, "2015-12-28", ISSUE_ID)
    DynamoDBRendererVersions(register.table).complete("press")
    backed_up(tables, "register")
    published(register, "2016-12-12")
    whole = items(register.table)
    if lost == "everything":
        emptied(register.table)
        published(register, "2016-12-12")
    key = {
        "a record": {"collection": "issue", "issue": ISSUE_ID},
        "the tally": {"collection": "tally", "issue": "all"},
    }
    if lost in key:
        register.table.delete_item(Key=key[lost])

    events = stack.recount
    events.begin()
    restored(stack, "register")
    events.finish(issues_in(step(stack, "register")))

    assert items(register.table) == [{**item, "press": ""} if "press" in item else item for item in whole]


def test_the_restored_register_is_compared_with_the_desk_and_all_pages_are_rebuilt(
    stack: RestoreTables, tables: dict[str, Any]
) -> None:
    published(DynamoDBRegister(tables["RegisterTable"]), ISSUE_ID)
    backed_up(tables, "register")
    emptied(tables["RegisterTable"])

    assert restored(stack, "register") == {Verdict.RESTORED: 1, Verdict.SKIPPED: 1}
    stack.recount.begin()
    assert stack.recount.is_begun()
    stack.recount.finish(issues_in(step(stack, "register")))

    queue: Any = boto3.client("sqs")
    bodies = [
        m["Body"]
        for m in queue.receive_message(QueueUrl=stack.desk_queue, MaxNumberOfMessages=10)["Messages"]
    ]
    folder, rebuild = (desk_event(body) for body in bodies)
    assert folder == DeskChanged(FolderDue(f"issues/{ISSUE_ID}"))
    assert isinstance(rebuild, RebuildRequest)
    assert not rebuild.anew


def test_a_publication_while_issues_are_counted_is_counted(
    stack: RestoreTables, tables: dict[str, Any]
) -> None:
    register = DynamoDBRegister(tables["RegisterTable"])
    published(register, ISSUE_ID)
    register.table.delete_item(Key={"collection": "tally", "issue": "all"})
    recount = stack.recount
    others = iter([lambda: published(register, "2016-12-12"), lambda: published(register, "2016-12-19")])

    def publish(**_: Any) -> None:
        next(others, lambda: None)()

    events = recount.table.client.meta.events
    events.register("before-call.dynamodb.UpdateItem", publish)
    recount.finish([])

    assert register.tally().counts == {"en#2016": 3, "en#2016#security": 3}


def test_a_mailed_issue_is_not_mailed_again_when_its_front_matter_no_longer_approves_it(
    stack: RestoreTables, tables: dict[str, Any]
) -> None:
    ledger, table = DynamoDBLedger(tables["LedgerTable"], CLOCK), tables["LedgerTable"]
    held = a_mailing()
    ledger.hold(held)
    ledger.begin(a_mailing(state=MailingState.SENDING))
    ledger.move(held.id, [MailingState.SENDING], MailingState.DONE, NOW)
    chunk = ledger.claim(held.id, 0, NOW, 60)
    assert chunk
    ledger.freeze(chunk, {"a" * 32: "accepted"})
    ledger.mark(held.id, "bounce", ["a" * 32])
    table.put_item(Item={"mailing": "pace", "entry": "account", "rate": "5"})
    before = items(table)
    backed_up(tables, "ledger")
    emptied(table)

    assert restored(stack, "ledger") == {Verdict.RESTORED: 4, Verdict.SKIPPED: 1}

    assert items(table) == [item for item in before if item["mailing"] != "pace"]
    assert ledger.hold(held).state is MailingState.DONE
    assert restored(stack, "ledger") == {Verdict.UNCHANGED: 4, Verdict.SKIPPED: 1}


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (MailingState.SENDING, MailingState.PAUSED),
        (MailingState.SUSPENDED, MailingState.PAUSED),
        (MailingState.HELD, MailingState.CANCELLED),
    ],
)
def test_a_mailing_that_had_not_ended_is_restored_and_waits_for_a_person(
    stack: RestoreTables, tables: dict[str, Any], then: MailingState, now: MailingState
) -> None:
    ledger, mailing = DynamoDBLedger(tables["LedgerTable"], CLOCK), a_mailing()
    ledger.hold(mailing)
    if then is not MailingState.HELD:
        ledger.begin(a_mailing(state=MailingState.SENDING))
        ledger.move(mailing.id, [MailingState.SENDING], then, NOW)
    backed_up(tables, "ledger")
    emptied(tables["LedgerTable"])

    restored(stack, "ledger")

    (head,) = DynamoDBHeads(tables["LedgerTable"], CLOCK).of_issue(ISSUE_ID)
    assert (head.state, head.reason) == (now, "RESTORED")
    assert ledger.hold(replace(mailing, due_at=NOW)) == head

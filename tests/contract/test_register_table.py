"""What the register's table stores, how it is read, and what happens when two publications conflict."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from broadsheet.archive.history import record_map
from broadsheet.archive.register import ArchiveTally, PublishedEdition, Record
from broadsheet.aws.dynamodb import CONFLICT_TRIES
from broadsheet.aws.register import DynamoDBRegister
from tests.builders import ISSUE_ID, a_published_edition, a_record
from tests.from_template import create_tables

CONFLICT = {
    "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
    "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
}
PUBLISHED = ArchiveTally({"en#2016": 1, "en#2016#security": 1})


@dataclass
class Waits:
    """Takes the time that passes without letting it pass."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def register(aws: dict[str, Any], waits: Waits) -> DynamoDBRegister:
    table = create_tables(aws, ["RegisterTable"])["RegisterTable"]
    return DynamoDBRegister(table, chance=lambda: 0.5, sleep=waits)


def refuse(register: DynamoDBRegister, operation: str, *answers: dict[str, Any]) -> None:
    """Arrange what DynamoDB answers to the next calls of this operation; moto has one writer only."""
    left = list(answers)

    def answer(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        return (SimpleNamespace(status_code=400), left.pop(0)) if left else None

    register.table.client.meta.events.register(f"before-call.dynamodb.{operation}", answer)


def test_an_issue_and_the_tally_are_stored_as_described(register: DynamoDBRegister) -> None:
    register.put(a_record(), Record(ISSUE_ID))

    issue, tally = register.table.scan()["Items"]

    assert issue == {"collection": "issue", **record_map(a_record())}
    assert tally == {
        "collection": "tally",
        "issue": "all",
        "en#2016": Decimal(1),
        "en#2016#security": Decimal(1),
    }


def test_an_issue_that_an_older_release_wrote_is_read(register: DynamoDBRegister) -> None:
    stored = record_map(a_record())
    for name in ("settled_at", "reported"):
        del stored[name]
    for name in ("pictures", "changed_at", "corrected_at", "withdrawn_at", "gone", "listed"):
        del stored["editions"]["en"][name]

    register.table.put_item(Item={"collection": "issue", **stored})

    assert register.get(ISSUE_ID) == a_record()


def test_a_write_that_leaves_the_tally_alone_needs_no_transaction(register: DynamoDBRegister) -> None:
    first = a_record()
    register.put(first, Record(ISSUE_ID))
    refuse(register, "TransactWriteItems", CONFLICT)

    assert register.put(replace(first, version=2, processed="s" * 64), first)


def test_two_issues_published_at_once_conflict_on_the_tally_and_both_are_counted(
    register: DynamoDBRegister, waits: Waits
) -> None:
    refuse(register, "TransactWriteItems", CONFLICT, CONFLICT)

    assert register.put(a_record(), Record(ISSUE_ID))

    assert (register.get(ISSUE_ID), register.tally()) == (a_record(), PUBLISHED)
    assert waits.seconds == [0.025, 0.05]


def test_a_writer_that_keeps_losing_races_gives_up_and_has_written_nothing(
    register: DynamoDBRegister, waits: Waits
) -> None:
    refuse(register, "TransactWriteItems", *[CONFLICT] * CONFLICT_TRIES)

    with pytest.raises(ClientError, match="Transaction cancelled"):
        register.put(a_record(), Record(ISSUE_ID))

    assert register.table.scan()["Items"] == []
    assert len(waits.seconds) == CONFLICT_TRIES - 1


def test_a_transaction_that_is_still_under_way_is_waited_for(register: DynamoDBRegister) -> None:
    under_way = {"Error": {"Code": "TransactionInProgressException", "Message": ""}}
    refuse(register, "TransactWriteItems", under_way)

    assert register.put(a_record(), Record(ISSUE_ID))


def test_a_plain_write_waits_for_a_transaction_too(register: DynamoDBRegister) -> None:
    refuse(register, "PutItem", {"Error": {"Code": "TransactionConflictException", "Message": ""}})

    assert register.put(a_record(editions={}), Record(ISSUE_ID))


def test_a_lost_race_for_the_issue_itself_is_returned_without_waiting(
    register: DynamoDBRegister, waits: Waits
) -> None:
    both = [{"Code": "ConditionalCheckFailed"}, {"Code": "TransactionConflict"}]
    refuse(register, "TransactWriteItems", {**CONFLICT, "CancellationReasons": both})

    assert not register.put(a_record(), Record(ISSUE_ID))

    assert waits.seconds == []


@pytest.mark.parametrize("editions", [{}, {"en": a_published_edition()}])
def test_any_other_refusal_is_an_error(
    register: DynamoDBRegister, editions: dict[str, PublishedEdition]
) -> None:
    for operation in ("PutItem", "TransactWriteItems"):
        refuse(register, operation, {"Error": {"Code": "AccessDeniedException", "Message": "no"}})

    with pytest.raises(ClientError, match="AccessDenied"):
        register.put(a_record(editions=editions), Record(ISSUE_ID))


def test_an_answer_that_got_lost_does_not_count_twice(register: DynamoDBRegister) -> None:
    register.put(a_record(), Record(ISSUE_ID))

    assert not register.put(a_record(), Record(ISSUE_ID))

    assert register.tally() == PUBLISHED


def test_times_are_stored_in_utc(register: DynamoDBRegister) -> None:
    at = datetime.fromisoformat("2016-12-12T08:00:00+02:00")

    register.put(a_record(editions={"en": a_published_edition(send_at=at)}), Record(ISSUE_ID))

    stored: Any = register.table.scan()["Items"][0]
    assert stored["editions"]["en"]["send_at"] == "2016-12-12T06:00:00+00:00"
    assert register.get(ISSUE_ID).editions["en"].send_at == datetime(2016, 12, 12, 6, 0, tzinfo=UTC)

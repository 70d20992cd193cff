"""The commands about mailings, on the table and the functions that the template describes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.recipients import DynamoDBRecipients
from broadsheet.mailings.control import Control, UnknownMailingError, WrongStateError
from cli.asking import NotAgreedError
from cli.mailing_questions import ask_before
from cli.mailings import act, control_of, show_status
from local.ses.faults import FaultKind, InjectedFault
from tests.builders import ISSUE_ID
from tests.integration.world import MAILING, World, a_sample


@dataclass
class Functions:
    """Lambda, which calls the sweep of this world at once."""

    world: World
    called: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, **call: Any) -> None:
        self.called.append(call)
        self.world.cold_start("SweepFunction")(a_sample("sweep/every_minute"))


@pytest.fixture
def functions(world: World) -> Functions:
    return Functions(world)


@pytest.fixture
def mailings(world: World, functions: Functions) -> Control:
    """The mailings of this world; one has begun, with one reader."""
    world.a_reader()
    world.a_begun_mailing()
    return control_of(world.table("LedgerTable"), functions, "sweep")  # type: ignore[arg-type]  # all that is used


def deliver(world: World) -> None:
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))


def test_a_paused_mailing_mails_nobody_and_continues_where_it_was(
    world: World, functions: Functions, mailings: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    act(mailings, "pause", ISSUE_ID, None)
    deliver(world)
    assert (world.head()["state"], world.ses.sent()) == ("paused", [])
    act(mailings, "resume", ISSUE_ID, "en")
    assert world.head()["state"] == "sending"
    assert len(world.messages("DeliveryQueue")) == 1
    assert functions.called == [{"FunctionName": "sweep", "InvocationType": "Event", "Payload": b"{}"}]
    deliver(world)
    assert len(world.ses.sent()) == 1
    shown = capsys.readouterr().out
    assert f"{MAILING} is paused." in shown
    assert f"{MAILING} is sending." in shown


def test_a_cancelled_mailing_never_runs_again(world: World, mailings: Control) -> None:
    act(mailings, "cancel", ISSUE_ID, None)
    deliver(world)
    with pytest.raises(WrongStateError, match=f"{MAILING} is cancelled"):
        act(mailings, "resume", ISSUE_ID, None)
    assert (world.head()["state"], world.ses.sent()) == ("cancelled", [])


def test_a_reader_refused_for_a_temporary_reason_is_mailed_by_a_resend_once(
    world: World, mailings: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(world)
    (member,) = world.chunk()["members"]
    world.table("LedgerTable").update_item(
        Key={"mailing": MAILING, "entry": "chunk#000000"},
        UpdateExpression="SET members = :members",
        ExpressionAttributeValues={":members": {member: "refused:FAILED"}},
    )
    world.ses.forget()
    ledger = DynamoDBLedger(world.table("LedgerTable"))
    head = ledger.mailing(MAILING)
    assert head is not None
    ledger.advance(head, head.chunk_count, {})
    ledger.end(head, datetime.now(UTC))
    ledger.deactivate(MAILING)

    assert asked(world, mailings, "resend") == f"{MAILING}: to be emailed again after having been refused: 1."
    act(mailings, "resend", ISSUE_ID, None)
    assert len(world.messages("DeliveryQueue")) >= 1
    deliver(world)
    world.cold_start("SweepFunction")(a_sample("sweep/every_minute"))
    assert (len(world.ses.sent()), world.head()["state"]) == (1, "done")

    assert asked(world, mailings, "resend") == ""
    act(mailings, "resend", ISSUE_ID, None)
    assert world.head()["state"] == "done"
    assert "To be emailed again after having been refused: 1." in capsys.readouterr().out


def asked(world: World, mailings: Control, what: str) -> str:
    """What a person is told before they are asked; "" if nobody is asked."""
    readers = DynamoDBRecipients(world.table("SubscribersTable"))
    try:
        ask_before(what, mailings, ISSUE_ID, None, readers.estimate, yes=False)
    except NotAgreedError as error:
        return error.message.partition(" There is no terminal to ask at")[0]
    return ""


def test_before_a_mailing_is_cancelled_one_is_told_how_many_were_mailed_and_never_will_be(
    world: World, mailings: Control
) -> None:
    world.a_reader("second@example.org")
    assert (
        asked(world, mailings, "cancel") == f"{MAILING}, edition en: 0 emailed so far; about 2 never will be."
    )
    deliver(world)
    assert (
        asked(world, mailings, "cancel") == f"{MAILING}, edition en: 2 emailed so far; about 0 never will be."
    )
    ask_before("cancel", mailings, ISSUE_ID, None, lambda _: pytest.fail("counted"), yes=True)
    assert world.head()["state"] == "sending"


def test_resuming_asks_only_where_it_begins_or_overrides_a_stop(world: World, mailings: Control) -> None:
    assert asked(world, mailings, "resume") == ""
    for state, reason, told in (
        ("paused", "", ""),
        (
            "stopped",
            "BOUNCES",
            f"{MAILING}, edition en was stopped (BOUNCES), with about 1 still to email.",
        ),
        (
            "held",
            "SEVERAL_AT_ONCE",
            f"{MAILING}, edition en begins within a minute, with about 1 to email.",
        ),
        ("held", "", ""),
    ):
        world.table("LedgerTable").update_item(
            Key={"mailing": "mailings", "entry": MAILING},
            UpdateExpression="SET #state = :state, reason = :reason",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":state": state, ":reason": reason},
        )
        assert asked(world, mailings, "resume") == told


def test_where_nobody_may_count_readers_the_question_is_asked_all_the_same(
    world: World, mailings: Control
) -> None:
    with pytest.raises(NotAgreedError, match="0 emailed so far; the others never will be"):
        ask_before("cancel", mailings, ISSUE_ID, None, lambda _: None, yes=False)


def test_status_is_reported_once_where_nobody_looks(
    world: World, mailings: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    world.ses.faults.script([InjectedFault(FaultKind.THROTTLE)])
    deliver(world)
    show_status(mailings, ISSUE_ID, None)
    line = capsys.readouterr().out.splitlines()[-1]
    assert line == (f"{MAILING}: sending; 0 of 1 emailed; about 0:00:01 left at 1 a second")


@pytest.mark.parametrize("what", ["pause", "resume", "cancel", "resend"])
def test_an_unknown_issue_is_said_to_be_one(mailings: Control, what: str) -> None:
    with pytest.raises(UnknownMailingError, match="no mailing of 2015-01-05"):
        act(mailings, what, "2015-01-05", None)
    with pytest.raises(UnknownMailingError, match="no mailing of 2015-01-05"):
        show_status(mailings, "2015-01-05", None)

"""A stranger, a reader and a suppressed address through every function: no line, metric or tag differs."""

import base64
import json
from typing import Any

import pytest

from local.ses.faults import Fault, Kind
from tests.builders import ADDRESS
from tests.integration.world import World, a_batch, a_sample, failed

PEOPLE = ("stranger", "reader", "suppressed", "waiting")


def become(world: World, person: str) -> None:
    """Let Ana be that."""
    if person == "waiting":
        world.a_waiting_reader(ADDRESS)
    if person in ("reader", "suppressed"):
        world.a_reader(ADDRESS)
    if person == "suppressed":
        world.cold_start("RecordFeedbackFunction")(a_sample("record_feedback/complaint"))


def typed(world: World) -> None:
    """Somebody types Ana's address into the form, and the queue is worked off."""
    event = a_sample("subscribe/json_post")
    body = json.loads(event["body"]) | {"email": ADDRESS}
    world.cold_start("SubscribeFunction")(event | {"body": json.dumps(body), "isBase64Encoded": False})
    for message in world.taken("SignupQueue"):
        failed(world.cold_start("ProcessSignupFunction")(a_batch(message)))


def events(world: World, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What SES says of the mails; the function that takes it writes no line."""
    told = [event for event in world.ses.published() if ADDRESS in json.dumps(event)]
    capsys.readouterr()
    if told:
        world.cold_start("RecordFeedbackFunction")(a_batch(*map(json.dumps, told)))
    assert capsys.readouterr().out == ""
    return told


@pytest.mark.parametrize("person", PEOPLE)
def test_of_a_sign_up_no_function_writes_a_line_whoever_it_is(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    capsys.readouterr()
    typed(world)
    assert capsys.readouterr().out == ""
    events(world, capsys)


@pytest.mark.parametrize("person", PEOPLE)
def test_of_a_sign_up_that_fails_the_lines_are_the_same_whoever_it_is(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    world.refs["FingerprintKey"] = "00000000-0000-4000-8000-000000000000"
    capsys.readouterr()
    typed(world)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert {"level", "message", "cause", "message_id"} <= set(line)
    assert "places" not in line


@pytest.mark.parametrize("person", ["stranger", "reader"])
def test_a_mail_that_fails_is_told_alike_of_a_stranger_and_of_a_reader(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    world.ses.faults.script([Fault(Kind.RESET_AFTER_ACCEPTING)])
    capsys.readouterr()
    typed(world)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["message"], line["cause"]) == ("message not worked off", "SendFailedError")


@pytest.mark.parametrize("person", PEOPLE)
def test_whether_a_sign_up_waits_for_the_budget_is_the_same_whoever_it_is(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    world.parameters["ConfirmationsPerHour"] = "0"
    capsys.readouterr()
    typed(world)
    assert [int(item["waited"]) for item in world.items("LimitsTable") if "waited" in item] == [1]
    assert world.coming("SignupQueue") == 1
    assert capsys.readouterr().out == ""


def test_both_mails_that_answer_a_sign_up_carry_the_same_tags(world: World) -> None:
    typed(world)
    world.a_reader("bahdan@example.org")
    sealed = base64.b64encode(world.sealed("bahdan@example.org")).decode()
    world.cold_start("ProcessSignupFunction")(a_sample("process_signup/one_order", sealed=sealed))
    first, second = ({**record.tags} for record in world.ses.sent())
    assert set(first) == set(second) == {"kind", "subscriber"}
    assert first["kind"] == second["kind"] == "sign-up"

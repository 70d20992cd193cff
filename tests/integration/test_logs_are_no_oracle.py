"""A stranger, a reader and a suppressed address through every function: no line, metric or tag differs."""

import base64
import json
import re
from typing import Any

import pytest

from broadsheet.mailings.statistics import STATUS_COUNTS
from broadsheet.subscribers.subscriber import new_subscriber_id
from local.ses.faults import FaultKind, InjectedFault
from tests.builders import ADDRESS
from tests.integration.world import World, a_batch, a_sample, failed

PEOPLE = ("stranger", "reader", "suppressed", "waiting")
POSTS_BY_LINK = {
    "ConfirmSubscriptionFunction": ["button", "get"],
    "ManageSubscriptionFunction": [
        "get",
        "save",
        "address",
        "record",
        "link",
        "erase",
        "erase_and_never_again",
        "leave",
    ],
    "UnsubscribeFunction": ["get", "button", "one_click_urlencoded"],
}
COUNTS_OF_A_MAILING = {
    "mailing asked to begin": {"mailing", "outcome"},
    "chunk processed": {"mailing", "chunk", *STATUS_COUNTS},
    "swept": {"begun", "ended", "messages", "stopped", "stuck", "resumed"},
}
EVERY_LINE = {
    *("level", "location", "message", "timestamp", "service", "function_request_id"),
    *("cold_start", "function_arn", "function_memory_size", "function_name"),
}


def become(world: World, person: str) -> str:
    """Bring Ana into that state; return the id that her mails carry, or an unused one."""
    subscriber_id = new_subscriber_id()
    if person == "waiting":
        world.a_waiting_reader(ADDRESS)
        (subscriber_id,) = (item["subscriber_id"] for item in world.items("SubscribersTable"))
    if person in ("reader", "suppressed"):
        subscriber_id = world.a_reader(ADDRESS)
    if person == "suppressed":
        world.cold_start("RecordFeedbackFunction")(a_sample("record_feedback/complaint"))
    return subscriber_id


def typed(world: World) -> None:
    """A visitor types Ana's address into the form, and the queue is processed."""
    event = a_sample("subscribe/json_post")
    body = json.loads(event["body"]) | {"email": ADDRESS}
    world.cold_start("SubscribeFunction")(event | {"body": json.dumps(body), "isBase64Encoded": False})
    for message in world.receive_all("SignupQueue"):
        failed(world.cold_start("ProcessSignupFunction")(a_batch(message)))


def events(world: World, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What SES says of the mails; the function that takes it writes no line."""
    of_the_reader = [event for event in world.ses.published() if ADDRESS in json.dumps(event)]
    capsys.readouterr()
    if of_the_reader:
        world.cold_start("RecordFeedbackFunction")(a_batch(*map(json.dumps, of_the_reader)))
    assert capsys.readouterr().out == ""
    return of_the_reader


@pytest.mark.parametrize("person", PEOPLE)
def test_no_function_logs_a_line_for_a_sign_up_of_anybody(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    capsys.readouterr()
    typed(world)
    assert capsys.readouterr().out == ""
    events(world, capsys)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_failed_sign_up_logs_the_same_lines_for_everybody(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    world.refs["FingerprintKey"] = "00000000-0000-4000-8000-000000000000"
    capsys.readouterr()
    typed(world)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert {"level", "message", "exception_name", "message_id"} <= set(line)
    assert line["exception"] == ""


@pytest.mark.parametrize("person", ["stranger", "reader"])
def test_a_mail_that_fails_is_reported_alike_of_a_stranger_and_of_a_reader(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    world.ses.faults.script([InjectedFault(FaultKind.RESET_AFTER_ACCEPTING)])
    capsys.readouterr()
    typed(world)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["message"], line["exception_name"]) == ("message not processed", "SendFailedError")


@pytest.mark.parametrize("person", PEOPLE)
def test_a_sign_up_waits_for_the_budget_in_the_same_way_for_everybody(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    world.parameters["ConfirmationsPerHour"] = "0"
    capsys.readouterr()
    typed(world)
    assert [int(item["waited"]) for item in world.items("LimitsTable") if "waited" in item] == [1]
    assert world.count_delayed("SignupQueue") == 1
    assert capsys.readouterr().out == ""


def test_both_mails_that_answer_a_sign_up_carry_the_same_tags(world: World) -> None:
    typed(world)
    world.a_reader("bahdan@example.org")
    sealed = base64.b64encode(world.sealed("bahdan@example.org")).decode()
    world.cold_start("ProcessSignupFunction")(a_sample("process_signup/sign_up", sealed=sealed))
    first, second = ({**record.tags} for record in world.ses.sent())
    assert set(first) == set(second) == {"kind", "subscriber"}
    assert first["kind"] == second["kind"] == "sign-up"


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    ("function", "case"), [(function, case) for function, cases in POSTS_BY_LINK.items() for case in cases]
)
def test_no_function_logs_a_line_for_a_link_of_any_reader(
    world: World, capsys: pytest.CaptureFixture[str], person: str, function: str, case: str
) -> None:
    subscriber_id = become(world, person)
    tokens = {
        "ConfirmSubscriptionFunction": world.confirm_token(subscriber_id),
        "ManageSubscriptionFunction": world.manage_token(subscriber_id),
        "UnsubscribeFunction": world.leave_token(subscriber_id),
    }
    capsys.readouterr()
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()
    world.cold_start(function)(a_sample(f"{folder}/{case}", token=tokens[function]))
    for message in world.receive_all("SignupQueue"):
        failed(world.cold_start("ProcessSignupFunction")(a_batch(message)))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("person", PEOPLE)
def test_functions_log_only_the_counts_of_a_mailing(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    subscriber_id = become(world, person)
    for other in ("bahdan", "cyryl"):
        world.a_reader(f"{other}@example.org")
    world.a_begun_mailing()
    front_page = {"Bucket": world.refs["SiteBucket"], "Key": "index.html", "Body": b"a page"}
    world.resources.s3.put_object(**front_page)  # without one the sweep asks for a rebuild
    capsys.readouterr()

    world.cold_start("StartMailingFunction")(a_sample("start_mailing/due"))
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))
    world.cold_start("SweepFunction")(a_sample("sweep/every_minute"))

    out = capsys.readouterr().out
    assert ADDRESS not in out
    assert subscriber_id not in out
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["message"]: line.keys() - EVERY_LINE for line in lines} == COUNTS_OF_A_MAILING

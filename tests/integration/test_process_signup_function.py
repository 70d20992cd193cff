"""process_signup: a sealed sign-up becomes a pending subscriber and one confirmation mail."""

import base64
from typing import Any

import pytest

from local.ses.faults import FaultKind, InjectedFault
from tests.builders import ADDRESS, REQUEST_ID
from tests.integration.world import (
    ORIGIN,
    World,
    a_sample,
    failed,
    spellings,
    spellings_in,
    text_of,
    token_in,
)

ONE = "process_signup/sign_up"


def sample(world: World, name: str = ONE) -> dict[str, Any]:
    return a_sample(name, sealed=base64.b64encode(world.sealed()).decode())


def processed(world: World, event: dict[str, Any]) -> list[str]:
    return failed(world.cold_start("ProcessSignupFunction")(event))


def test_a_sign_up_message_becomes_a_pending_subscriber(world: World) -> None:
    assert processed(world, sample(world)) == []
    (subscriber,) = world.items("SubscribersTable")
    assert subscriber["status"] == "pending"
    assert subscriber["choice"]["order_id"] == REQUEST_ID
    assert subscriber["expires_at"] == subscriber["choice"]["expires_at"]
    (fingerprint,) = world.items("FingerprintsTable")
    assert fingerprint["subscriber_id"] == subscriber["subscriber_id"]
    assert fingerprint["expires_at"] == subscriber["expires_at"]


def test_the_confirmation_is_mailed_to_that_address_only(world: World) -> None:
    processed(world, sample(world))
    assert [record.to for record in world.ses.sent()] == [(ADDRESS,)]
    (mail,) = world.ses.mails_to(ADDRESS)
    assert f"{ORIGIN}/api/confirm?t={token_in(mail)}&in=en" in text_of(mail)
    assert world.ses.sent()[0].tags["kind"] == "sign-up"


def test_no_table_and_no_log_reveals_the_address(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    processed(world, sample(world))
    assert spellings_in(repr(world.state()), ADDRESS) == set()
    assert spellings_in(capsys.readouterr().out, ADDRESS) == set()
    assert spellings_in(f"something that tells {ADDRESS}", ADDRESS) <= spellings(ADDRESS)


def test_the_same_message_again_mails_nobody_and_keeps_one_subscriber(world: World) -> None:
    event = sample(world)
    processed(world, event)
    (before,) = world.items("SubscribersTable")
    processed(world, event)
    (after,) = world.items("SubscribersTable")
    assert after["subscriber_id"] == before["subscriber_id"]
    assert len(world.ses.mails_to(ADDRESS)) == 1


def test_a_message_that_cannot_be_decrypted_is_retried_and_the_others_are_processed(world: World) -> None:
    event = sample(world, "process_signup/batch_with_a_sign_up_under_another_key")
    assert processed(world, event) == [event["Records"][0]["messageId"]]
    assert [record.to for record in world.ses.sent()] == [(ADDRESS,)]


def test_a_mail_that_ses_refuses_is_retried_and_mailed_later(world: World) -> None:
    event = sample(world)
    world.ses.faults.script([InjectedFault(FaultKind.THROTTLE)])
    assert processed(world, event) == []
    assert (len(world.items("SubscribersTable")), world.ses.sent()) == (1, [])
    assert world.count_delayed("SignupQueue") == 1
    assert processed(world, event) == []
    assert len(world.ses.mails_to(ADDRESS)) == 1


def test_a_send_without_an_answer_is_not_repeated_by_the_client(world: World) -> None:
    world.ses.faults.script([InjectedFault(FaultKind.RESET_AFTER_ACCEPTING)])
    assert processed(world, sample(world)) != []
    assert len(world.ses.mails_to(ADDRESS)) == 1


def test_a_suppressed_address_gets_nothing(world: World) -> None:
    world.a_reader(ADDRESS)
    world.cold_start("RecordFeedbackFunction")(a_sample("record_feedback/complaint"))
    mails = len(world.ses.sent())
    assert processed(world, sample(world)) == []
    assert len(world.ses.sent()) == mails
    assert world.items("SubscribersTable") == []


def test_a_confirmed_reader_gets_a_welcome_mail_with_links_to_manage_and_to_unsubscribe(world: World) -> None:
    reader = world.a_reader(ADDRESS)
    assert processed(world, a_sample("process_signup/welcome", subscriber=reader)) == []
    (mail,) = world.ses.mails_to(ADDRESS)
    assert f"{ORIGIN}/api/manage?t=" in text_of(mail)
    assert mail["List-Unsubscribe"] == f"<{ORIGIN}/api/unsubscribe?t={world.leave_token(reader)}&in=en>"
    assert (mail["List-Unsubscribe-Post"], mail["Auto-Submitted"]) == (
        "List-Unsubscribe=One-Click",
        "auto-generated",
    )
    assert world.ses.sent()[0].tags["kind"] == "welcome"


def test_a_reader_gets_their_record_with_their_address(world: World) -> None:
    reader = world.a_reader(ADDRESS)
    assert processed(world, a_sample("process_signup/record", subscriber=reader)) == []
    (mail,) = world.ses.mails_to(ADDRESS)
    assert ADDRESS in text_of(mail)


def test_a_reader_gets_a_fresh_link_once_a_day(world: World) -> None:
    reader = world.a_reader(ADDRESS)
    for _ in range(2):
        assert processed(world, a_sample("process_signup/link", subscriber=reader)) == []
    (mail,) = world.ses.mails_to(ADDRESS)
    assert f"{ORIGIN}/api/manage?t={world.manage_token(reader)}&in=en" in text_of(mail)
    assert world.ses.sent()[0].tags["kind"] == "link"


def test_a_deleted_reader_gets_no_mail_to_readers(world: World) -> None:
    assert processed(world, a_sample("process_signup/welcome")) == []
    assert world.ses.sent() == []


def test_a_confirmed_reader_who_signs_up_again_is_mailed_that_they_are_subscribed(world: World) -> None:
    world.a_reader(ADDRESS)
    before = world.state()["SubscribersTable"]
    assert processed(world, sample(world)) == []
    assert world.ses.sent()[0].tags["kind"] == "sign-up"
    assert world.state()["SubscribersTable"] == before


def test_a_sign_up_over_the_hour_s_budget_is_re_enqueued_and_counted_for_the_hour_only(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.parameters["ConfirmationsPerHour"] = "0"
    event = sample(world)
    assert processed(world, event) == []
    assert (world.ses.sent(), world.messages("SignupQueue")) == ([], [])
    assert world.count_delayed("SignupQueue") == 1
    assert [item["waited"] for item in world.items("LimitsTable") if "waited" in item] == [1]
    assert capsys.readouterr().out == ""


def test_a_sign_up_from_before_its_reader_left_mails_nothing(world: World) -> None:
    event = sample(world)
    processed(world, event)
    (reader,) = world.items("SubscribersTable")
    leave = a_sample("unsubscribe/one_click_urlencoded", token=world.leave_token(reader["subscriber_id"]))
    world.cold_start("UnsubscribeFunction")(leave)
    assert processed(world, event) == []
    assert len(world.ses.mails_to(ADDRESS)) == 1
    assert world.items("SubscribersTable") == []

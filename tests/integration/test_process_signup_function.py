"""process_signup: a sealed order becomes a waiting subscriber and one confirmation mail."""

import base64
from typing import Any

import pytest

from local.ses.faults import Fault, Kind
from tests.builders import ADDRESS, ORDER_ID
from tests.integration.world import ORIGIN, World, a_sample, failed, spellings, text_of, token_in, told

ONE = "process_signup/one_order"


def sample(world: World, name: str = ONE) -> dict[str, Any]:
    return a_sample(name, sealed=base64.b64encode(world.sealed()).decode())


def processed(world: World, event: dict[str, Any]) -> list[str]:
    return failed(world.cold_start("ProcessSignupFunction")(event))


def test_an_order_becomes_a_waiting_subscriber(world: World) -> None:
    assert processed(world, sample(world)) == []
    (subscriber,) = world.items("SubscribersTable")
    assert subscriber["status"] == "pending"
    assert subscriber["choice"]["order_id"] == ORDER_ID
    assert subscriber["expires_at"] == subscriber["choice"]["expires_at"]
    (fingerprint,) = world.items("FingerprintsTable")
    assert fingerprint["subscriber_id"] == subscriber["subscriber_id"]
    assert fingerprint["expires_at"] == subscriber["expires_at"]


def test_the_confirmation_is_mailed_to_that_address_alone(world: World) -> None:
    processed(world, sample(world))
    assert [record.to for record in world.ses.sent()] == [(ADDRESS,)]
    (mail,) = world.ses.mails_to(ADDRESS)
    assert f"{ORIGIN}/api/confirm?t={token_in(mail)}&in=en" in text_of(mail)
    assert world.ses.sent()[0].tags["kind"] == "confirmation"


def test_no_table_and_no_log_tells_the_address(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    processed(world, sample(world))
    assert told(repr(world.state()), ADDRESS) == set()
    assert told(capsys.readouterr().out, ADDRESS) == set()
    assert told(f"something that tells {ADDRESS}", ADDRESS) <= spellings(ADDRESS)


def test_the_same_order_again_mails_the_same_wish_and_keeps_one_subscriber(world: World) -> None:
    event = sample(world)
    processed(world, event)
    (before,) = world.items("SubscribersTable")
    processed(world, event)
    (after,) = world.items("SubscribersTable")
    assert after["subscriber_id"] == before["subscriber_id"]
    first, second = (token_in(mail).rsplit(".", 2)[0] for mail in world.ses.mails_to(ADDRESS))
    assert first == second


def test_an_order_that_cannot_be_opened_comes_back_and_the_others_go_on(world: World) -> None:
    event = sample(world, "process_signup/batch_with_an_order_of_another_key")
    assert processed(world, event) == [event["Records"][0]["messageId"]]
    assert [record.to for record in world.ses.sent()] == [(ADDRESS,)]


def test_a_mail_that_ses_refuses_comes_back_and_goes_out_later(world: World) -> None:
    event = sample(world)
    world.ses.faults.script([Fault(Kind.THROTTLE)])
    assert processed(world, event) == [event["Records"][0]["messageId"]]
    assert len(world.items("SubscribersTable")) == 1
    assert processed(world, event) == []
    assert len(world.ses.mails_to(ADDRESS)) == 1


def test_a_send_without_an_answer_is_not_repeated_by_the_client(world: World) -> None:
    world.ses.faults.script([Fault(Kind.RESET_AFTER_ACCEPTING)])
    assert processed(world, sample(world)) != []
    assert len(world.ses.mails_to(ADDRESS)) == 1


def test_a_suppressed_address_gets_nothing(world: World) -> None:
    world.a_reader(ADDRESS)
    world.cold_start("RecordFeedbackFunction")(a_sample("record_feedback/complaint"))
    mails = len(world.ses.sent())
    assert processed(world, sample(world)) == []
    assert len(world.ses.sent()) == mails
    assert world.items("SubscribersTable") == []

"""confirm_subscription: GET shows a button and changes nothing; the button confirms."""

from typing import Any

import pytest

from tests.integration.world import World, a_batch, a_sample


def answered(world: World, case: str, token: str) -> dict[str, Any]:
    event = a_sample(f"confirm_subscription/{case}", token=token)
    answer: dict[str, Any] = world.cold_start("ConfirmSubscriptionFunction")(event)
    return answer


def test_opening_the_link_shows_a_button_and_changes_nothing(world: World) -> None:
    token = world.a_waiting_reader()
    before = world.state()
    answer = answered(world, "get", token)
    assert answer["statusCode"] == 200
    assert f'action="confirm?t={token}&amp;in=en"' in answer["body"]
    assert world.state() == before


def test_the_button_confirms_what_was_asked_for(world: World) -> None:
    answer = answered(world, "button", world.a_waiting_reader())
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/en/subscribed.html")
    (subscriber,) = world.items("SubscribersTable")
    assert (subscriber["status"], subscriber["audiences"]) == ("confirmed", {"en"})
    assert subscriber["consent"]["confirmed_by"] == "button"
    assert "expires_at" not in subscriber
    (fingerprint,) = world.items("FingerprintsTable")
    assert fingerprint.keys() == {"fingerprint", "subscriber_id"}


def test_pressing_a_button_twice_has_the_effect_of_once(world: World) -> None:
    token = world.a_waiting_reader()
    answered(world, "button", token)
    once = world.state()
    assert answered(world, "button", token)["statusCode"] == 303
    assert world.state() == once
    assert len(world.messages("SignupQueue")) == 1


def test_a_reader_who_confirms_gets_a_welcome_mail(world: World) -> None:
    answered(world, "button", world.a_waiting_reader())
    (message,) = world.receive_all("SignupQueue")
    world.cold_start("ProcessSignupFunction")(a_batch(message))
    assert [record.tags["kind"] for record in world.ses.sent()] == ["sign-up", "welcome"]


def test_a_forged_link_changes_nothing(world: World) -> None:
    token = world.a_waiting_reader()
    before = world.state()
    forged = token[:-5] + ("AAAAA" if not token.endswith("AAAAA") else "BBBBB")
    assert answered(world, "forged_link", forged)["statusCode"] == 410
    assert world.state() == before


def test_a_link_of_a_key_that_never_was_changes_nothing(world: World) -> None:
    world.a_waiting_reader()
    answer = world.cold_start("ConfirmSubscriptionFunction")(a_sample("confirm_subscription/forged_link"))
    assert answer["statusCode"] == 410


def test_the_link_of_someone_who_left_brings_nobody_back(world: World) -> None:
    token = world.a_waiting_reader()
    answered(world, "button", token)
    (subscriber,) = world.items("SubscribersTable")
    leave = a_sample("unsubscribe/button", token=world.leave_token(subscriber["subscriber_id"]))
    world.cold_start("UnsubscribeFunction")(leave)
    assert answered(world, "button", token)["statusCode"] == 410
    assert world.items("SubscribersTable") == []


def test_the_log_reveals_neither_token_nor_address(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    token = world.a_waiting_reader()
    answered(world, "get", token)
    answered(world, "button", token)
    log = capsys.readouterr().out
    assert log == ""

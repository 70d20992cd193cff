"""The API's own address gives nothing but leaving: who comes without the CDN's secret reaches no reader."""

import json

import pytest

from tests.integration.world import World, a_sample, assert_watched

GUARDED = [
    ("SubscribeFunction", "subscribe/form_post"),
    ("SubscribeFunction", "subscribe/json_post"),
    ("ConfirmSubscriptionFunction", "confirm_subscription/get"),
    ("ConfirmSubscriptionFunction", "confirm_subscription/button"),
    ("ManageSubscriptionFunction", "manage_subscription/get"),
    ("ManageSubscriptionFunction", "manage_subscription/erase"),
]


def by_another_way(sample: str, secret: str | None = None, token: str = "") -> dict[str, object]:
    event = a_sample(sample, token=token) if token else a_sample(sample)
    headers = {**event["headers"], "x-broadsheet-origin": secret}
    return {**event, "headers": {name: value for name, value in headers.items() if value is not None}}


@pytest.mark.parametrize(("function", "sample"), GUARDED)
@pytest.mark.parametrize(("secret", "status"), [(None, 404), ("a guess", 503)])
def test_without_the_secret_nothing_is_answered_and_nothing_changes(
    function: str, sample: str, secret: str | None, status: int, world: World
) -> None:
    token = world.manage_token(world.a_reader()) if function.startswith("Manage") else ""
    before = world.state()
    answer = world.cold_start(function)(by_another_way(sample, secret, token))
    assert answer["statusCode"] == status
    assert "ana@" not in answer["body"]
    assert world.state() == before
    assert world.messages("SignupQueue") == []


def test_without_the_secret_a_reader_can_still_leave(world: World) -> None:
    reader = world.a_reader()
    event = by_another_way("unsubscribe/one_click_urlencoded", token=world.leave_token(reader))
    assert world.cold_start("UnsubscribeFunction")(event)["statusCode"] == 200
    assert reader not in {item["subscriber_id"] for item in world.items("SubscribersTable")}


def test_a_secret_that_does_not_match_is_counted_for_an_alarm(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    subscribe = world.cold_start("SubscribeFunction")
    subscribe(by_another_way("subscribe/form_post"))
    subscribe(by_another_way("subscribe/form_post", "an old secret"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    status_counts = [line for line in lines if "_aws" in line]
    assert [line["OriginRefused"] for line in status_counts] == [[1]]
    assert_watched(world, status_counts[0], "OriginRefusedAlarm")
    assert "an old secret" not in repr(lines)

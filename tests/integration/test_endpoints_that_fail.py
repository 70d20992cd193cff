"""The endpoints while something behind them fails: a page or a problem for the visitor, and no harm done."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.language import language
from tests.builders import ADDRESS
from tests.integration.clients import failing
from tests.integration.world import World, a_sample, spellings_in

EN = language("en")


def a_confirm_link(world: World, address: str) -> str:
    return world.a_waiting_reader(address)


def a_manage_link(world: World, address: str) -> str:
    return world.manage_token(world.a_reader(address))


def a_leave_link(world: World, address: str) -> str:
    return world.leave_token(world.a_reader(address))


Link = Callable[[World, str], str]
ENDPOINTS: list[tuple[str, str, Link | None]] = [
    ("SubscribeFunction", "form_post", None),
    ("ConfirmSubscriptionFunction", "get", a_confirm_link),
    ("ConfirmSubscriptionFunction", "button", a_confirm_link),
    ("ManageSubscriptionFunction", "get", a_manage_link),
    ("ManageSubscriptionFunction", "save", a_manage_link),
    ("ManageSubscriptionFunction", "record", a_manage_link),
    ("ManageSubscriptionFunction", "erase", a_manage_link),
    ("UnsubscribeFunction", "button", a_leave_link),
    ("UnsubscribeFunction", "one_click_urlencoded", a_leave_link),
]
FOLDERS = {
    "SubscribeFunction": "subscribe",
    "ConfirmSubscriptionFunction": "confirm_subscription",
    "ManageSubscriptionFunction": "manage_subscription",
    "UnsubscribeFunction": "unsubscribe",
}


@pytest.mark.parametrize(
    ("function", "case", "link"), ENDPOINTS, ids=[f"{endpoint[0]}-{endpoint[1]}" for endpoint in ENDPOINTS]
)
def test_whatever_call_fails_the_visitor_is_asked_to_come_again_and_then_it_works(
    function: str,
    case: str,
    link: Link | None,
    world: World,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def event(name: str) -> dict[str, Any]:
        for item in world.items("SaltTable"):  # as on a new day, whose first worker makes a salt
            world.table("SaltTable").delete_item(Key={"day": item["day"]})
        changes = {"token": link(world, f"{name}@example.org")} if link else {}
        return a_sample(f"{FOLDERS[function]}/{case}", **changes)

    first = event("first")
    with failing("", "") as called:
        good = world.cold_start(function)(first)
    assert good["statusCode"] < 400
    assert len({*called}) >= 2
    for operation in sorted({*called}):
        the_same = event(operation)
        with failing(operation, f"{ADDRESS} is too much"):
            answer = world.cold_start(function)(the_same)
        assert (operation, answer["statusCode"]) == (operation, 503)
        assert answer["headers"]["retry-after"] == "120"
        assert EN["failed_text"] in answer["body"]
        assert spellings_in(repr(answer) + capsys.readouterr().out, ADDRESS) == set()
        assert world.cold_start(function)(the_same)["statusCode"] == good["statusCode"]


def test_a_program_gets_a_problem_document(world: World) -> None:
    with failing("SendMessage", "no"):
        answer = world.cold_start("SubscribeFunction")(a_sample("subscribe/json_post"))
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (503, "application/problem+json")
    assert json.loads(answer["body"])["title"] == EN["failed_heading"]

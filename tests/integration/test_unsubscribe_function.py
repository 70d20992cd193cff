"""unsubscribe: one click ends everything that is kept; a GET ends nothing."""

from typing import Any

import pytest

from tests.integration.world import World, a_sample

ONE_CLICKS = ["one_click_urlencoded", "one_click_multipart"]


def answered(world: World, case: str, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = world.cold_start("UnsubscribeFunction")(
        a_sample(f"unsubscribe/{case}", token=token)
    )
    return answer


def nobody_is_kept(world: World) -> bool:
    """Only an opt-out record is left."""
    notes = world.items("FingerprintsTable")
    return not world.items("SubscribersTable") and [set(note) for note in notes] == [{"fingerprint", "since"}]


def test_opening_the_link_shows_a_button_and_changes_nothing(world: World) -> None:
    token = world.leave_token(world.a_reader())
    before = world.state()
    answer = answered(world, "get", token)
    assert answer["statusCode"] == 200
    assert f'action="unsubscribe?t={token}&amp;in=en"' in answer["body"]
    assert world.state() == before


@pytest.mark.parametrize("case", ONE_CLICKS)
def test_one_click_leaves_without_redirect_or_cookie(case: str, world: World) -> None:
    answer = answered(world, case, world.leave_token(world.a_reader()))
    assert answer["statusCode"] == 200
    assert answer["headers"].keys() & {"location", "set-cookie"} == set()
    assert "cookies" not in answer
    assert nobody_is_kept(world)


def test_one_click_twice_is_one_click(world: World) -> None:
    token = world.leave_token(world.a_reader())
    first = answered(world, "one_click_urlencoded", token)
    assert answered(world, "one_click_urlencoded", token) == first
    assert nobody_is_kept(world)


def test_the_button_redirects_to_a_page_that_says_goodbye(world: World) -> None:
    answer = answered(world, "button", world.leave_token(world.a_reader()))
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/en/goodbye.html")
    assert nobody_is_kept(world)


def test_a_forged_link_gets_the_same_answer_and_nobody_leaves(world: World) -> None:
    token = world.leave_token(world.a_reader())
    before = world.state()
    forged = world.cold_start("UnsubscribeFunction")(a_sample("unsubscribe/one_click_forged_link"))
    assert forged["statusCode"] == 200
    assert world.state() == before
    assert answered(world, "one_click_urlencoded", token) == forged


def test_only_the_one_who_clicked_leaves(world: World) -> None:
    leaver = world.a_reader("ana@example.org")
    stayer = world.a_reader("bahdan@example.org")
    answered(world, "one_click_urlencoded", world.leave_token(leaver))
    assert [item["subscriber_id"] for item in world.items("SubscribersTable")] == [stayer]
    assert [item.get("subscriber_id") for item in world.items("FingerprintsTable")] in (
        [stayer, None],
        [None, stayer],
    )

"""reseal_list: page by page for the command, every hour for what is left."""

from datetime import UTC, datetime

import pytest

from tests.builders import ADDRESS
from tests.integration.world import World, a_sample, spellings_in


def the_key(world: World) -> str:
    (person,) = world.items("SubscribersTable")
    return str(person["address_key"])


def replaced(world: World) -> tuple[str, str]:
    """The key that was in use, and the one in its place."""
    before = the_key(world)
    answer = world.cold_start("MakeKeysFunction")({**a_sample("make_keys/replace"), "replace": before})
    assert answer["current"] != before
    return before, answer["current"]


def test_a_page_is_resealed_and_the_answer_says_where_to_continue(world: World) -> None:
    world.a_reader()
    _, current = replaced(world)
    reseal = world.cold_start("ResealListFunction")
    assert reseal(a_sample("reseal_list/how_many_wait")) == {"current": current, "waiting": 1}

    event, resealed = a_sample("reseal_list/first_page"), 0
    while True:
        answer = reseal(event)
        resealed += answer["resealed"]
        if not answer["after"]:
            break
        event = {"after": answer["after"]}

    assert (resealed, the_key(world)) == (1, current)
    assert reseal(a_sample("reseal_list/how_many_wait")) == {"current": current, "waiting": 0}


def test_every_hour_what_is_left_is_resealed_and_the_old_key_marked(world: World) -> None:
    world.a_reader()
    before, current = replaced(world)
    for _ in range(2):
        world.cold_start("ResealListFunction")(a_sample("reseal_list/every_hour"))
    assert the_key(world) == current
    keys = {item["key_id"]: item for item in world.items("KeysTable")}
    assert keys[before]["retired_at"] <= datetime.now(UTC).timestamp()
    assert "retired_at" not in keys[current]


def test_a_resealed_reader_is_mailed(world: World) -> None:
    world.a_reader()
    replaced(world)
    world.cold_start("ResealListFunction")(a_sample("reseal_list/every_hour"))
    world.a_begun_mailing()
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))
    assert [record.to for record in world.ses.sent()] == [(ADDRESS,)]


def test_what_it_answers_and_logs_reveals_no_address(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = world.a_reader()
    replaced(world)
    world.table("SubscribersTable").update_item(
        Key={"shard": reader[0], "subscriber_id": reader},
        UpdateExpression="SET sealed_address = :broken",
        ExpressionAttributeValues={":broken": b"no seal of ours"},
    )
    capsys.readouterr()
    answer = world.cold_start("ResealListFunction")(a_sample("reseal_list/every_hour"))
    assert (answer["resealed"], answer["unreadable"]) == (0, 1)
    out = capsys.readouterr().out
    assert "addresses can't be opened" in out
    assert reader not in out
    assert spellings_in(out + repr(answer), ADDRESS) == set()

"""make_keys: the keys that the others only read."""

from datetime import UTC, datetime

from tests.integration.world import World, a_sample


def test_a_new_stack_gets_its_keys_and_a_second_run_changes_nothing(world: World) -> None:
    world.resources.empty()
    make = world.cold_start("MakeKeysFunction")

    make(a_sample("make_keys/every_five_minutes"))

    made, year = world.items("KeysTable"), datetime.now(UTC).year
    assert {f"link-{year}", f"address-{year}"} <= {item["key_id"] for item in made}
    make(a_sample("make_keys/every_five_minutes"))
    assert world.items("KeysTable") == made


def test_a_key_is_replaced_once_and_the_answer_names_the_one_in_use(world: World) -> None:
    year = datetime.now(UTC).year
    make, event = world.cold_start("MakeKeysFunction"), a_sample("make_keys/replace")
    for _ in range(2):
        answer = make({**event, "replace": f"address-{year}"})
        assert answer["current"] in (f"address-{year}-2", f"address-{year + 1}-2")
    pointed = [item["current"] for item in world.items("KeysTable") if item["key_id"] == "address-current"]
    assert pointed == [answer["current"]]

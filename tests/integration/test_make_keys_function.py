"""make_keys: the keys that the others only read."""

from datetime import UTC, datetime

from tests.integration.world import World, a_sample


def test_a_new_stack_has_its_keys_and_a_second_time_changes_nothing(world: World) -> None:
    world.resources.empty()
    make = world.cold_start("MakeKeysFunction")

    make(a_sample("make_keys/every_five_minutes"))

    made, year = world.items("KeysTable"), datetime.now(UTC).year
    assert {f"link-{year}", f"address-{year}"} <= {item["key_id"] for item in made}
    make(a_sample("make_keys/every_five_minutes"))
    assert world.items("KeysTable") == made

"""A flood of sign-ups from more and more networks: the first sign-up of each network has priority."""

from collections.abc import Callable

import pytest

from tests.unit.test_flood import AN_HOUR, READERS, flooded, readers_in_time


@pytest.mark.parametrize("networks", [500, 1_000, 2_000, 4_000])
def test_readers_get_their_email_within_a_day(
    networks: int, record_property: Callable[[str, object], None]
) -> None:
    """If a day has a mail for each network, the first sign-ups of all networks are mailed within the day."""
    system = flooded(networks, hours=24)
    in_time = readers_in_time(system)
    assert in_time >= 18
    assert len(system.mailed) <= 24 * AN_HOUR
    figures = f"{in_time} of {READERS} readers in time, {len(system.mailed):,} emails in all"
    record_property("flood", f"{networks:,} networks: {figures}")

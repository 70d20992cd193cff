"""What `RateLimits` promises, kept by the fake and by DynamoDB: versioned writes at the current rate."""

from typing import Any

import pytest

from broadsheet.aws.rate_limits import DynamoDBRateLimits
from broadsheet.mailings.rate_limit import (
    SHORTEST_WARM_UP_SECONDS,
    LimiterState,
    RateLimiter,
    RateLimits,
    Reservation,
)
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.mailings import FakeRateLimits
from tests.from_template import create_tables

NOW = MONDAY_MORNING.timestamp()
READY = round(NOW + SHORTEST_WARM_UP_SECONDS, 3)


@pytest.fixture(params=["fake", "DynamoDB"])
def rate_limits(request: pytest.FixtureRequest) -> RateLimits:
    """An empty state."""
    if request.param == "fake":
        return FakeRateLimits()
    aws: dict[str, Any] = request.getfixturevalue("aws")
    return DynamoDBRateLimits(create_tables(aws, ["LedgerTable"])["LedgerTable"])


def test_an_empty_state_is_slow_and_has_version_nought(rate_limits: RateLimits) -> None:
    assert rate_limits.state() == LimiterState(1.0, (), 0)


def test_a_state_is_read_as_it_was_written(rate_limits: RateLimits) -> None:
    rate_limits.set_rate(12.6, 1 / 0.9)
    _, state = rate_limits.state().reserved(40, NOW + 0.1234567)

    assert rate_limits.put(state) is None

    assert rate_limits.state() == state
    assert (state.window, state.reservations[0]) == (1 / 0.9, Reservation(NOW + 0.124, 14))


def test_if_two_workers_saw_the_same_state_one_writes_and_the_other_gets_the_result(
    rate_limits: RateLimits,
) -> None:
    rate_limits.set_rate(50.0)
    one, other = rate_limits.state().reserved(50, NOW)[1], rate_limits.state().reserved(10, NOW)[1]

    assert rate_limits.put(one) is None
    assert rate_limits.put(other) == one
    assert rate_limits.put(one) == one

    assert rate_limits.state() == one


def test_whoever_writes_too_late_gets_the_other_state_in_the_same_call(
    rate_limits: RateLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate_limits.set_rate(50.0)
    one, other = rate_limits.state().reserved(50, NOW)[1], rate_limits.state().reserved(10, NOW)[1]
    rate_limits.put(one)
    if isinstance(rate_limits, DynamoDBRateLimits):
        monkeypatch.setattr(rate_limits.table.client, "get_item", None)

    assert rate_limits.put(other) == one


def test_two_workers_get_calls_one_after_the_other(rate_limits: RateLimits) -> None:
    rate_limits.set_rate(50.0)
    one, other = RateLimiter(rate_limits), RateLimiter(rate_limits)

    reserved_now = [
        one.reserve(50, NOW),
        other.reserve(50, NOW),
        one.reserve(50, NOW),
        other.reserve(50, NOW),
    ]

    assert reserved_now == [[Reservation(READY + second, 50)] for second in range(4)]


def test_setting_the_rate_keeps_reservations_and_refuses_updates_computed_before(
    rate_limits: RateLimits,
) -> None:
    rate_limits.set_rate(50.0)
    limiter = RateLimiter(rate_limits)
    limiter.reserve(50, NOW)
    reckoned = rate_limits.state().reserved(50, NOW)[1]

    rate_limits.set_rate(10.0)
    rate_limits.set_rate(10.0)

    assert rate_limits.put(reckoned) == LimiterState(10.0, (Reservation(READY, 50),), 1)
    assert [reservation.recipients for reservation in limiter.reserve(10, NOW)] == [10]
    assert rate_limits.state().reservations[1].at >= NOW + 1

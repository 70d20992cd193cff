"""What `Paces` promises, kept by the fake and by DynamoDB: one book, by version, at the rate set last."""

from typing import Any

import pytest

from broadsheet.aws.paces import DynamoDBPaces
from broadsheet.mailings.pace import SHORTEST_LEAD_SECONDS, Grant, Pace, PaceBook, Paces
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.mailings import FakePaces
from tests.from_template import create_tables

NOW = MONDAY_MORNING.timestamp()
READY = round(NOW + SHORTEST_LEAD_SECONDS, 3)


@pytest.fixture(params=["fake", "DynamoDB"])
def paces(request: pytest.FixtureRequest) -> Paces:
    """An empty book."""
    if request.param == "fake":
        return FakePaces()
    aws: dict[str, Any] = request.getfixturevalue("aws")
    return DynamoDBPaces(create_tables(aws, ["LedgerTable"])["LedgerTable"])


def test_an_empty_book_is_slow_and_has_version_nought(paces: Paces) -> None:
    assert paces.pace() == Pace(1.0, (), 0)


def test_a_book_is_read_as_it_was_written(paces: Paces) -> None:
    paces.set_rate(12.6, 1 / 0.9)
    _, book = paces.pace().reserved(40, NOW + 0.1234567)

    assert paces.put(book) is None

    assert paces.pace() == book
    assert (book.window, book.grants[0]) == (1 / 0.9, Grant(NOW + 0.124, 14))


def test_of_two_workers_that_saw_the_same_book_one_writes_and_the_other_gets_what_is_there(
    paces: Paces,
) -> None:
    paces.set_rate(50.0)
    one, other = paces.pace().reserved(50, NOW)[1], paces.pace().reserved(10, NOW)[1]

    assert paces.put(one) is None
    assert paces.put(other) == one
    assert paces.put(one) == one

    assert paces.pace() == one


def test_two_workers_get_calls_one_after_the_other(paces: Paces) -> None:
    paces.set_rate(50.0)
    one, other = PaceBook(paces), PaceBook(paces)

    granted = [one.reserve(50, NOW), other.reserve(50, NOW), one.reserve(50, NOW), other.reserve(50, NOW)]

    assert granted == [[Grant(READY + second, 50)] for second in range(4)]


def test_a_rate_that_is_set_keeps_what_is_reserved_and_refuses_what_was_reckoned_before(
    paces: Paces,
) -> None:
    paces.set_rate(50.0)
    book = PaceBook(paces)
    book.reserve(50, NOW)
    reckoned = paces.pace().reserved(50, NOW)[1]

    paces.set_rate(10.0)
    paces.set_rate(10.0)

    assert paces.put(reckoned) == Pace(10.0, (Grant(READY, 50),), 1)
    assert [grant.recipients for grant in book.reserve(10, NOW)] == [10]
    assert paces.pace().grants[1].at >= NOW + 1

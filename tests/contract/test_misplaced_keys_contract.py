"""What `MisplacedKeys` promises, kept by the fake and by DynamoDB."""

import pytest

from broadsheet.aws.publishing_state import DynamoDBMisplacedKeys
from broadsheet.publishing.misplaced_files import Misplaced, MisplacedKeys
from tests.fakes.desk import FakeMisplacedKeys
from tests.from_template import create_tables

MOST = 3
ONE, TWO, THREE = "Issues/2016-12-05/en.md", " en.md", "issues/2016-12-5/мост.png"


@pytest.fixture(params=["fake", "DynamoDB"])
def misplaced(request: pytest.FixtureRequest) -> MisplacedKeys:
    """No key is recorded."""
    if request.param == "fake":
        return FakeMisplacedKeys()
    return DynamoDBMisplacedKeys(
        create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"]
    )


def test_nothing_is_recorded_at_first(misplaced: MisplacedKeys) -> None:
    assert misplaced.all() == Misplaced()
    misplaced.remove(ONE)
    assert misplaced.all() == Misplaced()


def test_each_key_is_recorded_once(misplaced: MisplacedKeys) -> None:
    for key in (ONE, TWO, ONE):
        misplaced.add(key, MOST)
    assert misplaced.all() == Misplaced(frozenset({ONE, TWO}))


def test_when_there_are_many_further_ones_are_counted_and_a_recorded_one_is_not(
    misplaced: MisplacedKeys,
) -> None:
    for key in (ONE, TWO, THREE, "four", "five", ONE):
        misplaced.add(key, MOST)
    assert misplaced.all() == Misplaced(frozenset({ONE, TWO, THREE}), 2)
    assert misplaced.all().count == 5


def test_a_deleted_file_is_forgotten(misplaced: MisplacedKeys) -> None:
    for key in (ONE, TWO):
        misplaced.add(key, MOST)
    misplaced.remove(ONE)
    assert misplaced.all() == Misplaced(frozenset({TWO}))


def test_a_deleted_file_that_was_only_counted_is_not_counted_any_more(misplaced: MisplacedKeys) -> None:
    for key in (ONE, TWO, THREE, "four", "five"):
        misplaced.add(key, MOST)
    for key in (ONE, "four", TWO, THREE):
        misplaced.remove(key)
    assert misplaced.all() == Misplaced(more=1)
    for key in ("five", "never there"):
        misplaced.remove(key)
    assert misplaced.all() == Misplaced()


def test_counted_files_are_forgotten_once_they_were_reported_and_no_more_than_there_are(
    misplaced: MisplacedKeys,
) -> None:
    for key in (ONE, TWO, THREE, "four", "five"):
        misplaced.add(key, MOST)
    for key in (ONE, TWO, THREE):
        misplaced.remove(key)
    reported = misplaced.all()
    misplaced.remove("four")
    misplaced.forget(reported)
    assert misplaced.all() == Misplaced()
    for key in (ONE, TWO, THREE, "six"):
        misplaced.add(key, MOST)
    assert misplaced.all().count == 4


def test_what_came_while_a_report_was_written_stays(misplaced: MisplacedKeys) -> None:
    for key in (ONE, TWO, THREE, "four"):
        misplaced.add(key, MOST)
    reported = misplaced.all()
    misplaced.add("five", MOST)
    misplaced.remove(TWO)
    misplaced.add("six", MOST)
    misplaced.forget(reported)
    assert misplaced.all() == Misplaced(frozenset({"six"}), 1)
    misplaced.forget(misplaced.all())
    assert misplaced.all() == Misplaced()

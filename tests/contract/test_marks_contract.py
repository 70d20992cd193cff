"""What `Marks` promises, kept by the fake and by DynamoDB."""

from datetime import timedelta

import pytest

from broadsheet.aws.marks import DynamoDBMarks
from broadsheet.publishing.desk import Marks
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.desk import FakeMarks
from tests.from_template import create_tables

FOLDER, NOW, LASTS = "issues/2016-12-05", MONDAY_MORNING, timedelta(minutes=10)
UNTIL = NOW + LASTS


@pytest.fixture(params=["fake", "DynamoDB"])
def marks(request: pytest.FixtureRequest) -> Marks:
    """No folder is marked."""
    if request.param == "fake":
        return FakeMarks()
    return DynamoDBMarks(create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"])


def test_one_of_many_events_marks_a_folder(marks: Marks) -> None:
    assert [marks.put(FOLDER, f"event-{n}", UNTIL, NOW) for n in range(4)] == [True, False, False, False]


def test_the_event_that_marked_may_mark_again(marks: Marks) -> None:
    assert [marks.put(FOLDER, event, UNTIL, NOW) for event in ("one", "other", "one")] == [True, False, True]


def test_folders_are_marked_each_for_itself(marks: Marks) -> None:
    assert marks.put(FOLDER, "one", UNTIL, NOW)
    assert marks.put("drafts/2016-12-05", "other", UNTIL, NOW)


def test_a_mark_that_was_taken_can_be_put_by_another_event(marks: Marks) -> None:
    marks.put(FOLDER, "one", UNTIL, NOW)
    marks.take(FOLDER, "one")
    marks.take(FOLDER, "one")
    assert marks.put(FOLDER, "other", UNTIL, NOW)


def test_another_event_s_mark_stays(marks: Marks) -> None:
    marks.put(FOLDER, "one", UNTIL, NOW)
    marks.take(FOLDER, "other")
    marks.take(FOLDER, "")
    assert not marks.put(FOLDER, "third", UNTIL, NOW)


def test_a_mark_ends_with_its_time(marks: Marks) -> None:
    marks.put(FOLDER, "one", UNTIL, NOW)
    assert not marks.put(FOLDER, "other", UNTIL + LASTS, UNTIL - timedelta(seconds=1))
    assert marks.put(FOLDER, "other", UNTIL + LASTS, UNTIL)
    assert not marks.put(FOLDER, "third", UNTIL + LASTS, UNTIL)

"""What `PendingFolders` promises, kept by the fake and by DynamoDB."""

from datetime import timedelta

import pytest

from broadsheet.aws.publishing_state import DynamoDBPendingFolders
from broadsheet.publishing.desk_event_handler import PendingFolders
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.desk import FakePendingFolders
from tests.from_template import create_tables

FOLDER, NOW, LASTS = "issues/2016-12-05", MONDAY_MORNING, timedelta(minutes=10)
UNTIL = NOW + LASTS


@pytest.fixture(params=["fake", "DynamoDB"])
def pending(request: pytest.FixtureRequest) -> PendingFolders:
    """No folder is marked."""
    if request.param == "fake":
        return FakePendingFolders()
    return DynamoDBPendingFolders(
        create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"]
    )


def test_one_of_many_events_marks_a_folder(pending: PendingFolders) -> None:
    assert [pending.mark(FOLDER, f"event-{n}", UNTIL, NOW) for n in range(4)] == [True, False, False, False]


def test_the_event_that_marked_may_mark_again(pending: PendingFolders) -> None:
    assert [pending.mark(FOLDER, event, UNTIL, NOW) for event in ("one", "other", "one")] == [
        True,
        False,
        True,
    ]


def test_each_folder_is_marked_separately(pending: PendingFolders) -> None:
    assert pending.mark(FOLDER, "one", UNTIL, NOW)
    assert pending.mark("drafts/2016-12-05", "other", UNTIL, NOW)


def test_a_cleared_marker_can_be_set_by_another_event(pending: PendingFolders) -> None:
    pending.mark(FOLDER, "one", UNTIL, NOW)
    pending.clear(FOLDER, "one")
    pending.clear(FOLDER, "one")
    assert pending.mark(FOLDER, "other", UNTIL, NOW)


def test_another_event_s_mark_stays(pending: PendingFolders) -> None:
    pending.mark(FOLDER, "one", UNTIL, NOW)
    pending.clear(FOLDER, "other")
    pending.clear(FOLDER, "")
    assert not pending.mark(FOLDER, "third", UNTIL, NOW)


def test_a_folder_marker_expires(pending: PendingFolders) -> None:
    pending.mark(FOLDER, "one", UNTIL, NOW)
    assert not pending.mark(FOLDER, "other", UNTIL + LASTS, UNTIL - timedelta(seconds=1))
    assert pending.mark(FOLDER, "other", UNTIL + LASTS, UNTIL)
    assert not pending.mark(FOLDER, "third", UNTIL + LASTS, UNTIL)

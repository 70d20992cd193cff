"""What `InspectionCache` promises, kept by the fake and by DynamoDB."""

import pytest

from broadsheet.aws.publishing_state import DynamoDBInspectionCache
from broadsheet.publishing.picture_inspection import Inspection, InspectionCache
from tests.builders import a_shown_picture
from tests.fakes.desk import FakeInspectionCache
from tests.from_template import create_tables

FOLDER, NAME = "issues/2016-12-05", "images/мост.png"
GOOD = Inspection(
    "0a" * 32, [("picture-small", {"source": NAME, "width": "8"}, False)], a_shown_picture(NAME)
)
BAD = Inspection("0b" * 32, [("picture-unreadable", {"source": NAME}, True)])


@pytest.fixture(params=["fake", "DynamoDB"])
def cache(request: pytest.FixtureRequest) -> InspectionCache:
    """Nothing was inspected yet."""
    if request.param == "fake":
        return FakeInspectionCache()
    tables = create_tables(request.getfixturevalue("aws"), ["RegisterTable"])
    return DynamoDBInspectionCache(tables["RegisterTable"])


def test_a_folder_that_was_never_inspected_is_not_known(cache: InspectionCache) -> None:
    assert cache.of(FOLDER) == {}


def test_an_inspection_is_kept_whole(cache: InspectionCache) -> None:
    cache.keep(FOLDER, NAME, "etag", GOOD)
    cache.keep(FOLDER, "images/b.png", "other", BAD)
    assert cache.of(FOLDER) == {NAME: ("etag", GOOD), "images/b.png": ("other", BAD)}


def test_an_inspection_replaces_the_last_one(cache: InspectionCache) -> None:
    cache.keep(FOLDER, NAME, "etag", GOOD)
    cache.keep(FOLDER, NAME, "newer", BAD)
    assert cache.of(FOLDER) == {NAME: ("newer", BAD)}


def test_each_folder_has_its_own_inspections(cache: InspectionCache) -> None:
    cache.keep(FOLDER, NAME, "etag", GOOD)
    assert cache.of("drafts/2016-12-05") == cache.of("issues/2016-12-0") == {}


def test_a_deleted_entry_is_gone(cache: InspectionCache) -> None:
    cache.keep(FOLDER, NAME, "etag", GOOD)
    cache.forget(FOLDER, NAME)
    cache.forget(FOLDER, NAME)
    assert cache.of(FOLDER) == {}


def test_more_pictures_than_a_page_holds_are_all_known(cache: InspectionCache) -> None:
    for number in range(300):
        cache.keep(FOLDER, f"images/{number}.png", "etag" * 1_000, GOOD)
    assert len(cache.of(FOLDER)) == 300

"""What `PictureMemory` promises, kept by the fake and by DynamoDB."""

import pytest

from broadsheet.aws.picture_memory import DynamoDBPictureMemory
from broadsheet.publishing.looks import Look, PictureMemory
from tests.builders import a_shown_picture
from tests.fakes.desk import FakePictureMemory
from tests.from_template import create_tables

FOLDER, NAME = "issues/2016-12-05", "images/мост.png"
GOOD = Look("0a" * 32, [("picture-small", {"source": NAME, "width": "8"}, False)], a_shown_picture(NAME))
BAD = Look("0b" * 32, [("picture-unreadable", {"source": NAME}, True)])


@pytest.fixture(params=["fake", "DynamoDB"])
def memory(request: pytest.FixtureRequest) -> PictureMemory:
    """Nothing was looked at yet."""
    if request.param == "fake":
        return FakePictureMemory()
    tables = create_tables(request.getfixturevalue("aws"), ["RegisterTable"])
    return DynamoDBPictureMemory(tables["RegisterTable"])


def test_a_folder_that_was_never_looked_at_is_not_known(memory: PictureMemory) -> None:
    assert memory.of(FOLDER) == {}


def test_a_look_is_kept_whole(memory: PictureMemory) -> None:
    memory.keep(FOLDER, NAME, "etag", GOOD)
    memory.keep(FOLDER, "images/b.png", "other", BAD)
    assert memory.of(FOLDER) == {NAME: ("etag", GOOD), "images/b.png": ("other", BAD)}


def test_a_look_takes_the_place_of_the_last(memory: PictureMemory) -> None:
    memory.keep(FOLDER, NAME, "etag", GOOD)
    memory.keep(FOLDER, NAME, "newer", BAD)
    assert memory.of(FOLDER) == {NAME: ("newer", BAD)}


def test_folders_have_their_own_looks(memory: PictureMemory) -> None:
    memory.keep(FOLDER, NAME, "etag", GOOD)
    assert memory.of("drafts/2016-12-05") == memory.of("issues/2016-12-0") == {}


def test_what_is_forgotten_is_gone(memory: PictureMemory) -> None:
    memory.keep(FOLDER, NAME, "etag", GOOD)
    memory.forget(FOLDER, NAME)
    memory.forget(FOLDER, NAME)
    assert memory.of(FOLDER) == {}


def test_more_pictures_than_a_page_holds_are_all_known(memory: PictureMemory) -> None:
    for number in range(300):
        memory.keep(FOLDER, f"images/{number}.png", "etag" * 1_000, GOOD)
    assert len(memory.of(FOLDER)) == 300

"""What a message of DeskQueue asks for."""

import json

import pytest

from broadsheet.issues.desk_events import Deployed, DeskEvent, FolderChanged, FolderDue, Rebuild, desk_event


def event(key: str) -> str:
    return json.dumps({"id": "an-event", "detail": {"object": {"key": key}}})


@pytest.mark.parametrize(
    ("key", "asks"),
    [
        ("issues/2016-12-05/en.md", FolderChanged("issues/2016-12-05", "an-event")),
        ("issues/2016-12-05/images/мост.png", FolderChanged("issues/2016-12-05", "an-event")),
        ("drafts/2016-12-05/en.md", FolderChanged("drafts/2016-12-05", "an-event")),
        ("newsletter.toml", Deployed()),
        ("issues/2016-12-05/", None),
        ("issues/readme.md", None),
        ("issues/", None),
        ("issues//en.md", None),
        ("reports/2016-12-05/en.html", None),
    ],
)
def test_an_upload_concerns_its_folder_and_a_stray_one_nothing(key: str, asks: DeskEvent | None) -> None:
    assert desk_event(event(key)) == asks


def test_an_order_to_rebuild_comes_back_as_it_was_put() -> None:
    order = Rebuild("press", "years", "2016", 3)
    assert desk_event(order.to_json()) == order


def test_an_order_to_look_at_a_folder_comes_back_as_it_was_put() -> None:
    order = FolderDue("issues/2016-12-05", "an-event")
    assert desk_event(order.to_json()) == order


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"detail": {}}', '{"rebuild": {"weather": 1}}'])
def test_what_is_no_event_is_left_for_a_person(body: str) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        desk_event(body)

"""Which issue an upload concerns."""

import json

import pytest

from broadsheet.issues.desk_events import FRAME, changed_on_desk


def event(key: str) -> str:
    return json.dumps({"detail": {"object": {"key": key}}})


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("issues/2016-12-05/en.md", "2016-12-05"),
        ("issues/2016-12-05/images/мост.png", "2016-12-05"),
        ("newsletter.toml", FRAME),
        ("issues/2016-12-05/", None),
        ("issues/readme.md", None),
        ("issues/", None),
        ("issues//en.md", None),
    ],
)
def test_an_upload_concerns_its_folder_and_a_stray_one_nothing(key: str, changed: str | None) -> None:
    assert changed_on_desk(event(key)) == changed


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"detail": {}}'])
def test_what_is_no_event_is_left_for_a_person(body: str) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        changed_on_desk(body)

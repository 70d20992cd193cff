"""What a message of DeskQueue asks for."""

import json

import pytest

from broadsheet.publishing.desk_events import (
    DeskChanged,
    DeskEvent,
    FileMisplaced,
    FolderDue,
    MisplacedFilesDue,
    NewsletterUploaded,
    Rebuild,
    RebuildRequest,
    desk_event,
)


def event(key: str, kind: str = "Object Created") -> str:
    return json.dumps({"id": "an-event", "detail-type": kind, "detail": {"object": {"key": key}}})


@pytest.mark.parametrize(
    ("key", "asks"),
    [
        ("issues/2016-12-05/en.md", DeskChanged(FolderDue("issues/2016-12-05", "an-event"))),
        ("issues/2016-12-05/images/мост.png", DeskChanged(FolderDue("issues/2016-12-05", "an-event"))),
        ("drafts/2016-12-05/en.md", DeskChanged(FolderDue("drafts/2016-12-05", "an-event"))),
        ("newsletter.toml", NewsletterUploaded("an-event")),
        ("issues/2016-12-05/", None),
        ("issues/", None),
        ("reports/2016-12-05/en.html", None),
    ],
)
def test_an_upload_belongs_to_its_folder_and_one_outside_the_folders_to_none(
    key: str, asks: DeskEvent | None
) -> None:
    assert desk_event(event(key)) == asks


@pytest.mark.parametrize(
    "key",
    [
        *("Issues/2016-12-05/en.md", "ISSUES/2016-12-05/en.md", " issues/2016-12-05/en.md"),
        *("issue/2016-12-05/en.md", "Drafts/trip/en.md", "drafts/trip/en.md", "drafts/English.docx"),
        *("2016-12-05/en.md", "en.md", "issues/en.md", "issues/2016-12-05.md", "issues/2016-12-05"),
        *("issues//en.md", "/issues/2016-12-05/en.md", "issues/2016-12-05 /en.md", "issues/2016-12-5/en.md"),
        *("issues/2016-12-32/en.md", "issues/2016/2016-12-05/en.md", "issues/issues/2016-12-05/en.md"),
        *("issues/december/images/bridge.png", "Issues/2016-12-05/images/bridge.png", "backup.tar.gz"),
        *(
            "readme.md",
            "issues/README.txt",
            "index.html",
            "Report/en.md",
            "resources/list.csv",
            "re",
            "röst.md",
        ),
        *("Issues/", "Issues/2016-12-05/", "issues/2016-12-5/", "2016-12-05/"),
        *("reports/en.md", "reports/2016-12-05/en.docx", "revisions/en.md", "newsletter.toml.txt"),
    ],
)
def test_a_file_where_nothing_is_read_is_recorded_and_its_deletion_too(key: str) -> None:
    assert desk_event(event(key)) == FileMisplaced(key, "an-event")
    assert desk_event(event(key, "Object Deleted")) == FileMisplaced(key, "an-event", is_deleted=True)


@pytest.mark.parametrize(
    "key",
    [
        *("Issues/.DS_Store", "Issues/2016-12-05/Thumbs.db", "issues/~$English.docx", "__MACOSX/en.md"),
        *("desktop.ini", "issues/Desktop.ini", ".trash/en.md", ".git/"),
        *("issues/", "drafts/", "reports/", "revisions/", "issues/2016-12-05/", "issues/2016-12-05/images/"),
        *("reports/_desk.html", "reports/2016-12-05/en.html", "revisions/2016-12-05/en/0123.md"),
    ],
)
def test_system_files_right_folders_and_files_of_ours_are_not_reported(key: str) -> None:
    assert desk_event(event(key)) is None


def test_a_message_for_misplaced_files_is_parsed_as_it_was_sent() -> None:
    message = MisplacedFilesDue("an-event", 3, 1)
    assert desk_event(message.to_json()) == message
    assert desk_event('{"stray": {"key": "en.md", "event": "an-event"}}') == MisplacedFilesDue("an-event")


@pytest.mark.parametrize(
    "message",
    [
        Rebuild("version", "years", "2016", 3),
        Rebuild(
            "version", run="run", anew=True, done=7, picture="media/a.png", lost=("issues/a", "issues/b")
        ),
        RebuildRequest("run", anew=True),
    ],
)
def test_a_message_for_a_rebuild_is_parsed_as_it_was_sent(message: Rebuild | RebuildRequest) -> None:
    assert desk_event(message.to_json()) == message


def test_a_message_for_a_rebuild_of_an_older_release_is_understood() -> None:
    body = '{"rebuild": {"press": "version", "phase": "issues", "after": "2016-12-05", "left": 1}}'
    assert desk_event(body) == Rebuild("version", after="2016-12-05", left=1)


def test_a_deleted_copy_of_the_newsletter_file_changes_nothing() -> None:
    assert desk_event(event("newsletter.toml", "Object Deleted")) is None


def test_a_message_for_a_folder_is_parsed_as_it_was_sent() -> None:
    message = FolderDue("issues/2016-12-05", "an-event")
    assert desk_event(message.to_json()) == message


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"detail": {}}', '{"rebuild": {"weather": 1}}', '{"weather": {}}', '"x"']
)
def test_a_message_that_is_no_event_goes_to_the_dead_letter_queue(body: str) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        desk_event(body)

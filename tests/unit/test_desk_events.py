"""What a message of DeskQueue asks for."""

import json

import pytest

from broadsheet.publishing.desk_events import (
    DeskChanged,
    DeskEvent,
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
        ("issues/readme.md", None),
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
        *(
            "Issues/2016-12-05/en.md",
            "ISSUES/2016-12-05/en.md",
            " issues/2016-12-05/en.md",
            "issue/2016-12-05/en.md",
        ),
        *("Drafts/trip/en.md", "2016-12-05/en.md", "en.md", "issues/en.md", "issues/2016-12-05.md"),
        *("issues//en.md", "/issues/2016-12-05/en.md", "drafts/English.docx", "Report/en.md"),
    ],
)
def test_a_text_where_nothing_is_read_is_reported_and_its_deletion_is_not(key: str) -> None:
    assert desk_event(event(key)) == DeskChanged(MisplacedFilesDue(key, "an-event"))
    assert desk_event(event(key, "Object Deleted")) is None


@pytest.mark.parametrize(
    "key",
    [
        *("Issues/.DS_Store", "Issues/2016-12-05/Thumbs.db", "issues/~$English.docx", "__MACOSX/en.md"),
        *("Issues/", "Issues/2016-12-05/", ".trash/en.md", "readme.md", "issues/README.txt"),
        *("Issues/2016-12-05/images/bridge.png", "backup.tar.gz"),
        *("reports/_desk.html", "reports/2016-12-05/en.html", "revisions/2016-12-05/en/0123.md"),
    ],
)
def test_system_files_and_files_of_ours_are_not_reported(key: str) -> None:
    assert desk_event(event(key)) is None


def test_a_message_for_misplaced_files_is_parsed_as_it_was_sent() -> None:
    message = MisplacedFilesDue("Issues/2016-12-05/en.md", "an-event")
    assert desk_event(message.to_json()) == message


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

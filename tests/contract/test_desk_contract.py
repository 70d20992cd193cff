"""What `Desk` promises, kept by the fake and by S3."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from broadsheet.aws.desk import S3Desk
from broadsheet.newsletter_file import MOST_BYTES
from broadsheet.publishing.ports import Desk, GoneError, IssueFiles
from tests.fakes.issues import FakeDesk
from tests.from_template import create_bucket

ISSUE = "issues/2016-12-05"
DECOMPOSED, COMPOSED = "images/Николаи\u0306.jpg", "images/Николай.jpg"
DENIED = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
LIMITS = {"most_text_bytes": 10, "most_picture_bytes": 20}


@pytest.fixture(params=["fake", "S3"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """A desk that takes ten bytes of a text and twenty of a picture."""
    return FakeDesk(**LIMITS) if request.param == "fake" else on_s3(request.getfixturevalue("aws"))


def on_s3(aws: dict[str, Any]) -> S3Desk:
    return S3Desk(boto3.client("s3"), create_bucket(aws, "DeskBucket"), **LIMITS)


def put(desk: Desk, key: str, content: bytes = b"something", minutes_ago: int = 0) -> None:
    """Arrange what an editor has uploaded; the oldest first."""
    if isinstance(desk, FakeDesk):
        desk.objects[key] = content
    elif isinstance(desk, S3Desk):
        desk.s3.put_object(Bucket=desk.bucket, Key=key, Body=content)
        stored = s3_backends["123456789012"]["aws"].buckets[desk.bucket].keys[key]
        stored.last_modified -= timedelta(minutes=minutes_ago)


def delete(desk: Desk, key: str) -> None:
    """Arrange what an editor has deleted."""
    if isinstance(desk, FakeDesk):
        del desk.objects[key]
    elif isinstance(desk, S3Desk):
        desk.s3.delete_object(Bucket=desk.bucket, Key=key)


def between_listing_and_reading(desk: Desk, deed: Callable[[], object]) -> None:
    """Arrange what an editor does while we are at it."""
    if isinstance(desk, FakeDesk):
        desk.meanwhile.append(deed)
    elif isinstance(desk, S3Desk):
        events, event = desk.s3.meta.events, "before-call.s3.GetObject"

        def once(**_: Any) -> None:
            events.unregister(event, once)
            deed()

        events.register(event, once)


def report_at(desk: Desk, path: str) -> str:
    if isinstance(desk, FakeDesk):
        return desk.reports[path]
    assert isinstance(desk, S3Desk)
    return desk.s3.get_object(Bucket=desk.bucket, Key=f"reports/{path}")["Body"].read().decode()


def test_a_folder_that_is_not_there_is_empty(desk: Desk) -> None:
    assert desk.files(ISSUE) == IssueFiles("", {}, {}, ())


def test_an_issue_is_its_texts_and_the_pictures_below_images(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md", b"english")
    put(desk, f"{ISSUE}/be.md", "бел".encode())
    put(desk, f"{ISSUE}/images/мост.jpg", b"bridge")
    put(desk, f"{ISSUE}/images/week/hall.png", b"hall")

    found = desk.files(ISSUE)

    texts = {"en": b"english", "be": "бел".encode()}
    pictures = {"images/мост.jpg": b"bridge", "images/week/hall.png": b"hall"}
    assert found == IssueFiles(desk.files(ISSUE).digest, texts, pictures)


def test_a_draft_has_a_folder_of_its_own(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md", b"issue")
    put(desk, "drafts/2016-12-05/en.md", b"draft")

    assert desk.files("drafts/2016-12-05").texts == {"en": b"draft"}
    assert desk.files(ISSUE).texts == {"en": b"issue"}


def test_files_outside_the_folder_are_not_part_of_it(desk: Desk) -> None:
    for key in ("issues/2016-12-05-extra/en.md", "drafts/2016-12-05/en.md", "reports/2016-12-05/en.html"):
        put(desk, key)

    assert desk.files(ISSUE) == IssueFiles("", {}, {}, ())


def test_files_that_are_neither_text_nor_picture_are_misplaced(desk: Desk) -> None:
    misplaced = ("en.MD", "en.txt", "images", "images.zip", "notes.docx", "old/en.md", "мост.jpg")
    for name in (*misplaced, "en.md"):
        put(desk, f"{ISSUE}/{name}")

    assert desk.files(ISSUE) == IssueFiles(desk.files(ISSUE).digest, {"en": b"something"}, {}, misplaced)


def test_files_of_operating_systems_and_word_processors_are_ignored(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md")
    before = desk.files(ISSUE)
    for name in (
        *(".DS_Store", "Thumbs.db", "desktop.ini", "~$en.md", "~$notes.docx", ".en.md.swp", "._en.md"),
        *("images/.DS_Store", "images/Thumbs.db", "images/._hall.png", "__MACOSX/en.md", "", "images/"),
    ):
        put(desk, f"{ISSUE}/{name}")

    assert desk.files(ISSUE) == before
    assert desk.files(ISSUE).digest == before.digest


@pytest.mark.parametrize(("older", "newer"), [(DECOMPOSED, COMPOSED), (COMPOSED, DECOMPOSED)])
def test_of_two_spellings_of_one_name_the_newer_file_counts(desk: Desk, older: str, newer: str) -> None:
    put(desk, f"{ISSUE}/en.md")
    put(desk, f"{ISSUE}/{older}", b"older", minutes_ago=5)
    put(desk, f"{ISSUE}/{newer}", b"newer")

    found = desk.files(ISSUE)
    delete(desk, f"{ISSUE}/{older}")

    assert found.pictures == {COMPOSED: b"newer"}
    assert desk.files(ISSUE) == found


def test_a_name_is_the_same_however_a_system_spells_it(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md")
    put(desk, f"{ISSUE}/{DECOMPOSED}")
    before = desk.files(ISSUE).digest
    delete(desk, f"{ISSUE}/{DECOMPOSED}")
    put(desk, f"{ISSUE}/{COMPOSED}")

    assert desk.files(ISSUE).digest == before


def test_a_file_that_is_too_large_is_read_to_its_limit_and_a_byte(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md", b"0123456789")
    put(desk, f"{ISSUE}/be.md", b"0123456789ab")
    put(desk, f"{ISSUE}/ru.md", b"")
    put(desk, f"{ISSUE}/images/small.png", b"p" * 20)
    put(desk, f"{ISSUE}/images/large.png", b"p" * 200)

    found = desk.files(ISSUE)

    assert found.texts == {"en": b"0123456789", "be": b"0123456789a", "ru": b""}
    assert {name: len(content) for name, content in found.pictures.items()} == {
        "images/small.png": 20,
        "images/large.png": 21,
    }


def test_the_same_files_have_the_same_digest(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md", b"english")
    put(desk, f"{ISSUE}/images/hall.png", b"hall")
    before = desk.files(ISSUE).digest

    put(desk, f"{ISSUE}/en.md", b"english")

    assert before
    assert (desk.files(ISSUE).digest, desk.files(ISSUE).digest) == (before, before)


@pytest.mark.parametrize("name", ["en.md", "be.md", "images/hall.png", "images/new.png", "en.txt"])
def test_a_file_that_is_new_or_changed_changes_the_digest(desk: Desk, name: str) -> None:
    put(desk, f"{ISSUE}/en.md", b"english")
    put(desk, f"{ISSUE}/images/hall.png", b"hall")
    before = desk.files(ISSUE).digest

    put(desk, f"{ISSUE}/{name}", b"changed")

    assert desk.files(ISSUE).digest != before


def test_a_file_that_is_renamed_or_deleted_changes_the_digest(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md", b"english")
    put(desk, f"{ISSUE}/images/hall.png", b"hall")
    digests = [desk.files(ISSUE).digest]

    delete(desk, f"{ISSUE}/images/hall.png")
    put(desk, f"{ISSUE}/images/house.png", b"hall")
    digests.append(desk.files(ISSUE).digest)
    delete(desk, f"{ISSUE}/images/house.png")
    digests.append(desk.files(ISSUE).digest)

    assert len(set(digests)) == 3


def test_a_folder_of_pictures_has_no_digest_and_one_of_files_to_be_reported_has(desk: Desk) -> None:
    put(desk, f"{ISSUE}/images/hall.png", b"hall")
    put(desk, f"{ISSUE}/list.csv", b"english")

    assert desk.files(ISSUE).digest != ""
    assert desk.files(ISSUE) == IssueFiles(
        desk.files(ISSUE).digest, {}, {"images/hall.png": b"hall"}, ("list.csv",)
    )


def test_a_folder_whose_document_may_be_meant_as_a_text_is_checked(desk: Desk) -> None:
    put(desk, f"{ISSUE}/english.txt", b"english")

    assert desk.files(ISSUE).digest
    assert desk.files(ISSUE).strays == ("english.txt",)


@pytest.mark.parametrize("name", ["en.md", "images/hall.png"])
@pytest.mark.parametrize("deed", [delete, lambda desk, key: put(desk, key, b"newer")])
def test_a_file_that_is_deleted_or_replaced_since_it_was_listed_is_not_read(
    name: str, deed: Callable[[Desk, str], object], desk: Desk
) -> None:
    for each in ("be.md", "en.md", "images/hall.png"):
        put(desk, f"{ISSUE}/{each}", b"once")
    found = desk.files(ISSUE)
    between_listing_and_reading(desk, lambda: deed(desk, f"{ISSUE}/{name}"))

    with pytest.raises(GoneError):
        assert found.pictures[name] if name in found.pictures else found.texts["en"]

    assert found.texts["be"] == b"once"
    assert desk.files(ISSUE).digest != found.digest


def test_a_picture_is_read_each_time_and_a_text_once(aws: dict[str, Any]) -> None:
    desk, asked = on_s3(aws), []
    put(desk, f"{ISSUE}/en.md")
    put(desk, f"{ISSUE}/images/hall.png")
    desk.s3.meta.events.register(
        "before-call.s3.GetObject", lambda params, **_: asked.append(params["url_path"])
    )
    found = desk.files(ISSUE)
    assert asked == []

    for _ in range(2):
        assert (found.texts["en"], found.pictures["images/hall.png"]) == (b"something", b"something")

    assert [path.rpartition("/")[2] for path in asked] == ["en.md", "hall.png", "hall.png"]


def test_a_listing_knows_states_and_sizes_of_pictures(desk: Desk) -> None:
    put(desk, f"{ISSUE}/images/hall.png", b"hall")
    put(desk, f"{ISSUE}/images/house.png", b"hall")
    put(desk, f"{ISSUE}/images/tower.png", b"tower")
    put(desk, f"{ISSUE}/en.md")

    found = desk.files(ISSUE)

    states = [found.states[f"images/{name}.png"] for name in ("hall", "house", "tower")]
    assert (len(set(states)), states[0] == states[1], len(found.states)) == (2, True, 3)
    assert found.picture_bytes == 4 + 4 + 5


def test_a_digest_reads_no_contents(aws: dict[str, Any]) -> None:
    desk, asked = on_s3(aws), []
    put(desk, f"{ISSUE}/en.md")
    desk.s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))

    desk.files(ISSUE)

    assert asked == ["ListObjectsV2"]


def test_a_folder_of_more_files_than_one_answer_lists_is_read_whole(aws: dict[str, Any]) -> None:
    desk = on_s3(aws)
    for number in range(5):
        put(desk, f"{ISSUE}/images/{number}.png")

    def in_pages_of_two(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 2

    desk.s3.meta.events.register("before-parameter-build.s3.ListObjectsV2", in_pages_of_two)

    assert len(desk.files(ISSUE).pictures) == 5


def test_a_file_that_we_may_not_read_is_an_error_and_no_withdrawal(aws: dict[str, Any]) -> None:
    desk = on_s3(aws)
    put(desk, f"{ISSUE}/en.md")
    denied = (SimpleNamespace(status_code=403), DENIED)
    desk.s3.meta.events.register("before-call.s3.GetObject", lambda **_: denied)

    with pytest.raises(ClientError, match="AccessDenied"):
        assert desk.files(ISSUE).texts["en"]


def test_a_deleted_file_is_missing_although_s3_answers_access_denied(aws: dict[str, Any]) -> None:
    desk = on_s3(aws)
    put(desk, f"{ISSUE}/en.md")

    def gone(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        delete(desk, f"{ISSUE}/en.md")
        return SimpleNamespace(status_code=403), DENIED

    desk.s3.meta.events.register("before-call.s3.GetObject", gone)

    with pytest.raises(GoneError):
        assert desk.files(ISSUE).texts["en"]


def test_the_newest_report_replaces_the_last(desk: Desk) -> None:
    desk.report("2016-12-05/en.html", "<p>mend this</p>")
    desk.report("2016-12-05/en.html", "<p>апублікавана</p>")

    assert report_at(desk, "2016-12-05/en.html") == "<p>апублікавана</p>"


# -- a picture in the place of its original

HALL, ORIGINAL = "images/hall.png", "0a" * 32


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def replaced(desk: Desk, content: bytes = b"pixels", state: str = "") -> str:
    state = state or desk.files(ISSUE).states[HALL]
    return desk.replace_picture(ISSUE, HALL, state, content, ORIGINAL)


def test_a_picture_replaces_its_original_and_records_its_digest(desk: Desk) -> None:
    put(desk, f"{ISSUE}/en.md")
    put(desk, f"{ISSUE}/{HALL}", b"hall")
    before = desk.files(ISSUE)
    assert before.original(HALL, digest_of(b"hall")) == digest_of(b"hall")

    state = replaced(desk)

    after = desk.files(ISSUE)
    assert (after.states[HALL], after.pictures[HALL]) == (state, b"pixels")
    assert after.original(HALL, digest_of(b"pixels")) == ORIGINAL
    assert after.digest != before.digest


def test_what_an_editor_has_changed_or_deleted_is_not_replaced(desk: Desk) -> None:
    put(desk, f"{ISSUE}/{HALL}", b"hall")
    state = desk.files(ISSUE).states[HALL]
    put(desk, f"{ISSUE}/{HALL}", b"newer")
    assert replaced(desk, state=state) == ""
    assert desk.files(ISSUE).pictures[HALL] == b"newer"

    delete(desk, f"{ISSUE}/{HALL}")
    assert replaced(desk, state=state) == ""
    assert list(desk.files(ISSUE).pictures) == []


def test_a_second_replacement_of_the_same_state_is_refused(desk: Desk) -> None:
    put(desk, f"{ISSUE}/{HALL}", b"hall")
    state = desk.files(ISSUE).states[HALL]
    assert [bool(replaced(desk, content, state)) for content in (b"pixels", b"others")] == [True, False]
    assert desk.files(ISSUE).pictures[HALL] == b"pixels"


def test_a_picture_uploaded_over_ours_is_an_original(desk: Desk) -> None:
    put(desk, f"{ISSUE}/{HALL}", b"hall")
    replaced(desk)
    put(desk, f"{ISSUE}/{HALL}", b"hall")
    assert desk.files(ISSUE).original(HALL, digest_of(b"hall")) == digest_of(b"hall")


def test_metadata_that_a_tool_has_kept_with_another_content_say_nothing(aws: dict[str, Any]) -> None:
    desk = on_s3(aws)
    put(desk, f"{ISSUE}/{HALL}", b"hall")
    replaced(desk)
    key = f"{ISSUE}/{HALL}"
    kept = desk.s3.head_object(Bucket=desk.bucket, Key=key)["Metadata"]
    desk.s3.put_object(Bucket=desk.bucket, Key=key, Body=b"another", Metadata=kept)
    assert desk.files(ISSUE).original(HALL, digest_of(b"another")) == digest_of(b"another")


def test_the_original_remains_as_an_old_version(aws: dict[str, Any]) -> None:
    desk = on_s3(aws)
    put(desk, f"{ISSUE}/{HALL}", b"hall")
    replaced(desk)
    versions = desk.s3.list_object_versions(Bucket=desk.bucket)["Versions"]
    assert sorted(version["IsLatest"] for version in versions) == [False, True]


def test_the_copy_of_the_newsletter_file_is_read_whole_and_none_is_none(desk: Desk) -> None:
    assert desk.newsletter_file() is None
    put(desk, "newsletter.toml", b"name = 'A longer text than a desk takes of an editor'")
    assert desk.newsletter_file() == b"name = 'A longer text than a desk takes of an editor'"


def test_of_a_newsletter_file_that_is_too_large_no_more_is_read_than_shows_that(desk: Desk) -> None:
    put(desk, "newsletter.toml", b"#" * (3 * MOST_BYTES))
    assert len(desk.newsletter_file() or b"") > MOST_BYTES

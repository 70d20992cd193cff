"""What `Desk` and `Revisions` promise, kept by the fakes and by S3."""

import boto3
import pytest

from broadsheet.aws.buckets import S3Desk, S3Revisions
from broadsheet.issues.ports import Desk, IssueFiles, Revisions
from tests.builders import ISSUE_ID, a_body
from tests.fakes.issues import FakeDesk, FakeRevisions
from tests.from_template import create_bucket

REVISION = "0123456789abcdef0123"


@pytest.fixture(params=["fake", "S3"])
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "fake":
        return FakeDesk()
    bucket = create_bucket(request.getfixturevalue("aws"), "DeskBucket")
    return S3Desk(boto3.client("s3"), bucket)


@pytest.fixture(params=["fake", "S3"])
def revisions(request: pytest.FixtureRequest) -> Revisions:
    if request.param == "fake":
        return FakeRevisions()
    bucket = create_bucket(request.getfixturevalue("aws"), "DeskBucket")
    return S3Revisions(boto3.client("s3"), bucket)


def put(desk: Desk, key: str, content: bytes) -> None:
    """Arrange what an editor has uploaded."""
    if isinstance(desk, FakeDesk):
        desk.objects[key] = content
    elif isinstance(desk, S3Desk):
        desk.s3.put_object(Bucket=desk.bucket, Key=key, Body=content)


def report_at(desk: Desk, path: str) -> str:
    if isinstance(desk, FakeDesk):
        return desk.reports[path]
    assert isinstance(desk, S3Desk)
    return desk.s3.get_object(Bucket=desk.bucket, Key=f"reports/{path}")["Body"].read().decode()


def test_a_folder_that_is_not_there_is_empty(desk: Desk) -> None:
    assert desk.issue(ISSUE_ID) == IssueFiles({}, {})


def test_an_issue_is_its_texts_and_the_pictures_below_images(desk: Desk) -> None:
    put(desk, "issues/2016-12-05/en.md", b"english")
    put(desk, "issues/2016-12-05/be.md", "па-беларуску".encode())
    put(desk, "issues/2016-12-05/images/мост.jpg", b"bridge")
    put(desk, "issues/2016-12-05/images/week/hall.png", b"hall")

    found = desk.issue(ISSUE_ID)

    texts = {"en": b"english", "be": "па-беларуску".encode()}
    pictures = {"images/мост.jpg": b"bridge", "images/week/hall.png": b"hall"}
    assert found == IssueFiles(texts, pictures)


def test_what_else_lies_about_is_not_part_of_an_issue(desk: Desk) -> None:
    for key in (
        "issues/2016-12-05/notes.txt",
        "issues/2016-12-05/old/en.md",
        "issues/2016-12-05-extra/en.md",
        "drafts/2016-12-05/en.md",
        "reports/2016-12-05/en.html",
    ):
        put(desk, key, b"something else")

    assert desk.issue(ISSUE_ID) == IssueFiles({}, {})


def test_the_newest_report_replaces_the_last(desk: Desk) -> None:
    desk.report("2016-12-05/en.html", "<p>mend this</p>")
    desk.report("2016-12-05/en.html", "<p>апублікавана</p>")

    assert report_at(desk, "2016-12-05/en.html") == "<p>апублікавана</p>"


def test_a_kept_body_comes_back_whole(revisions: Revisions) -> None:
    body = a_body(subject="Два саміты: “{{brace}}”")

    revisions.keep(ISSUE_ID, "be", REVISION, body)
    revisions.keep(ISSUE_ID, "be", REVISION, body)

    assert revisions.body(ISSUE_ID, "be", REVISION) == body


def test_each_edition_and_revision_has_its_own_body(revisions: Revisions) -> None:
    names = [("en", REVISION), ("en", "f" * 20), ("be", REVISION)]
    for edition, revision in names:
        revisions.keep(ISSUE_ID, edition, revision, a_body(subject=f"{edition} {revision}"))

    found = [revisions.body(ISSUE_ID, edition, revision).subject for edition, revision in names]

    assert found == [f"{edition} {revision}" for edition, revision in names]

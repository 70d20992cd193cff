"""What `Revisions` promises, kept by the fake and by S3."""

import json
from dataclasses import asdict
from typing import Any

import boto3
import pytest

from broadsheet.aws.revisions import S3Revisions
from broadsheet.mailings.body import BodyBrokenError
from tests.builders import ISSUE_ID, a_body
from tests.fakes.issues import FakeRevisions
from tests.from_template import create_bucket

REVISION = "0123456789abcdef0123"
TEXT = "---\ntitle: Два саміты\n---\n".encode()
KEPT = f"revisions/{ISSUE_ID}/be/{REVISION}"
DIGEST = a_body().digest
Revisions = FakeRevisions | S3Revisions


@pytest.fixture(params=["fake", "S3"])
def revisions(request: pytest.FixtureRequest) -> Revisions:
    return FakeRevisions() if request.param == "fake" else on_s3(request.getfixturevalue("aws"))


def on_s3(aws: dict[str, Any]) -> S3Revisions:
    return S3Revisions(boto3.client("s3"), create_bucket(aws, "DeskBucket"))


def write(revisions: S3Revisions, key: str, content: bytes) -> None:
    """Write an object as another release would have."""
    revisions.s3.put_object(Bucket=revisions.bucket, Key=key, Body=content)


def test_a_kept_revision_comes_back_whole(revisions: Revisions) -> None:
    body = a_body(subject="Два саміты: “{{brace}}”")

    revisions.keep(ISSUE_ID, "be", REVISION, TEXT, body)

    assert revisions.text(ISSUE_ID, "be", REVISION) == TEXT
    assert revisions.body(ISSUE_ID, "be", REVISION, body.digest) == body


def test_a_kept_revision_is_never_changed(revisions: Revisions) -> None:
    revisions.keep(ISSUE_ID, "be", REVISION, TEXT, a_body())

    revisions.keep(ISSUE_ID, "be", REVISION, b"another text", a_body(language="ru"))

    assert revisions.text(ISSUE_ID, "be", REVISION) == TEXT
    assert revisions.body(ISSUE_ID, "be", REVISION, DIGEST) == a_body()


def test_another_mail_of_the_same_text_is_kept_beside_the_first(revisions: Revisions) -> None:
    """Another release may compose another mail; a mailing may still be sending the first."""
    other = a_body(subject="Another subject")
    revisions.keep(ISSUE_ID, "be", REVISION, TEXT, a_body())

    revisions.keep(ISSUE_ID, "be", REVISION, TEXT, other)

    bodies = [revisions.body(ISSUE_ID, "be", REVISION, each.digest) for each in (a_body(), other)]
    assert bodies == [a_body(), other]


def test_only_what_was_not_there_before_counts_as_kept_for_the_first_time(revisions: Revisions) -> None:
    other = a_body(subject="Another subject")
    found = [revisions.keep(ISSUE_ID, "be", REVISION, TEXT, body) for body in (a_body(), a_body(), other)]
    assert found == [True, False, False]


def test_each_edition_and_revision_has_its_own_text_and_body(revisions: Revisions) -> None:
    names = [("en", REVISION), ("en", "f" * 20), ("be", REVISION)]
    for edition, revision in names:
        text = f"{edition} {revision}"
        revisions.keep(ISSUE_ID, edition, revision, text.encode(), a_body(subject=text))

    bodies = [
        revisions.body(ISSUE_ID, edition, revision, a_body(subject=f"{edition} {revision}").digest).subject
        for edition, revision in names
    ]
    texts = [revisions.text(ISSUE_ID, edition, revision).decode() for edition, revision in names]

    assert bodies == texts == [f"{edition} {revision}" for edition, revision in names]


def test_a_second_write_completes_one_that_crashed_half_way(aws: dict[str, Any]) -> None:
    revisions = on_s3(aws)
    write(revisions, f"{KEPT}.md", TEXT)

    revisions.keep(ISSUE_ID, "be", REVISION, TEXT, a_body())

    assert revisions.body(ISSUE_ID, "be", REVISION, DIGEST) == a_body()


def tags(revisions: S3Revisions, key: str) -> dict[str, str]:
    answer = revisions.s3.get_object_tagging(Bucket=revisions.bucket, Key=key)
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def test_an_expiring_text_is_tagged_for_the_template_s_rule_and_a_restored_one_is_not(
    aws: dict[str, Any],
) -> None:
    revisions = on_s3(aws)
    (rule,) = (
        r
        for r in aws["Resources"]["DeskBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
        if "TagFilters" in r
    )
    other = REVISION.replace("0", "f")
    for edition, revision in (("be", REVISION), ("be", other), ("ru", REVISION)):
        revisions.keep(ISSUE_ID, edition, revision, TEXT, a_body())
    keys = [f"{KEPT}.md", f"{KEPT}.{DIGEST}.json", f"revisions/{ISSUE_ID}/be/{other}.md"]

    for _ in range(2):
        revisions.forget(ISSUE_ID, "be")
    assert [tags(revisions, key) for key in keys] == [{"withdrawn": "true"}] * 3
    assert rule["TagFilters"] == [{"Key": "withdrawn", "Value": "true"}]
    assert all(key.startswith(rule["Prefix"]) for key in keys)
    assert tags(revisions, f"revisions/{ISSUE_ID}/ru/{REVISION}.md") == {}
    assert revisions.body(ISSUE_ID, "be", REVISION, DIGEST) == a_body()

    for _ in range(2):
        revisions.recall(ISSUE_ID, "be", REVISION)
    assert [tags(revisions, key) for key in keys] == [{}, {}, {"withdrawn": "true"}]


def test_an_expired_body_reads_as_missing_and_can_be_stored_again(aws: dict[str, Any]) -> None:
    revisions = on_s3(aws)
    with pytest.raises(BodyBrokenError):
        revisions.body(ISSUE_ID, "be", REVISION, DIGEST)
    revisions.forget(ISSUE_ID, "be")
    revisions.recall(ISSUE_ID, "be", REVISION)
    revisions.keep(ISSUE_ID, "be", REVISION, TEXT, a_body())
    assert revisions.body(ISSUE_ID, "be", REVISION, DIGEST) == a_body()


def test_the_text_is_written_before_the_body(aws: dict[str, Any]) -> None:
    revisions, keys = on_s3(aws), []
    revisions.s3.meta.events.register(
        "before-parameter-build.s3.PutObject", lambda params, **_: keys.append(params["Key"])
    )

    revisions.keep(ISSUE_ID, "be", REVISION, TEXT, a_body())

    assert keys == [f"{KEPT}.md", f"{KEPT}.{DIGEST}.json"]


@pytest.mark.parametrize("digest", ["", DIGEST])
def test_the_body_that_an_older_release_kept_is_found_with_and_without_its_digest(
    aws: dict[str, Any], digest: str
) -> None:
    revisions = on_s3(aws)
    write(revisions, f"{KEPT}.json", json.dumps(asdict(a_body())).encode())

    assert revisions.body(ISSUE_ID, "be", REVISION, digest) == a_body()


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b"null", b"{}", b'"sender_name"', b"{} {}"])
def test_an_object_that_is_not_a_body_is_refused_as_such(aws: dict[str, Any], content: bytes) -> None:
    revisions = on_s3(aws)
    write(revisions, f"{KEPT}.{DIGEST}.json", content)

    with pytest.raises(BodyBrokenError):
        revisions.body(ISSUE_ID, "be", REVISION, DIGEST)


def test_the_body_of_another_release_is_read_as_far_as_possible(aws: dict[str, Any]) -> None:
    revisions = on_s3(aws)
    stored = {**asdict(a_body()), "of_a_newer_shape": ["?"]}
    del stored["sender_name"]

    write(revisions, f"{KEPT}.json", json.dumps(stored).encode())

    assert revisions.body(ISSUE_ID, "be", REVISION) == a_body(sender_name="")


def test_a_body_that_an_earlier_release_let_through_is_read_as_what_its_author_wrote(
    aws: dict[str, Any],
) -> None:
    revisions = on_s3(aws)
    stored = asdict(a_body()) | {"subject": "{{#each list}} {{brace}}}", "text": "{{unsubscribe_url}}\n"}

    write(revisions, f"{KEPT}.json", json.dumps(stored).encode())

    body = revisions.body(ISSUE_ID, "be", REVISION)
    assert body.filled("https://a.example/").subject == "{{#each list}} {{}"
    assert body.text == "{{unsubscribe_url}}\n"

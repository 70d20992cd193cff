"""publish_issue: a file on the desk becomes pages, a mail body, a held mailing and a report."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from broadsheet.publishing.desk_events import Rebuild, RebuildRequest, desk_event
from tests.builders import ISSUE_ID, ROOT
from tests.integration.world import MAILING, World, a_batch, a_sample, failed

EDITOR = "desk@ninthbridge.example.org"
EVENT = "17793124-05d4-b198-2fde-7ededc63b103"
TEXT = f"issues/{ISSUE_ID}/en.md"


def processed(world: World, case: str) -> list[str]:
    """The ids that come again; a sweep comes after it."""
    again = world.process_desk_event(case)
    world.apply_requests()
    return again


def versions(world: World) -> list[tuple[str, str]]:
    """Every object that was ever written to the site."""
    answer = boto3.client("s3").list_object_versions(Bucket=world.refs["SiteBucket"])
    return sorted((entry["Key"], entry["VersionId"]) for entry in answer.get("Versions", []))


def test_an_upload_becomes_pages(world: World) -> None:
    world.upload_issue("en")
    assert processed(world, "text_created") == []
    pages = world.keys("SiteBucket", f"en/{ISSUE_ID}/")
    assert f"en/{ISSUE_ID}/index.html" in pages
    assert len(pages) > 3
    page = world.object("SiteBucket", f"en/{ISSUE_ID}/index.html").decode()
    assert "December 5 – December 11, 2016" in re.sub("<[^>]+>", "", page)
    assert {"en/archive/2016.html", "en/feed.xml", "sitemaps/2016.xml"} <= set(world.keys("SiteBucket"))
    assert f"{ISSUE_ID}/index.html" in world.object("SiteBucket", "en/index.html").decode()
    assert world.keys("SiteBucket", "404.html")


def test_an_upload_leaves_its_text_a_mail_body_and_a_report(world: World) -> None:
    world.upload_issue("en")
    processed(world, "text_created")
    body_key, text_key = world.keys("DeskBucket", f"revisions/{ISSUE_ID}/en/")
    (record,) = [item for item in world.items("RegisterTable") if item["collection"] == "issue"]
    digest = record["editions"]["en"]["mail_digest"]
    assert body_key == text_key.removesuffix("md") + f"{digest}.json"
    assert world.object("DeskBucket", text_key) == world.object("DeskBucket", TEXT)
    body = json.loads(world.object("DeskBucket", body_key))
    assert (body["edition"], "{{unsubscribe_url}}" in body["html"]) == ("en", True)
    assert "Published" in world.object("DeskBucket", f"reports/{ISSUE_ID}/en.html").decode()
    assert [mail["Subject"] for mail in world.ses.mails_to(EDITOR)] == [f"Published: {ISSUE_ID}/en.md"]


def test_its_mailing_is_held_and_scheduled_for_the_end_of_the_hold(world: World) -> None:
    world.upload_issue("en")
    before = datetime.now(UTC)
    processed(world, "text_created")
    assert (world.head()["state"], world.head()["audience"]) == ("held", "en")
    due_at = datetime.fromisoformat(world.head()["due_at"])
    hold = timedelta(seconds=int(world.parameters["HoldSeconds"]))
    assert before + hold <= due_at <= datetime.now(UTC) + hold
    schedule = boto3.client("scheduler").get_schedule(Name=MAILING, GroupName="MailingSchedules")
    assert schedule["ScheduleExpression"] == f"at({due_at:%Y-%m-%dT%H:%M:%S})"
    assert json.loads(schedule["Target"]["Input"]) == a_sample("start_mailing/due")


def test_three_editions_make_one_mailing_an_audience(world: World) -> None:
    world.upload_issue("en", "be", "ru")
    processed(world, "text_created")
    heads = [item["entry"] for item in world.items("LedgerTable") if item["mailing"] == "mailings"]
    assert sorted(heads) == [f"{ISSUE_ID}_be-ru", f"{ISSUE_ID}_en", f"{ISSUE_ID}_ru-be"]


def test_the_events_of_one_folder_publish_it_once(world: World) -> None:
    world.upload_issue("en")
    processed(world, "text_created")
    once, mails = versions(world), len(world.ses.sent())
    assert processed(world, "picture_created") == []
    assert versions(world) == once
    assert len(world.ses.sent()) == mails


def test_a_text_with_a_mistake_changes_nothing_public_and_the_report_says_where(world: World) -> None:
    world.upload_issue("en")
    world.upload_text(TEXT, "---\ntitle: A title\n---\n\nNo summary.\n")
    assert processed(world, "text_created") == []
    assert world.keys("SiteBucket") == []
    assert "summary" in world.object("DeskBucket", f"reports/{ISSUE_ID}/en.html").decode()
    (mail,) = world.ses.mails_to(EDITOR)
    assert mail["Subject"] == f"NOT published: {ISSUE_ID}/en.md"


def test_deleting_a_file_withdraws_its_pages_and_its_mailing(world: World) -> None:
    world.upload_issue("en", "ru")
    processed(world, "text_created")
    pages = world.keys("SiteBucket", f"en/{ISSUE_ID}/")
    world.delete_from_desk(TEXT)

    assert processed(world, "text_deleted") == []

    assert world.keys("SiteBucket", f"en/{ISSUE_ID}/") == pages
    assert all("This issue was withdrawn" in world.object("SiteBucket", page).decode() for page in pages)
    for path in ("en/index.html", "en/archive/2016.html", "en/feed.xml", "en/feed.json"):
        assert f"{ISSUE_ID}/" not in world.object("SiteBucket", path).decode()
    assert f"ru/{ISSUE_ID}/" in world.object("SiteBucket", "sitemaps/2016.xml").decode()
    assert (world.head()["state"], world.head(f"{ISSUE_ID}_be-ru")["state"]) == ("withdrawn", "held")
    assert world.ses.mails_to(EDITOR)[-1]["Subject"] == f"Withdrawn: {ISSUE_ID}/en.md"


def test_the_kept_text_and_mail_of_what_was_withdrawn_expire_and_nothing_else(world: World) -> None:
    world.upload_issue("en", "ru")
    processed(world, "text_created")
    world.delete_from_desk(TEXT)
    processed(world, "text_deleted")

    def tagged() -> set[str]:
        s3, bucket = boto3.client("s3"), world.refs["DeskBucket"]
        keys = world.keys("DeskBucket")
        return {key for key in keys if s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}

    assert tagged() == set(world.keys("DeskBucket", f"revisions/{ISSUE_ID}/en/")) != set()
    world.upload_issue("en")
    processed(world, "text_created")
    assert tagged() == set()


def test_an_expiry_by_s3_publishes_and_mails_nothing(world: World) -> None:
    """The event of an old version that has expired comes by the same rule as an editor's deletion."""
    world.upload_issue("en")
    processed(world, "text_created")
    once, mails, state = versions(world), len(world.ses.sent()), world.state()

    assert processed(world, "old_version_expired") == []

    assert (versions(world), len(world.ses.sent()), world.state()) == (once, mails, state)


def test_a_withdrawn_issue_that_is_uploaded_again_is_held_again(world: World) -> None:
    world.upload_issue("en")
    processed(world, "text_created")
    first = world.head()
    world.delete_from_desk(TEXT)
    processed(world, "text_deleted")
    world.upload_issue("en")
    processed(world, "text_created")
    assert world.head()["state"] == "held"
    assert world.head()["due_at"] > first["due_at"]
    assert f"{ISSUE_ID}/" in world.object("SiteBucket", "en/index.html").decode()


def test_a_correction_replaces_pages_and_takes_old_pictures_away(world: World) -> None:
    world.upload_issue("en")
    processed(world, "text_created")
    assert world.keys("SiteBucket", f"media/{ISSUE_ID}/")
    world.upload_text(TEXT, "---\ntitle: A short week\nsummary: In one sentence.\n---\n\nPlain words.\n")
    processed(world, "text_created")
    assert world.keys("SiteBucket", f"media/{ISSUE_ID}/") == []
    assert "Plain words." in world.object("SiteBucket", f"en/{ISSUE_ID}/index.html").decode()
    assert "has been removed" in world.object("SiteBucket", f"en/{ISSUE_ID}/security-1.html").decode()
    assert len(world.keys("DeskBucket", f"revisions/{ISSUE_ID}/en/")) == 4


def test_a_draft_becomes_a_preview_that_nobody_guesses_and_nothing_public(world: World) -> None:
    world.upload_issue("en", under="drafts")

    assert processed(world, "draft_created") == []

    (preview,) = {key.split("/")[1] for key in world.keys("SiteBucket", "drafts/")}
    assert len(preview) >= 32
    page = world.object("SiteBucket", f"drafts/{preview}/en/{ISSUE_ID}/index.html").decode()
    assert "noindex" in page
    assert world.keys("SiteBucket", f"drafts/{preview}/en/{ISSUE_ID}/mail.html")
    assert world.keys("SiteBucket", f"en/{ISSUE_ID}") == []
    assert [item["entry"] for item in world.items("LedgerTable")] == []
    report, test_mail = world.ses.mails_to(EDITOR)
    assert report["Subject"] == f"Draft: drafts/{ISSUE_ID}/en.md"
    assert str(test_mail["Subject"]).startswith("[Draft] ")
    assert "Draft" in world.object("DeskBucket", f"reports/drafts/{ISSUE_ID}/en.html").decode()


def test_the_same_draft_again_does_nothing_and_a_deleted_one_goes(world: World) -> None:
    world.upload_issue("en", under="drafts")
    processed(world, "draft_created")
    once, mails = versions(world), len(world.ses.sent())
    assert processed(world, "draft_created") == []
    assert (versions(world), len(world.ses.sent())) == (once, mails)
    for key in world.keys("DeskBucket", "drafts/"):
        world.delete_from_desk(key)
    assert processed(world, "draft_created") == []
    assert world.keys("SiteBucket", "drafts/") == []


def test_the_newsletters_own_file_writes_the_static_pages_and_enqueues_a_rebuild(world: World) -> None:
    world.upload_newsletter_file()
    assert processed(world, "newsletter_created") == []
    frame = {"index.html", "404.html", "robots.txt", "sitemap.xml", "en/index.html", "be/subscribed.html"}
    assert frame <= set(world.keys("SiteBucket"))
    (message,) = world.messages("DeskQueue")
    sent = desk_event(message)
    assert isinstance(sent, Rebuild)
    written = len(world.keys("SiteBucket"))
    assert sent == Rebuild(sent.renderer_version, run=EVENT, written=written)
    assert world.ses.sent() == []


@pytest.mark.parametrize("content", [b"name = ", None])
def test_another_newsletter_file_changes_nothing_and_is_answered_by_a_report(
    world: World, content: bytes | None
) -> None:
    sample = (ROOT / "newsletter.toml").read_bytes()
    world.upload_newsletter_file(
        content or sample.replace(b"desk@", b"thief@").replace(b"letter@", b"thief@")
    )

    assert processed(world, "newsletter_created") == []

    assert (world.keys("SiteBucket"), world.messages("DeskQueue"), world.items("LedgerTable")) == ([], [], [])
    assert world.keys("DeskBucket", "reports/") == ["reports/_newsletter.html"]
    assert b"thief@" not in world.object("DeskBucket", "reports/_newsletter.html")
    (mail,) = world.ses.mails_to(EDITOR)
    assert mail["Subject"] == "NOT applied: newsletter.toml"
    assert len(world.ses.sent()) == 1


def test_a_newsletter_file_that_is_gone_again_changes_nothing(world: World) -> None:
    assert processed(world, "newsletter_created") == []
    assert (world.keys("SiteBucket"), world.ses.sent()) == ([], [])


@pytest.mark.parametrize("anew", [False, True])
def test_a_requested_rebuild_brings_back_a_site_of_which_everything_was_deleted(
    world: World,
    anew: bool,  # noqa: FBT001  # a column
) -> None:
    world.upload_issue("en", "ru")
    processed(world, "text_created")
    before = {key: world.object("SiteBucket", key) for key in world.keys("SiteBucket")}
    assert any(key.startswith("media/") for key in before)
    for key in before:
        world.resources.s3.delete_object(Bucket=world.refs["SiteBucket"], Key=key)
    records, mails = world.items("LedgerTable"), len(world.ses.sent())
    handler = world.cold_start("PublishIssueFunction")
    bodies = [RebuildRequest("run", anew).to_json()]
    while bodies:
        assert failed(handler(a_batch(*bodies))) == []
        bodies = world.receive_all("DeskQueue")
    assert {key: world.object("SiteBucket", key) for key in world.keys("SiteBucket")} == before
    assert (world.items("LedgerTable"), len(world.ses.sent())) == (records, mails)


def test_a_rebuild_message_rebuilds_pages_and_enqueues_the_next_step(world: World) -> None:
    world.upload_issue("en")
    processed(world, "text_created")
    world.upload_newsletter_file()
    processed(world, "newsletter_created")
    version = json.loads(world.receive_all("DeskQueue")[0])["rebuild"]["press"]
    page = f"en/{ISSUE_ID}/index.html"
    whole = world.object("SiteBucket", page)
    boto3.client("s3").put_object(Bucket=world.refs["SiteBucket"], Key=page, Body=b"made by another renderer")

    handler = world.cold_start("PublishIssueFunction")
    assert failed(handler(a_sample("publish_issue/rebuild", renderer=version))) == []

    assert world.object("SiteBucket", page) == whole
    (following,) = world.messages("DeskQueue")
    after = desk_event(following)
    assert isinstance(after, Rebuild)
    assert after == Rebuild(version, after=ISSUE_ID, run=EVENT, done=1, written=1, right=after.right)


def test_a_rebuild_ends_by_itself_with_the_same_bytes_and_is_not_begun_again(world: World) -> None:
    world.upload_issue("en", "ru")
    processed(world, "text_created")
    before = {key: world.object("SiteBucket", key) for key in world.keys("SiteBucket")}
    world.upload_newsletter_file()
    processed(world, "newsletter_created")
    handler, steps = world.cold_start("PublishIssueFunction"), 0
    while bodies := world.receive_all("DeskQueue"):
        assert failed(handler(a_batch(*bodies))) == []
        steps += 1
    assert steps == 4  # the issues, behind the last of them, their year, the end
    assert {key: world.object("SiteBucket", key) for key in world.keys("SiteBucket")} == before
    processed(world, "newsletter_created")
    assert world.messages("DeskQueue") == []


def test_a_rebuild_of_what_was_deployed_before_does_nothing(world: World) -> None:
    assert processed(world, "rebuild") == []
    assert (world.keys("SiteBucket"), world.messages("DeskQueue")) == ([], [])


def test_an_event_about_a_deleted_folder_is_processed(world: World) -> None:
    assert processed(world, "text_deleted") == []
    assert world.keys("SiteBucket") == []


def test_an_event_that_is_not_the_desks_is_retried_and_the_others_are_processed(world: World) -> None:
    world.upload_issue("en")
    event: dict[str, Any] = a_sample("publish_issue/batch_with_another_bucket_s_event")
    publish = world.cold_start("PublishIssueFunction")
    assert failed(publish(event)) == [event["Records"][0]["messageId"]]
    assert failed(publish(a_batch(*world.receive_folder_messages()))) == []
    assert world.keys("SiteBucket", f"en/{ISSUE_ID}/index.html")


def test_a_report_that_cannot_be_mailed_is_mailed_when_the_event_comes_again(world: World) -> None:
    world.upload_issue("en")
    world.monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:9")
    assert processed(world, "text_created") != []
    world.monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", world.ses.endpoint)
    move_processing_back_an_hour(world)
    assert processed(world, "text_created") == []
    assert len(world.ses.mails_to(EDITOR)) == 1


def move_processing_back_an_hour(world: World) -> None:
    (item,) = [item for item in world.items("RegisterTable") if item["collection"] == "issue"]
    hour_before = datetime.fromisoformat(item["settled_at"]) - timedelta(hours=1)
    world.table("RegisterTable").put_item(Item={**item, "settled_at": hour_before.isoformat()})


def test_the_log_names_the_issue(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.upload_issue("en")
    processed(world, "text_created")
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (line["event"], line["outcome"]) == (
        f"FolderDue(path='issues/{ISSUE_ID}', event='{EVENT}')",
        "published",
    )


def test_a_message_to_check_a_folder_is_processed(world: World) -> None:
    world.upload_issue("en")
    assert processed(world, "folder_due") == []
    assert world.keys("SiteBucket", f"en/{ISSUE_ID}/index.html")


def test_the_first_event_of_a_folder_enqueues_it_and_the_others_find_its_marker(world: World) -> None:
    world.upload_issue("en")
    publish = world.cold_start("PublishIssueFunction")

    for case in ("text_created", "picture_created", "text_created"):
        assert failed(publish(a_sample(f"publish_issue/{case}"))) == []

    assert (
        world.count_delayed("DeskQueue") == 2
    )  # one event, delivered twice, enqueues twice; the other does not
    assert world.keys("SiteBucket") == []
    while bodies := world.receive_folder_messages():
        assert failed(publish(a_batch(*bodies))) == []
    assert world.keys("SiteBucket", f"en/{ISSUE_ID}/index.html")
    assert [item for item in world.items("RegisterTable") if item["collection"] == "folder"] == []
    assert len(world.ses.mails_to(EDITOR)) == 1


def test_the_inspection_of_a_picture_is_kept_until_the_picture_is_deleted(world: World) -> None:
    def known() -> set[str]:
        collection = f"picture#issues/{ISSUE_ID}"
        return {item["issue"] for item in world.items("RegisterTable") if item["collection"] == collection}

    world.upload_issue("en")
    processed(world, "text_created")
    pictures = world.keys("DeskBucket", f"issues/{ISSUE_ID}/images/")
    assert known() == {key.removeprefix(f"issues/{ISSUE_ID}/") for key in pictures} != set()

    for key in (*pictures, TEXT):
        world.delete_from_desk(key)
    processed(world, "text_deleted")
    assert known() == set()


def test_original_pictures_are_replaced_and_neither_our_write_nor_the_original_again_does_anything(
    world: World,
) -> None:
    """The event of our own write comes by the same rule as an editor's."""
    world.upload_issue("en")
    keys = world.keys("DeskBucket", f"issues/{ISSUE_ID}/images/")
    originals = {key: world.object("DeskBucket", key) for key in keys}
    processed(world, "text_created")
    ours = {key: world.object("DeskBucket", key) for key in keys}
    assert [key for key in keys if ours[key] == originals[key]] == []
    once, mails, mailing = versions(world), len(world.ses.sent()), world.head()

    assert processed(world, "picture_created") == []
    assert (versions(world), len(world.ses.sent()), world.head()) == (once, mails, mailing)
    world.upload_issue("en")
    assert processed(world, "picture_created") == []

    assert (versions(world), len(world.ses.sent()), world.head()) == (once, mails, mailing)
    assert {key: world.object("DeskBucket", key) for key in keys} == ours


def test_a_text_in_a_misnamed_folder_is_reported_by_mail_with_the_right_place(world: World) -> None:
    world.upload_text(f"Issues/{ISSUE_ID}/en.md", "---\ntitle: A title\n---\n\nA text.\n")
    assert world.process_desk_event("stray_created") == []
    (mail,) = world.ses.mails_to(EDITOR)
    assert mail["Subject"] == f"NOT published: Issues/{ISSUE_ID}/en.md"
    assert f"issues/{ISSUE_ID}/en.md" in world.object("DeskBucket", "reports/_desk.html").decode()
    assert world.keys("SiteBucket") == []

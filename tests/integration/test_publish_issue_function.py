"""publish_issue: what lies on the desk becomes pages, a mail body, a held mailing and a report."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.builders import ISSUE_ID
from tests.integration.world import MAILING, World, a_sample, failed

EDITOR = "desk@ninthbridge.example.org"


def worked_off(world: World, case: str) -> list[str]:
    return failed(world.cold_start("PublishIssueFunction")(a_sample(f"publish_issue/{case}")))


def versions(world: World) -> list[tuple[str, str]]:
    """Every object that was ever written to the site."""
    answer = boto3.client("s3").list_object_versions(Bucket=world.refs["SiteBucket"])
    return sorted((entry["Key"], entry["VersionId"]) for entry in answer.get("Versions", []))


def test_an_upload_becomes_pages(world: World) -> None:
    world.lay_on_desk("en")
    assert worked_off(world, "text_created") == []
    pages = world.keys("SiteBucket", f"en/{ISSUE_ID}/")
    assert f"en/{ISSUE_ID}/index.html" in pages
    assert len(pages) > 3
    assert f"{ISSUE_ID}/index.html" in world.object("SiteBucket", "en/index.html").decode()
    assert "December 5 – December 11, 2016" in world.object("SiteBucket", pages[0]).decode()
    assert world.keys("SiteBucket", "404.html")


def test_an_upload_leaves_a_mail_body_and_a_report(world: World) -> None:
    world.lay_on_desk("en")
    worked_off(world, "text_created")
    (revision,) = world.keys("DeskBucket", f"revisions/{ISSUE_ID}/en/")
    body = json.loads(world.object("DeskBucket", revision))
    assert (body["edition"], "{{unsubscribe_url}}" in body["html"]) == ("en", True)
    assert "Published" in world.object("DeskBucket", f"reports/{ISSUE_ID}/en.html").decode()
    assert [mail["Subject"] for mail in world.ses.mails_to(EDITOR)] == [f"Published: {ISSUE_ID}/en.md"]


def test_its_mailing_is_held_and_waked_when_the_hold_is_over(world: World) -> None:
    world.lay_on_desk("en")
    before = datetime.now(UTC)
    worked_off(world, "text_created")
    assert (world.head()["state"], world.head()["audience"]) == ("held", "en")
    due_at = datetime.fromisoformat(world.head()["due_at"])
    hold = timedelta(seconds=int(world.parameters["HoldSeconds"]))
    assert before + hold <= due_at <= datetime.now(UTC) + hold
    schedule = boto3.client("scheduler").get_schedule(Name=MAILING, GroupName="MailingSchedules")
    assert schedule["ScheduleExpression"] == f"at({due_at:%Y-%m-%dT%H:%M:%S})"
    assert json.loads(schedule["Target"]["Input"]) == a_sample("start_mailing/due")


def test_three_editions_make_one_mailing_an_audience(world: World) -> None:
    world.lay_on_desk("en", "be", "ru")
    worked_off(world, "text_created")
    heads = [item["entry"] for item in world.items("LedgerTable") if item["mailing"] == "mailings"]
    assert sorted(heads) == [f"{ISSUE_ID}_be-ru", f"{ISSUE_ID}_en"]


def test_the_events_of_one_folder_publish_it_once(world: World) -> None:
    world.lay_on_desk("en")
    worked_off(world, "text_created")
    once, mails = versions(world), len(world.ses.sent())
    assert worked_off(world, "picture_created") == []
    assert versions(world) == once
    assert len(world.ses.sent()) == mails


def test_a_text_with_a_mistake_changes_nothing_public_and_the_report_says_where(world: World) -> None:
    world.lay_on_desk("en")
    boto3.client("s3").put_object(
        Bucket=world.refs["DeskBucket"],
        Key=f"issues/{ISSUE_ID}/en.md",
        Body=b"---\ntitle: A title\n---\n\nNo summary.\n",
    )
    assert worked_off(world, "text_created") == []
    assert world.keys("SiteBucket") == []
    assert "summary" in world.object("DeskBucket", f"reports/{ISSUE_ID}/en.html").decode()
    (mail,) = world.ses.mails_to(EDITOR)
    assert mail["Subject"] == f"NOT published: {ISSUE_ID}/en.md"


def test_the_newsletters_own_file_publishes_the_frame(world: World) -> None:
    assert worked_off(world, "newsletter_created") == []
    assert {"index.html", "404.html", "en/index.html", "be/subscribed.html"} <= set(world.keys("SiteBucket"))
    assert world.ses.sent() == []


def test_an_event_about_a_folder_that_is_gone_is_worked_off(world: World) -> None:
    assert worked_off(world, "text_deleted") == []
    assert world.keys("SiteBucket") == []


def test_an_event_that_is_not_the_desks_comes_back_and_the_others_go_on(world: World) -> None:
    world.lay_on_desk("en")
    event: dict[str, Any] = a_sample("publish_issue/batch_with_another_bucket_s_event")
    answer = world.cold_start("PublishIssueFunction")(event)
    assert failed(answer) == [event["Records"][0]["messageId"]]
    assert world.keys("SiteBucket", f"en/{ISSUE_ID}/index.html")


def test_a_report_that_cannot_be_mailed_is_mailed_when_the_event_comes_again(world: World) -> None:
    world.lay_on_desk("en")
    world.monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:9")
    assert worked_off(world, "text_created") != []
    world.monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", world.ses.endpoint)
    let_an_hour_pass_since_it_was_settled(world)
    assert worked_off(world, "text_created") == []
    assert len(world.ses.mails_to(EDITOR)) == 1


def let_an_hour_pass_since_it_was_settled(world: World) -> None:
    (item,) = world.items("RegisterTable")
    hour_before = datetime.fromisoformat(item["settled_at"]) - timedelta(hours=1)
    world.table("RegisterTable").put_item(Item={**item, "settled_at": hour_before.isoformat()})


def test_the_log_names_the_issue(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.lay_on_desk("en")
    worked_off(world, "text_created")
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (line["issue"], line["outcome"]) == (ISSUE_ID, "published")

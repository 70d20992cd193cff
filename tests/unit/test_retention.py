"""How long what is kept: the template forgets when the constants say so, and so do the words."""

from datetime import timedelta
from typing import Any

import pytest

from broadsheet import retention
from broadsheet.language import language, report_words
from tests.from_template import the_template
from tests.template_rules import of_type

TEMPLATE = the_template()
TONGUES = ["en", "be", "ru"]
SECRETS_KEPT_BY = {"SignupQueue", "FeedbackQueue"}  # the queues with addresses in their messages


def properties(logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = TEMPLATE["Resources"][logical_id]["Properties"]
    return found


def seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def test_queues_keep_what_concerns_readers_no_longer_than_promised() -> None:
    kept = {
        queue: own.get("MessageRetentionPeriod")
        for queue, own in of_type(TEMPLATE, "AWS::SQS::Queue")
        if queue in SECRETS_KEPT_BY or queue.endswith("DeadLetters")
    }
    assert kept == {
        "SignupQueue": seconds(retention.SIGN_UP_QUEUE),
        "SignupDeadLetters": seconds(retention.SIGN_UP_QUEUE),
        "FeedbackQueue": seconds(retention.MAIL_EVENTS),
        "FeedbackDeadLetters": seconds(retention.MAIL_EVENTS),
        "DeliveryDeadLetters": seconds(retention.DEAD_LETTERS),
        "DeskDeadLetters": seconds(retention.DEAD_LETTERS),
    }


def test_a_queued_sign_up_does_not_outlive_the_tombstone_of_its_reader() -> None:
    assert retention.SIGN_UP_QUEUE <= retention.TOMBSTONE


def test_logs_expire() -> None:
    groups = {name: own["RetentionInDays"] for name, own in of_type(TEMPLATE, "AWS::Logs::LogGroup")}
    assert groups == {"FunctionLogs": retention.LOGS.days}


def test_deleted_data_leaves_the_backups() -> None:
    days = {
        table: own.get("PointInTimeRecoverySpecification", {}).get("RecoveryPeriodInDays")
        for table, own in of_type(TEMPLATE, "AWS::DynamoDB::Table")
    }
    readers = ("KeysTable", "SubscribersTable", "FingerprintsTable", "LedgerTable")
    assert days == {
        **dict.fromkeys(readers, retention.BACKUPS.days),
        "RegisterTable": retention.PUBLIC_BACKUPS.days,
        "LimitsTable": None,
        "SaltTable": None,
    }


def test_tables_with_expiring_items_have_a_time_to_live() -> None:
    forgetting = {
        table
        for table, own in of_type(TEMPLATE, "AWS::DynamoDB::Table")
        if own.get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True}
    }
    assert forgetting == {"SubscribersTable", "FingerprintsTable", "LedgerTable", "LimitsTable", "SaltTable"}


def test_previews_and_old_pages_leave_the_site() -> None:
    rules = {rule["Id"]: rule for rule in properties("SiteBucket")["LifecycleConfiguration"]["Rules"]}
    assert rules["ForgetPreviews"]["ExpirationInDays"] == retention.PREVIEWS.days
    assert (
        rules["ForgetOldPages"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == retention.OLD_PAGES.days
    )


@pytest.mark.parametrize("code", TONGUES)
def test_the_published_text_promises_what_the_code_does(code: str) -> None:
    words, hours = language(code), str(seconds(retention.PENDING) // 3600)
    for key in ("check_text", "gone_confirm_text", "mail_confirm_ignore"):
        assert hours in words[key], key
    assert str(retention.PREVIEWS.days) in report_words(code)["report_draft_text"]

"""DeskQueue -> publish_issue: publish what editors put on the desk, or report why not."""

import secrets
import time
from datetime import timedelta
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.aws.buckets import S3Site
from broadsheet.aws.desk import S3Desk
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_requests import DynamoDBMailingRequests
from broadsheet.aws.publishing_state import (
    DynamoDBInspectionCache,
    DynamoDBMisplacedKeys,
    DynamoDBPendingFolders,
    DynamoDBPreviews,
    DynamoDBRebuilds,
    DynamoDBRendererVersions,
)
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.aws.report_counts import DynamoDBReportCounts
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.revisions import S3Revisions
from broadsheet.aws.schedules import EventBridgeSchedule
from broadsheet.aws.ses import SESEditorsMailer, SESMailer
from broadsheet.aws.sqs import QueueMessage, SQSQueue
from broadsheet.aws.sqs_batch import SQSBatch
from broadsheet.mailings.hold import HoldMailings
from broadsheet.publishing.desk_event_handler import DeskEventHandler
from broadsheet.publishing.desk_events import desk_event
from broadsheet.publishing.drafts import PreviewDraft
from broadsheet.publishing.misplaced_files import ReportMisplacedFiles
from broadsheet.publishing.newsletter_copy import CheckNewsletterCopy
from broadsheet.publishing.picture_restoration import RestorePictures
from broadsheet.publishing.publish import PublishIssue
from broadsheet.publishing.rebuild import RebuildSite, renderer_version
from broadsheet.publishing.report_mailer import ReportMailer
from broadsheet.settings import newsletter, newsletter_file, setting
from broadsheet.site.issue_page_writer import IssuePages
from broadsheet.site.list_pages import ListPages

logger = function_logger()
aws, ours = Resources(), newsletter()
table, ledger = aws.table("REGISTER_TABLE"), DynamoDBLedger(aws.table("LEDGER_TABLE"))
desk, revisions = S3Desk(aws.s3, setting("DESK_BUCKET")), S3Revisions(aws.s3, setting("DESK_BUCKET"))
register, site = DynamoDBRegister(table), S3Site(aws.s3, setting("SITE_BUCKET"))
kept, cached = KeptIssues(revisions, ours), DynamoDBInspectionCache(table)
pages, lists = IssuePages(ours, register, kept, site), ListPages(ours, register, kept, site)


def not_mailed(code: str) -> None:
    logger.warning("an editor was not mailed; the report lies on the desk", code=code)


def send_later(message: QueueMessage, delay: timedelta) -> None:
    queue.send(message, int(delay.total_seconds()))


mailer = SESMailer(aws.single_sends, setting("CONFIGURATION_SET"))
notify = ReportMailer(SESEditorsMailer(mailer, not_mailed, time.sleep), DynamoDBReportCounts(table), utc_now)
schedule = EventBridgeSchedule(
    aws.scheduler, setting("SCHEDULE_GROUP"), setting("START_MAILING"), setting("SCHEDULE_ROLE")
)
requests, delay = DynamoDBMailingRequests(ledger.table), timedelta(seconds=int(setting("HOLD_SECONDS")))
hold = HoldMailings(ours, ledger, requests, schedule.at, utc_now, delay)
queue = SQSQueue(aws.sqs, setting("DESK_QUEUE"))
handle = DeskEventHandler(
    PublishIssue(ours, desk, site, register, revisions, pages, lists, hold, notify, utc_now, cached),
    PreviewDraft(
        ours, desk, site, DynamoDBPreviews(table), lists, notify, utc_now, secrets.token_urlsafe, cached
    ),
    ReportMisplacedFiles(ours, desk, notify, DynamoDBMisplacedKeys(table)),
    CheckNewsletterCopy(ours, newsletter_file(), desk, notify),
    RebuildSite(
        cache(partial(renderer_version, ours)),  # only a rebuild asks
        register,
        DynamoDBRendererVersions(table),
        DynamoDBRebuilds(table),
        pages,
        lists,
        RestorePictures(desk, site, cached, utc_now),
        queue.send,
    ),
    DynamoDBPendingFolders(table),
    send_later,
    timedelta(seconds=int(setting("DESK_DELAY_SECONDS"))),
    utc_now,
)
batch = SQSBatch(logger)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, process_message, batch, context)


def process_message(record: SQSRecord) -> None:
    event = desk_event(record.body)
    logger.info("desk event processed", event=event, outcome=handle(event))

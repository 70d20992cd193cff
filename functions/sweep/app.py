"""Every minute -> sweep: begin what is due, re-enqueue lost messages, end what is complete."""

import time
import uuid
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.buckets import S3Site
from broadsheet.aws.desk import S3Desk
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.limits import DynamoDBNetworks
from broadsheet.aws.mailing_heads import DynamoDBHeads
from broadsheet.aws.mailing_requests import DynamoDBMailingRequests
from broadsheet.aws.mailing_wiring import make_dispatch, make_start_mailing
from broadsheet.aws.metrics import count
from broadsheet.aws.report_counts import DynamoDBReportCounts
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.ses import SESEditorsMailer, SESMailer
from broadsheet.aws.signup_counts import DynamoDBSignupCounts
from broadsheet.aws.sqs import SQSQueue
from broadsheet.mailings.notify_editors import NotifyEditors
from broadsheet.mailings.sweep import Sweep
from broadsheet.publishing.front_page import RequestRebuild
from broadsheet.publishing.report_mailer import DigestMailer
from broadsheet.settings import newsletter, setting
from broadsheet.subscribers.signup_report import report_signups

MINUTES_OF_DIGESTS = 5  # of an hour
MINUTES_BETWEEN_LOOKS = 10  # at the front page: 4,400 calls a month

logger = function_logger()
aws, ours = Resources(), newsletter()
bucket, configuration_set = setting("DESK_BUCKET"), setting("CONFIGURATION_SET")
report_counts = DynamoDBReportCounts(aws.table("REGISTER_TABLE"))
dispatch, networks = make_dispatch(aws), DynamoDBNetworks(aws.table("LIMITS_TABLE"), aws.table("SALT_TABLE"))
ledger = aws.table("LEDGER_TABLE")
heads, requests = DynamoDBHeads(ledger), DynamoDBMailingRequests(ledger)
count_metric = partial(count, setting("STACK"))


def not_mailed(code: str) -> None:
    logger.warning("an editor was not mailed; the report lies on the desk", code=code)


def no_sign_up_mailed(code: str) -> None:
    logger.warning("in the last hour SES took no mail of a sign-up; it waits", code=code)


def desk() -> S3Desk:
    return S3Desk(aws.s3, bucket)


def write_report(path: str, html: str) -> None:
    desk().report(path, html)


def editors_mailer() -> SESEditorsMailer:
    return SESEditorsMailer(SESMailer(aws.single_sends, configuration_set), not_mailed, time.sleep)


def periodic_work() -> None:
    """Delete the last day's salt, report sign-ups, look after front page, probes and digests, when due."""
    now = utc_now()
    networks.delete_old_salts(now)
    report_signups(DynamoDBSignupCounts(networks.table), count_metric, no_sign_up_mailed, now)
    if now.minute == 0:  # if this sweep is missed, the next hour's deletes them
        desk().delete_probes(now)
    if now.minute % MINUTES_BETWEEN_LOOKS == 0 and request_rebuild():
        logger.warning("the site had no front page; all pages are made anew")
    if now.minute < MINUTES_OF_DIGESTS:
        DigestMailer(ours, report_counts, editors_mailer(), utc_now)()


request_rebuild = RequestRebuild(
    S3Site(aws.s3, setting("SITE_BUCKET")),
    SQSQueue(aws.sqs, setting("DESK_QUEUE")).send,
    lambda: uuid.uuid4().hex,
)
notify = NotifyEditors(
    ledger=dispatch.ledger,
    heads=heads,
    requests=requests,
    write_report=write_report,
    mailer=editors_mailer,
    newsletter=ours,
    resends=setting("DOUBTS") == "resend",
    clock=utc_now,
)
sweep = Sweep(
    dispatch.ledger,
    requests,
    dispatch.queue,
    make_start_mailing(aws, ours, dispatch),
    dispatch,
    notify.report_end,
    utc_now,
    notify.alert,
    partial(count_metric, "MailingsWaiting"),
    periodic_work,
    notify.request_approval,
)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    done = sweep()
    if any(done.values()):
        logger.info("swept", extra=done)

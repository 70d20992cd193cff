"""Wiring of `start_mailing`, shared by its function and the sweep, which begins overdue mailings."""

from collections.abc import Callable
from functools import partial

from broadsheet.aws.desk import S3Desk
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing_requests import DynamoDBMailingRequests
from broadsheet.aws.rate_limits import DynamoDBRateLimits
from broadsheet.aws.recipients import DynamoDBRecipients
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.ses_bulk import SESSendingQuotas
from broadsheet.aws.sqs import SQSQueue
from broadsheet.mailings.dispatch import Dispatch
from broadsheet.mailings.start import StartOutcome, start_mailing
from broadsheet.newsletter import Newsletter
from broadsheet.settings import setting


def make_dispatch(aws: Resources) -> Dispatch:
    """The dispatch of chunk messages."""
    ledger = aws.table("LEDGER_TABLE")
    return Dispatch(
        DynamoDBLedger(ledger),
        SQSQueue(aws.sqs, setting("DELIVERY_QUEUE")),
        SESSendingQuotas(aws.ses).current,
        DynamoDBRateLimits(ledger),
        utc_now,
        int(setting("PACE_PERCENT")) / 100,
    )


def make_start_mailing(
    aws: Resources, newsletter: Newsletter, dispatch: Dispatch
) -> Callable[[str], StartOutcome]:
    """`start_mailing` as a function of the mailing's id."""
    bucket = setting("DESK_BUCKET")
    return partial(
        start_mailing,
        newsletter=newsletter,
        ledger=dispatch.ledger,
        requests=DynamoDBMailingRequests(aws.table("LEDGER_TABLE")),
        register=DynamoDBRegister(aws.table("REGISTER_TABLE")),
        editions=lambda folder: S3Desk(aws.s3, bucket).editions(folder),
        recipients=DynamoDBRecipients(aws.table("SUBSCRIBERS_TABLE")),
        dispatch=dispatch,
        clock=utc_now,
        with_trial=setting("TRIAL_PART") == "true",
    )

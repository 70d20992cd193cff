"""What begins mailings: the schedule's function, and the sweep for those whose schedule was lost."""

from collections.abc import Callable
from functools import partial

from broadsheet.aws.desk import S3Desk
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.mailing import DynamoDBReaders, SESAccounts, SQSDeliveries
from broadsheet.aws.paces import DynamoDBPaces
from broadsheet.aws.register import DynamoDBRegister
from broadsheet.aws.requests import DynamoDBRequests
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.mailings.release import Release
from broadsheet.mailings.start import Outcome, start_mailing
from broadsheet.newsletter import Newsletter
from broadsheet.settings import setting


def release_by(aws: Resources) -> Release:
    """Puts the orders of chunks."""
    ledger = aws.table("LEDGER_TABLE")
    return Release(
        DynamoDBLedger(ledger),
        SQSDeliveries(aws.sqs, setting("DELIVERY_QUEUE")),
        SESAccounts(aws.ses),
        DynamoDBPaces(ledger),
        utc_now,
        int(setting("PACE_PERCENT")) / 100,
    )


def start_by(aws: Resources, newsletter: Newsletter, release: Release) -> Callable[[str], Outcome]:
    """Begins a mailing by its id."""
    bucket = setting("DESK_BUCKET")
    return partial(
        start_mailing,
        newsletter=newsletter,
        ledger=release.ledger,
        requests=DynamoDBRequests(aws.table("LEDGER_TABLE")),
        register=DynamoDBRegister(aws.table("REGISTER_TABLE")),
        desk=lambda: S3Desk(aws.s3, bucket),
        readers=DynamoDBReaders(aws.table("SUBSCRIBERS_TABLE")),
        release=release,
        clock=utc_now,
    )

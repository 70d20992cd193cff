"""DeliveryQueue -> deliver_chunk: mail one chunk of one mailing."""

import time
from functools import lru_cache
from typing import Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.link_keys import make_links
from broadsheet.aws.rate_limits import DynamoDBRateLimits
from broadsheet.aws.recipients import DynamoDBRecipients
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.revisions import S3Revisions
from broadsheet.aws.ses_bulk import bulk_mailer
from broadsheet.aws.sqs import SQSQueue
from broadsheet.aws.sqs_batch import SQSBatch
from broadsheet.aws.vault import StoredAddresses, make_address_keyring
from broadsheet.mailings.deliver import DeliverChunk
from broadsheet.mailings.ports import ChunkMessage
from broadsheet.mailings.rate_limit import RateLimiter
from broadsheet.settings import newsletter, setting

logger = function_logger()
aws, our_newsletter = Resources(), newsletter()
ledger, revisions = aws.table("LEDGER_TABLE"), S3Revisions(aws.s3, setting("DESK_BUCKET"))
deliver = DeliverChunk(
    newsletter=our_newsletter,
    ledger=DynamoDBLedger(ledger),
    recipients=DynamoDBRecipients(aws.table("SUBSCRIBERS_TABLE")),
    stored_body=lru_cache(maxsize=1)(revisions.body),  # a revision never changes
    addresses=StoredAddresses(make_address_keyring(aws)),
    links=make_links(aws),
    mailer=bulk_mailer(aws.bulk_sends, setting("CONFIGURATION_SET"), our_newsletter),
    rate_limiter=RateLimiter(DynamoDBRateLimits(ledger)),
    queue=SQSQueue(aws.sqs, setting("DELIVERY_QUEUE")),
    clock=utc_now,
    sleep=time.sleep,
    resends=setting("DOUBTS") == "resend",
)
batch = SQSBatch(logger)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, process_message, batch, context)


def process_message(record: SQSRecord, lambda_context: LambdaContext) -> None:
    message = ChunkMessage.from_json(record.body)
    counts = deliver(message, lambda: lambda_context.get_remaining_time_in_millis() / 1000)
    log = logger.warning if counts.get("in_doubt") else logger.info
    log("chunk processed", extra={"mailing": message.mailing, "chunk": message.number, **counts})

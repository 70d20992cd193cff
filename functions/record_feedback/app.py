"""FeedbackQueue -> record_feedback: suppress after a bounce or complaint, record other events."""

from typing import Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.mailing_heads import DynamoDBHeads
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.round_trips import DynamoDBRoundTripEvents
from broadsheet.aws.sqs_batch import SQSBatch
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.feedback.events import MailEvent, UnreadableEventError, read_event
from broadsheet.feedback.record import RecordFeedback
from broadsheet.settings import setting

logger = function_logger()
aws = Resources()
ledger, limits = aws.table("LEDGER_TABLE"), DynamoDBLimits(aws.table("LIMITS_TABLE"))
record_feedback = RecordFeedback(
    DynamoDBLedger(ledger),
    DynamoDBHeads(ledger),
    DynamoDBSubscribers(aws.table("SUBSCRIBERS_TABLE"), aws.table("FINGERPRINTS_TABLE")),
    KMSFingerprints(aws.kms, setting("FINGERPRINT_KEY")).fingerprint,
    utc_now,
    DynamoDBRoundTripEvents(ledger).record,
    lambda subscriber_id: limits.put_absent_tombstone(subscriber_id, utc_now()),
)


class FeedbackBatch(SQSBatch):
    """Reads the messages one by one and records them together: the events of a chunk are one write."""

    def _prepare(self) -> None:
        super()._prepare()  # type: ignore[no-untyped-call]  # powertools leaves it untyped
        self.events: dict[str, tuple[SQSRecord, MailEvent]] = {}

    def read(self, record: SQSRecord) -> None:
        """Keep the event of a message; an unreadable one is dropped, since a retry would not help."""
        try:
            self.events[record.message_id] = record, read_event(record.body)
        except UnreadableEventError as error:
            logger.warning("event not readable", cause=str(error))

    def _clean(self) -> None:
        """Record the events; messages whose events could not be recorded have failed."""
        recorded = record_feedback({message_id: event for message_id, (_, event) in self.events.items()})
        for message_id, cause in recorded.failed.items():
            logger.error("event not recorded", message_id=message_id, cause=cause)
            self.fail_messages.append(self.events[message_id][0])
        super()._clean()  # type: ignore[no-untyped-call]  # as above


batch = FeedbackBatch(logger)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, batch.read, batch, context)

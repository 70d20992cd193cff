"""FeedbackQueue -> record_feedback: suppress after a bounce or complaint, note the rest."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.feedback.events import UnreadableEventError, read_event

logger = Logger()
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)
record_event = bootstrap.record_feedback()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, one_event, processor, context)


def one_event(record: SQSRecord) -> None:
    try:
        event = read_event(record.body)
    except UnreadableEventError as error:
        logger.warning("event not readable", cause=str(error))
        return
    record_event(event)
    logger.info("event recorded", kind=event.kind, mailing=event.mailing, chunk=event.chunk)

"""DeskQueue -> publish_issue: make what lies on the desk public, or report why not."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.issues.desk_events import desk_event

logger = Logger()
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)
desk = bootstrap.publish_issue()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, one_event, processor, context)


def one_event(record: SQSRecord) -> None:
    event = desk_event(record.body)
    logger.info("event worked off", event=event, outcome=desk(event))

"""DeliveryQueue -> deliver_chunk: mail one chunk of one mailing."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.mailings.orders import ChunkOrder

logger = Logger()
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)
deliver = bootstrap.deliver_chunk()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, one_chunk, processor, context)


def one_chunk(record: SQSRecord) -> None:
    order = ChunkOrder.from_json(record.body)
    context: LambdaContext = processor.lambda_context
    delivered = deliver(order, lambda: context.get_remaining_time_in_millis() / 1000)
    counts = delivered.counts()
    tell = logger.warning if counts.get("in_doubt") else logger.info
    tell("chunk worked off", mailing=order.mailing, chunk=order.number, **counts)

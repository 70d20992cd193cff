"""SignupQueue -> process_signup: keep a wish as pending, mail the confirmation."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.subscribers.orders import SignUp

logger = Logger()
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)
process = bootstrap.process_signup()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, one_sign_up, processor, context)


def one_sign_up(record: SQSRecord) -> None:
    outcome = process(SignUp.from_json(record.body))
    logger.info("sign-up processed", outcome=outcome.value)

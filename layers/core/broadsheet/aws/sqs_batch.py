"""Batches of SQS messages, each of which may fail by itself.

Source: powertools for AWS Lambda (Python), "Batch processing: extending BatchProcessor"; Lambda developer
guide, "Implementing partial batch responses".
"""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, ExceptionInfo, FailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord


class SQSBatch(BatchProcessor):
    """Returns failed messages to SQS, even if all failed; logs each without the exception's text.

    powertools' own handler writes that text into a log of its own and into the error that ends a batch.
    """

    def __init__(self, logger: Logger) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._log = logger

    def failure_handler(self, record: SQSRecord, exception: ExceptionInfo) -> FailureResponse:
        """Log the failure, and note the message as failed."""
        self._log.error("message not processed", exc_info=exception[1], message_id=record.message_id)
        self.exceptions.append(exception)
        self.fail_messages.append(record)
        return "fail", exception[0].__name__ if exception[0] else "", record

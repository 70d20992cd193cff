"""FeedbackQueue -> record_feedback: suppress after a bounce or complaint, note the rest."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.feedback.events import MailEvent, UnreadableEventError, read_event

logger = Logger()
record = bootstrap.record_feedback()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work off the batch; return the ids of the messages that SQS must offer again."""
    recorded = record(readable(event["Records"]))
    for message, cause in recorded.failed.items():
        logger.error("event not recorded", message_id=message, cause=cause)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in recorded.failed]}


def readable(records: list[dict[str, Any]]) -> dict[str, MailEvent]:
    """The events by message; what is none can never be one, and is dropped."""
    events = {}
    for each in records:
        try:
            events[each["messageId"]] = read_event(each["body"])
        except UnreadableEventError as error:
            logger.warning("event not readable", cause=str(error))
    return events

"""GET, POST /api/confirm -> confirm_subscription: a page with a button, and what it does."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.endpoints import origin_guard
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.link_keys import make_links
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.sqs import SQSQueue
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.http import Request
from broadsheet.rendering import templating
from broadsheet.settings import newsletter, setting
from broadsheet.subscribers.confirm import Confirm
from broadsheet.subscribers.endpoints.boundary import respond
from broadsheet.subscribers.endpoints.confirm import ConfirmEndpoint

logger = function_logger()
aws = Resources()
templating.load()
subscribers = DynamoDBSubscribers(aws.table("SUBSCRIBERS_TABLE"), aws.table("FINGERPRINTS_TABLE"))
limits = DynamoDBLimits(aws.table("LIMITS_TABLE"))
confirm = Confirm(subscribers, limits, SQSQueue(aws.sqs, setting("SIGNUP_QUEUE")), utc_now)
endpoint = ConfirmEndpoint(newsletter(), make_links(aws), confirm)
guard = origin_guard(aws)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    failed = partial(logger.exception, "confirmation failed")
    return respond(endpoint, Request.from_event(event), failed, guard).to_event()

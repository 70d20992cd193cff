"""GET, POST /api/unsubscribe -> unsubscribe: a page with a button, and one-click unsubscribing (RFC 8058)."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.link_keys import make_links
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.http import Request
from broadsheet.rendering import templating
from broadsheet.settings import newsletter
from broadsheet.subscribers.endpoints.boundary import respond
from broadsheet.subscribers.endpoints.unsubscribe import UnsubscribeEndpoint
from broadsheet.subscribers.leave import unsubscribe

logger = function_logger()
aws = Resources()
templating.load()
leave = partial(
    unsubscribe,
    subscribers=DynamoDBSubscribers(aws.table("SUBSCRIBERS_TABLE"), aws.table("FINGERPRINTS_TABLE")),
    limits=DynamoDBLimits(aws.table("LIMITS_TABLE")),
    clock=utc_now,
)
# Not guarded: whoever holds a link may always leave.
endpoint = UnsubscribeEndpoint(newsletter(), make_links(aws), leave)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    failed = partial(logger.exception, "unsubscribing failed")
    return respond(endpoint, Request.from_event(event), failed).to_event()

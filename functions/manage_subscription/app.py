"""GET, POST /api/manage -> manage_subscription: a reader's own page, and what it does."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.endpoints import origin_guard
from broadsheet.aws.kms import KMSSeal
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.limits import DynamoDBLimits, DynamoDBNetworks
from broadsheet.aws.link_keys import make_links
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.sqs import SQSQueue
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.http import Request
from broadsheet.rendering import templating
from broadsheet.settings import newsletter, setting
from broadsheet.subscribers.endpoints.boundary import respond
from broadsheet.subscribers.endpoints.manage import ManageEndpoint
from broadsheet.subscribers.manage import ManageSubscription

logger = function_logger()
aws = Resources()
templating.load()
limits_table = aws.table("LIMITS_TABLE")
subscription = ManageSubscription(
    DynamoDBSubscribers(aws.table("SUBSCRIBERS_TABLE"), aws.table("FINGERPRINTS_TABLE")),
    SQSQueue(aws.sqs, setting("SIGNUP_QUEUE")),
    DynamoDBNetworks(limits_table, aws.table("SALT_TABLE")),
    DynamoDBLimits(limits_table),
    utc_now,
    KMSSeal(aws.kms, setting("ADDRESS_KEY")),
)
endpoint = ManageEndpoint(newsletter(), make_links(aws), subscription, int(setting("NETWORK_SHARE")))
guard = origin_guard(aws)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    failed = partial(logger.exception, "manage page failed")
    return respond(endpoint, Request.from_event(event), failed, guard).to_event()

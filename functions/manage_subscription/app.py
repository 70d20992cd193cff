"""GET, POST /api/manage -> manage_subscription: a reader's own page, and what it does."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.endpoints import Leaving, guarded
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.limits import DynamoDBLimits, DynamoDBNetworks
from broadsheet.aws.link_keys import links_by
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.signup_queue import SQSSignupQueue
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.http import Request
from broadsheet.rendering import templating
from broadsheet.settings import newsletter, setting
from broadsheet.subscribers.endpoints.manage import ManageEndpoint
from broadsheet.subscribers.endpoints.responses import error_boundary
from broadsheet.subscribers.endpoints.visitors import Visitors
from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.manage import ask_for_link, ask_for_record, erase, known, save

logger = function_logger()
aws, our_newsletter = Resources(), newsletter()
templating.load()
subscribers = DynamoDBSubscribers(aws.table("SUBSCRIBERS_TABLE"), aws.table("FINGERPRINTS_TABLE"))
networks = DynamoDBNetworks(aws.table("LIMITS_TABLE"), aws.table("SALT_TABLE"))
queue = SQSSignupQueue(aws.sqs, setting("SIGNUP_QUEUE"))
leaving = Leaving(DynamoDBLimits(aws.table("LIMITS_TABLE")))
manage = ManageEndpoint(
    our_newsletter,
    links_by(aws),
    partial(known, subscribers=subscribers, clock=utc_now),
    partial(save, subscribers=subscribers, clock=utc_now),
    partial(ask_for_record, queue=queue, subscribers=subscribers, clock=utc_now),
    partial(unsubscribe, gone=leaving.gone, absent=leaving.absent, subscribers=subscribers, clock=utc_now),
    partial(erase, gone=leaving.gone, absent=leaving.absent, subscribers=subscribers, clock=utc_now),
    partial(ask_for_link, networks=networks, queue=queue, clock=utc_now),
    Visitors(our_newsletter, int(setting("NETWORK_SHARE"))),
    utc_now,
)
endpoint = guarded(manage, aws)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = Request.from_event(event)
    return error_boundary(endpoint, request, partial(logger.exception, "manage page failed")).to_event()

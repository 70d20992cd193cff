"""POST /api/subscribe -> subscribe: seal an address and queue the request."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.endpoints import origin_guard
from broadsheet.aws.kms import KMSSeal
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.limits import DynamoDBNetworks
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.sqs import SQSQueue
from broadsheet.http import Request
from broadsheet.settings import newsletter, setting
from broadsheet.subscribers import address
from broadsheet.subscribers.endpoints.boundary import respond
from broadsheet.subscribers.endpoints.sign_up import SignupEndpoint
from broadsheet.subscribers.sign_up import subscribe

logger = function_logger()
aws = Resources()
address.load()
sign_up = partial(
    subscribe,
    networks=DynamoDBNetworks(aws.table("LIMITS_TABLE"), aws.table("SALT_TABLE")),
    seal=KMSSeal(aws.kms, setting("ADDRESS_KEY")),
    queue=SQSQueue(aws.sqs, setting("SIGNUP_QUEUE")),
    clock=utc_now,
)
endpoint = SignupEndpoint(newsletter(), int(setting("NETWORK_SHARE")), sign_up, utc_now)
guard = origin_guard(aws)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    failed = partial(logger.exception, "sign-up failed")
    return respond(endpoint, Request.from_event(event), failed, guard).to_event()

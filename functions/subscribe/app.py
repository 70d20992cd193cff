"""POST /api/subscribe -> subscribe: seal an address and queue the wish."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.web import Request

logger = Logger()
answer = bootstrap.subscribe()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    response = answer(Request.from_event(event))
    logger.info("sign-up answered", status=response.status)
    return response.to_event()

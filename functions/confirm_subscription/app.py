"""GET, POST /api/confirm -> confirm_subscription: a page with a button, and what it does."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.web import Request

logger = Logger()
answer = bootstrap.confirm_subscription()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = Request.from_event(event)
    response = answer(request)
    logger.info("confirmation answered", method=request.method, status=response.status)
    return response.to_event()

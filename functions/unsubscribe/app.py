"""GET, POST /api/unsubscribe -> unsubscribe: a page with a button, and one-click leaving (RFC 8058)."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.web import Request

logger = Logger()
answer = bootstrap.unsubscribe()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = Request.from_event(event)
    response = answer(request)
    logger.info("leaving answered", method=request.method, status=response.status)
    return response.to_event()

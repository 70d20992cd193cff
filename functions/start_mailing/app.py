"""One schedule a mailing -> start_mailing: begin the mailing whose time has come."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap

logger = Logger()
start = bootstrap.start_mailing()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    outcome = start(event["mailing"])
    logger.info("mailing asked to begin", mailing=event["mailing"], outcome=outcome.value)

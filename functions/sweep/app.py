"""Every minute -> sweep: begin what is due, put lost orders again, end what is complete."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap

logger = Logger()
sweep = bootstrap.sweep()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    done = sweep()
    if any(done.values()):
        logger.info("swept", **done)

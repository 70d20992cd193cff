"""Every five minutes -> make_keys: the data keys of this year, and soon those of the next."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap

logger = Logger()
make = bootstrap.make_keys()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    if made := make():
        logger.info("keys made", keys=made)

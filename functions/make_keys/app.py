"""Every five minutes -> make_keys: the data keys of this year, and soon those of the next; or a new one."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap

logger = Logger()
make = bootstrap.make_keys()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`{"replace": <key id>}` makes a key in its place, and tells which is in use."""
    if "replace" in event:
        return {"current": make.replace(str(event["replace"]))}
    made = make()
    if made:
        logger.info("keys made", keys=made)
    return {"made": made}

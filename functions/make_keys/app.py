"""Every five minutes -> make_keys: make this year's data keys, then the next year's, or replace one."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.key_maker import KeyMaker
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.settings import setting

logger = function_logger()
aws = Resources()
wrapping_keys = {"link": setting("LINK_KEY"), "address": setting("ADDRESS_KEY")}
make = KeyMaker(aws.kms, wrapping_keys, aws.table("KEYS_TABLE"), utc_now)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`{"replace": <key id>}` replaces that key; returns the id in use."""
    if "replace" in event:
        return {"current": make.replace(str(event["replace"]))}
    made = make()
    if made:
        logger.info("keys made", keys=made)
    return {"made": made}

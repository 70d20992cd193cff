"""One schedule a mailing -> start_mailing: begin the mailing that is due."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.mailing_wiring import make_dispatch, make_start_mailing
from broadsheet.aws.resources import Resources
from broadsheet.settings import newsletter

logger = function_logger()
aws = Resources()
start = make_start_mailing(aws, newsletter(), make_dispatch(aws))
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    outcome = start(event["mailing"])
    logger.info("mailing asked to begin", mailing=event["mailing"], outcome=outcome.value)

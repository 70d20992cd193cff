"""Every hour, `broadsheet keys rotate` or `recover` -> reseal_list: every address under the current key."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.resealing import DynamoDBOldKeys, DynamoDBSealedAddresses
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.vault import StoredAddresses, make_address_keyring
from broadsheet.subscribers.resealing import ResealList

FOR_A_PAGE_MILLISECONDS = 30_000

logger = function_logger()
aws = Resources()
stored = StoredAddresses(make_address_keyring(aws))
addresses = DynamoDBSealedAddresses(aws.table("SUBSCRIBERS_TABLE"))
reseal = ResealList(addresses, stored, DynamoDBOldKeys(stored.keyring), utc_now)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`{"ask": "waiting"}` counts, `{"after": …}` reseals one page, any other event all that is left."""
    if event.get("ask") == "waiting":
        current, waiting = reseal.waiting()
        return {"current": current, "waiting": waiting}
    if "after" in event:
        done = reseal.page(str(event["after"]))
    else:
        done = reseal(lambda: context.get_remaining_time_in_millis() > FOR_A_PAGE_MILLISECONDS)
    if done.unreadable:
        logger.error("addresses can't be opened", number=done.unreadable, keys=sorted(done.found))
    return {
        "current": done.current,
        "looked_at": done.looked_at,
        "resealed": done.resealed,
        "unreadable": done.unreadable,
        "after": done.after,
    }

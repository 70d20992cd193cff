"""Several writes that DynamoDB carries out together or not at all."""

import random
import time
from collections.abc import Sequence
from typing import Any

CONFLICT_TRIES = 5
CONFLICT_WAIT_SECONDS = 0.05


def write_together(client: Any, writes: Sequence[dict[str, Any]]) -> bool:  # noqa: ANN401  # boto3's or our own
    """Write all or nothing; false if a condition does not hold. Of two at once, one tries again.

    Raises:
        ClientError: others kept writing the same items, or another fault. Nothing was written.
    """
    for tries_left in reversed(range(CONFLICT_TRIES)):
        try:
            client.transact_write_items(TransactItems=list(writes))
        except client.exceptions.TransactionCanceledException as error:
            reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" in reasons:
                return False
            if "TransactionConflict" not in reasons or not tries_left:
                raise
            time.sleep(CONFLICT_WAIT_SECONDS * random.uniform(1, CONFLICT_TRIES - tries_left + 1))  # noqa: S311  # a pause
        else:
            return True
    raise AssertionError("the last try returns or raises")

"""Events of mails to SES's mailbox simulator, in the ledger's table, apart from every mailing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.ledger_items import utc_now
from broadsheet.retention import ROUND_TRIPS

PARTITION = "round-trip"


def trip_key(trip: str) -> dict[str, str]:
    """The key of one mail's events."""
    return {"mailing": PARTITION, "entry": trip}


@dataclass(frozen=True)
class DynamoDBRoundTripEvents:
    """The events of each mail.

    Shape: partition "round-trip", entry = the id in the mail's tag: `said` (set of words), `expires_at`
    (epoch seconds).
    """

    table: Table
    clock: Callable[[], datetime] = utc_now

    def record(self, trip: str, word: str) -> None:
        """Add the event by an update, which is all that the role may do."""
        self.table.update_item(
            Key=trip_key(trip),
            UpdateExpression="ADD said :word SET expires_at = :end",
            ExpressionAttributeValues={
                ":word": {word},
                ":end": int((self.clock() + ROUND_TRIPS).timestamp()),
            },
        )

    def said(self, trip: str) -> frozenset[str]:
        """The events so far."""
        item = self.table.get_item(Key=trip_key(trip), ConsistentRead=True).get("Item", {})
        words = item.get("said", set())
        return frozenset(map(str, words)) if isinstance(words, set) else frozenset()

"""Events of mails to SES's mailbox simulator, in the ledger's table, apart from every mailing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.resources import utc_now
from broadsheet.retention import ROUND_TRIPS

PARTITION = "round-trip"


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
        values = {":word": {word}, ":end": int((self.clock() + ROUND_TRIPS).timestamp())}
        self.table.update(_key(trip), "ADD said :word SET expires_at = :end", values)

    def recorded(self, trip: str) -> frozenset[str]:
        """The events so far."""
        return frozenset((self.table.get(_key(trip)) or {}).get("said", ()))


def _key(trip: str) -> dict[str, str]:
    return {"mailing": PARTITION, "entry": trip}

"""The confirmed subscribers of an audience, from the table of subscribers."""

from dataclasses import dataclass

from broadsheet.aws.dynamodb import Item, Table
from broadsheet.mailings.mailing import IdRange
from broadsheet.mailings.ports import Recipient
from broadsheet.subscribers.subscriber import SealedAddress, Status

ENOUGH_TO_ESTIMATE = 200


@dataclass(frozen=True)
class DynamoDBRecipients:
    """`Recipients` on DynamoDB, read from the base table."""

    table: Table

    def within(self, ids: IdRange, audience: str) -> list[Recipient]:
        """Query the range, shard by shard, strongly consistent."""
        attributes = "subscriber_id, sealed_address, address_key"
        return [
            Recipient(item["subscriber_id"], SealedAddress(item["sealed_address"], item["address_key"]))
            for part in ids.by_shard()
            for item in self._query(part, audience, attributes)
        ]

    def estimate(self, audience: str) -> int:
        """Count a 256th of the ids, or a sixteenth, or all, until the sample is large enough.

        Reads ids alone: the roles that count may read nothing else.
        """
        for share in (256, 16):
            width = 1 << 128
            found = self._count(IdRange("0" * 32, f"{width // share - 1:032x}"), audience)
            if found >= ENOUGH_TO_ESTIMATE:
                return found * share
        return self._count(IdRange("0" * 32, "f" * 32), audience)

    def _count(self, ids: IdRange, audience: str) -> int:
        return sum(len(self._query(part, audience, "subscriber_id")) for part in ids.by_shard())

    def _query(self, part: IdRange, audience: str, attributes: str) -> list[Item]:
        span = {":shard": part.first[0], ":first": part.first, ":last": part.last}
        return self.table.query_all(
            "#shard = :shard AND #subscriber_id BETWEEN :first AND :last",
            {**span, ":confirmed": Status.CONFIRMED.value, ":audience": audience},
            FilterExpression="#status = :confirmed AND contains(#audiences, :audience)",
            Select="SPECIFIC_ATTRIBUTES",  # IAM conditions need it
            ProjectionExpression=attributes,
        )

"""The confirmed subscribers of an audience, from the table of subscribers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from broadsheet.aws.dynamodb import Item, Table
from broadsheet.mailings.chunk_plan import IdRange
from broadsheet.mailings.ports import Recipient
from broadsheet.subscribers.subscriber import SealedAddress, Status

ENOUGH_TO_ESTIMATE = 200


@dataclass(frozen=True)
class DynamoDBRecipients:
    """`Recipients` on DynamoDB, read from the base table."""

    table: Table

    def within(self, ids: IdRange, audience: str, most: int | None = None) -> list[Recipient]:
        """Query the range, shard by shard, strongly consistent, until `most` are found."""
        attributes = "subscriber_id, sealed_address, address_key"
        found = (item for part in ids.by_shard() for item in self._query(part, audience, attributes))
        return [
            Recipient(item["subscriber_id"], SealedAddress(item["sealed_address"], item["address_key"]))
            for item in islice(found, most)
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
        return sum(1 for part in ids.by_shard() for _ in self._query(part, audience, "subscriber_id"))

    def _query(self, part: IdRange, audience: str, attributes: str) -> Iterator[Item]:
        """The items page by page, each read when it is asked for."""
        span = {":shard": part.first[0], ":first": part.first, ":last": part.last}
        pages = self.table.query_pages(
            "#shard = :shard AND #subscriber_id BETWEEN :first AND :last",
            {**span, ":confirmed": Status.CONFIRMED.value, ":audience": audience},
            FilterExpression="#status = :confirmed AND contains(#audiences, :audience)",
            Select="SPECIFIC_ATTRIBUTES",  # IAM conditions need it
            ProjectionExpression=attributes,
        )
        return chain.from_iterable(pages)

"""The heads of mailings in DynamoDB, for reports, commands and soft bounces.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.aws.dynamodb import Table, query_all, query_pages
from broadsheet.aws.ledger_items import (
    HEADS,
    chunk_key,
    events_in,
    head_key,
    is_kept,
    mailing_of,
    utc_now,
)
from broadsheet.mailings.mailing import Mailing, chunk_of, mailing_id
from broadsheet.retention import LEDGER_DETAILS

MOST_LOOKED_AT = 200  # heads: one page, and years of issues for a few audiences


@dataclass(frozen=True)
class DynamoDBHeads:
    """`Heads` on DynamoDB; `clock` decides whose details have expired."""

    table: Table
    clock: Callable[[], datetime] = utc_now

    def of_issue(self, issue: str) -> list[Mailing]:
        """Query the heads whose entries begin with the issue."""
        values = {":heads": HEADS, ":issue": mailing_id(issue, "")}
        found = query_all(self.table, "#mailing = :heads AND begins_with(#entry, :issue)", values)
        return [mailing_of(item) for item in found]

    def latest(self, audience: str, upto: str, most: int) -> list[Mailing]:
        """Query one page of heads, from that issue backwards, whose details have not expired."""
        page = next(
            query_pages(
                self.table,
                "#mailing = :heads AND #entry <= :upto",
                {":heads": HEADS, ":upto": mailing_id(upto, audience)},
                ScanIndexForward=False,
                Limit=MOST_LOOKED_AT,
            )
        )
        heads = [mailing_of(item) for item in page]
        since = self.clock() - LEDGER_DETAILS
        return [h for h in heads if h.audience == audience and h.edition and h.due_at > since][:most]

    def events_of(self, mailing: Mailing, subscriber_id: str) -> frozenset[str]:
        """Read the member's chunk."""
        item: Any = self.table.get_item(
            Key=chunk_key(mailing.id, chunk_of(subscriber_id, mailing.chunk_count)), ConsistentRead=True
        ).get("Item", {})
        return events_in(item).get(subscriber_id, frozenset()) if is_kept(item, self.clock()) else frozenset()

    def mark_notified(self, mailing_id: str, what: str, results: dict[str, int]) -> bool:
        """Write both if `what` is not in the set yet."""
        try:
            self.table.update_item(
                Key=head_key(mailing_id),
                UpdateExpression="SET results = :results ADD reported :told",
                ConditionExpression="attribute_exists(entry) AND NOT contains(reported, :what)",
                ExpressionAttributeValues={":results": results, ":told": {what}, ":what": what},
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def unmark_notified(self, mailing_id: str, what: str) -> None:
        """Delete `what` from the set."""
        self.table.update_item(
            Key=head_key(mailing_id),
            UpdateExpression="DELETE reported :what",
            ExpressionAttributeValues={":what": {what}},
        )

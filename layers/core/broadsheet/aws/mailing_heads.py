"""The heads of mailings in DynamoDB, for reports, commands and soft bounces.

Shape: `broadsheet.mailings.mailing` describes the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.aws.dynamodb import Table, is_expired
from broadsheet.aws.ledger_items import HEADS, chunk_key, events_in, head_key, mailing_of
from broadsheet.aws.resources import utc_now
from broadsheet.mailings.mailing import Mailing, mailing_id
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
        found = self.table.query_all("#mailing = :heads AND begins_with(#entry, :issue)", values)
        return [mailing_of(item) for item in found]

    def latest(self, audience: str, upto: str, most: int) -> list[Mailing]:
        """Query one page of heads, from that issue backwards, whose details have not expired."""
        page = self.table.query(
            "#mailing = :heads AND #entry <= :upto",
            {":heads": HEADS, ":upto": mailing_id(upto, audience)},
            ScanIndexForward=False,
            Limit=MOST_LOOKED_AT,
        )
        heads = [mailing_of(item) for item in page["Items"]]
        since = self.clock() - LEDGER_DETAILS
        return [h for h in heads if h.audience == audience and h.edition and h.due_at > since][:most]

    def events_of(self, mailing: Mailing, subscriber_id: str) -> frozenset[str]:
        """Read the member's chunk."""
        item = self.table.get(chunk_key(mailing.id, mailing.plan.number_of(subscriber_id))) or {}
        events = {} if is_expired(item, self.clock()) else events_in(item)
        return events.get(subscriber_id, frozenset())

    def mark_notified(self, mailing_id: str, what: str, results: dict[str, int]) -> bool:
        """Write both if `what` is not in the set yet."""
        return self.table.update(
            head_key(mailing_id),
            "SET results = :results ADD reported :these",
            {":results": results, ":these": {what}, ":what": what},
            "attribute_exists(entry) AND NOT contains(reported, :what)",
        )

    def unmark_notified(self, mailing_id: str, what: str) -> None:
        """Delete `what` from the set."""
        self.table.update(head_key(mailing_id), "DELETE reported :these", {":these": {what}})

"""Publishing's requests about mailings, in the ledger's table.

Shape: `broadsheet.mailings.requests` describes it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.aws.dynamodb import Table, names_in, query_all
from broadsheet.mailings.mailing import mailing_id
from broadsheet.mailings.requests import MailingRequest

PARTITION, OLD = "requests", "old"


@dataclass(frozen=True)
class DynamoDBMailingRequests:
    """`MailingRequests` on DynamoDB; publishing may read and update items of this partition alone."""

    table: Table

    def get(self, mailing_id: str) -> MailingRequest | None:
        """Read the item."""
        item = self.table.get_item(Key=_key(mailing_id), ConsistentRead=True).get("Item")
        return _request(item) if item else None

    def all(self) -> list[MailingRequest]:
        """Query the partition, which holds about a minute's requests."""
        asked = query_all(self.table, "#mailing = :requests", {":requests": PARTITION})
        return [_request(item) for item in asked if item["entry"] != OLD]

    def note_old(self, at: datetime) -> None:
        """Set the time."""
        when = {":at": at.isoformat()}
        self.table.update_item(
            Key=_key(OLD),
            UpdateExpression="SET #at = :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues=when,
        )

    def old_at(self) -> datetime | None:
        """Read the time."""
        item: Any = self.table.get_item(Key=_key(OLD), ConsistentRead=True).get("Item")
        return datetime.fromisoformat(item["at"]) if item else None

    def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, approved: bool) -> datetime:
        """Set the time if there is none, and the approval if given."""
        said = {":confirmed": True} if approved else {}
        answer = self.table.update_item(
            Key=_key(mailing_id(issue, audience)),
            UpdateExpression="SET issue = :issue, audience = :audience,"
            " due_at = if_not_exists(due_at, :due_at)" + (", confirmed = :confirmed" if approved else ""),
            ExpressionAttributeValues={
                ":issue": issue,
                ":audience": audience,
                ":due_at": due_at.isoformat(),
                **said,
            },
            ReturnValues="ALL_NEW",
        )
        return datetime.fromisoformat(str(answer["Attributes"]["due_at"]))

    def ask_to_withdraw(self, issue: str, audience: str) -> None:
        """Set `withdraws`, remove time and approval."""
        self.table.update_item(
            Key=_key(mailing_id(issue, audience)),
            UpdateExpression="SET issue = :issue, audience = :audience, withdraws = :true"
            " REMOVE due_at, confirmed",
            ExpressionAttributeValues={":issue": issue, ":audience": audience, ":true": True},
        )

    def drop(self, request: MailingRequest) -> None:
        """Delete the item if it is unchanged."""
        said: dict[str, object] = {
            "withdraws": request.withdraws or None,
            "due_at": request.due_at.isoformat() if request.due_at else None,
            "confirmed": request.approved or None,
        }
        condition = " AND ".join(
            f"attribute_not_exists(#{name})" if value is None else f"#{name} = :{name}"
            for name, value in said.items()
        )
        values = {f":{name}": value for name, value in said.items() if value is not None}
        try:
            self.table.delete_item(
                Key=_key(request.id),
                ConditionExpression=condition,
                ExpressionAttributeNames=names_in(condition),
                **({"ExpressionAttributeValues": values} if values else {}),
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return  # changed or deleted since


def _key(mailing_id: str) -> dict[str, str]:
    return {"mailing": PARTITION, "entry": mailing_id}


def _request(item: Any) -> MailingRequest:  # noqa: ANN401  # DynamoDB's item
    due_at = item.get("due_at")
    return MailingRequest(
        item["issue"],
        item["audience"],
        bool(item.get("withdraws")),
        datetime.fromisoformat(due_at) if due_at else None,
        bool(item.get("confirmed")),
    )

"""Publishing's requests about mailings, in the ledger's table.

Shape: `broadsheet.mailings.requests` describes it.
"""

from dataclasses import dataclass
from datetime import datetime

from broadsheet.aws.dynamodb import Item, Table
from broadsheet.mailings.mailing import mailing_id
from broadsheet.mailings.requests import MailingRequest

PARTITION, OLD = "requests", "old"


@dataclass(frozen=True)
class DynamoDBMailingRequests:
    """`MailingRequests` on DynamoDB; publishing may read and update items of this partition alone."""

    table: Table

    def get(self, mailing_id: str) -> MailingRequest | None:
        """Read the item."""
        item = self.table.get(_key(mailing_id))
        return _request(item) if item else None

    def all(self) -> list[MailingRequest]:
        """Query the partition, which holds about a minute's requests."""
        items = self.table.query_all("#mailing = :requests", {":requests": PARTITION})
        return [_request(item) for item in items if item["entry"] != OLD]

    def note_old(self, at: datetime) -> None:
        """Set the time."""
        self.table.update(_key(OLD), "SET #at = :at", {":at": at.isoformat()})

    def old_at(self) -> datetime | None:
        """Read the time."""
        item = self.table.get(_key(OLD))
        return datetime.fromisoformat(item["at"]) if item else None

    def ask_to_hold(self, issue: str, audience: str, due_at: datetime, *, approved: bool) -> datetime:
        """Set the time if there is none, and the approval if given."""
        change = "SET issue = :issue, audience = :audience, due_at = if_not_exists(due_at, :due_at)"
        values: Item = {":issue": issue, ":audience": audience, ":due_at": due_at.isoformat()}
        if approved:
            change, values[":confirmed"] = f"{change}, confirmed = :confirmed", True
        request = self.table.update_request(_key(mailing_id(issue, audience)), change, values)
        written = self.table.write(request, ReturnValues="ALL_NEW") or {}
        return datetime.fromisoformat(written["due_at"])

    def ask_to_withdraw(self, issue: str, audience: str) -> None:
        """Set `withdraws`, remove time and approval."""
        change = "SET issue = :issue, audience = :audience, withdraws = :true REMOVE due_at, confirmed"
        values = {":issue": issue, ":audience": audience, ":true": True}
        self.table.update(_key(mailing_id(issue, audience)), change, values)

    def drop(self, request: MailingRequest) -> None:
        """Delete the item if it is unchanged."""
        stored = {
            "withdraws": request.withdraws or None,
            "due_at": request.due_at.isoformat() if request.due_at else None,
            "confirmed": request.approved or None,
        }
        is_unchanged = " AND ".join(
            f"attribute_not_exists(#{name})" if value is None else f"#{name} = :{name}"
            for name, value in stored.items()
        )
        values = {f":{name}": value for name, value in stored.items() if value is not None}
        self.table.delete(_key(request.id), is_unchanged, values)


def _key(mailing_id: str) -> dict[str, str]:
    return {"mailing": PARTITION, "entry": mailing_id}


def _request(item: Item) -> MailingRequest:
    due_at = item.get("due_at")
    return MailingRequest(
        item["issue"],
        item["audience"],
        bool(item.get("withdraws")),
        datetime.fromisoformat(due_at) if due_at else None,
        bool(item.get("confirmed")),
    )

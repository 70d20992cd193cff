"""The list in DynamoDB: one table of subscribers by id, one of fingerprints. The two change together.

Shape: `broadsheet.subscribers.subscriber` describes both tables.
"""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from broadsheet.aws.dynamodb import Table, write_together
from broadsheet.aws.subscriber_items import consent_map, from_item, key, lapsed, opt_out_key, since, to_item
from broadsheet.subscribers.subscriber import (
    SOFT_BOUNCES_KEPT,
    Known,
    Reason,
    SoftBounces,
    Status,
    Subscriber,
)


@dataclass(frozen=True)
class DynamoDBSubscribers:
    """Both tables; `fingerprints` is written by everyone here, read only by those who may find people."""

    table: Table
    fingerprints: Table

    def get(self, subscriber_id: str, now: datetime) -> Subscriber | None:
        """The subscriber, as of every write acknowledged before."""
        item = self.table.get_item(Key=key(subscriber_id), ConsistentRead=True).get("Item")
        if item is None or lapsed(item, now):
            return None
        return from_item(item)

    def find(self, fingerprint: str, now: datetime) -> Known:
        """Who is behind the fingerprint, or why it must not be mailed."""
        item = self.fingerprints.get_item(Key={"fingerprint": fingerprint}, ConsistentRead=True).get("Item")
        if item is None:
            return Known()
        if "reason" in item:
            return Known(reason=Reason(str(item["reason"])))
        return Known() if lapsed(item, now) else Known(subscriber_id=str(item["subscriber_id"]))

    def ask(self, subscriber: Subscriber, now: datetime, *, anew: bool) -> bool:
        """Write a pending subscriber and their fingerprint, in one transaction.

        False if someone confirmed, left, was suppressed or signed up in between: nothing was written.
        """
        choice = subscriber.choice
        expires_at = int(choice.expires_at.timestamp()) if choice else 0
        person: dict[str, Any] = {
            "TableName": self.table.name,
            "Item": {**to_item(subscriber), "expires_at": expires_at},
            "ConditionExpression": "attribute_not_exists(subscriber_id)",
        }
        theirs: dict[str, Any] = {
            "TableName": self.fingerprints.name,
            "Item": {
                "fingerprint": subscriber.fingerprint,
                "subscriber_id": subscriber.id,
                "expires_at": expires_at,
            },
            "ConditionExpression": "attribute_not_exists(fingerprint) OR expires_at <= :now",
            "ExpressionAttributeValues": {":now": int(now.timestamp())},
        }
        if not anew:
            person |= {
                "ConditionExpression": "#status = :pending",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":pending": Status.PENDING.value},
            }
            theirs |= {
                "ConditionExpression": "subscriber_id = :id",
                "ExpressionAttributeValues": {":id": subscriber.id},
            }
        return self._together({"Put": person}, {"Put": theirs})

    def confirm(self, subscriber: Subscriber) -> bool:
        """Write the subscriber as confirmed, and make their fingerprint stay; false if the choice is gone."""
        if subscriber.consent is None:
            return False
        return self._together(
            {
                "Put": {
                    "TableName": self.table.name,
                    "Item": to_item(subscriber),
                    "ConditionExpression": "choice.order_id = :order",
                    "ExpressionAttributeValues": {":order": subscriber.consent.request_id},
                }
            },
            {
                "Update": {
                    "TableName": self.fingerprints.name,
                    "Key": {"fingerprint": subscriber.fingerprint},
                    "UpdateExpression": "SET subscriber_id = :id REMOVE expires_at",
                    "ConditionExpression": "attribute_not_exists(reason)"
                    " AND (attribute_not_exists(subscriber_id) OR subscriber_id = :id)",
                    "ExpressionAttributeValues": {":id": subscriber.id},
                }
            },
            {"Delete": {"TableName": self.fingerprints.name, "Key": opt_out_key(subscriber.fingerprint)}},
        )

    def choose(self, subscriber: Subscriber) -> bool:
        """Write what a confirmed subscriber chose; one without audiences is not on the list."""
        if not subscriber.audiences or subscriber.consent is None:
            return False
        return self._together(
            {
                "Update": {
                    "TableName": self.table.name,
                    "Key": key(subscriber.id),
                    "UpdateExpression": "SET audiences = :audiences, consent = :consent,"
                    " #language = :language",
                    "ConditionExpression": "#status = :confirmed",
                    "ExpressionAttributeNames": {"#status": "status", "#language": "language"},
                    "ExpressionAttributeValues": {
                        ":audiences": set(subscriber.audiences),
                        ":language": subscriber.language,
                        ":consent": consent_map(subscriber.consent),
                        ":confirmed": Status.CONFIRMED.value,
                    },
                }
            }
        )

    def leave(self, subscriber: Subscriber, on: date) -> None:
        """Delete both at once and note that they left; a second time changes nothing."""
        self._gone(
            subscriber,
            {
                "Put": {
                    "TableName": self.fingerprints.name,
                    "Item": {**opt_out_key(subscriber.fingerprint), **since(on)},
                }
            },
        )

    def erase(self, subscriber: Subscriber, on: date, *, not_again: bool) -> None:
        """Delete both at once, and that they left; with `not_again` the fingerprint says so in their stead.

        In one write: after a crash between two, nobody would be there to ask for the second.
        """
        name = {"fingerprint": subscriber.fingerprint}
        note = {"Delete": {"TableName": self.fingerprints.name, "Key": opt_out_key(subscriber.fingerprint)}}
        wish = {**name, "reason": Reason.NOT_AGAIN.value, **since(on)} if not_again else None
        self._gone(subscriber, note, wish)

    def _gone(self, subscriber: Subscriber, note: dict[str, Any], wish: dict[str, str] | None = None) -> None:
        """Delete the subscriber and their fingerprint, or write `wish` over it.

        A fingerprint that says something else by now stays; where it was lost the note is written, too.
        """
        theirs = {
            "TableName": self.fingerprints.name,
            "ConditionExpression": "subscriber_id = :id OR attribute_not_exists(fingerprint)",
            "ExpressionAttributeValues": {":id": subscriber.id},
        }
        name = {"fingerprint": subscriber.fingerprint}
        them = {"Delete": {"TableName": self.table.name, "Key": key(subscriber.id)}}
        change = {"Put": {**theirs, "Item": wish}} if wish else {"Delete": {**theirs, "Key": name}}
        self._together(them, change, note) or self.table.delete_item(Key=key(subscriber.id))

    def fingerprint_of(self, subscriber_id: str) -> str | None:
        """Write the fingerprint over itself, and have it told: who asks may change people, and not look."""
        try:
            item: Any = self.table.update_item(
                Key=key(subscriber_id),
                UpdateExpression="SET fingerprint = fingerprint",
                ConditionExpression="attribute_exists(fingerprint)",
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        return str(item["fingerprint"])

    def bounced_softly(self, subscriber_id: str, mailing: str) -> SoftBounces | None:
        """Add to the subscriber's set; where it grows too long, forget the oldest with a second write."""
        try:
            item: Any = self._bounces(subscriber_id, "ADD soft_bounces :these", {mailing})
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        kept = sorted(item["soft_bounces"])[-SOFT_BOUNCES_KEPT:]
        if forgotten := set(item["soft_bounces"]) - set(kept):
            self._bounces(subscriber_id, "DELETE soft_bounces :these", forgotten)
        return SoftBounces(item["fingerprint"], frozenset(kept))

    def suppress(self, fingerprint: str, reason: Reason, on: date) -> None:
        """Delete the subscriber, keep the fingerprint with its reason; the first reason stays.

        In this order: after a crash between the two, the fingerprint still says whom to delete.
        """
        name = {"fingerprint": fingerprint}
        item = self.fingerprints.get_item(Key=name, ConsistentRead=True).get("Item", {})
        if "subscriber_id" in item:
            self.table.delete_item(Key=key(str(item["subscriber_id"])))
        with contextlib.suppress(self.table.meta.client.exceptions.ConditionalCheckFailedException):
            before = self.fingerprints.put_item(
                Item={**name, "reason": reason.value, **since(on)},
                ConditionExpression="attribute_not_exists(reason)",
                ReturnValues="ALL_OLD",
            ).get("Attributes", {})
            if before.get("subscriber_id", item.get("subscriber_id")) != item.get("subscriber_id"):
                self.table.delete_item(Key=key(str(before["subscriber_id"])))  # who came in between

    def _bounces(self, subscriber_id: str, expression: str, mailings: set[str]) -> Any:  # noqa: ANN401  # an item
        return self.table.update_item(
            Key=key(subscriber_id),
            UpdateExpression=expression,
            ConditionExpression="attribute_exists(fingerprint)",
            ExpressionAttributeValues={":these": mailings},
            ReturnValues="ALL_NEW",
        )["Attributes"]

    def _together(self, *writes: dict[str, Any]) -> bool:
        """Write all or nothing; false if a condition does not hold. Of two at once, one tries again."""
        return write_together(self.table.meta.client, writes)

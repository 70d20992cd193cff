"""The list in DynamoDB: one table of subscribers by id, one of fingerprints. The two change together.

Shape: `broadsheet.subscribers.records` describes both tables.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from broadsheet.subscribers.records import (
    SOFT_BOUNCES_KEPT,
    Choice,
    Consent,
    Known,
    Reason,
    SealedAddress,
    SoftBounces,
    Status,
    Subscriber,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

CONFLICT_TRIES = 3


@dataclass(frozen=True)
class DynamoDBSubscribers:
    """Both tables; `fingerprints` is written by everyone here, read only by those who may find people."""

    table: "Table"
    fingerprints: "Table"

    def get(self, subscriber_id: str, now: datetime) -> Subscriber | None:
        """The subscriber, as of every write acknowledged before."""
        item = self.table.get_item(Key=key(subscriber_id), ConsistentRead=True).get("Item")
        if item is None or _lapsed(item, now):
            return None
        return from_item(item)

    def find(self, fingerprint: str, now: datetime) -> Known:
        """Who is behind the fingerprint, or why it must not be mailed."""
        item = self.fingerprints.get_item(Key={"fingerprint": fingerprint}, ConsistentRead=True).get("Item")
        if item is None:
            return Known()
        if "reason" in item:
            return Known(reason=Reason(str(item["reason"])))
        return Known() if _lapsed(item, now) else Known(subscriber_id=str(item["subscriber_id"]))

    def ask(self, subscriber: Subscriber, now: datetime) -> bool:
        """Write the waiting choice; a new subscriber with their fingerprint, in one transaction.

        False if someone confirmed, left, was suppressed or signed up in between: nothing was written.
        """
        if subscriber.status is Status.CONFIRMED:
            return self._update_confirmed(subscriber)
        choice = subscriber.choice
        expires_at = int(choice.expires_at.timestamp()) if choice else 0
        return self._together(
            {
                "Put": {
                    "TableName": self.table.name,
                    "Item": {**to_item(subscriber), "expires_at": expires_at},
                    "ConditionExpression": "attribute_not_exists(subscriber_id) OR #status = :pending",
                    "ExpressionAttributeNames": {"#status": "status"},
                    "ExpressionAttributeValues": {":pending": Status.PENDING.value},
                }
            },
            {
                "Put": {
                    "TableName": self.fingerprints.name,
                    "Item": {
                        "fingerprint": subscriber.fingerprint,
                        "subscriber_id": subscriber.id,
                        "expires_at": expires_at,
                    },
                    "ConditionExpression": "attribute_not_exists(fingerprint) OR subscriber_id = :id"
                    " OR expires_at <= :now",
                    "ExpressionAttributeValues": {":id": subscriber.id, ":now": int(now.timestamp())},
                }
            },
        )

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
                    "ExpressionAttributeValues": {":order": subscriber.consent.order_id},
                }
            },
            {
                "Update": {
                    "TableName": self.fingerprints.name,
                    "Key": {"fingerprint": subscriber.fingerprint},
                    "UpdateExpression": "SET subscriber_id = :id REMOVE expires_at",
                    "ConditionExpression": "attribute_not_exists(reason)",
                    "ExpressionAttributeValues": {":id": subscriber.id},
                }
            },
            {"Delete": {"TableName": self.fingerprints.name, "Key": left_key(subscriber.fingerprint)}},
        )

    def choose(self, subscriber: Subscriber) -> bool:
        """Write what a confirmed subscriber chose; one without audiences is not on the list."""
        if not subscriber.audiences or subscriber.consent is None:
            return False
        try:
            self.table.update_item(
                Key=key(subscriber.id),
                UpdateExpression="SET audiences = :audiences, #language = :language, consent = :consent",
                ConditionExpression="#status = :confirmed",
                ExpressionAttributeNames={"#status": "status", "#language": "language"},
                ExpressionAttributeValues={
                    ":audiences": set(subscriber.audiences),
                    ":language": subscriber.language,
                    ":consent": _consent_map(subscriber.consent),
                    ":confirmed": Status.CONFIRMED.value,
                },
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def leave(self, subscriber: Subscriber, on: date) -> None:
        """Delete both at once and note that they left; a second time changes nothing."""
        self._gone(
            subscriber,
            {
                "Put": {
                    "TableName": self.fingerprints.name,
                    "Item": {**left_key(subscriber.fingerprint), **since(on)},
                }
            },
        )

    def erase(self, subscriber: Subscriber, on: date, *, not_again: bool) -> None:
        """Delete both at once, and that they left; with `not_again` the fingerprint says so in their stead."""
        self._gone(
            subscriber,
            {"Delete": {"TableName": self.fingerprints.name, "Key": left_key(subscriber.fingerprint)}},
        )
        if not_again:
            self.suppress(subscriber.fingerprint, Reason.NOT_AGAIN, on)

    def _gone(self, subscriber: Subscriber, note: dict[str, Any]) -> None:
        """Delete the subscriber and their fingerprint; one that says something else by now stays."""
        theirs = {
            "TableName": self.fingerprints.name,
            "Key": {"fingerprint": subscriber.fingerprint},
            "ConditionExpression": "subscriber_id = :id",
            "ExpressionAttributeValues": {":id": subscriber.id},
        }
        them = {"Delete": {"TableName": self.table.name, "Key": key(subscriber.id)}}
        self._together(them, {"Delete": theirs}, note) or self.table.delete_item(Key=key(subscriber.id))

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
        item = self.fingerprints.get_item(Key={"fingerprint": fingerprint}, ConsistentRead=True).get(
            "Item", {}
        )
        if "subscriber_id" in item:
            self.table.delete_item(Key=key(str(item["subscriber_id"])))
        if "reason" not in item:
            self.fingerprints.put_item(Item={"fingerprint": fingerprint, "reason": reason.value, **since(on)})

    def _bounces(self, subscriber_id: str, expression: str, mailings: set[str]) -> dict[str, Any]:
        return self.table.update_item(
            Key=key(subscriber_id),
            UpdateExpression=expression,
            ConditionExpression="attribute_exists(fingerprint)",
            ExpressionAttributeValues={":these": mailings},
            ReturnValues="ALL_NEW",
        )["Attributes"]

    def _update_confirmed(self, subscriber: Subscriber) -> bool:
        try:
            self.table.update_item(
                Key=key(subscriber.id),
                UpdateExpression="SET choice = :choice",
                ConditionExpression="#status = :confirmed",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":choice": _choice_map(subscriber.choice) if subscriber.choice else {},
                    ":confirmed": Status.CONFIRMED.value,
                },
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _together(self, *writes: dict[str, Any]) -> bool:
        """Write all or nothing; false if a condition does not hold. Of two at once, one tries again."""
        client = self.table.meta.client
        for tries_left in reversed(range(CONFLICT_TRIES)):
            try:
                client.transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type]  # dicts
            except client.exceptions.TransactionCanceledException as error:
                reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
                if "ConditionalCheckFailed" in reasons:
                    return False
                if "TransactionConflict" not in reasons or not tries_left:
                    raise
            else:
                return True
        raise AssertionError("the last try returns or raises")


def key(subscriber_id: str) -> dict[str, str]:
    """The primary key of a subscriber."""
    return {"shard": subscriber_id[0], "subscriber_id": subscriber_id}


def left_key(fingerprint: str) -> dict[str, str]:
    """The primary key of the note that somebody left."""
    return {"fingerprint": f"left#{fingerprint}"}


def since(on: date) -> dict[str, str]:
    """The day, as both kinds of notes keep it."""
    return {"since": on.isoformat()}


def to_item(subscriber: Subscriber) -> dict[str, Any]:
    """A subscriber as stored."""
    item: dict[str, Any] = {
        **key(subscriber.id),
        "status": subscriber.status.value,
        "fingerprint": subscriber.fingerprint,
        "language": subscriber.language,
        "sealed_address": subscriber.sealed_address.content,
        "address_key": subscriber.sealed_address.key_id,
    }
    if subscriber.audiences:
        item["audiences"] = set(subscriber.audiences)
    if subscriber.choice:
        item["choice"] = _choice_map(subscriber.choice)
    if subscriber.consent:
        item["consent"] = _consent_map(subscriber.consent)
    return item


def from_item(item: dict[str, Any]) -> Subscriber:
    """A subscriber from what is stored."""
    choice, consent = item.get("choice"), item.get("consent")
    return Subscriber(
        id=item["subscriber_id"],
        status=Status(item["status"]),
        fingerprint=item["fingerprint"],
        language=item["language"],
        sealed_address=SealedAddress(bytes(item["sealed_address"]), item["address_key"]),
        audiences=frozenset(item.get("audiences", ())),
        choice=_choice(choice) if choice else None,
        consent=_consent(consent) if consent else None,
    )


def _choice_map(choice: Choice) -> dict[str, Any]:
    return {
        "order_id": choice.order_id,
        "audiences": list(choice.audiences),
        "language": choice.language,
        "text": choice.text,
        "form": choice.form,
        "asked_on": choice.asked_on.isoformat(),
        "expires_at": int(choice.expires_at.timestamp()),
    }


def _choice(stored: dict[str, Any]) -> Choice:
    return Choice(
        stored["order_id"],
        tuple(stored["audiences"]),
        stored["language"],
        stored["text"],
        stored["form"],
        date.fromisoformat(stored["asked_on"]),
        datetime.fromtimestamp(int(stored["expires_at"]), UTC),
    )


def _consent_map(consent: Consent) -> dict[str, Any]:
    return {
        "order_id": consent.order_id,
        "text": consent.text,
        "form": consent.form,
        "language": consent.language,
        "asked_on": consent.asked_on.isoformat(),
        "confirmed_on": consent.confirmed_on.isoformat(),
        "confirmed_by": consent.confirmed_by,
    }


def _consent(stored: dict[str, Any]) -> Consent:
    return Consent(
        stored["order_id"],
        stored["text"],
        stored["form"],
        stored["language"],
        date.fromisoformat(stored["asked_on"]),
        date.fromisoformat(stored["confirmed_on"]),
        stored["confirmed_by"],
    )


def _lapsed(item: dict[str, Any], now: datetime) -> bool:
    """Whether time to live has passed; DynamoDB deletes late, so reading decides."""
    return "expires_at" in item and int(item["expires_at"]) <= now.timestamp()

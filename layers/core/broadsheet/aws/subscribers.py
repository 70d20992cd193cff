"""The list in DynamoDB: one table of subscribers by id, one of fingerprints. Transactions change both.

Shape: `broadsheet.subscribers.subscriber` describes both tables.
"""

from dataclasses import dataclass
from datetime import date, datetime

from broadsheet.aws.dynamodb import Item, Table, Write, is_expired
from broadsheet.aws.subscriber_items import (
    consent_map,
    from_address_item,
    from_item,
    key,
    known_by,
    moved_map,
    opt_out_key,
    since,
    to_address_item,
    to_item,
)
from broadsheet.subscribers.subscriber import (
    SOFT_BOUNCES_KEPT,
    ConfirmedAddress,
    Known,
    OwnFingerprint,
    PendingAddress,
    Reason,
    SoftBounces,
    Status,
    Subscriber,
    pending_address_id,
)

IS_UNCHANGED = "#status = :confirmed AND fingerprint = :old"  # a subscriber who has the address they had


@dataclass(frozen=True)
class DynamoDBSubscribers:
    """Both tables; all functions write `fingerprints`, those that may find people also read it."""

    table: Table
    fingerprints: Table

    def get(self, subscriber_id: str, now: datetime) -> Subscriber | None:
        """The subscriber, as of every write acknowledged before."""
        item = self.table.get(key(subscriber_id))
        return from_item(item) if item and not is_expired(item, now) else None

    def find(self, fingerprint: str, now: datetime) -> Known:
        """Whose fingerprint it is, or why it must not be mailed."""
        return known_by(self.fingerprints.get({"fingerprint": fingerprint}), now)

    def put_pending(self, subscriber: Subscriber, now: datetime, *, is_new: bool) -> bool:
        """Write a pending subscriber and their fingerprint, in one transaction.

        False if someone confirmed, left, was suppressed or signed up in between: nothing was written.
        """
        request = subscriber.pending_request
        expires_at = int(request.expires_at.timestamp()) if request else 0
        item = {**to_item(subscriber), "expires_at": expires_at}
        name = {"fingerprint": subscriber.fingerprint}
        theirs = {**name, "subscriber_id": subscriber.id, "expires_at": expires_at}
        if not is_new:
            return self.table.transact(
                self.table.put_request(item, "#status = :pending", {":pending": Status.PENDING.value}),
                self.fingerprints.put_request(theirs, "subscriber_id = :id", {":id": subscriber.id}),
            )
        is_free = "attribute_not_exists(fingerprint) OR expires_at <= :now"
        return self.table.transact(
            self.table.put_request(item, "attribute_not_exists(subscriber_id)"),
            self.fingerprints.put_request(theirs, is_free, {":now": int(now.timestamp())}),
        )

    def confirm(self, subscriber: Subscriber) -> bool:
        """Write the subscriber as confirmed and keep their fingerprint; False if the request is gone."""
        if subscriber.consent is None:
            return False
        request_id = subscriber.consent.request_id
        return self.table.transact(
            self.table.put_request(
                to_item(subscriber), "choice.order_id = :request", {":request": request_id}
            ),
            self.fingerprints.update_request(
                {"fingerprint": subscriber.fingerprint},
                "SET subscriber_id = :id REMOVE expires_at",
                {":id": subscriber.id},
                "attribute_not_exists(reason)"
                " AND (attribute_not_exists(subscriber_id) OR subscriber_id = :id)",
            ),
            self.fingerprints.delete_request(opt_out_key(subscriber.fingerprint)),
        )

    def put_preferences(self, subscriber: Subscriber) -> bool:
        """Write what a confirmed subscriber chose; one without audiences is not on the list."""
        if not subscriber.audiences or subscriber.consent is None:
            return False
        values = {
            ":audiences": set(subscriber.audiences),
            ":language": subscriber.language,
            ":consent": consent_map(subscriber.consent),
            ":confirmed": Status.CONFIRMED.value,
        }
        change = "SET audiences = :audiences, consent = :consent, #language = :language"
        is_confirmed = "#status = :confirmed"
        return self.table.transact(
            self.table.update_request(key(subscriber.id), change, values, is_confirmed)
        )

    def put_address(self, subscriber: Subscriber, pending: PendingAddress) -> bool:
        """Write it while its subscriber is unchanged, in one transaction: who leaves leaves no address."""
        values = {":confirmed": Status.CONFIRMED.value, ":old": subscriber.fingerprint}
        is_latest = "attribute_not_exists(asked_at) OR asked_at <= :asked OR order_id = :request"
        asked = {":asked": pending.asked_at, ":request": pending.request_id}
        return self.table.transact(
            self.table.put_request(to_address_item(pending), is_latest, asked),
            self.table.check_request(key(subscriber.id), IS_UNCHANGED, values),
        )

    def pending_address(self, subscriber_id: str, now: datetime) -> PendingAddress | None:
        """The item beside the subscriber's."""
        item = self.table.get(key(pending_address_id(subscriber_id)))
        return from_address_item(item) if item and not is_expired(item, now) else None

    def change_address(self, subscriber: Subscriber, pending: PendingAddress, now: datetime) -> bool:
        """Change the subscriber, both fingerprints and both opt-out records, in one transaction.

        The id stays, so that links to leave go on working and a mailing that is being sent mails them once.
        """
        old, new = subscriber.fingerprint, pending.fingerprint
        if old == new:  # moved by another call; a transaction takes each item once
            return False
        is_theirs = "subscriber_id = :id OR attribute_not_exists(fingerprint)"
        is_free = (
            "attribute_not_exists(reason) AND (attribute_not_exists(subscriber_id) OR expires_at <= :now)"
        )
        their_id = {":id": subscriber.id}
        return self.table.transact(
            self._move_request(subscriber, pending, now),
            self.table.delete_request(
                key(pending_address_id(subscriber.id)),
                "order_id = :request",
                {":request": pending.request_id},
            ),
            self.fingerprints.update_request(
                {"fingerprint": new},
                "SET subscriber_id = :id REMOVE expires_at",
                {**their_id, ":now": int(now.timestamp())},
                is_free,
            ),
            self.fingerprints.delete_request({"fingerprint": old}, is_theirs, their_id),
            self.fingerprints.update_request(
                opt_out_key(old), "SET #since = :on", {":on": now.date().isoformat()}
            ),
            self.fingerprints.delete_request(opt_out_key(new)),
        )

    def _move_request(self, subscriber: Subscriber, pending: PendingAddress, now: datetime) -> Write:
        confirmed = ConfirmedAddress(pending.request_id, pending.asked_on, now.date())
        values = {
            ":sealed": pending.sealed_address.content,
            ":key": pending.sealed_address.key_id,
            ":new": pending.fingerprint,
            ":old": subscriber.fingerprint,
            ":moved": moved_map(confirmed),
            ":confirmed": Status.CONFIRMED.value,
        }
        change = "SET sealed_address = :sealed, address_key = :key, fingerprint = :new, moved = :moved"
        if pending.mailbox:
            change, values = f"{change}, mailbox = :mailbox", {**values, ":mailbox": pending.mailbox}
        removed = "soft_bounces" if pending.mailbox else "soft_bounces, mailbox"
        return self.table.update_request(
            key(subscriber.id), f"{change} REMOVE {removed}", values, IS_UNCHANGED
        )

    def leave(self, subscriber: Subscriber, on: date) -> bool:
        """Delete both and write the opt-out record, together; a second call changes nothing."""
        record = self.fingerprints.put_request({**opt_out_key(subscriber.fingerprint), **since(on)})
        return self._delete(subscriber, record)

    def erase(self, subscriber: Subscriber, on: date, *, not_again: bool) -> bool:
        """Delete both and the opt-out record; with `not_again` the fingerprint is kept as suppressed.

        One transaction, because after a crash between two writes nobody would ask for the second.
        """
        name = {"fingerprint": subscriber.fingerprint}
        suppression = {**name, "reason": Reason.NOT_AGAIN.value, **since(on)} if not_again else None
        record = self.fingerprints.delete_request(opt_out_key(subscriber.fingerprint))
        return self._delete(subscriber, record, suppression)

    def _delete(self, subscriber: Subscriber, opt_out: Write, suppression: Item | None = None) -> bool:
        """Delete the subscriber and their fingerprint, or write the suppression over it.

        A fingerprint that is another subscriber's or suppressed by now stays, and with it the opt-out record
        as it is; where the fingerprint is missing, the record is written. False, and nothing is deleted, if
        the subscriber has another address by now.
        """
        is_theirs = "subscriber_id = :id OR attribute_not_exists(fingerprint)", {":id": subscriber.id}
        name = {"fingerprint": subscriber.fingerprint}
        fingerprint = (
            self.fingerprints.put_request(suppression, *is_theirs)
            if suppression
            else self.fingerprints.delete_request(name, *is_theirs)
        )
        return self.table.transact(
            self._delete_request(subscriber.id, subscriber.fingerprint),
            self.table.delete_request(key(pending_address_id(subscriber.id))),
            fingerprint,
            opt_out,
        ) or self.delete_subscriber(subscriber.id, subscriber.fingerprint)

    def delete_subscriber(self, subscriber_id: str, fingerprint: str) -> bool:
        """Delete a subscriber, not their fingerprint, and then their pending address, of no use without them.

        False, and nothing is deleted, if they have another fingerprint by now.
        """
        if self.table.write(self._delete_request(subscriber_id, fingerprint)) is None:
            return False
        return self.table.delete(key(pending_address_id(subscriber_id)))

    def _delete_request(self, subscriber_id: str, fingerprint: str) -> Write:
        has_it = "attribute_not_exists(fingerprint) OR fingerprint = :fingerprint"
        return self.table.delete_request(key(subscriber_id), has_it, {":fingerprint": fingerprint})

    def fingerprint_of(self, subscriber_id: str) -> OwnFingerprint | None:
        """Write the fingerprint over itself to get it back: this role may update items, and not read them."""
        item = self._changed(subscriber_id, "SET fingerprint = fingerprint")
        return OwnFingerprint(item["fingerprint"], "moved" in item) if item else None

    def bounced_softly(self, subscriber_id: str, mailing: str) -> SoftBounces | None:
        """Add to the subscriber's set; if it grows too long, a second write removes the oldest."""
        item = self._changed(subscriber_id, "ADD soft_bounces :these", {":these": {mailing}})
        if item is None:
            return None
        kept = sorted(item["soft_bounces"])[-SOFT_BOUNCES_KEPT:]
        if removed := item["soft_bounces"] - set(kept):
            self._changed(subscriber_id, "DELETE soft_bounces :these", {":these": removed})
        return SoftBounces(item["fingerprint"], frozenset(kept))

    def suppress(self, fingerprint: str, reason: Reason, on: date) -> None:
        """Delete the subscriber, keep the fingerprint with its reason; the first reason stays.

        In this order, so that after a crash in between the fingerprint still says whom to delete.
        """
        name = {"fingerprint": fingerprint}
        subscriber_id = (self.fingerprints.get(name) or {}).get("subscriber_id")
        if subscriber_id:
            self.delete_subscriber(subscriber_id, fingerprint)
        suppression = {**name, "reason": reason.value, **since(on)}
        request = self.fingerprints.put_request(suppression, "attribute_not_exists(reason)")
        before = self.fingerprints.write(request, ReturnValues="ALL_OLD") or {}
        if before.get("subscriber_id", subscriber_id) != subscriber_id:
            self.delete_subscriber(before["subscriber_id"], fingerprint)  # signed up in between

    def _changed(self, subscriber_id: str, change: str, values: Item | None = None) -> Item | None:
        """The item after the change; None if there is no such subscriber."""
        is_there = "attribute_exists(fingerprint)"
        request = self.table.update_request(key(subscriber_id), change, values, is_there)
        return self.table.write(request, ReturnValues="ALL_NEW")

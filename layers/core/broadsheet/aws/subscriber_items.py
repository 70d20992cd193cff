"""Converts subscribers to and from items of the list's tables.

Shape: `broadsheet.subscribers.subscriber` describes both tables.
"""

from datetime import UTC, date, datetime

from broadsheet.aws.dynamodb import Item, is_expired
from broadsheet.subscribers.subscriber import (
    PENDING_ADDRESS,
    ConfirmedAddress,
    Consent,
    Known,
    PendingAddress,
    PendingRequest,
    Reason,
    SealedAddress,
    Status,
    Subscriber,
    owner_of,
    pending_address_id,
)

SHARDS = "0123456789abcdef"  # partitions of the subscribers table: the first digit of an id


def key(subscriber_id: str) -> dict[str, str]:
    """The primary key of a subscriber."""
    return {"shard": subscriber_id[0], "subscriber_id": subscriber_id}


def is_pending_address(item: Item) -> bool:
    """Whether an item of the subscribers table is a pending address, and no subscriber."""
    return str(item["subscriber_id"]).endswith(PENDING_ADDRESS)


def opt_out_key(fingerprint: str) -> dict[str, str]:
    """The primary key of an opt-out record."""
    return {"fingerprint": f"left#{fingerprint}"}


def since(on: date) -> dict[str, str]:
    """The day as suppressions and opt-out records store it."""
    return {"since": on.isoformat()}


def to_item(subscriber: Subscriber) -> Item:
    """A subscriber as stored."""
    item: Item = {
        **key(subscriber.id),
        "status": subscriber.status.value,
        "fingerprint": subscriber.fingerprint,
        "language": subscriber.language,
        "sealed_address": subscriber.sealed_address.content,
        "address_key": subscriber.sealed_address.key_id,
    }
    if subscriber.mailbox:
        item["mailbox"] = subscriber.mailbox
    if subscriber.audiences:
        item["audiences"] = set(subscriber.audiences)
    if subscriber.pending_request:
        item["choice"] = _request_map(subscriber.pending_request)
    if subscriber.consent:
        item["consent"] = consent_map(subscriber.consent)
    if subscriber.confirmed_address:
        item["moved"] = moved_map(subscriber.confirmed_address)
    return item


def from_item(item: Item) -> Subscriber:
    """A subscriber from what is stored."""
    request, consent = item.get("choice"), item.get("consent")
    return Subscriber(
        id=item["subscriber_id"],
        status=Status(item["status"]),
        fingerprint=item["fingerprint"],
        language=item["language"],
        sealed_address=SealedAddress(item["sealed_address"], item["address_key"]),
        audiences=frozenset(item.get("audiences", ())),
        pending_request=_request(request) if request else None,
        consent=_consent(consent) if consent else None,
        soft_bounces=len(item.get("soft_bounces", ())),
        mailbox=item.get("mailbox", ""),
        confirmed_address=_confirmed_address(item["moved"]) if "moved" in item else None,
    )


def to_address_item(pending: PendingAddress) -> Item:
    """A pending address as stored."""
    item: Item = {
        **key(pending_address_id(pending.subscriber_id)),
        "order_id": pending.request_id,
        "fingerprint": pending.fingerprint,
        "sealed_address": pending.sealed_address.content,
        "address_key": pending.sealed_address.key_id,
        "asked_on": pending.asked_on.isoformat(),
        "asked_at": pending.asked_at,
        "expires_at": int(pending.expires_at.timestamp()),
    }
    return {**item, "mailbox": pending.mailbox} if pending.mailbox else item


def from_address_item(item: Item) -> PendingAddress:
    """A pending address from what is stored."""
    return PendingAddress(
        request_id=item["order_id"],
        subscriber_id=owner_of(item["subscriber_id"]),
        fingerprint=item["fingerprint"],
        sealed_address=SealedAddress(item["sealed_address"], item["address_key"]),
        asked_on=date.fromisoformat(item["asked_on"]),
        expires_at=datetime.fromtimestamp(item["expires_at"], UTC),
        mailbox=item.get("mailbox", ""),
        asked_at=int(item.get("asked_at", 0)),
    )


def moved_map(confirmed: ConfirmedAddress) -> Item:
    """A confirmed change of address as stored."""
    return {
        "order_id": confirmed.request_id,
        "asked_on": confirmed.asked_on.isoformat(),
        "confirmed_on": confirmed.confirmed_on.isoformat(),
    }


def _confirmed_address(stored: Item) -> ConfirmedAddress:
    asked_on, confirmed_on = stored["asked_on"], stored["confirmed_on"]
    return ConfirmedAddress(
        stored["order_id"], date.fromisoformat(asked_on), date.fromisoformat(confirmed_on)
    )


def _request_map(request: PendingRequest) -> Item:
    return {
        "order_id": request.request_id,
        "audiences": list(request.audiences),
        "language": request.language,
        "text": request.text,
        "form": request.form,
        "asked_on": request.asked_on.isoformat(),
        "expires_at": int(request.expires_at.timestamp()),
    }


def _request(stored: Item) -> PendingRequest:
    return PendingRequest(
        stored["order_id"],
        tuple(stored["audiences"]),
        stored["language"],
        stored["text"],
        stored["form"],
        date.fromisoformat(stored["asked_on"]),
        datetime.fromtimestamp(stored["expires_at"], UTC),
    )


def consent_map(consent: Consent) -> Item:
    """A consent as stored."""
    return {
        "order_id": consent.request_id,
        "text": consent.text,
        "form": consent.form,
        "language": consent.language,
        "asked_on": consent.asked_on.isoformat(),
        "confirmed_on": consent.confirmed_on.isoformat(),
        "confirmed_by": consent.confirmed_by,
    }


def _consent(stored: Item) -> Consent:
    return Consent(
        stored["order_id"],
        stored["text"],
        stored["form"],
        stored["language"],
        date.fromisoformat(stored["asked_on"]),
        date.fromisoformat(stored["confirmed_on"]),
        stored["confirmed_by"],
    )


def known_by(item: Item | None, now: datetime) -> Known:
    """What an item of the fingerprints table says."""
    if item is None:
        return Known()
    if "reason" in item:
        return Known(reason=Reason(item["reason"]))
    return Known() if is_expired(item, now) else Known(item["subscriber_id"])

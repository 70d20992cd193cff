"""A subscriber, their pending request, and their consent.

Shape (SubscribersTable): partition `shard` (the id's first hex digit), sort key `subscriber_id`; `status`,
`fingerprint`, `language`, `audiences` (string set, the confirmed ones), `sealed_address` (bytes),
`address_key`, `mailbox` (fingerprint of the mailbox, if it differs), `choice` (our `pending_request`) and
`consent` (maps), `moved` (map, our `confirmed_address`), `expires_at` (epoch seconds, pending ones only),
`soft_bounces` (string set: ids of mailings). Beside a subscriber, under `<subscriber_id>#address`, a new
address that waits for its confirmation (`PendingAddress`): `order_id`, `fingerprint`, `sealed_address`,
`address_key`, `mailbox`, `asked_on`, `asked_at` (epoch seconds), `expires_at`.
Shape (FingerprintsTable): key `fingerprint`; `subscriber_id` and, while that one is pending, `expires_at`;
or `reason` and `since` if the address must not be mailed again. Key `left#<fingerprint>`: `since`.

A reader who leaves is deleted from both tables at once; an opt-out record stays until they confirm again, so
that no import brings them back. Erasing leaves nothing; of a fingerprint that bounced, complained or said
"not again" only the reason is kept, and for 48 hours what another reader asks to be mailed to.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

PENDING_ADDRESS = "#address"  # ends the key of a pending address
SOFT_BOUNCES_KEPT = 12  # three in a row for each of four audiences


class Status(StrEnum):
    """Whether a subscriber has confirmed."""

    PENDING = "pending"
    CONFIRMED = "confirmed"


class Reason(StrEnum):
    """Why an address must not be mailed again."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    NOT_AGAIN = "not again"


@dataclass(frozen=True)
class SealedAddress:
    """An address encrypted with AES-256-GCM (associated data: the subscriber's id), and the id of the key."""

    content: bytes
    key_id: str


@dataclass(frozen=True)
class PendingRequest:
    """A request that is not confirmed yet; `request_id` ties it to one confirmation link.

    `text` is the version of the words beside the form, `form` the kind of form.
    """

    request_id: str
    audiences: tuple[str, ...]
    language: str
    text: str
    form: str
    asked_on: date
    expires_at: datetime


@dataclass(frozen=True)
class Consent:
    """What a reader agreed to, where, and on which days. No IP, no user agent, no time of day."""

    request_id: str
    text: str
    form: str
    language: str
    asked_on: date
    confirmed_on: date
    confirmed_by: str = "button"


@dataclass(frozen=True)
class PendingAddress:
    """A new address of a confirmed subscriber, which replaces the old one once a link in a mail confirms it.

    The address is sealed for that subscriber, so that whoever confirms it need not open it. Its fingerprint
    is not reserved: the address may sign up by itself meanwhile, and whoever confirms first has it.
    `asked_at` is in epoch seconds; 0 in those of earlier releases.
    """

    request_id: str
    subscriber_id: str
    fingerprint: str
    sealed_address: SealedAddress
    asked_on: date
    expires_at: datetime
    mailbox: str = ""
    asked_at: int = 0

    def with_present_address(self, subscriber: "Subscriber") -> "PendingAddress":
        """The same request with the address that its subscriber has: confirming it changes nothing."""
        return replace(
            self, fingerprint=subscriber.fingerprint, sealed_address=subscriber.sealed_address, mailbox=""
        )


@dataclass(frozen=True)
class ConfirmedAddress:
    """When a reader last asked for another address, and when they confirmed it."""

    request_id: str
    asked_on: date
    confirmed_on: date


@dataclass(frozen=True)
class Subscriber:
    """One address on the list.

    `soft_bounces` is the number of stored mailings that bounced softly. `mailbox` is the fingerprint of the
    mailbox, if the address is another spelling of it, so that leaving deletes its history, too. Subscribers
    who signed up before limits counted mailboxes, or were imported, have none. `confirmed_address` is the
    last change of address, if there was one; the consent stays that of the sign-up.
    """

    id: str
    status: Status
    fingerprint: str
    language: str
    sealed_address: SealedAddress
    audiences: frozenset[str] = frozenset()
    pending_request: PendingRequest | None = None
    consent: Consent | None = None
    soft_bounces: int = 0
    mailbox: str = ""
    confirmed_address: ConfirmedAddress | None = None

    @property
    def address_id(self) -> str:
        """The request by which they got their address; "" if it is still that of their sign-up.

        Manage links contain it, so that those in the mailbox of an earlier address open nothing.
        """
        return self.confirmed_address.request_id if self.confirmed_address else ""

    def has_confirmed(self, request_id: str) -> bool:
        """Whether that request for a subscription or for another address was confirmed."""
        of_consent = self.consent.request_id if self.consent else ""
        return request_id in {of_consent, self.address_id} - {""}

    def awaits(self, request_id: str, now: datetime) -> bool:
        """Whether that request can still be confirmed."""
        request = self.pending_request
        return request is not None and request.request_id == request_id and request.expires_at > now

    def confirmed(self, on: date) -> "Subscriber":
        """The subscriber once their pending request is confirmed."""
        request = self.pending_request
        if request is None:
            return self
        consent = Consent(
            request.request_id, request.text, request.form, request.language, request.asked_on, on
        )
        return replace(
            self,
            status=Status.CONFIRMED,
            language=request.language,
            audiences=self.audiences | set(request.audiences),
            pending_request=None,
            consent=consent,
        )


@dataclass(frozen=True)
class Known:
    """The subscriber of a fingerprint, or why it must not be mailed; both empty if it is not stored."""

    subscriber_id: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True)
class OwnFingerprint:
    """The fingerprint of a subscriber; `has_moved` if earlier mails went to another address."""

    fingerprint: str
    has_moved: bool = False


@dataclass(frozen=True)
class SoftBounces:
    """The mailings that bounced softly, and the fingerprint to suppress if they are too many."""

    fingerprint: str
    mailings: frozenset[str]


def pending_address_id(subscriber_id: str) -> str:
    """The key of the pending address of a subscriber; it sorts right behind them."""
    return f"{subscriber_id}{PENDING_ADDRESS}"


def owner_of(item_id: str) -> str:
    """The subscriber for whom the address of an item is sealed; the item may be a pending address."""
    return item_id.removesuffix(PENDING_ADDRESS)


def new_subscriber_id() -> str:
    """A random 128-bit id in hex: ranges of ids contain about equally many subscribers."""
    return secrets.token_hex(16)


def for_fingerprint(address: str) -> bytes:
    """The bytes that a fingerprint is made of; the same in capitals and in small letters.

    Mail goes to the spelling that was typed; no large provider distinguishes them.
    """
    return address.lower().encode()

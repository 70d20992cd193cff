"""A subscriber, what they asked for, and what they agreed to.

Shape (SubscribersTable): partition `shard` (the id's first hex digit), sort key `subscriber_id`; `status`,
`fingerprint`, `language`, `audiences` (string set, the confirmed ones), `sealed_address` (bytes),
`address_key`, `mailbox` (fingerprint of the mailbox, where it is another), `choice` and `consent` (maps),
`expires_at` (epoch seconds, pending ones only), `soft_bounces` (string set: ids of mailings).
Shape (FingerprintsTable): key `fingerprint`; `subscriber_id` and, while that one is pending, `expires_at`;
or `reason` and `since` where the address must not be mailed again. Key `left#<fingerprint>`: `since`.

Who leaves is deleted from both at once; that they left stays, so that no import brings them back, until they
confirm anew. Who is erased leaves nothing; who bounced, complained or said "not again" keeps the fingerprint,
with the reason alone.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from broadsheet.retention import PENDING

PENDING_FOR = PENDING
SOFT_BOUNCES_KEPT = 12  # three in a row for each of four audiences


class Status(StrEnum):
    """Whether a subscriber has pressed the button in the confirmation mail."""

    PENDING = "pending"
    CONFIRMED = "confirmed"


class Reason(StrEnum):
    """Why an address must not be mailed again."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    NOT_AGAIN = "not again"


@dataclass(frozen=True)
class SealedAddress:
    """An address under AES-256-GCM, the subscriber's id as associated data, and the id of the key."""

    content: bytes
    key_id: str


@dataclass(frozen=True)
class PendingRequest:
    """What someone asked for and has not confirmed; `request_id` ties it to one confirmation link.

    `text` names the version of the words beside the form and `form` where it stood.
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
    """What was agreed to, where, and on which days. No IP, no user agent, no clock time."""

    request_id: str
    text: str
    form: str
    language: str
    asked_on: date
    confirmed_on: date
    confirmed_by: str = "button"


@dataclass(frozen=True)
class Subscriber:
    """One address on the list.

    `soft_bounces` is how many mailings are remembered to have bounced softly. `mailbox` is the fingerprint of
    the mailbox that limits count, where the address is another spelling of it: so that leaving forgets it.
    Who signed up before limits counted mailboxes, or was imported, has none.
    """

    id: str
    status: Status
    fingerprint: str
    language: str
    sealed_address: SealedAddress
    audiences: frozenset[str] = frozenset()
    choice: PendingRequest | None = None
    consent: Consent | None = None
    soft_bounces: int = 0
    mailbox: str = ""

    def has_confirmed(self, request_id: str) -> bool:
        """Whether their consent was given by the confirmation of that request."""
        return self.consent is not None and self.consent.request_id == request_id

    def awaits(self, request_id: str, now: datetime) -> bool:
        """Whether that request can still be confirmed."""
        choice = self.choice
        return choice is not None and choice.request_id == request_id and choice.expires_at > now

    def confirmed(self, on: date) -> "Subscriber":
        """The subscriber once the waiting choice is confirmed."""
        choice = self.choice
        if choice is None:
            return self
        consent = Consent(choice.request_id, choice.text, choice.form, choice.language, choice.asked_on, on)
        return replace(
            self,
            status=Status.CONFIRMED,
            language=choice.language,
            audiences=self.audiences | set(choice.audiences),
            choice=None,
            consent=consent,
        )


@dataclass(frozen=True)
class Known:
    """What is known of a fingerprint: whose it is, or why it must not be mailed; both empty if nothing."""

    subscriber_id: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True)
class SoftBounces:
    """The mailings that bounced softly, and the fingerprint to suppress should they be too many."""

    fingerprint: str
    mailings: frozenset[str]


def new_subscriber_id() -> str:
    """A random 128-bit id in hex: evenly spread, so that ranges of ids hold about equally many."""
    return secrets.token_hex(16)


def for_fingerprint(address: str) -> bytes:
    """What the fingerprint is taken of: one reader, whether they write themselves in capitals or not.

    Mail goes to the spelling that was typed; no provider of note gives two people the same letters.
    """
    return address.lower().encode()

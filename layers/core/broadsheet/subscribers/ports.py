"""What the subscribers' use cases need from outside."""

from datetime import date, datetime
from typing import Protocol

from broadsheet.subscribers.messages import SignupQueueMessage
from broadsheet.subscribers.networks import Share
from broadsheet.subscribers.send_history import SendHistory
from broadsheet.subscribers.subscriber import (
    Known,
    OwnFingerprint,
    PendingAddress,
    Reason,
    SealedAddress,
    SoftBounces,
    Subscriber,
)


class SignupClosedError(RuntimeError):
    """Addresses can't be encrypted, because their key is disabled. Nothing was queued."""


class FingerprintsClosedError(RuntimeError):
    """No fingerprint can be made, because the key for them is disabled. Nothing was written."""


class SealBrokenError(ValueError):
    """A stored address can't be decrypted with its own key and never will be."""


class Seal(Protocol):
    """Encrypts an address for the queue; it can't decrypt it."""

    def __call__(self, address: str) -> bytes:
        """The address, encrypted; its length does not depend on the address.

        Raises:
            SignUpClosedError: the key is disabled.
        """


class Networks(Protocol):
    """Counts the sign-ups of a day by network."""

    def count(self, share: Share, now: datetime) -> int:
        """Count a sign-up of that network and of the one around it; returns its attempt number of the day.

        If it is above the share's `most`, the network has used its share; once the wide network has, nothing
        more is counted.
        """


class Limits(Protocol):
    """Stores the send histories and the hourly budgets of sign-up mails."""

    def send_history(self, counter: str) -> SendHistory:
        """The send history under that key; an empty one if there is none."""

    def put_history(self, counter: str, history: SendHistory) -> bool:
        """Write a history over its previous version; False, and nothing is written, if that has changed."""

    def put_tombstone(self, counter: str, at: datetime) -> None:
        """Write a tombstone: this reader was gone at that time; everything else under the key is deleted."""

    def put_absent_tombstone(self, subscriber_id: str, at: datetime) -> None:
        """Record that somebody who is not on the list asked to leave; kept as long as backups are."""

    def delete_mails(self, counter: str, at: datetime) -> None:
        """Delete the mails of a history but not its tombstone; without a history nothing is written."""

    def delete_history(self, counter: str) -> None:
        """Delete a history; a second call changes nothing."""

    def take(self, hour: datetime, in_all: int, priority: int, later: int | None) -> bool:
        """Take one of the `in_all` mails of an hour; False if none is left for that priority.

        False, too, while a request of a higher priority waits for that hour. With a number in `later`, the
        mail also counts as a late one, of which there are at most so many.
        """

    def give_back(self, hour: datetime, *, is_late: bool) -> None:
        """Give back a mail that was taken of that hour; `is_late` if it counted as a late one, too."""

    def note_waiting(self, hour: datetime, priority: int) -> None:
        """Record that a request of that priority waits for that hour; a second call changes nothing."""

    def count_waiting(self, hour: datetime, not_taken: str) -> None:
        """Count a waiting message for the hour's report; `not_taken` is SES's code if it refused the mail."""


class SignupQueue(Protocol):
    """The queue of `process_signup`."""

    def send(self, message: SignupQueueMessage, delay_seconds: int = 0) -> None:
        """Send a message. A message that is sent twice is harmless: processing it again has no new effect."""


class Addresses(Protocol):
    """Decrypts stored addresses."""

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """The address.

        Raises:
            SealBrokenError: it was damaged, or sealed for another subscriber.
            KeyError: its key is gone.
        """


class AddressCipher(Addresses, Protocol):
    """Encrypts addresses under the current key, and decrypts them."""

    def seal(self, address: str, subscriber_id: str) -> SealedAddress:
        """The address as it is stored; `open` decrypts it only with the same id."""


class Vault(AddressCipher, Protocol):
    """What `process_signup` alone may do with addresses."""

    def open_sign_up(self, sealed: bytes) -> str:
        """The address that `Seal` encrypted."""

    def fingerprint(self, address: str) -> str:
        """The keyed hash under which a reader is found."""


class Subscribers(Protocol):
    """The list. A second call of a method has the same result as one."""

    def get(self, subscriber_id: str, now: datetime) -> Subscriber | None:
        """The subscriber; None if they left, were suppressed, or let their first request expire."""

    def find(self, fingerprint: str, now: datetime) -> Known:
        """The subscriber of a fingerprint, or why it must not be mailed."""

    def put_pending(self, subscriber: Subscriber, now: datetime, *, is_new: bool) -> bool:
        """Write a subscriber with a pending request; `is_new` if the address had no subscriber before.

        False, and nothing is written, if that has changed: another request for the address came first, or the
        subscriber confirmed, left or was suppressed.
        """

    def confirm(self, subscriber: Subscriber) -> bool:
        """Write a confirmed subscriber over their pending request; False if that request is gone."""

    def put_preferences(self, subscriber: Subscriber) -> bool:
        """Write a confirmed subscriber's audiences, language and consent; False if there is none."""

    def put_address(self, subscriber: Subscriber, pending: PendingAddress) -> bool:
        """Write a pending address of a confirmed subscriber over an earlier one.

        False, and nothing is written, if they are gone or have another address by now, or if what waits was
        asked for later.
        """

    def pending_address(self, subscriber_id: str, now: datetime) -> PendingAddress | None:
        """The pending address of a subscriber; None if there is none or it has expired."""

    def change_address(self, subscriber: Subscriber, pending: PendingAddress, now: datetime) -> bool:
        """Replace a subscriber's address by their pending one, and write an opt-out record of the old one.

        Id, audiences, language and consent stay; the soft bounces were the old address's. False, and nothing
        is written, if the subscriber or the pending address has changed, or the new address is suppressed,
        or somebody's else, or asked for by a later sign-up.
        """

    def leave(self, subscriber: Subscriber, on: date) -> bool:
        """Delete the subscriber and write an opt-out record of their fingerprint.

        False, and nothing is deleted, if they have another address by now.
        """

    def erase(self, subscriber: Subscriber, on: date, *, not_again: bool) -> bool:
        """Delete everything about the subscriber; with `not_again` their fingerprint is suppressed.

        False, and nothing is deleted, if they have another address by now.
        """

    def fingerprint_of(self, subscriber_id: str) -> OwnFingerprint | None:
        """The fingerprint of a subscriber; None if nobody has this id. Changes nothing."""

    def bounced_softly(self, subscriber_id: str, mailing: str) -> SoftBounces | None:
        """Store that a mailing bounced softly; returns all that are stored, None without such a subscriber.

        The `SOFT_BOUNCES_KEPT` newest mailings, by their ids, are stored.
        """

    def suppress(self, fingerprint: str, reason: Reason, on: date) -> None:
        """Delete the subscriber of a fingerprint; store the fingerprint with the reason."""

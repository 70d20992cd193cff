"""What the subscribers' use cases need from outside."""

from datetime import date, datetime
from typing import Protocol

from broadsheet.subscribers.messages import SignupMessage
from broadsheet.subscribers.networks import Share
from broadsheet.subscribers.send_history import SendHistory
from broadsheet.subscribers.subscriber import Known, Reason, SealedAddress, SoftBounces, Subscriber


class SignUpClosedError(RuntimeError):
    """Addresses can't be sealed now, because the key for them is disabled. Nothing was queued."""


class FingerprintsClosedError(RuntimeError):
    """No fingerprint can be taken now, because the key for them is disabled. Nothing was written."""


class SealBrokenError(ValueError):
    """A sealed address can't be opened by its own key and never will be."""


class Seal(Protocol):
    """Locks an address for the queue; whoever has only this can't open it again."""

    def __call__(self, address: str) -> bytes:
        """The address, locked; its length does not tell the address's.

        Raises:
            SignUpClosedError: the key is disabled.
        """


class Networks(Protocol):
    """How many sign-ups came from where today."""

    def count(self, share: Share, now: datetime) -> int:
        """Count one more of that network and the one around it; gives its place among the day's sign-ups.

        Above the share's `most` nothing is left for it; once the wide network has nothing left, no more is
        counted.
        """


class Limits(Protocol):
    """What is remembered so that nobody gets too many mails of the sign-up."""

    def remembered(self, counter: str) -> SendHistory:
        """What is remembered there; nothing, if nothing is."""

    def remember(self, counter: str, what: SendHistory) -> bool:
        """Write it over the version before it; false if that is not there any more, nothing was written."""

    def gone(self, counter: str, at: datetime) -> None:
        """Remember that this reader was gone then, and forget the rest."""

    def put_absent_tombstone(self, subscriber_id: str, at: datetime) -> None:
        """Remember, as long as there are backups, that somebody asked to leave who is not on the list."""

    def forget_mails(self, counter: str, at: datetime) -> None:
        """Forget when it was mailed, but not that a reader was gone; where nothing is, nothing is written."""

    def forget(self, counter: str) -> None:
        """Forget what is remembered there; a second time changes nothing."""

    def take(self, hour: datetime, in_all: int, priority: int, later: int | None) -> bool:
        """Take one mail of that hour's, of which there are `in_all`; false if none is left for such a rank.

        None is where a lower rank was let wait for that hour. Where `later` is a number, this one also counts
        among those of which there are as many at most.
        """

    def give_back(self, hour: datetime, *, is_late: bool) -> None:
        """Give back one that was taken of that hour's; `is_later` if it counted among those, too."""

    def note_waiting(self, hour: datetime, priority: int) -> None:
        """Note that one of such a rank waits for that hour; a second time changes nothing."""

    def waited(self, hour: datetime, not_taken: str) -> None:
        """Count for that hour's report that a message waited; `not_taken` is SES's code, if that was why."""


class SignupQueue(Protocol):
    """What `process_signup` is to work off."""

    def send(self, message: SignupMessage, delay_seconds: int = 0) -> None:
        """Send a message; sending it twice is harmless, processing it again repeats its effect."""


class Vault(Protocol):
    """What may be done with a sign-up's address; only `process_signup` has it."""

    def open_sign_up(self, sealed: bytes) -> str:
        """The address that the public function sealed."""

    def fingerprint(self, address: str) -> str:
        """The keyed hash under which a reader is found again."""

    def close(self, address: str, subscriber_id: str) -> SealedAddress:
        """The address as it is stored; opens only together with that id."""

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """A stored address again."""


class Subscribers(Protocol):
    """The list. Each method may be called twice with the same end."""

    def get(self, subscriber_id: str, now: datetime) -> Subscriber | None:
        """The subscriber; none once they left, were suppressed, or let a first confirmation lapse."""

    def find(self, fingerprint: str, now: datetime) -> Known:
        """Who is behind a fingerprint, or why it must not be mailed."""

    def ask(self, subscriber: Subscriber, now: datetime, *, anew: bool) -> bool:
        """Write a pending subscriber with the choice that waits; `anew` if there was none to be found.

        False, and nothing was written, if that changed meanwhile: somebody else of that address asked first,
        or the one who was found confirmed, left or was suppressed.
        """

    def confirm(self, subscriber: Subscriber) -> bool:
        """Write a confirmed subscriber over their waiting choice; false if that choice is gone."""

    def choose(self, subscriber: Subscriber) -> bool:
        """Write a confirmed subscriber's audiences, language and consent; false if there is no such one."""

    def leave(self, subscriber: Subscriber, on: date) -> None:
        """Delete the subscriber; that somebody with this fingerprint left stays."""

    def erase(self, subscriber: Subscriber, on: date, *, not_again: bool) -> None:
        """Delete all that is kept about the subscriber; their fingerprint stays, as such, if `not_again`."""

    def fingerprint_of(self, subscriber_id: str) -> str | None:
        """The fingerprint that a subscriber is stored with; None if nobody has this id. Changes nothing."""

    def bounced_softly(self, subscriber_id: str, mailing: str) -> SoftBounces | None:
        """Remember that a mailing bounced softly; gives all that are remembered, None if nobody is there.

        A second time changes nothing. `SOFT_BOUNCES_KEPT` mailings are remembered, the newest by their ids.
        """

    def suppress(self, fingerprint: str, reason: Reason, on: date) -> None:
        """Delete the subscriber behind the fingerprint; keep it with the reason, never to be mailed."""


class Addresses(Protocol):
    """The right to open addresses."""

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """The address."""

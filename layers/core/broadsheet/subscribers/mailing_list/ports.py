"""What work on the whole list needs from outside."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from broadsheet.subscribers.subscriber import SealedAddress, Subscriber


class Fate(StrEnum):
    """What becomes of a row of an import."""

    NEW = "new"
    THERE = "there"
    LEFT = "left"
    SUPPRESSED = "suppressed"
    NOT_SUBSCRIBED = "not subscribed"
    TWICE = "twice"
    BAD = "bad"


class ListBusyError(RuntimeError):
    """Others kept writing the same people, or the table took no more. The last ones were not written."""


class Roster(Protocol):
    """The list as a whole. May be asked by several threads at once."""

    def fingerprints(self, addresses: Sequence[str]) -> list[str]:
        """The fingerprint of each address."""

    def look(self, fingerprints: Sequence[str], now: datetime) -> list[Fate]:
        """What would become of each: NEW, THERE, LEFT or SUPPRESSED. Each is given once."""

    def take_in(self, people: Sequence[Subscriber], now: datetime) -> list[Fate]:
        """Write those who are NEW, each with their fingerprint or not at all; the fate of each.

        Whoever is there, pending ones too, left, or must not be mailed stays as they are, even if that came
        about a moment ago. A second time finds them THERE. Each fingerprint is given once.

        Raises:
            ListBusyError: do it again later.
        """

    def everyone(self) -> Iterator[Subscriber]:
        """Everybody who is stored, lapsed ones too, in the order of their ids; never held all at once."""

    def opted_out_on(self, fingerprint: str) -> date | None:
        """When somebody with this fingerprint left; None if they did not, or came back."""

    def delete_opt_out(self, fingerprint: str) -> None:
        """Delete the note that they left; a second time changes nothing."""

    def delete_suppression(self, fingerprint: str) -> None:
        """Delete the fingerprint that is kept with a reason never to mail it; a second time changes nothing.

        Where somebody is on the list under it, nothing is deleted.
        """


class Addresses(Protocol):
    """Addresses as they are stored."""

    def close(self, address: str, subscriber_id: str) -> SealedAddress:
        """The address as it is stored; opens only together with that id."""

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """The address again."""

"""Ports of import, export and statistics."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from broadsheet.subscribers.subscriber import PendingAddress, Subscriber


class ImportStatus(StrEnum):
    """The status of a row of an import; checkpoints store the values."""

    NEW = "new"
    PRESENT = "there"
    LEFT = "left"
    SUPPRESSED = "suppressed"
    NOT_SUBSCRIBED = "not subscribed"
    DUPLICATE = "twice"
    INVALID = "bad"


class ListBusyError(RuntimeError):
    """Others kept writing the same subscribers, or DynamoDB throttled. The last batch was not written."""


class MailingList(Protocol):
    """The list as a whole; safe to use from several threads."""

    def fingerprints(self, addresses: Sequence[str]) -> list[str]:
        """The fingerprint of each address."""

    def look_up(self, fingerprints: Sequence[str], now: datetime) -> list[ImportStatus]:
        """The status of each: NEW, PRESENT, LEFT or SUPPRESSED. Fingerprints must be unique."""

    def add_new(self, people: Sequence[Subscriber], now: datetime) -> list[ImportStatus]:
        """Write those who are NEW, each together with their fingerprint; returns the status of each.

        Anyone who is on the list (pending, too), has left or is suppressed, even since a moment ago, is not
        changed. A second call finds the people PRESENT. Fingerprints must be unique.

        Raises:
            ListBusyError: try again later.
        """

    def everyone(self) -> Iterator[Subscriber]:
        """Yield every stored subscriber, also expired ones, in the order of their ids, page by page."""

    def opted_out_on(self, fingerprint: str) -> date | None:
        """The day of the opt-out record of a fingerprint; None without one."""

    def asked_for(self, fingerprint: str) -> list[PendingAddress]:
        """The pending addresses with that fingerprint, expired or not."""

    def delete_pending_address(self, pending: PendingAddress) -> None:
        """Delete a pending address; a second call changes nothing."""

    def delete_opt_out(self, fingerprint: str) -> None:
        """Delete the opt-out record; a second call changes nothing."""

    def delete_suppression(self, fingerprint: str) -> None:
        """Delete a suppressed fingerprint; a second call changes nothing.

        A fingerprint that belongs to a subscriber is not deleted.
        """

"""The mailing list in memory, with the subscribers of a `FakeSubscribers`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from broadsheet.subscribers.mailing_list.ports import ImportStatus
from broadsheet.subscribers.subscriber import Known, PendingAddress, Subscriber
from tests.fakes.subscribers import FakeSubscribers, FakeVault


@dataclass
class FakeMailingList:
    """`MailingList`: `macs` counts fingerprints; one function of `meanwhile` runs before each write."""

    subscribers: FakeSubscribers = field(default_factory=FakeSubscribers)
    macs: int = 0
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def fingerprints(self, addresses: Sequence[str]) -> list[str]:
        self.macs += len(addresses)
        return [FakeVault().fingerprint(address) for address in addresses]

    def look_up(self, fingerprints: Sequence[str], now: datetime) -> list[ImportStatus]:
        return [self._status(one, now) for one in fingerprints]

    def add_new(self, people: Sequence[Subscriber], now: datetime) -> list[ImportStatus]:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        statuses = [self._status(person.fingerprint, now) for person in people]
        new = [person for person, status in zip(people, statuses, strict=True) if status is ImportStatus.NEW]
        self.subscribers.add(*new)
        return statuses

    def everyone(self) -> Iterator[Subscriber]:
        for subscriber_id in sorted(self.subscribers.people):
            yield self.subscribers.people[subscriber_id]

    def asked_for(self, fingerprint: str) -> list[PendingAddress]:
        return [one for one in self.subscribers.addresses.values() if one.fingerprint == fingerprint]

    def delete_pending_address(self, pending: PendingAddress) -> None:
        if self.subscribers.addresses.get(pending.subscriber_id) == pending:
            del self.subscribers.addresses[pending.subscriber_id]

    def opted_out_on(self, fingerprint: str) -> date | None:
        return self.subscribers.left.get(fingerprint)

    def delete_suppression(self, fingerprint: str) -> None:
        if self.subscribers.fingerprints.get(fingerprint, Known()).reason:
            del self.subscribers.fingerprints[fingerprint]

    def delete_opt_out(self, fingerprint: str) -> None:
        self.subscribers.left.pop(fingerprint, None)

    def _status(self, fingerprint: str, now: datetime) -> ImportStatus:
        known = self.subscribers.find(fingerprint, now)
        if known.reason:
            return ImportStatus.SUPPRESSED
        if known != Known():
            return ImportStatus.PRESENT
        return ImportStatus.LEFT if fingerprint in self.subscribers.left else ImportStatus.NEW

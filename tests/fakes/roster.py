"""The list as a whole in memory, over the same people as `FakeSubscribers`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from broadsheet.subscribers.mailing_list.ports import Fate
from broadsheet.subscribers.subscriber import Known, Subscriber
from tests.fakes.subscribers import FakeSubscribers, FakeVault


@dataclass
class FakeRoster:
    """`Roster`: `macs` counts fingerprints; `meanwhile` is what others do just before our next write."""

    subscribers: FakeSubscribers = field(default_factory=FakeSubscribers)
    macs: int = 0
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def fingerprints(self, addresses: Sequence[str]) -> list[str]:
        self.macs += len(addresses)
        return [FakeVault().fingerprint(address) for address in addresses]

    def look(self, fingerprints: Sequence[str], now: datetime) -> list[Fate]:
        return [self._fate(one, now) for one in fingerprints]

    def take_in(self, people: Sequence[Subscriber], now: datetime) -> list[Fate]:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        fates = [self._fate(person.fingerprint, now) for person in people]
        new = [person for person, fate in zip(people, fates, strict=True) if fate is Fate.NEW]
        self.subscribers.add(*new)
        return fates

    def everyone(self) -> Iterator[Subscriber]:
        for subscriber_id in sorted(self.subscribers.people):
            yield self.subscribers.people[subscriber_id]

    def opted_out_on(self, fingerprint: str) -> date | None:
        return self.subscribers.left.get(fingerprint)

    def delete_suppression(self, fingerprint: str) -> None:
        if self.subscribers.fingerprints.get(fingerprint, Known()).reason:
            del self.subscribers.fingerprints[fingerprint]

    def delete_opt_out(self, fingerprint: str) -> None:
        self.subscribers.left.pop(fingerprint, None)

    def _fate(self, fingerprint: str, now: datetime) -> Fate:
        known = self.subscribers.find(fingerprint, now)
        if known.reason:
            return Fate.SUPPRESSED
        if known != Known():
            return Fate.THERE
        return Fate.LEFT if fingerprint in self.subscribers.left else Fate.NEW

"""Resealing the list: encrypt every stored address under the current key, so that an old key is worthless.

Whoever has unwrapped a key of addresses can decrypt everything that is sealed under it. So the list is sealed
again under a new key, in this function and not on a laptop: no address leaves it. The id of its key is stored
beside each address, so a run that was interrupted resumes with those that are left. Only the sealed address
is written, and only over the one that was opened: a reader who leaves meanwhile stays gone, and a subscriber
who is written at that moment with the old one is found by the next run.

An old key is kept for `retention.OLD_KEYS` after a run over the whole list has found nothing under it, for
backups contain what it sealed. If a restore brings such an address back, that time starts again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from broadsheet.ports import Clock
from broadsheet.retention import OLD_KEYS
from broadsheet.subscribers.ports import AddressCipher, SealBrokenError
from broadsheet.subscribers.subscriber import SealedAddress, owner_of

PAGE = 500


@dataclass(frozen=True)
class AddressPage:
    """A page of the list, by id; the next page begins behind `after`, "" on the last one."""

    sealed: tuple[tuple[str, SealedAddress], ...]
    after: str


class SealedAddresses(Protocol):
    """The sealed addresses of the list."""

    def page(self, after: str, limit: int) -> AddressPage:
        """At most `limit` items behind the id `after`, in the order of ids; "" is before the first.

        An item is a subscriber, or a pending address of theirs, which is sealed for them, too.
        """

    def reseal(self, item_id: str, old: SealedAddress, new: SealedAddress) -> bool:
        """Write the new one over the old one; False, and nothing is written, if that has changed."""


class OldKeys(Protocol):
    """The keys of addresses that came before the current one."""

    def current(self) -> str:
        """The id of the current key; the other methods use it until the next call."""

    def older(self) -> dict[str, datetime | None]:
        """The older keys by id, each with the time since when nothing is sealed under it, if known."""

    def is_older(self, key_id: str) -> bool:
        """Whether that key came before the current one."""

    def retire(self, key_id: str, at: datetime) -> None:
        """Record that nothing is sealed under it; a second call keeps the first time."""

    def use_again(self, key_id: str) -> None:
        """Delete that record; without one nothing changes."""

    def delete(self, key_id: str) -> None:
        """Delete a retired key; a second call changes nothing."""


@dataclass
class Resealed:
    """The result for a part of the list. `after` is where to continue, "" at the end of the list."""

    current: str
    looked_at: int = 0
    resealed: int = 0
    unreadable: int = 0
    after: str = ""
    found: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class ResealList:
    """The use case with its ports."""

    people: SealedAddresses
    cipher: AddressCipher
    keys: OldKeys
    clock: Clock

    def waiting(self) -> tuple[str, int]:
        """The id of the current key, and how many addresses are sealed under older ones."""
        current = self.keys.current()
        older = (self.keys.is_older(sealed.key_id) for page in self._pages() for _, sealed in page.sealed)
        return current, sum(older)

    def page(self, after: str) -> Resealed:
        """Reseal a page of the list; a second call finds nothing to do."""
        done = Resealed(current="")
        self._page(after, done)
        return done

    def __call__(self, has_time: Callable[[], bool]) -> Resealed:
        """Reseal everything under older keys while `has_time`, then retire or delete these keys."""
        done, older = Resealed(self.keys.current()), self.keys.older()
        while older and has_time():
            self._page(done.after, done)
            if not done.after:
                self._retire_or_delete(older, done.found)
                break
        return done

    def _pages(self) -> Iterable[AddressPage]:
        page = self.people.page("", PAGE)
        yield page
        while page.after:
            page = self.people.page(page.after, PAGE)
            yield page

    def _page(self, after: str, done: Resealed) -> None:
        current, page = self.keys.current(), self.people.page(after, PAGE)
        done.current = done.current or current
        done.looked_at += len(page.sealed)
        done.after = page.after
        found = set()
        for item_id, sealed in page.sealed:
            if self.keys.is_older(sealed.key_id):
                found.add(sealed.key_id)
                self._reseal(item_id, sealed, done)
        for key_id in found:
            self.keys.use_again(key_id)
        done.found |= found

    def _reseal(self, item_id: str, sealed: SealedAddress, done: Resealed) -> None:
        owner = owner_of(item_id)
        try:
            address = self.cipher.open(sealed, owner)
        except (SealBrokenError, KeyError):
            done.unreadable += 1  # its key is kept for as long as it is there
            return
        done.resealed += self.people.reseal(item_id, sealed, self.cipher.seal(address, owner))

    def _retire_or_delete(self, older: dict[str, datetime | None], found: set[str]) -> None:
        now = self.clock()
        for key_id, retired_at in older.items():
            if key_id in found:
                self.keys.use_again(key_id)
            elif retired_at is None:
                self.keys.retire(key_id, now)
            elif now - retired_at >= OLD_KEYS:
                self.keys.delete(key_id)

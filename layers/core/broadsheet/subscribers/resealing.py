"""Resealing the list: every stored address under the current key, so that an old one is worth nothing.

A key of addresses that somebody has unwrapped opens all that is sealed under it. So the list is sealed anew
under a new key, here and not on a laptop: no address leaves the function. Which key seals an address stands
beside it, so this can be broken off anywhere and goes on with what is left. Only the sealed address is
written, and only over the one that was opened: who leaves meanwhile stays gone, and a subscriber who is
written back at that moment with the old one is found at the next look.

An old key is kept for `retention.OLD_KEYS` after a look at the whole list has found nothing under it, for
backups hold what it sealed. What a restore brings back makes it wait again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from broadsheet.ports import Clock
from broadsheet.retention import OLD_KEYS
from broadsheet.subscribers.ports import SealBrokenError
from broadsheet.subscribers.subscriber import SealedAddress

PAGE = 500


@dataclass(frozen=True)
class AddressPage:
    """Some of the list, by ids; `after` is where the next page begins, "" where there is none."""

    sealed: tuple[tuple[str, SealedAddress], ...]
    after: str


class SealedAddresses(Protocol):
    """The list, as far as sealed addresses go."""

    def page(self, after: str, limit: int) -> AddressPage:
        """At most `limit` subscribers behind `after`, in the order of ids; "" is before the first."""

    def reseal(self, subscriber_id: str, old: SealedAddress, new: SealedAddress) -> bool:
        """Write the new one over the old one; false if that is not there any more: nothing was written."""


class Sealing(Protocol):
    """The right to open addresses and to seal them under the current key."""

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        """The address."""

    def close(self, address: str, subscriber_id: str) -> SealedAddress:
        """The address as it is stored."""


class OldKeys(Protocol):
    """The keys of addresses that came before the current one."""

    def current(self) -> str:
        """The id of the key in use, which the other methods go by until this is asked again."""

    def older(self) -> dict[str, datetime | None]:
        """Those that came before it, by id: since when nothing is sealed under them, if that is known."""

    def is_older(self, key_id: str) -> bool:
        """Whether that key came before the one in use."""

    def retire(self, key_id: str, at: datetime) -> None:
        """Note that nothing is sealed under it; a second time the first note stays."""

    def use_again(self, key_id: str) -> None:
        """Take that note back; where there is none, nothing changes."""

    def delete(self, key_id: str) -> None:
        """Delete a key that is retired; a second time changes nothing."""


@dataclass
class Resealed:
    """What became of a part of the list. `after` is where to go on, "" if this was the end."""

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
    sealing: Sealing
    keys: OldKeys
    clock: Clock

    def waiting(self) -> tuple[str, int]:
        """The id of the key in use, and how many are sealed under older ones."""
        current = self.keys.current()
        older = (self.keys.is_older(sealed.key_id) for page in self._pages() for _, sealed in page.sealed)
        return current, sum(older)

    def page(self, after: str) -> Resealed:
        """Reseal a page of the list; a second time finds it done."""
        current, page = self.keys.current(), self.people.page(after, PAGE)
        done = Resealed(current, looked_at=len(page.sealed), after=page.after)
        for subscriber_id, sealed in page.sealed:
            if self.keys.is_older(sealed.key_id):
                done.found.add(sealed.key_id)
                self._reseal(subscriber_id, sealed, done)
        for key_id in done.found:  # a look at the whole list would find nobody any more
            self.keys.use_again(key_id)
        return done

    def __call__(self, has_time: Callable[[], bool]) -> Resealed:
        """Reseal what is left under older keys, as far as there is time, then look after these keys."""
        done, older = Resealed(self.keys.current()), self.keys.older()
        if not older:
            return done
        while has_time():
            part = self.page(done.after)
            _add(done, part)
            if not part.after:
                self._look_after(older, done.found)
                break
        return done

    def _pages(self) -> Iterable[AddressPage]:
        page = self.people.page("", PAGE)
        yield page
        while page.after:
            page = self.people.page(page.after, PAGE)
            yield page

    def _reseal(self, subscriber_id: str, sealed: SealedAddress, done: Resealed) -> None:
        try:
            address = self.sealing.open(sealed, subscriber_id)
        except (SealBrokenError, KeyError):
            done.unreadable += 1  # its key is kept for as long as it is there
            return
        done.resealed += self.people.reseal(subscriber_id, sealed, self.sealing.close(address, subscriber_id))

    def _look_after(self, older: dict[str, datetime | None], found: set[str]) -> None:
        """After a look at the whole list: retire keys under which nobody was found, delete them in time."""
        now = self.clock()
        for key_id, retired_at in older.items():
            if key_id in found:
                self.keys.use_again(key_id)
            elif retired_at is None:
                self.keys.retire(key_id, now)
            elif now - retired_at >= OLD_KEYS:
                self.keys.delete(key_id)


def _add(done: Resealed, part: Resealed) -> None:
    done.looked_at += part.looked_at
    done.resealed += part.resealed
    done.unreadable += part.unreadable
    done.after = part.after
    done.found |= part.found

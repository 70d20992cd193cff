"""Resealing: it resumes after any kill, deleted readers stay deleted, old keys are kept for backups."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from broadsheet.retention import BACKUPS, OLD_KEYS
from broadsheet.subscribers.ports import SealBrokenError
from broadsheet.subscribers.resealing import AddressPage, ResealList
from broadsheet.subscribers.subscriber import SealedAddress
from tests.fakes.clock import FakeClock

OLDEST, OLD, NEW = "address-2015", "address-2016", "address-2016-2"
PEOPLE = [f"{number:032x}" for number in range(7)]


class KilledError(Exception):
    """The function was ended here."""


@dataclass
class FakeList:
    """Sealed addresses by id, two a page. Before the write that `meanwhile` names something else happens."""

    sealed: dict[str, SealedAddress] = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    writes_left: int = 1_000

    def page(self, after: str, limit: int) -> AddressPage:
        assert limit > 0
        ids = [each for each in sorted(self.sealed) if each > after]
        found = tuple((each, self.sealed[each]) for each in ids[:2])
        return AddressPage(found, ids[1] if len(ids) > 2 else "")

    def reseal(self, subscriber_id: str, old: SealedAddress, new: SealedAddress) -> bool:
        if not self.writes_left:
            raise KilledError
        self.writes_left -= 1
        self.meanwhile.pop(subscriber_id, lambda: None)()
        if self.sealed.get(subscriber_id) != old:
            return False
        self.sealed[subscriber_id] = new
        return True


@dataclass
class FakeSealing:
    """Seals by writing down the key; opens what has one of `keys`."""

    keys: "FakeKeys"

    def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
        if sealed.key_id not in self.keys.retired_at:
            raise KeyError(sealed.key_id)
        owner, _, address = sealed.content.decode().partition(" ")
        if owner != subscriber_id:
            raise SealBrokenError(subscriber_id)
        return address

    def seal(self, address: str, subscriber_id: str) -> SealedAddress:
        return SealedAddress(f"{subscriber_id} {address}".encode(), self.keys.in_use)


@dataclass
class FakeKeys:
    """`OldKeys`, in the order of their ids."""

    in_use: str = NEW
    retired_at: dict[str, datetime | None] = field(
        default_factory=lambda: dict.fromkeys((OLDEST, OLD, NEW), None)
    )

    def current(self) -> str:
        return self.in_use

    def is_older(self, key_id: str) -> bool:
        return key_id < self.in_use

    def older(self) -> dict[str, datetime | None]:
        return {key_id: at for key_id, at in self.retired_at.items() if self.is_older(key_id)}

    def retire(self, key_id: str, at: datetime) -> None:
        self.retired_at[key_id] = self.retired_at[key_id] or at

    def use_again(self, key_id: str) -> None:
        self.retired_at[key_id] = None

    def delete(self, key_id: str) -> None:
        del self.retired_at[key_id]


@dataclass
class Resealing:
    """The use case with its fakes; everybody is sealed under the old key."""

    people: FakeList = field(default_factory=FakeList)
    keys: FakeKeys = field(default_factory=FakeKeys)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.people.sealed |= {each: sealed(each, OLD) for each in PEOPLE}

    @property
    def use_case(self) -> ResealList:
        return ResealList(self.people, FakeSealing(self.keys), self.keys, self.clock)

    def run(self) -> None:
        self.use_case(lambda: True)


def sealed(subscriber_id: str, key_id: str) -> SealedAddress:
    return SealedAddress(f"{subscriber_id} {subscriber_id[-1]}@example.org".encode(), key_id)


def under(key_id: str, *people: str) -> dict[str, SealedAddress]:
    return {each: sealed(each, key_id) for each in people or PEOPLE}


def page_by_page(use_case: ResealList) -> list[tuple[int, int, int]]:
    progress, after = [], None
    while after != "":
        done = use_case.page(after or "")
        progress.append((done.looked_at, done.resealed, done.unreadable))
        after = done.after
    return progress


def test_everybody_is_sealed_under_the_current_key_page_by_page() -> None:
    resealing = Resealing()
    assert resealing.use_case.waiting() == (NEW, len(PEOPLE))
    assert page_by_page(resealing.use_case) == [(2, 2, 0), (2, 2, 0), (2, 2, 0), (1, 1, 0)]
    assert resealing.people.sealed == under(NEW)
    assert resealing.use_case.waiting() == (NEW, 0)
    assert page_by_page(resealing.use_case) == [(2, 0, 0), (2, 0, 0), (2, 0, 0), (1, 0, 0)]


@pytest.mark.parametrize("writes", range(len(PEOPLE)))
def test_killed_after_any_write_it_continues_with_who_is_left(writes: int) -> None:
    resealing = Resealing(FakeList(writes_left=writes))
    with pytest.raises(KilledError):
        page_by_page(resealing.use_case)
    assert resealing.use_case.waiting() == (NEW, len(PEOPLE) - writes)
    resealing.people.writes_left = 1_000
    assert sum(resealed for _, resealed, _ in page_by_page(resealing.use_case)) == len(PEOPLE) - writes
    assert resealing.people.sealed == under(NEW)


def test_a_reader_who_leaves_meanwhile_is_not_brought_back() -> None:
    resealing = Resealing()
    leaver = PEOPLE[2]
    resealing.people.meanwhile[leaver] = lambda: resealing.people.sealed.pop(leaver) and None
    page_by_page(resealing.use_case)
    assert resealing.people.sealed == under(NEW, *(each for each in PEOPLE if each != leaver))


def test_a_reader_written_back_under_the_old_key_is_found_by_the_next_check() -> None:
    resealing = Resealing()
    confirms = PEOPLE[0]
    resealing.run()
    resealing.people.sealed[confirms] = sealed(confirms, OLD)
    resealing.run()
    assert resealing.people.sealed == under(NEW)


def test_nobody_is_sealed_under_an_older_key_again() -> None:
    """A function that has not heard of the newest key yet leaves alone what is sealed under it."""
    resealing = Resealing(keys=FakeKeys(in_use=OLD))
    resealing.people.sealed = under(NEW)
    page_by_page(resealing.use_case)
    assert resealing.people.sealed == under(NEW)


def test_an_address_that_cannot_be_decrypted_is_counted_and_keeps_its_key() -> None:
    resealing = Resealing()
    broken = SealedAddress(b"somebody else's", OLD)
    resealing.people.sealed[PEOPLE[1]] = broken
    for _ in range(3):
        resealing.run()
        resealing.clock.move(OLD_KEYS)
    assert resealing.people.sealed == {**under(NEW), PEOPLE[1]: broken}
    assert resealing.use_case.page("").unreadable == 1
    assert resealing.keys.retired_at == {OLD: None, NEW: None}  # OLDEST is deleted: no address was under it


def test_an_old_key_is_deleted_eight_days_after_the_last_was_resealed_and_not_before() -> None:
    assert timedelta(days=8) <= OLD_KEYS
    assert BACKUPS < OLD_KEYS
    resealing = Resealing()
    resealing.run()
    assert resealing.keys.retired_at[OLD] is None  # this check has found an address
    resealing.clock.move(timedelta(hours=1))
    resealing.run()
    assert resealing.keys.retired_at[OLD] == resealing.clock.now
    resealing.clock.move(OLD_KEYS - timedelta(minutes=1))
    resealing.run()
    assert OLD in resealing.keys.retired_at
    resealing.clock.move(timedelta(minutes=1))
    resealing.run()
    assert resealing.keys.retired_at == {NEW: None}
    assert resealing.people.sealed == under(NEW)


def test_restored_addresses_are_resealed_and_restart_the_wait_of_their_key() -> None:
    resealing = Resealing()
    resealing.run()
    resealing.run()
    assert resealing.keys.retired_at[OLD] is not None
    resealing.clock.move(OLD_KEYS)
    resealing.people.sealed |= under(OLD, PEOPLE[5])
    resealing.run()
    assert resealing.people.sealed == under(NEW)
    assert resealing.keys.retired_at == {OLD: None, NEW: None}
    resealing.run()
    assert resealing.keys.retired_at[OLD] == resealing.clock.now


def test_resealing_by_a_command_after_a_restore_restarts_the_wait_of_the_old_key() -> None:
    """Backups of that minute hold it, and the hourly look comes too late to see it."""
    resealing = Resealing()
    resealing.run()
    resealing.run()
    resealing.clock.move(OLD_KEYS)
    resealing.people.sealed |= under(OLD, PEOPLE[5])
    page_by_page(resealing.use_case)
    assert resealing.people.sealed == under(NEW)
    resealing.run()
    assert resealing.keys.retired_at == {OLD: resealing.clock.now, NEW: None}


def test_a_check_that_has_no_time_to_end_retires_nothing() -> None:
    resealing = Resealing()
    times = iter([True, True, False])
    done = resealing.use_case(lambda: next(times))
    assert (done.looked_at, done.after) == (4, PEOPLE[3])
    assert resealing.keys.retired_at == {OLDEST: None, OLD: None, NEW: None}


def test_without_an_older_key_no_subscriber_is_read() -> None:
    resealing = Resealing(keys=FakeKeys(retired_at={NEW: None}))
    assert resealing.use_case(lambda: True).looked_at == 0

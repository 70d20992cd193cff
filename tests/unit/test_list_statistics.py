"""What an operator sees: counts without names, and what is stored about one address."""

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from broadsheet.subscribers.limits import address_counter, record_counter
from broadsheet.subscribers.mailing_list.exporter import lines
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from broadsheet.subscribers.mailing_list.statistics import (
    StoredData,
    count,
    erase_address,
    find_stored_data,
    shown,
    shown_parts,
)
from broadsheet.subscribers.ports import SealBrokenError
from broadsheet.subscribers.send_history import SendHistory, end_of_day
from broadsheet.subscribers.subscriber import Known, Reason, SealedAddress, Status
from tests.builders import ADDRESS, a_consent, a_pending_address, a_subscriber
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.importing import TODAY, ImportRun
from tests.fakes.mailing_list import FakeMailingList
from tests.fakes.subscribers import FakeLimits, FakeVault

PRINT = FakeVault().fingerprint(ADDRESS)


@pytest.fixture
def mailing_list() -> FakeMailingList:
    return FakeMailingList()


@pytest.fixture
def limits() -> FakeLimits:
    return FakeLimits()


def test_subscribers_are_counted_by_their_choices_and_dates() -> None:
    people = [
        a_subscriber(id="a" * 32, audiences=frozenset({"en", "be-ru"})),
        a_subscriber(id="b" * 32, audiences=frozenset({"en"}), language="be"),
        a_subscriber(id="c" * 32, consent=a_consent(confirmed_on=TODAY)),
        a_subscriber(id="d" * 32, status=Status.PENDING),
    ]

    counts = count(people, MONDAY_MORNING)

    assert (counts.confirmed, counts.pending) == (3, 1)
    assert counts.audiences == {"en": 3, "be-ru": 1}
    assert counts.languages == {"en": 2, "be": 1}
    assert counts.months == {"2016-11": 2, "2016-12": 1}
    assert count(people, MONDAY_MORNING + timedelta(days=3)).pending == 0


@pytest.mark.parametrize(
    ("number", "shown_counts"), [(0, "fewer than 5"), (4, "fewer than 5"), (5, "5"), (812, "812")]
)
def test_a_small_number_is_not_reported(number: int, shown_counts: str) -> None:
    assert shown(number) == shown_counts


def test_a_small_part_cannot_be_derived_from_the_others() -> None:
    assert shown_parts({"en": 90, "be": 3, "ru": 7}) == {"en": "90", "be": "fewer than 5", "ru": "not shown"}
    assert shown_parts({"be": 3, "ru": 4, "en": 7}) == {"be": "fewer than 5", "ru": "fewer than 5", "en": "7"}
    assert shown_parts({"en": 3}) == {"en": "fewer than 5"}
    assert shown_parts({"en": 90, "be": 30}) == {"en": "90", "be": "30"}


def test_overlapping_parts_reveal_a_small_one_only_where_they_do_not_cover_everybody() -> None:
    assert shown_parts({"en": 97, "be-ru": 4}, 100) == {"en": "not shown", "be-ru": "fewer than 5"}
    assert shown_parts({"en": 100, "be-ru": 4}, 100) == {"en": "100", "be-ru": "fewer than 5"}


def stored(mailing_list: FakeMailingList, limits: FakeLimits) -> StoredData:
    return find_stored_data(
        PRINT, subscribers=mailing_list.subscribers, mailing_list=mailing_list, limits=limits
    )


def erase(
    mailing_list: FakeMailingList, limits: FakeLimits, *, not_again: bool = False, **more: Any
) -> Known:
    return erase_address(
        PRINT,
        not_again=not_again,
        **more,
        subscribers=mailing_list.subscribers,
        mailing_list=mailing_list,
        limits=limits,
        now=MONDAY_MORNING,
    )


def test_nothing_is_kept_of_a_stranger(mailing_list: FakeMailingList, limits: FakeLimits) -> None:
    assert stored(mailing_list, limits).is_nothing


def test_all_that_is_kept_is_found(mailing_list: FakeMailingList, limits: FakeLimits) -> None:
    person = a_subscriber()
    mailing_list.subscribers.add(person)
    limits.memory[address_counter(PRINT)] = send_history = SendHistory((("order", 1_481_500_000),), None, 1)
    limits.memory[record_counter(person.id)] = record = SendHistory((("record", 1_481_500_000),), None, 1)
    assert stored(mailing_list, limits) == StoredData(person, None, None, send_history, record)

    mailing_list.subscribers.leave(person, TODAY)
    assert stored(mailing_list, limits) == StoredData(None, None, TODAY, send_history)

    mailing_list.subscribers.suppress(PRINT, Reason.BOUNCE, TODAY)
    found = stored(mailing_list, limits)
    assert (found.reason, found.is_nothing) == (Reason.BOUNCE, False)


@pytest.mark.parametrize("status", list(Status))
def test_forgetting_a_reader_erases_everything_and_drops_queued_work(
    mailing_list: FakeMailingList, limits: FakeLimits, status: Status
) -> None:
    person = a_subscriber(status=status)
    mailing_list.subscribers.add(person)
    limits.memory[address_counter(PRINT)] = SendHistory((("order", 1_481_500_000),), None, 1)
    limits.memory[record_counter(person.id)] = SendHistory((("record", 1_481_500_000),), None, 1)

    for _ in range(2):
        erase(mailing_list, limits)

    assert list(limits.memory) == [address_counter(PRINT)]
    gone_at = end_of_day(MONDAY_MORNING)
    assert (mailing_list.subscribers.people, mailing_list.subscribers.fingerprints) == ({}, {})
    assert stored(mailing_list, limits) == StoredData(
        None, None, None, SendHistory((), gone_at, 3, over=frozenset())
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppression_is_deleted_only_on_demand(
    mailing_list: FakeMailingList, limits: FakeLimits, reason: Reason
) -> None:
    mailing_list.subscribers.suppress(PRINT, reason, TODAY)

    assert erase(mailing_list, limits) == Known(reason=reason)
    assert stored(mailing_list, limits).reason is reason
    for _ in range(2):
        erase(mailing_list, limits, even_if_suppressed=True)

    assert mailing_list.subscribers.fingerprints == {}


def test_mails_to_the_mailbox_under_another_spelling_are_found_and_forgotten(
    mailing_list: FakeMailingList, limits: FakeLimits
) -> None:
    limits.memory[address_counter("mailbox")] = SendHistory((("order", 1_481_500_000),), None, 1)
    parts: dict[str, Any] = {
        "subscribers": mailing_list.subscribers,
        "mailing_list": mailing_list,
        "limits": limits,
    }
    assert find_stored_data(PRINT, mailbox="mailbox", **parts).send_history.mailed

    erase(mailing_list, limits, mailbox="mailbox")

    assert not find_stored_data(PRINT, mailbox="mailbox", **parts).send_history.mailed


def test_a_tombstone_is_written_before_a_reader_is_erased(mailing_list: FakeMailingList) -> None:
    class Dies(FakeLimits):
        def put_tombstone(self, counter: str, at: object) -> None:  # noqa: ARG002  # the port's
            raise ConnectionError

    person = a_subscriber()
    mailing_list.subscribers.add(person)

    with pytest.raises(ConnectionError):
        erase(mailing_list, Dies())

    assert mailing_list.subscribers.people == {person.id: person}


def test_forgetting_a_reader_deletes_the_opt_out_record_too(
    mailing_list: FakeMailingList, limits: FakeLimits
) -> None:
    person = a_subscriber()
    mailing_list.subscribers.add(person)
    mailing_list.subscribers.leave(person, TODAY)

    erase(mailing_list, limits)

    assert mailing_list.opted_out_on(PRINT) is None
    assert mailing_list.look_up([PRINT], MONDAY_MORNING) == [ImportStatus.NEW]


@pytest.mark.parametrize("is_there", [True, False])
def test_not_again_keeps_them_out_of_every_import(limits: FakeLimits, *, is_there: bool) -> None:
    import_run = ImportRun()
    if is_there:
        import_run.mailing_list.subscribers.add(a_subscriber())

    for _ in range(2):
        erase(import_run.mailing_list, limits, not_again=True)
    counts = import_run.import_table(f"email\n{ADDRESS}\n")

    assert counts.statuses == {ImportStatus.SUPPRESSED: 1}
    assert import_run.people == []


def test_a_suppression_survives_forgetting_the_reader(
    mailing_list: FakeMailingList, limits: FakeLimits
) -> None:
    mailing_list.subscribers.suppress(PRINT, Reason.COMPLAINT, TODAY)

    known = erase(mailing_list, limits, not_again=True)

    assert known == Known(reason=Reason.COMPLAINT)
    assert mailing_list.look_up([PRINT], MONDAY_MORNING) == [ImportStatus.SUPPRESSED]


# -- taking out


def test_the_list_is_exported_with_consents_and_an_import_understands_it() -> None:
    import_run = ImportRun()
    people = [
        a_subscriber(id="a" * 32, audiences=frozenset({"en", "be-ru"}), language="be"),
        a_subscriber('o"neil@example.org', id="b" * 32, consent=a_consent(text='Our "old", form')),
        a_subscriber("waits@example.org", id="c" * 32, status=Status.PENDING),
    ]

    unreadable: list[str] = []
    content = list(lines(people, FakeVault(), unreadable))

    assert unreadable == []
    assert [line.decode() for line in content] == [
        "email,audiences,language,consent_text,consent_form,consent_language,asked_on,confirmed_on,confirmed_by\r\n",
        f"{ADDRESS},be-ru;en,be,en-0123456789abcdef,page,en,2016-11-10,2016-11-11,button\r\n",
        '"o""neil@example.org",en,en,"Our ""old"", form",page,en,2016-11-10,2016-11-11,button\r\n',
    ]
    assert import_run.import_table(content[0] + content[1]).statuses == {ImportStatus.NEW: 1}
    (person,) = import_run.people
    assert (person.audiences, person.language) == (people[0].audiences, "be")
    assert person.consent is not None
    assert person.consent.confirmed_on == a_consent().confirmed_on


@pytest.mark.parametrize("error", [SealBrokenError("broken"), KeyError("address-1999")])
def test_an_address_that_cannot_be_decrypted_is_recorded_and_stops_nobody(error: Exception) -> None:
    class Broken(FakeVault):
        def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
            if subscriber_id == "a" * 32:
                raise error
            return super().open(sealed, subscriber_id)

    people = [a_subscriber(id="a" * 32), a_subscriber("bo@example.org", id="b" * 32)]

    unreadable: list[str] = []
    content = list(lines(people, Broken(), unreadable))

    assert unreadable == ["a" * 32]
    assert [line.split(b",")[0] for line in content[1:]] == [b"bo@example.org"]


def test_at_a_terminal_the_address_is_asked_for_and_not_shown() -> None:
    ours, theirs = os.openpty()
    program = "from cli.list_lookup import asked_address; print(repr(asked_address()))"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # without the terminal of the test run
    ) as asking:
        assert asking.stderr is not None
        asked = asking.stderr.read(len(b"Address (not shown)"))  # said once nothing typed is shown any more
        os.write(ours, b"reader@example.org\n")
        said, _ = asking.communicate(timeout=60)
    os.write(theirs, b"the end")
    shown = os.read(ours, 1000)
    os.close(ours)
    os.close(theirs)

    assert (asked, said) == (b"Address (not shown)", b"'reader@example.org'\n")
    assert shown == b"the end"


# -- new addresses that wait for their confirmation


def test_a_new_address_is_found_by_itself_and_with_its_reader(
    mailing_list: FakeMailingList, limits: FakeLimits
) -> None:
    other = a_subscriber("bo@example.org", id="b" * 32)
    wanted = a_pending_address(a_subscriber(), subscriber_id=other.id)
    mailing_list.subscribers.add(other).put_address(other, wanted)

    assert stored(mailing_list, limits).asked_for == (wanted,)
    of_reader = find_stored_data(
        other.fingerprint, subscribers=mailing_list.subscribers, mailing_list=mailing_list, limits=limits
    )
    assert (of_reader.new_address, of_reader.asked_for) == (wanted, ())


def test_forgetting_an_address_ends_requests_for_it_and_their_readers_stay(
    mailing_list: FakeMailingList, limits: FakeLimits
) -> None:
    other = a_subscriber("bo@example.org", id="b" * 32)
    mailing_list.subscribers.add(other).put_address(
        other, a_pending_address(a_subscriber(), subscriber_id=other.id)
    )

    erase(mailing_list, limits)

    assert mailing_list.subscribers.addresses == {}
    assert mailing_list.subscribers.people == {other.id: other}
    assert stored(mailing_list, limits).is_nothing is False  # the tombstone

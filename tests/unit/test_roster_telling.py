"""What an operator is told: counts that name nobody, and what is kept of one address."""

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from broadsheet.subscribers.limits import address_counter, record_counter
from broadsheet.subscribers.mailing_list.ports import Fate
from broadsheet.subscribers.mailing_list.taking_out import Unreadable, lines
from broadsheet.subscribers.mailing_list.telling import Kept, count, forget, kept_of, shown, shown_parts
from broadsheet.subscribers.ports import SealBrokenError
from broadsheet.subscribers.send_history import SendHistory, end_of_day
from broadsheet.subscribers.subscriber import Known, Reason, SealedAddress, Status
from tests.builders import ADDRESS, a_consent, a_subscriber
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.gathering import TODAY, Gathering
from tests.fakes.roster import FakeRoster
from tests.fakes.subscribers import FakeLimits, FakeVault

PRINT = FakeVault().fingerprint(ADDRESS)


@pytest.fixture
def roster() -> FakeRoster:
    return FakeRoster()


@pytest.fixture
def limits() -> FakeLimits:
    return FakeLimits()


def test_people_are_counted_by_what_they_chose_and_when() -> None:
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
    ("number", "told"), [(0, "fewer than 5"), (4, "fewer than 5"), (5, "5"), (812, "812")]
)
def test_a_small_number_is_not_told(number: int, told: str) -> None:
    assert shown(number) == told


def test_a_small_part_can_not_be_told_from_the_others() -> None:
    assert shown_parts({"en": 90, "be": 3, "ru": 7}) == {"en": "90", "be": "fewer than 5", "ru": "not shown"}
    assert shown_parts({"be": 3, "ru": 4, "en": 7}) == {"be": "fewer than 5", "ru": "fewer than 5", "en": "7"}
    assert shown_parts({"en": 3}) == {"en": "fewer than 5"}
    assert shown_parts({"en": 90, "be": 30}) == {"en": "90", "be": "30"}


def test_of_parts_that_overlap_the_others_tell_a_small_one_only_where_they_leave_somebody_over() -> None:
    assert shown_parts({"en": 97, "be-ru": 4}, 100) == {"en": "not shown", "be-ru": "fewer than 5"}
    assert shown_parts({"en": 100, "be-ru": 4}, 100) == {"en": "100", "be-ru": "fewer than 5"}


def look(roster: FakeRoster, limits: FakeLimits) -> Kept:
    return kept_of(PRINT, subscribers=roster.subscribers, roster=roster, limits=limits)


def erase(roster: FakeRoster, limits: FakeLimits, *, not_again: bool = False, **more: Any) -> Known:
    return forget(
        PRINT,
        not_again=not_again,
        **more,
        subscribers=roster.subscribers,
        roster=roster,
        limits=limits,
        now=MONDAY_MORNING,
    )


def test_nothing_is_kept_of_a_stranger(roster: FakeRoster, limits: FakeLimits) -> None:
    assert look(roster, limits).is_nothing


def test_all_that_is_kept_is_found(roster: FakeRoster, limits: FakeLimits) -> None:
    person = a_subscriber()
    roster.subscribers.add(person)
    limits.memory[address_counter(PRINT)] = remembered = SendHistory((("order", 1_481_500_000),), None, 1)
    limits.memory[record_counter(person.id)] = record = SendHistory((("record", 1_481_500_000),), None, 1)
    assert look(roster, limits) == Kept(person, None, None, remembered, record)

    roster.subscribers.leave(person, TODAY)
    assert look(roster, limits) == Kept(None, None, TODAY, remembered)

    roster.subscribers.suppress(PRINT, Reason.BOUNCE, TODAY)
    found = look(roster, limits)
    assert (found.reason, found.is_nothing) == (Reason.BOUNCE, False)


@pytest.mark.parametrize("status", list(Status))
def test_forgetting_erases_all_and_queued_work_is_dropped(
    roster: FakeRoster, limits: FakeLimits, status: Status
) -> None:
    person = a_subscriber(status=status)
    roster.subscribers.add(person)
    limits.memory[address_counter(PRINT)] = SendHistory((("order", 1_481_500_000),), None, 1)
    limits.memory[record_counter(person.id)] = SendHistory((("record", 1_481_500_000),), None, 1)

    for _ in range(2):
        erase(roster, limits)

    assert list(limits.memory) == [address_counter(PRINT)]
    gone_at = end_of_day(MONDAY_MORNING)
    assert (roster.subscribers.people, roster.subscribers.fingerprints) == ({}, {})
    assert look(roster, limits) == Kept(None, None, None, SendHistory((), gone_at, 3, over=frozenset()))


@pytest.mark.parametrize("reason", list(Reason))
def test_why_an_address_is_never_mailed_is_forgotten_only_on_demand(
    roster: FakeRoster, limits: FakeLimits, reason: Reason
) -> None:
    roster.subscribers.suppress(PRINT, reason, TODAY)

    assert erase(roster, limits) == Known(reason=reason)
    assert look(roster, limits).reason is reason
    for _ in range(2):
        erase(roster, limits, even_if_suppressed=True)

    assert roster.subscribers.fingerprints == {}


def test_mails_to_the_mailbox_under_another_spelling_are_found_and_forgotten(
    roster: FakeRoster, limits: FakeLimits
) -> None:
    limits.memory[address_counter("mailbox")] = SendHistory((("order", 1_481_500_000),), None, 1)
    parts: dict[str, Any] = {"subscribers": roster.subscribers, "roster": roster, "limits": limits}
    assert kept_of(PRINT, mailbox="mailbox", **parts).remembered.mailed

    erase(roster, limits, mailbox="mailbox")

    assert not kept_of(PRINT, mailbox="mailbox", **parts).remembered.mailed


def test_who_is_forgotten_is_gone_from_work_before_they_are_erased(roster: FakeRoster) -> None:
    class Dies(FakeLimits):
        def gone(self, counter: str, at: object) -> None:  # noqa: ARG002  # the port's
            raise ConnectionError

    person = a_subscriber()
    roster.subscribers.add(person)

    with pytest.raises(ConnectionError):
        erase(roster, Dies())

    assert roster.subscribers.people == {person.id: person}


def test_forgetting_forgets_that_they_left_too(roster: FakeRoster, limits: FakeLimits) -> None:
    person = a_subscriber()
    roster.subscribers.add(person)
    roster.subscribers.leave(person, TODAY)

    erase(roster, limits)

    assert roster.opted_out_on(PRINT) is None
    assert roster.look([PRINT], MONDAY_MORNING) == [Fate.NEW]


@pytest.mark.parametrize("is_there", [True, False])
def test_not_again_keeps_them_out_of_every_import(limits: FakeLimits, *, is_there: bool) -> None:
    gathering = Gathering()
    if is_there:
        gathering.roster.subscribers.add(a_subscriber())

    for _ in range(2):
        erase(gathering.roster, limits, not_again=True)
    tally = gathering.take_in(f"email\n{ADDRESS}\n")

    assert tally.fates == {Fate.SUPPRESSED: 1}
    assert gathering.people == []


def test_why_an_address_must_not_be_mailed_survives_being_forgotten(
    roster: FakeRoster, limits: FakeLimits
) -> None:
    roster.subscribers.suppress(PRINT, Reason.COMPLAINT, TODAY)

    known = erase(roster, limits, not_again=True)

    assert known == Known(reason=Reason.COMPLAINT)
    assert roster.look([PRINT], MONDAY_MORNING) == [Fate.SUPPRESSED]


# -- taking out


def test_the_list_is_taken_out_with_consents_and_an_import_understands_it() -> None:
    gathering = Gathering()
    people = [
        a_subscriber(id="a" * 32, audiences=frozenset({"en", "be-ru"}), language="be"),
        a_subscriber('o"neil@example.org', id="b" * 32, consent=a_consent(text='Our "old", form')),
        a_subscriber("waits@example.org", id="c" * 32, status=Status.PENDING),
    ]

    content = list(lines(people, FakeVault(), unreadable := Unreadable()))

    assert unreadable.ids == []
    assert [line.decode() for line in content] == [
        "email,audiences,language,consent_text,consent_form,consent_language,asked_on,confirmed_on,confirmed_by\r\n",
        f"{ADDRESS},be-ru;en,be,en-0123456789abcdef,page,en,2016-11-10,2016-11-11,button\r\n",
        '"o""neil@example.org",en,en,"Our ""old"", form",page,en,2016-11-10,2016-11-11,button\r\n',
    ]
    assert gathering.take_in(content[0] + content[1]).fates == {Fate.NEW: 1}
    (person,) = gathering.people
    assert (person.audiences, person.language) == (people[0].audiences, "be")
    assert person.consent is not None
    assert person.consent.confirmed_on == a_consent().confirmed_on


@pytest.mark.parametrize("error", [SealBrokenError("broken"), KeyError("address-1999")])
def test_an_address_that_does_not_open_is_noted_and_stops_nobody(error: Exception) -> None:
    class Broken(FakeVault):
        def open(self, sealed: SealedAddress, subscriber_id: str) -> str:
            if subscriber_id == "a" * 32:
                raise error
            return super().open(sealed, subscriber_id)

    people = [a_subscriber(id="a" * 32), a_subscriber("bo@example.org", id="b" * 32)]

    content = list(lines(people, Broken(), unreadable := Unreadable()))

    assert unreadable.ids == ["a" * 32]
    assert [line.split(b",")[0] for line in content[1:]] == [b"bo@example.org"]


def test_at_a_terminal_the_address_is_asked_for_and_not_shown() -> None:
    ours, theirs = os.openpty()
    program = "from cli.list_lookup import asked_address; print(repr(asked_address()))"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # without the terminal of whoever runs the tests
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

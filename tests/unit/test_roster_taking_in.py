"""An import takes in who is new, and never brings anybody back."""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from io import RawIOBase
from typing import BinaryIO, cast

import pytest

from broadsheet.subscribers.mailing_list.columns import understand
from broadsheet.subscribers.mailing_list.days import day_in
from broadsheet.subscribers.mailing_list.lines import Fault, SheetError
from broadsheet.subscribers.mailing_list.ports import Fate
from broadsheet.subscribers.mailing_list.sheet import read_head
from broadsheet.subscribers.mailing_list.taking_in import Tally, carry_out, in_order, plan, survey
from broadsheet.subscribers.subscriber import Consent, Reason, Status, Subscriber
from tests.builders import ADDRESS, ROOT, a_newsletter, a_subscriber
from tests.effort import tries
from tests.fakes.clock import FakeClock
from tests.fakes.gathering import AGREED, AGREEMENT, TODAY, Gathering
from tests.fakes.roster import FakeRoster
from tests.fakes.subscribers import FakeVault

DATA = ROOT / "tests" / "data"
MANY = "email\n" + "".join(f"reader-{n}@example.org\n" for n in range(500))


@pytest.fixture
def gathering() -> Gathering:
    return Gathering()


def fates(tally: Tally) -> dict[Fate, int]:
    return {fate: number for fate, number in tally.fates.items() if number}


def test_who_is_new_is_confirmed_with_the_consent_of_the_import(gathering: Gathering) -> None:
    tally = gathering.take_in(f"email\n{ADDRESS}\n")

    (person,) = gathering.people
    expected = a_subscriber(
        id=person.id,
        sealed_address=FakeVault().close(ADDRESS, person.id),
        consent=Consent(
            AGREEMENT.import_id, "the form on our old site", "import", "en", AGREED, AGREED, "import"
        ),
    )
    assert person == expected
    assert fates(tally) == {Fate.NEW: 1}


def test_a_plan_changes_nothing(gathering: Gathering) -> None:
    planned = gathering.plan(MANY)

    assert fates(planned.tally) == {Fate.NEW: 500}
    assert gathering.people == []


# -- nobody comes back


def left(person: Subscriber, gathering: Gathering) -> None:
    gathering.roster.subscribers.add(person).leave(person, TODAY)


BACK: list[tuple[str, Callable[[Subscriber, Gathering], object], Fate]] = [
    ("left", left, Fate.LEFT),
    *(
        (
            reason.value,
            lambda person, gathering, reason=reason: gathering.roster.subscribers.suppress(
                person.fingerprint, reason, TODAY
            ),
            Fate.SUPPRESSED,
        )
        for reason in Reason
    ),
]


@pytest.mark.parametrize(("what", "happens", "fate"), BACK, ids=[what for what, _, _ in BACK])
def test_nobody_is_brought_back(
    gathering: Gathering, what: str, happens: Callable[[Subscriber, Gathering], object], fate: Fate
) -> None:
    happens(a_subscriber(), gathering)

    tally = gathering.take_in(f"email\nbo@example.org\n {ADDRESS}\ncy@example.org\n")

    assert fates(tally) == {Fate.NEW: 2, fate: 1}, what
    assert gathering.addresses == ["bo@example.org", "cy@example.org"]


@pytest.mark.parametrize(("what", "happens", "fate"), BACK, ids=[what for what, _, _ in BACK])
def test_nobody_is_brought_back_who_goes_between_plan_and_write(
    gathering: Gathering, what: str, happens: Callable[[Subscriber, Gathering], object], fate: Fate
) -> None:
    planned = gathering.plan(f"email\nbo@example.org\n{ADDRESS}\n")
    gathering.roster.meanwhile.append(lambda: happens(a_subscriber(), gathering))

    tally = gathering.carry_out(planned)

    assert fates(tally) == {Fate.NEW: 1, fate: 1}, what
    assert gathering.addresses == ["bo@example.org"]


def test_nobody_is_brought_back_in_another_spelling(gathering: Gathering) -> None:
    left(a_subscriber("ana@xn--e1afmkfd.test"), gathering)

    assert fates(gathering.take_in("email\nana@ПРИМЕР.TEST\n")) == {Fate.LEFT: 1}


@pytest.mark.parametrize("status", list(Status))
def test_who_is_there_stays_as_they_are(gathering: Gathering, status: Status) -> None:
    person = a_subscriber(status=status)
    gathering.roster.subscribers.add(person)

    tally = gathering.take_in(f"email\n{ADDRESS}\n", audiences=("be-ru",))

    assert fates(tally) == {Fate.THERE: 1}
    assert gathering.people == [person]


def test_who_is_not_subscribed_where_the_table_comes_from_is_counted_and_not_taken_in(
    gathering: Gathering,
) -> None:
    states = [
        "subscribed",
        "Unsubscribed",
        "CLEANED",
        "blocklisted",
        "enabled",
        "pending",
        "non-subscribed",
        "",
    ]
    table = "".join(f"r{n}@example.org,{state}\n" for n, state in enumerate(states))

    tally = gathering.take_in(f"email,status\n{table}")

    assert fates(tally) == {Fate.NEW: 2, Fate.NOT_SUBSCRIBED: 5, Fate.BAD: 1}
    assert gathering.addresses == ["r0@example.org", "r4@example.org"]
    assert tally.lines == {Fault.STATUS: [9]}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_who_is_not_subscribed_in_one_row_is_not_taken_in_by_another(
    gathering: Gathering, order: tuple[int, int]
) -> None:
    table = ["ana@example.org,subscribed\n", "ANA@nowhere.test,subscribed\nana@EXAMPLE.ORG,unsubscribed\n"]

    tally = gathering.take_in("email,status\n" + "".join(table[n] for n in order))

    assert fates(tally) == {Fate.NEW: 1, Fate.NOT_SUBSCRIBED: 2}
    assert gathering.addresses == ["ANA@nowhere.test"]


def test_the_address_is_asked_about_once_and_taken_in_once(gathering: Gathering) -> None:
    table = (
        "Ana <x>\n"
        " ana@example.org \nana@EXAMPLE.org\nана@example.org\nana@xn--e1afmkfd.test\nana@Пример.test\n"
    )

    tally = gathering.take_in("email\n" + table)

    assert fates(tally) == {Fate.NEW: 2, Fate.TWICE: 2, Fate.BAD: 2}
    assert gathering.roster.macs == 2
    assert tally.lines == {Fault.ADDRESS: [2, 5]}


def test_another_audience_for_somebody_twice_is_told(gathering: Gathering) -> None:
    table = "email,list\na@x.test,en\nb@x.test,en\na@x.test,en\nb@x.test,be-ru\n"

    tally = gathering.take_in(table)

    assert fates(tally) == {Fate.NEW: 2, Fate.TWICE: 2}
    assert (tally.faults, tally.lines) == ({Fault.AGAIN: 1}, {Fault.AGAIN: [5]})


# -- what a row says


@pytest.mark.parametrize(
    ("head", "cells", "audiences", "language"),
    [
        ("email,list", "be-ru", {"be-ru"}, "be"),
        ("email,list", "BE/RU", {"be-ru"}, "be"),
        ("email;list", "en, be-ru", {"en", "be-ru"}, "en"),
        ("email,edition", "Дзявяты мост", {"be-ru"}, "be"),
        ("email,edition", "ru", {"be-ru"}, "be"),
        ("email,list", "", {"en"}, "en"),
        ("email,language", "ru", {"en"}, "ru"),
        ("email,language", "ru-RU", {"en"}, "ru"),
        ("email,language", "Русский", {"en"}, "ru"),
        ("email,language", "be_BY", {"en"}, "be"),
        ("email,language", "Belarusian", {"en"}, "be"),
    ],
)
def test_audience_and_language_are_the_row_s_or_those_of_all(
    gathering: Gathering, head: str, cells: str, audiences: set[str], language: str
) -> None:
    delimiter = head[5]
    gathering.take_in(f"{head}\na@x.test{delimiter}{cells}\n")

    (person,) = gathering.people
    assert (person.audiences, person.language) == (audiences, language)
    assert person.consent is not None
    assert person.consent.language == language


@pytest.mark.parametrize("language", ["Bengali", "Rumanian", "bel", "ruski-xx", "e"])
def test_a_language_that_only_begins_like_one_of_ours_is_a_finding(
    gathering: Gathering, language: str
) -> None:
    tally = gathering.take_in(f"email,language\na@x.test,{language}\n")

    assert (gathering.people, tally.lines) == ([], {Fault.LANGUAGE: [2]})


def test_a_language_names_the_audience_where_nothing_else_does(gathering: Gathering) -> None:
    gathering.take_in("email,language\na@x.test,be\nb@x.test,en\n", audiences=())

    assert {one.language: set(one.audiences) for one in gathering.people} == {"be": {"be-ru"}, "en": {"en"}}


def test_bad_rows_are_named_by_their_lines_and_stop_nobody(gathering: Gathering) -> None:
    table = [
        "email,list,language,status,consent date",
        "nobody,en,en,active,2016-01-01",
        "a@x.test,fr,en,active,2016-01-01",
        "b@x.test,en,fr,active,2016-01-01",
        "c@x.test,en,en,dormant,2016-01-01",
        "d@x.test,en,en,active,01/02/2016",
        "e@x.test,en,en,active,2017-01-01",
        "f@x.test,en,en,active,",
        '"g@x.test"x,en,en,active,2016-01-01',
        "h@x.test",
        "i@x.test,en,en,active,05.12.2016 10:00",
    ]

    tally = gathering.take_in("\n".join(table), consent_on=None)

    assert tally.lines == {
        Fault.STATUS: [5, 10],
        Fault.ADDRESS: [2],
        Fault.AUDIENCE: [3],
        Fault.LANGUAGE: [4],
        Fault.DATE: [6, 7, 8],
        Fault.MALFORMED: [9],
    }
    assert gathering.addresses == ["i@x.test"]


def test_only_the_first_lines_of_a_fault_are_named_and_all_are_counted(gathering: Gathering) -> None:
    tally = gathering.take_in("email\na@x.test\n" + "nobody\n" * 1_000)

    assert tally.lines == {Fault.ADDRESS: list(range(3, 13))}
    assert tally.faults == {Fault.ADDRESS: 1_000}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2016-12-05", date(2016, 12, 5)),
        ("2016-12-05T08:00:00Z", date(2016, 12, 5)),
        ("2015-03-16 14:40:47", date(2015, 3, 16)),
        ("2021-05-04 10:12:03.123456 +0000 UTC", date(2021, 5, 4)),
        ("2016/1/5", date(2016, 1, 5)),
        ("Dec 5, 2016", date(2016, 12, 5)),
        ("December 5, 2016 10:00", date(2016, 12, 5)),
        ("05 Dec 2016", date(2016, 12, 5)),
        ("5-Dec-2016", date(2016, 12, 5)),
        ("5 Foo 2016", None),
        ("5.12.2016", date(2016, 12, 5)),
        ("12/05/2016", None),
        ("2016-13-05", None),
        ("2016-12-051", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_only_days_that_mean_one_day_everywhere_are_read(text: str, day: date | None) -> None:
    assert day_in(text) == day


def test_an_export_of_a_big_service_is_taken_in(gathering: Gathering) -> None:
    tally = gathering.take_in((DATA / "subscribed_members_export.csv").read_bytes())

    assert fates(tally) == {Fate.NEW: 3, Fate.BAD: 1, Fate.TWICE: 1}
    assert tally.lines == {Fault.ADDRESS: [6]}
    days = {one.consent.asked_on for one in gathering.people if one.consent}
    assert days == {date(2015, 3, 16), date(2016, 11, 2), date(2014, 1, 5)}


def test_an_export_of_people_who_left_takes_nobody_in(gathering: Gathering) -> None:
    tally = gathering.take_in((DATA / "unsubscribed_members_export.csv").read_bytes())

    assert fates(tally) == {Fate.NOT_SUBSCRIBED: 2}
    assert gathering.roster.macs == 0


def test_an_export_of_an_open_source_manager_is_taken_in(gathering: Gathering) -> None:
    later = Gathering()
    tally = later.take_in((DATA / "subscribers.csv").read_bytes())
    assert fates(tally) == {Fate.NOT_SUBSCRIBED: 2, Fate.BAD: 2}  # agreed in years to come

    old = (DATA / "subscribers.csv").read_bytes().replace(b"2021-", b"2015-")
    assert fates(gathering.take_in(old)) == {Fate.NEW: 2, Fate.NOT_SUBSCRIBED: 2}
    assert gathering.addresses == ["alena@example.org", "bo@letters.test"]


# -- again, and after a crash


def test_a_second_run_changes_nothing(gathering: Gathering) -> None:
    gathering.take_in(MANY)
    before = list(gathering.people)

    tally = gathering.take_in(MANY)

    assert fates(tally) == {Fate.THERE: 500}
    assert gathering.people == before


class Crash(Exception):  # noqa: N818  # it stands for the power going off
    """The operator's machine died."""


@pytest.mark.parametrize("writes", [0, 1, 5, 15])
def test_a_run_after_a_crash_ends_as_one_run_would_have(gathering: Gathering, writes: int) -> None:
    def die() -> None:
        raise Crash

    gathering.roster.meanwhile += [lambda: None] * writes + [die]
    with pytest.raises(Crash):
        gathering.take_in(MANY)
    there = len(gathering.people)

    tally = gathering.take_in(MANY)

    assert fates(tally) == {fate: n for fate, n in {Fate.NEW: 500 - there, Fate.THERE: there}.items() if n}
    assert gathering.addresses == sorted(f"reader-{n}@example.org" for n in range(500))


@pytest.mark.parametrize("error", [Crash, KeyboardInterrupt])
def test_all_below_a_line_that_was_told_is_settled_and_need_not_be_asked_about_again(
    gathering: Gathering, error: type[BaseException]
) -> None:
    def die() -> None:
        raise error

    planned = gathering.plan(MANY)
    gathering.settled.clear()
    gathering.roster.meanwhile += [lambda: None] * 9 + [die]
    with pytest.raises(error):
        gathering.carry_out(planned)
    done = gathering.settled[-1]
    gathering.roster.macs = 0

    tally = gathering.carry_out(gathering.plan(MANY, done=done))

    assert gathering.roster.macs == 500 - (done - 1) < 500
    assert gathering.addresses == sorted(f"reader-{n}@example.org" for n in range(500))
    assert tally.rows == 500 - (done - 1)


def test_a_file_that_changes_while_it_is_read_gives_nobody_another_s_fingerprint(
    gathering: Gathering,
) -> None:
    planned = gathering.plan("email\na@x.test\nb@x.test\n")
    other = gathering.plan("email\nb@x.test\na@x.test\n")

    with pytest.raises(SheetError, match="changed while it was read"):
        gathering.carry_out(replace(planned, source=other.source))

    assert gathering.people == []


def test_work_is_given_back_in_order_and_only_a_little_is_ahead() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return number * number

    taken = 0
    for number, squared in in_order(iter(range(200)), work, workers=4):
        assert squared == number * number
        taken += 1
        assert len(begun) <= taken + 9
    assert taken == 200


# -- memory


class Generated(RawIOBase):
    """A file of so many rows that nobody holds."""

    def __init__(self, rows: int) -> None:
        self._pieces = self._made(rows)
        self._waiting = b""

    def _made(self, rows: int) -> Iterator[bytes]:
        yield b"email,name,notes,status\n"
        for n in range(rows):
            yield f'reader-{n}@mail{n % 500}.example.org,Reader,"{"word " * 30}",subscribed\n'.encode()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any buffer
        while len(self._waiting) < len(buffer) and (piece := next(self._pieces, b"")):
            self._waiting += piece
        piece, self._waiting = self._waiting[: len(buffer)], self._waiting[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


class Counting(FakeRoster):
    """Keeps nobody: only how many."""

    taken_in = 0

    def look(self, fingerprints: Sequence[str], now: datetime) -> list[Fate]:  # noqa: ARG002  # the port's
        return [Fate.NEW] * len(fingerprints)

    def take_in(self, people: Sequence[Subscriber], now: datetime) -> list[Fate]:  # noqa: ARG002  # as above
        self.taken_in += len(people)
        return [Fate.NEW] * len(people)


def peak_bytes(rows: int) -> int:
    roster, clock = Counting(), FakeClock()
    sheet = read_head(lambda: cast("BinaryIO", Generated(rows)))
    tracemalloc.start()
    reading = understand(sheet).reading(a_newsletter(), TODAY, ("en",), consent_on=AGREED)
    source = survey(sheet, reading, b"secret")
    planned = plan(source, 0, roster=roster, clock=clock, told=lambda _: None, workers=2)
    carry_out(
        planned,
        AGREEMENT,
        roster=roster,
        addresses=FakeVault(),
        clock=clock,
        told=lambda *_: None,
        workers=2,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert roster.taken_in == rows
    return peak


def test_memory_grows_by_a_few_bytes_a_row_and_not_with_what_stands_there() -> None:
    few, many = tries(400, proof=1_000), tries(2_000, proof=5_000)

    grown = peak_bytes(many) - peak_bytes(few)
    assert grown / (many - few) < 300  # a row of the file has more than two hundred

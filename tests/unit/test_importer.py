"""An import adds new subscribers, and brings back no one who left or is suppressed."""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from io import RawIOBase
from typing import BinaryIO, cast

import pytest

from broadsheet.newsletter import Audience
from broadsheet.subscribers.mailing_list.columns import map_columns
from broadsheet.subscribers.mailing_list.csv_rows import RowProblem, TableError
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.dates import day_in
from broadsheet.subscribers.mailing_list.importer import (
    RowCounts,
    in_order,
    plan_import,
    run_import,
    scan_table,
)
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from broadsheet.subscribers.subscriber import Consent, Reason, Status, Subscriber
from tests.builders import ADDRESS, ROOT, a_newsletter, a_subscriber
from tests.effort import tries
from tests.fakes.clock import FakeClock
from tests.fakes.importing import AGREED, AGREEMENT, TODAY, ImportRun
from tests.fakes.mailing_list import FakeMailingList
from tests.fakes.subscribers import FakeVault

DATA = ROOT / "tests" / "data"
MANY = "email\n" + "".join(f"reader-{n}@example.org\n" for n in range(500))


@pytest.fixture
def import_run() -> ImportRun:
    return ImportRun()


def statuses(counts: RowCounts) -> dict[ImportStatus, int]:
    return {status: number for status, number in counts.statuses.items() if number}


def test_a_new_subscriber_is_confirmed_with_the_consent_of_the_import(import_run: ImportRun) -> None:
    counts = import_run.import_table(f"email\n{ADDRESS}\n")

    (person,) = import_run.people
    expected = a_subscriber(
        id=person.id,
        sealed_address=FakeVault().seal(ADDRESS, person.id),
        consent=Consent(
            AGREEMENT.import_id, "the form on our old site", "import", "en", AGREED, AGREED, "import"
        ),
    )
    assert person == expected
    assert statuses(counts) == {ImportStatus.NEW: 1}


def test_a_plan_changes_nothing(import_run: ImportRun) -> None:
    planned = import_run.plan_import(MANY)

    assert statuses(planned.counts) == {ImportStatus.NEW: 500}
    assert import_run.people == []


# -- no reader is brought back


def left(person: Subscriber, import_run: ImportRun) -> None:
    import_run.mailing_list.subscribers.add(person).leave(person, TODAY)


BACK: list[tuple[str, Callable[[Subscriber, ImportRun], object], ImportStatus]] = [
    ("left", left, ImportStatus.LEFT),
    *(
        (
            reason.value,
            lambda person, import_run, reason=reason: import_run.mailing_list.subscribers.suppress(
                person.fingerprint, reason, TODAY
            ),
            ImportStatus.SUPPRESSED,
        )
        for reason in Reason
    ),
]


@pytest.mark.parametrize(("what", "happens", "status"), BACK, ids=[what for what, _, _ in BACK])
def test_nobody_is_brought_back(
    import_run: ImportRun, what: str, happens: Callable[[Subscriber, ImportRun], object], status: ImportStatus
) -> None:
    happens(a_subscriber(), import_run)

    counts = import_run.import_table(f"email\nbo@example.org\n {ADDRESS}\ncy@example.org\n")

    assert statuses(counts) == {ImportStatus.NEW: 2, status: 1}, what
    assert import_run.addresses == ["bo@example.org", "cy@example.org"]


@pytest.mark.parametrize(("what", "happens", "status"), BACK, ids=[what for what, _, _ in BACK])
def test_a_reader_who_leaves_between_plan_and_write_is_not_brought_back(
    import_run: ImportRun, what: str, happens: Callable[[Subscriber, ImportRun], object], status: ImportStatus
) -> None:
    planned = import_run.plan_import(f"email\nbo@example.org\n{ADDRESS}\n")
    import_run.mailing_list.meanwhile.append(lambda: happens(a_subscriber(), import_run))

    counts = import_run.run_import(planned)

    assert statuses(counts) == {ImportStatus.NEW: 1, status: 1}, what
    assert import_run.addresses == ["bo@example.org"]


def test_nobody_is_brought_back_in_another_spelling(import_run: ImportRun) -> None:
    left(a_subscriber("ana@xn--e1afmkfd.test"), import_run)

    assert statuses(import_run.import_table("email\nana@ПРИМЕР.TEST\n")) == {ImportStatus.LEFT: 1}


@pytest.mark.parametrize("status", list(Status))
def test_an_existing_subscriber_is_not_changed(import_run: ImportRun, status: Status) -> None:
    person = a_subscriber(status=status)
    import_run.mailing_list.subscribers.add(person)

    counts = import_run.import_table(f"email\n{ADDRESS}\n", audiences=("be-ru",))

    assert statuses(counts) == {ImportStatus.PRESENT: 1}
    assert import_run.people == [person]


def test_a_row_that_is_not_subscribed_in_the_source_is_counted_and_not_imported(
    import_run: ImportRun,
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

    counts = import_run.import_table(f"email,status\n{table}")

    assert statuses(counts) == {ImportStatus.NEW: 2, ImportStatus.NOT_SUBSCRIBED: 5, ImportStatus.INVALID: 1}
    assert import_run.addresses == ["r0@example.org", "r4@example.org"]
    assert counts.lines == {RowProblem.STATUS: [9]}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_address_unsubscribed_in_one_row_is_not_imported_by_another(
    import_run: ImportRun, order: tuple[int, int]
) -> None:
    table = ["ana@example.org,subscribed\n", "ANA@nowhere.test,subscribed\nana@EXAMPLE.ORG,unsubscribed\n"]

    counts = import_run.import_table("email,status\n" + "".join(table[n] for n in order))

    assert statuses(counts) == {ImportStatus.NEW: 1, ImportStatus.NOT_SUBSCRIBED: 2}
    assert import_run.addresses == ["ANA@nowhere.test"]


def test_the_address_is_asked_about_once_and_imported_once(import_run: ImportRun) -> None:
    table = (
        "Ana <x>\n"
        " ana@example.org \nana@EXAMPLE.org\nана@example.org\nana@xn--e1afmkfd.test\nana@Пример.test\n"
    )

    counts = import_run.import_table("email\n" + table)

    assert statuses(counts) == {ImportStatus.NEW: 2, ImportStatus.DUPLICATE: 2, ImportStatus.INVALID: 2}
    assert import_run.mailing_list.macs == 2
    assert counts.lines == {RowProblem.ADDRESS: [2, 5]}


def test_a_second_row_of_an_address_with_another_audience_is_reported(import_run: ImportRun) -> None:
    table = "email,list\na@x.test,en\nb@x.test,en\na@x.test,en\nb@x.test,be-ru\n"

    counts = import_run.import_table(table)

    assert statuses(counts) == {ImportStatus.NEW: 2, ImportStatus.DUPLICATE: 2}
    assert (counts.problems, counts.lines) == ({RowProblem.AGAIN: 1}, {RowProblem.AGAIN: [5]})


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
    import_run: ImportRun, head: str, cells: str, audiences: set[str], language: str
) -> None:
    delimiter = head[5]
    import_run.import_table(f"{head}\na@x.test{delimiter}{cells}\n")

    (person,) = import_run.people
    assert (person.audiences, person.language) == (audiences, language)
    assert person.consent is not None
    assert person.consent.language == language


@pytest.mark.parametrize("language", ["Bengali", "Rumanian", "bel", "ruski-xx", "e"])
def test_a_language_that_only_begins_like_one_of_ours_is_a_finding(
    import_run: ImportRun, language: str
) -> None:
    counts = import_run.import_table(f"email,language\na@x.test,{language}\n")

    assert (import_run.people, counts.lines) == ([], {RowProblem.LANGUAGE: [2]})


def test_of_audiences_that_share_an_edition_a_row_is_in_the_first_and_a_language_in_its_own() -> None:
    ru_be = Audience("ru-be", "RU/BE", ("ru", "be"))
    run = ImportRun(newsletter=a_newsletter(audiences=(*a_newsletter().audiences, ru_be)))
    run.import_table('email,audience\na@x.test,be;ru\nb@x.test,RU/BE\nc@x.test,"en, ru"\n', audiences=())
    run.import_table("email,language\nd@x.test,ru\ne@x.test,be\n", audiences=())
    taken = {FakeVault().open(one.sealed_address, one.id)[0]: set(one.audiences) for one in run.people}
    assert taken == {"a": {"be-ru"}, "b": {"ru-be"}, "c": {"en", "ru-be"}, "d": {"ru-be"}, "e": {"be-ru"}}


def test_a_language_names_the_audience_where_nothing_else_does(import_run: ImportRun) -> None:
    import_run.import_table("email,language\na@x.test,be\nb@x.test,en\n", audiences=())

    assert {one.language: set(one.audiences) for one in import_run.people} == {"be": {"be-ru"}, "en": {"en"}}


def test_bad_rows_are_named_by_their_lines_and_stop_nobody(import_run: ImportRun) -> None:
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

    counts = import_run.import_table("\n".join(table), consent_on=None)

    assert counts.lines == {
        RowProblem.STATUS: [5, 10],
        RowProblem.ADDRESS: [2],
        RowProblem.AUDIENCE: [3],
        RowProblem.LANGUAGE: [4],
        RowProblem.DATE: [6, 7, 8],
        RowProblem.MALFORMED: [9],
    }
    assert import_run.addresses == ["i@x.test"]


def test_only_the_first_lines_of_a_fault_are_named_and_all_are_counted(import_run: ImportRun) -> None:
    counts = import_run.import_table("email\na@x.test\n" + "nobody\n" * 1_000)

    assert counts.lines == {RowProblem.ADDRESS: list(range(3, 13))}
    assert counts.problems == {RowProblem.ADDRESS: 1_000}


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


def test_an_export_of_a_big_service_is_imported(import_run: ImportRun) -> None:
    counts = import_run.import_table((DATA / "subscribed_members_export.csv").read_bytes())

    assert statuses(counts) == {ImportStatus.NEW: 3, ImportStatus.INVALID: 1, ImportStatus.DUPLICATE: 1}
    assert counts.lines == {RowProblem.ADDRESS: [6]}
    days = {one.consent.asked_on for one in import_run.people if one.consent}
    assert days == {date(2015, 3, 16), date(2016, 11, 2), date(2014, 1, 5)}


def test_an_export_of_people_who_left_imports_nobody(import_run: ImportRun) -> None:
    counts = import_run.import_table((DATA / "unsubscribed_members_export.csv").read_bytes())

    assert statuses(counts) == {ImportStatus.NOT_SUBSCRIBED: 2}
    assert import_run.mailing_list.macs == 0


def test_an_export_of_an_open_source_manager_is_imported(import_run: ImportRun) -> None:
    later = ImportRun()
    counts = later.import_table((DATA / "subscribers.csv").read_bytes())
    assert statuses(counts) == {
        ImportStatus.NOT_SUBSCRIBED: 2,
        ImportStatus.INVALID: 2,
    }  # agreed in years to come

    old = (DATA / "subscribers.csv").read_bytes().replace(b"2021-", b"2015-")
    assert statuses(import_run.import_table(old)) == {ImportStatus.NEW: 2, ImportStatus.NOT_SUBSCRIBED: 2}
    assert import_run.addresses == ["alena@example.org", "bo@letters.test"]


# -- again, and after a crash


def test_a_second_run_changes_nothing(import_run: ImportRun) -> None:
    import_run.import_table(MANY)
    before = list(import_run.people)

    counts = import_run.import_table(MANY)

    assert statuses(counts) == {ImportStatus.PRESENT: 500}
    assert import_run.people == before


class Crash(Exception):  # noqa: N818  # it stands for the power going off
    """The operator's machine died."""


@pytest.mark.parametrize("writes", [0, 1, 5, 15])
def test_a_run_after_a_crash_ends_as_one_run_would_have(import_run: ImportRun, writes: int) -> None:
    def die() -> None:
        raise Crash

    import_run.mailing_list.meanwhile += [lambda: None] * writes + [die]
    with pytest.raises(Crash):
        import_run.import_table(MANY)
    there = len(import_run.people)

    counts = import_run.import_table(MANY)

    assert statuses(counts) == {
        status: n for status, n in {ImportStatus.NEW: 500 - there, ImportStatus.PRESENT: there}.items() if n
    }
    assert import_run.addresses == sorted(f"reader-{n}@example.org" for n in range(500))


@pytest.mark.parametrize("error", [Crash, KeyboardInterrupt])
def test_all_rows_up_to_a_reported_line_are_settled_and_need_not_be_imported_again(
    import_run: ImportRun, error: type[BaseException]
) -> None:
    def die() -> None:
        raise error

    planned = import_run.plan_import(MANY)
    import_run.progress.clear()
    import_run.mailing_list.meanwhile += [lambda: None] * 9 + [die]
    with pytest.raises(error):
        import_run.run_import(planned)
    done = import_run.progress[-1]
    import_run.mailing_list.macs = 0

    counts = import_run.run_import(import_run.plan_import(MANY, done=done))

    assert import_run.mailing_list.macs == 500 - (done - 1) < 500
    assert import_run.addresses == sorted(f"reader-{n}@example.org" for n in range(500))
    assert counts.statuses.total() == 500 - (done - 1)


def test_a_file_that_changes_while_it_is_read_gives_nobody_another_s_fingerprint(
    import_run: ImportRun,
) -> None:
    planned = import_run.plan_import("email\na@x.test\nb@x.test\n")
    other = import_run.plan_import("email\nb@x.test\na@x.test\n")

    with pytest.raises(TableError, match="changed while it was read"):
        import_run.run_import(replace(planned, source=other.source))

    assert import_run.people == []


def test_results_are_returned_in_order_with_little_work_ahead() -> None:
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
    """A file of that many rows, which is never held in memory."""

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


class Counting(FakeMailingList):
    """Keeps only the number of subscribers."""

    taken_in = 0

    def look_up(self, fingerprints: Sequence[str], now: datetime) -> list[ImportStatus]:  # noqa: ARG002  # the port's
        return [ImportStatus.NEW] * len(fingerprints)

    def add_new(self, people: Sequence[Subscriber], now: datetime) -> list[ImportStatus]:  # noqa: ARG002  # as above
        self.taken_in += len(people)
        return [ImportStatus.NEW] * len(people)


def peak_bytes(rows: int) -> int:
    mailing_list, clock = Counting(), FakeClock()
    table = read_head(lambda: cast("BinaryIO", Generated(rows)))
    tracemalloc.start()
    row_reader = map_columns(table).row_reader(a_newsletter(), TODAY, ("en",), consent_on=AGREED)
    source = scan_table(table, row_reader, b"secret")
    planned = plan_import(
        source, 0, mailing_list=mailing_list, clock=clock, on_progress=lambda _: None, workers=2
    )
    run_import(
        planned,
        AGREEMENT,
        mailing_list=mailing_list,
        addresses=FakeVault(),
        clock=clock,
        on_progress=lambda *_: None,
        workers=2,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert mailing_list.taken_in == rows
    return peak


def test_memory_grows_by_a_few_bytes_a_row_and_not_with_its_content() -> None:
    few, many = tries(400, proof=1_000), tries(2_000, proof=5_000)

    grown = peak_bytes(many) - peak_bytes(few)
    assert grown / (many - few) < 300  # a row of the file has more than two hundred

"""What `Register` promises, kept by the fake and by DynamoDB."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broadsheet.aws.register import DynamoDBRegister
from broadsheet.issues.register import Digest, Record, Register
from tests.builders import ISSUE_ID, a_record, an_entry
from tests.fakes.issues import FakeRegister
from tests.from_template import create_tables

BELARUSIAN = {"be": an_entry(title="Два саміты")}


@pytest.fixture(params=["fake", "DynamoDB"])
def register(request: pytest.FixtureRequest) -> Register:
    if request.param == "fake":
        return FakeRegister()
    return DynamoDBRegister(create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"])


def test_an_empty_register_has_nothing(register: Register) -> None:
    assert register.get(ISSUE_ID) == Record(ISSUE_ID)
    assert register.newest("en", 1) == []
    assert register.of_year("en", 2016) == []
    assert register.years("en") == []


def test_a_record_comes_back_as_it_was_written(register: Register) -> None:
    digests = (
        Digest("security-1", "security", "A quiet border: “for now”; more below", "worse", "Summary."),
        Digest("security-2", "security", "Без змен", None, ""),
    )
    entry = an_entry(send_at=datetime(2016, 12, 12, 6, 0, tzinfo=UTC), commentaries=digests)
    record = a_record(
        editions={"en": entry, "be": an_entry(commentaries=())},
        settled="d" * 64,
        settled_at=datetime(2016, 12, 12, 6, 1, tzinfo=UTC),
        reported={"en": "0123456789abcdef0123"},
    )

    assert register.put(record)

    assert register.get(ISSUE_ID) == record


def test_each_writer_writes_over_the_version_it_has_read(register: Register) -> None:
    first = a_record()
    second = a_record(version=2, settled="s" * 64)

    assert register.put(first)
    assert register.put(second)

    assert register.get(ISSUE_ID) == second


def test_of_two_writers_the_later_is_told_and_nothing_is_lost(register: Register) -> None:
    register.put(a_record())
    quick = a_record(version=2, editions={"en": an_entry(), **BELARUSIAN})
    slow = a_record(version=2, settled="slow")

    assert register.put(quick)
    assert not register.put(slow)

    assert register.get(ISSUE_ID) == quick


def test_an_issue_is_first_written_once(register: Register) -> None:
    assert register.put(a_record())
    assert not register.put(a_record(settled="another first"))

    assert register.get(ISSUE_ID) == a_record()


def test_a_version_before_the_one_that_is_there_is_refused(register: Register) -> None:
    for version in (1, 2, 3):
        assert register.put(a_record(version=version))

    assert not register.put(a_record(version=3, settled="late"))
    assert not register.put(a_record(version=5, settled="ahead"))

    assert register.get(ISSUE_ID) == a_record(version=3)


def test_the_latest_issue_is_the_newest_that_has_the_edition(register: Register) -> None:
    for issue in ("2016-12-19", "2016-12-05", "2016-12-12"):
        register.put(a_record(issue))
    register.put(a_record("2016-11-28", editions=BELARUSIAN))

    assert register.newest("en", 1) == [a_record("2016-12-19")]
    assert register.newest("en", 2) == [a_record("2016-12-19"), a_record("2016-12-12")]
    assert [record.issue for record in register.newest("en", 9)] == ["2016-12-19", "2016-12-12", "2016-12-05"]
    assert register.newest("be", 1) == [a_record("2016-11-28", editions=BELARUSIAN)]
    assert register.newest("ru", 1) == []


def test_the_latest_issue_of_an_edition_is_found_below_many_without_it(register: Register) -> None:
    register.put(a_record("2016-01-04", editions=BELARUSIAN))
    for day in range(10, 22):
        register.put(a_record(f"2016-12-{day}"))

    assert register.newest("be", 1) == [a_record("2016-01-04", editions=BELARUSIAN)]


def test_a_year_lists_its_issues_newest_first(register: Register) -> None:
    issues = ("2016-12-26", "2017-01-02", "2016-12-26-extra", "2015-12-28", "2016-01-04")
    for issue in issues:
        register.put(a_record(issue))
    register.put(a_record("2016-06-06", editions=BELARUSIAN))

    found = [record.issue for record in register.of_year("en", 2016)]

    assert found == ["2016-12-26-extra", "2016-12-26", "2016-01-04"]


def test_the_years_are_those_in_which_the_edition_has_issues(register: Register) -> None:
    for issue in ("2016-12-05", "2016-12-12", "2019-01-07", "2013-12-30"):
        register.put(a_record(issue))
    register.put(a_record("2014-01-06", editions=BELARUSIAN))
    register.put(a_record("2021-01-04", editions={}))
    register.put(a_record("december", editions={}))

    assert register.years("en") == [2019, 2016, 2013]
    assert register.years("be") == [2014]
    assert register.years("ru") == []


def test_a_record_that_lost_its_editions_stays_known(register: Register) -> None:
    register.put(a_record())
    emptied = replace(a_record(), version=2, editions={})

    assert register.put(emptied)

    assert register.get(ISSUE_ID) == emptied
    assert register.of_year("en", 2016) == []

"""What `Register` promises, kept by the fake and by DynamoDB."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.archive.register import ArchiveTally, CommentarySummary, PublishedEdition, Record, Register
from broadsheet.aws.register import DynamoDBRegister
from tests.builders import ISSUE_ID, a_published_edition, a_record, a_shown_picture
from tests.effort import tries
from tests.fakes.issues import FakeRegister
from tests.from_template import create_tables

BELARUSIAN = {"be": a_published_edition(title="Два саміты")}
LATER = datetime(2016, 12, 14, 9, 30, tzinfo=UTC)
WEST = CommentarySummary("belarus-west-1", "belarus-west", "A summit", None, "They met.")
QUIET = CommentarySummary("security-1", "security", "A quiet border", "same", "Nothing moved.")
LOUD = CommentarySummary("security-2", "security", "A loud border", "worse", "Much moved.")


@pytest.fixture(params=["fake", "DynamoDB"])
def register(request: pytest.FixtureRequest) -> Register:
    if request.param == "fake":
        return FakeRegister()
    return DynamoDBRegister(create_tables(request.getfixturevalue("aws"), ["RegisterTable"])["RegisterTable"])


def follow(register: Register, issue: str, **changes: Any) -> Record:
    """Arrange that the issue has changed once more; gives the record."""
    before = register.get(issue)
    after = replace(before, version=before.version + 1, **changes)
    assert register.put(after, before)
    return after


def publish(register: Register, issue: str, *commentaries: CommentarySummary, edition: str = "en") -> Record:
    """Arrange that an issue is public in one edition."""
    return follow(register, issue, editions={edition: a_published_edition(commentaries=commentaries)})


def test_an_empty_register_has_nothing(register: Register) -> None:
    assert register.get(ISSUE_ID) == Record(ISSUE_ID)
    assert register.of_year(2016) == []
    assert register.tally() == ArchiveTally({})
    assert register.after("", 10) == []


def test_a_record_comes_back_as_it_was_written(register: Register) -> None:
    digests = (
        CommentarySummary(
            "security-1", "security", "A quiet border: “for now”; more below", "worse", "Summary."
        ),
        CommentarySummary("security-2", "security", "Без змен", None, ""),
    )
    entry = a_published_edition(
        send_at=datetime(2016, 12, 12, 6, 0, tzinfo=UTC),
        commentaries=digests,
        pictures={"images/bridge.jpg": a_shown_picture(), "images/мост.jpg": a_shown_picture()},
        changed_at=LATER,
        corrected_at=LATER,
        gone=("belarus-west-1",),
    )
    withdrawn = a_published_edition(title="", summary="", commentaries=(), withdrawn_at=LATER, listed=False)
    record = a_record(
        editions={"en": entry, "be": withdrawn},
        processed="d" * 64,
        processed_at=datetime(2016, 12, 12, 6, 1, tzinfo=UTC),
        reported={"en": "0123456789abcdef0123"},
    )

    assert register.put(record, Record(ISSUE_ID))

    assert register.get(ISSUE_ID) == record


def test_each_writer_writes_over_the_version_it_has_read(register: Register) -> None:
    first = a_record()
    second = replace(first, version=2, processed="s" * 64)

    assert register.put(first, Record(ISSUE_ID))
    assert register.put(second, first)

    assert register.get(ISSUE_ID) == second


def test_of_two_writers_the_later_is_refused_and_nothing_is_lost(register: Register) -> None:
    first = publish(register, ISSUE_ID, QUIET)
    quick = replace(first, version=2, editions={**first.editions, **BELARUSIAN})
    slow = replace(first, version=2, processed="slow")

    assert register.put(quick, first)
    assert not register.put(slow, first)

    assert register.get(ISSUE_ID) == quick


def test_an_issue_is_first_written_once(register: Register) -> None:
    assert register.put(a_record(), Record(ISSUE_ID))
    assert not register.put(a_record(processed="another first"), Record(ISSUE_ID))

    assert register.get(ISSUE_ID) == a_record()


def test_a_write_over_a_version_that_is_not_there_is_refused(register: Register) -> None:
    for _ in range(3):
        last = follow(register, ISSUE_ID, processed="s")

    assert not register.put(a_record(version=3, processed="late"), a_record(version=2))
    assert not register.put(a_record(version=5, processed="ahead"), a_record(version=4))

    assert register.get(ISSUE_ID) == last


@pytest.mark.parametrize(
    "record", [a_record(version=1), a_record(version=3), a_record("2017-01-02", version=2)]
)
def test_a_record_that_does_not_follow_the_previous_one_is_an_error(
    register: Register, record: Record
) -> None:
    before = publish(register, ISSUE_ID, QUIET)

    with pytest.raises(ValueError, match="does not follow 2016-12-05 1"):
        register.put(record, before)

    assert register.get(ISSUE_ID) == before
    assert register.get("2017-01-02") == Record("2017-01-02")


def test_a_year_lists_its_issues_newest_first_withdrawn_ones_too(register: Register) -> None:
    for issue in ("2016-12-26", "2017-01-02", "2016-12-26-extra", "2015-12-28", "2016-01-04"):
        publish(register, issue)
    withdrawn = follow(register, "2016-06-06", editions={"be": a_published_edition(withdrawn_at=LATER)})

    found = register.of_year(2016)

    assert [r.issue for r in found] == ["2016-12-26-extra", "2016-12-26", "2016-06-06", "2016-01-04"]
    assert found[2] == withdrawn


def test_a_year_of_many_issues_is_listed_whole(register: Register) -> None:
    for number in range(120):
        follow(register, f"2016-12-05-{number:03}")

    found = [record.issue for record in register.of_year(2016)]

    assert found == [f"2016-12-05-{number:03}" for number in reversed(range(120))]


def test_the_issues_after_a_given_one_are_listed_in_order_and_in_pages(register: Register) -> None:
    for issue in ("2016-12-12", "2016-12-05", "2017-01-02"):
        publish(register, issue)

    def found(issue: str, most: int) -> list[str]:
        return [record.issue for record in register.after(issue, most)]

    assert found("", 2) == ["2016-12-05", "2016-12-12"]
    assert found("2016-12-12", 2) == ["2017-01-02"]
    assert found("2016-12-06", 1) == ["2016-12-12"]
    assert found("2017-01-02", 2) == []


def test_a_record_that_lost_its_editions_stays_known(register: Register) -> None:
    publish(register, ISSUE_ID, QUIET)

    emptied = follow(register, ISSUE_ID, editions={})

    assert register.get(ISSUE_ID) == emptied
    assert register.tally() == ArchiveTally({})


def test_a_first_publication_is_counted_in_its_year_and_by_its_topics(register: Register) -> None:
    publish(register, "2016-12-05", QUIET, LOUD, WEST)
    publish(register, "2016-12-12", WEST)
    publish(register, "2017-01-02", QUIET, edition="be")

    counts = {
        "en#2016": 2,
        "en#2016#security": 2,
        "en#2016#belarus-west": 2,
        "be#2017": 1,
        "be#2017#security": 1,
    }
    assert register.tally() == ArchiveTally(counts)
    assert register.tally().years("en") == [2016]
    assert register.tally().years("be", "security") == [2017]


def test_a_correction_that_drops_a_topic_takes_it_off_the_tally(register: Register) -> None:
    publish(register, ISSUE_ID, QUIET, LOUD, WEST)

    publish(register, ISSUE_ID, LOUD)

    assert register.tally() == ArchiveTally({"en#2016": 1, "en#2016#security": 1})


def test_a_withdrawal_takes_an_issue_off_the_tally_and_a_new_upload_brings_it_back(
    register: Register,
) -> None:
    publish(register, ISSUE_ID, QUIET)
    follow(
        register, ISSUE_ID, editions={"en": a_published_edition(commentaries=(QUIET,), withdrawn_at=LATER)}
    )
    withdrawn = register.tally()

    publish(register, ISSUE_ID, QUIET)

    assert withdrawn == ArchiveTally({})
    assert register.tally() == ArchiveTally({"en#2016": 1, "en#2016#security": 1})


def test_an_edition_counts_once_its_pages_are_there(register: Register) -> None:
    follow(register, ISSUE_ID, editions={"en": a_published_edition(listed=False)})
    before = register.tally()

    follow(register, ISSUE_ID, editions={"en": a_published_edition()})

    assert before == ArchiveTally({})
    assert register.tally() == ArchiveTally({"en#2016": 1, "en#2016#security": 1})


def test_a_change_that_leaves_the_editions_alone_leaves_the_tally_alone(register: Register) -> None:
    publish(register, ISSUE_ID, QUIET)

    follow(register, ISSUE_ID, processed="s" * 64, processed_at=LATER)

    assert register.tally() == ArchiveTally({"en#2016": 1, "en#2016#security": 1})


def test_of_two_publications_from_one_version_one_wins_and_is_counted_once(register: Register) -> None:
    nothing = Record(ISSUE_ID)
    first = a_record(editions={"en": a_published_edition(commentaries=(QUIET,))})
    second = a_record(editions={"en": a_published_edition(commentaries=(WEST,)), "be": a_published_edition()})

    assert register.put(first, nothing)
    assert not register.put(second, nothing)
    assert not register.put(first, nothing)

    assert register.tally() == ArchiveTally({"en#2016": 1, "en#2016#security": 1})


ENTRIES = st.builds(
    lambda digests, withdrawn, listed: a_published_edition(
        commentaries=tuple(digests), withdrawn_at=LATER if withdrawn else None, listed=listed
    ),
    st.lists(st.sampled_from([QUIET, LOUD, WEST]), max_size=3),
    st.booleans(),
    st.booleans(),
)
EDITIONS = st.dictionaries(st.sampled_from(["en", "be"]), ENTRIES)
WRITES = st.lists(
    st.tuples(st.sampled_from(["2016-12-05", "2017-01-02"]), EDITIONS, st.integers(0, 3)), max_size=8
)


@settings(max_examples=tries(10, proof=250), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITES)
def test_the_tally_is_always_what_the_records_add_up_to(
    register: Register, writes: list[tuple[str, dict[str, PublishedEdition], int]]
) -> None:
    """Each writer works from what it read so many writes ago; those that were overtaken lose."""
    empty(register)
    seen: dict[str, list[Record]] = {"2016-12-05": [], "2017-01-02": []}
    for issue, editions, late in writes:
        history = [Record(issue), *seen[issue]]
        before = history[max(0, len(history) - 1 - late)]
        after = replace(before, version=before.version + 1, editions=editions)

        won = register.put(after, before)

        assert won == (before == history[-1])
        seen[issue] += [after] if won else []
    records = [known[-1] for known in seen.values() if known]
    expected: Counter[str] = sum((record.tally() for record in records), Counter())
    assert register.tally() == ArchiveTally(dict(expected))
    assert register.after("", 9) == records


def empty(register: Register) -> None:
    """Empty the register, which an earlier example may have filled."""
    if isinstance(register, FakeRegister):
        register.records.clear()
    elif isinstance(register, DynamoDBRegister):
        for item in register.table.scan()["Items"]:
            register.table.delete_item(Key={key: item[key] for key in ("collection", "issue")})

"""Records as plain maps, and the history file."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.archive.history import (
    HistoryFileError,
    dump_history,
    load_history,
    record_from,
    record_map,
)
from broadsheet.archive.register import CommentarySummary, PublishedEdition, Record
from tests.builders import ISSUE_ID, a_published_edition, a_record, a_shown_picture

LATER = datetime(2016, 12, 14, 9, 30, tzinfo=UTC)
FULL = a_record(
    processed="d" * 64,
    processed_at=LATER,
    reported={"en": "0123456789abcdef0123"},
    editions={
        "en": a_published_edition(
            send_at=LATER,
            pictures={"images/мост.jpg": a_shown_picture()},
            corrected_at=LATER,
            withdrawn_at=LATER,
            gone=("security-2",),
            listed=False,
        ),
        "be": a_published_edition(
            commentaries=(CommentarySummary("security-1", "security", "Ціха: “пакуль”", None, ""),)
        ),
    },
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=9, minutes=30))])
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001  # see zones
ENTRIES = st.builds(
    PublishedEdition,
    revision=st.text(),
    title=st.text(),
    summary=st.text(),
    first_day=st.dates(),
    last_day=st.dates(),
    send_at=st.none() | TIMES,
    commentaries=st.lists(
        st.builds(
            CommentarySummary, st.text(), st.text(), st.text(), st.none() | st.text(min_size=1), st.text()
        )
    ).map(tuple),
    pictures=st.dictionaries(st.text(), st.builds(a_shown_picture, st.just("images/a.png"))),
    first_published_at=TIMES,
    changed_at=TIMES,
    corrected_at=st.none() | TIMES,
    withdrawn_at=st.none() | TIMES,
    gone=st.lists(st.text()).map(tuple),
    listed=st.booleans(),
)
RECORDS = st.builds(
    Record,
    issue=st.dates().map(str),
    version=st.integers(0),
    processed=st.text(),
    processed_at=st.none() | TIMES,
    reported=st.dictionaries(st.text(), st.text()),
    editions=st.dictionaries(st.text(), ENTRIES, max_size=2),
)


def stored(**changes: Any) -> dict[str, Any]:
    return {**record_map(FULL), **changes}


def stored_entry(**changes: Any) -> dict[str, Any]:
    return stored(editions={"en": {**record_map(FULL)["editions"]["en"], **changes}})


def file_of(*issues: object) -> str:
    return json.dumps({"issues": issues})


@given(RECORDS)
def test_a_record_survives_the_file(record: Record) -> None:
    assert load_history(dump_history([record])) == [record]


def test_numbers_may_come_back_as_decimals() -> None:
    decimal = json.loads(json.dumps(stored()), parse_int=Decimal)

    assert record_from(decimal) == FULL
    assert type(record_from(decimal).version) is int


def test_a_field_missing_in_an_older_record_is_read_as_its_value_of_then() -> None:
    older = record_map(a_record())
    for name in ("settled", "settled_at", "reported"):
        del older[name]
    for name in ("pictures", "changed_at", "corrected_at", "withdrawn_at", "gone", "listed", "send_at"):
        del older["editions"]["en"][name]

    assert record_from(older) == a_record()


def test_unknown_fields_of_a_newer_record_are_left_alone() -> None:
    assert record_from(stored(collection="issue", press="of an older shape", of_a_newer_shape=["?"])) == FULL


def test_the_same_records_give_the_same_bytes_in_whatever_order() -> None:
    first, second = a_record("2016-12-05"), a_record("2016-12-12", editions=dict(FULL.editions))
    turned = a_record("2016-12-12", editions=dict(reversed(FULL.editions.items())))

    assert dump_history([second, first]) == dump_history([first, turned])
    assert load_history(dump_history([second, first])) == [first, second]


def test_a_file_is_for_people_to_read_too() -> None:
    text = dump_history([FULL])

    assert text.startswith('{\n "issues": [\n')
    assert "Ціха: “пакуль”" in text
    assert text.endswith("}\n")


def test_an_empty_register_is_exported_as_a_file_too() -> None:
    assert load_history(dump_history([])) == []


def test_an_issue_in_a_badly_named_folder_is_kept_as_long_as_nothing_of_it_is_public() -> None:
    record = Record("december", version=1, processed="s" * 64)

    assert load_history(dump_history([record])) == [record]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON: Expecting value: line 1 column 1"),
        ('{"issues": [', "not JSON: Expecting value: line 1 column 13"),
        ("[]", "no list “issues”"),
        ("{}", "no list “issues”"),
        ('{"issues": {}}', "no list “issues”"),
        (file_of("2016-12-05"), "issue number 1 is not a map"),
        (file_of({}), "issue number 1: /issue is missing"),
        (file_of(stored(), stored()), "2016-12-05 is there twice"),
        (file_of(stored(issue="december")), "issue number 1: “december” does not begin with a day"),
        (file_of(stored(issue="")), "issue number 1: /issue can't be ''"),
        (file_of(stored(issue=5)), "issue number 1: /issue can't be 5"),
        (file_of(stored(version="1")), "issue number 1: 2016-12-05/version can't be '1'"),
        (file_of(stored(version=1.5)), "issue number 1: 2016-12-05/version can't be 1.5"),
        (file_of(stored(version=True)), "issue number 1: 2016-12-05/version can't be True"),
        (file_of(stored(version=None)), "issue number 1: 2016-12-05/version is missing"),
        (file_of(stored(reported={"en": 1})), "issue number 1: 2016-12-05/reported/en can't be 1"),
        (file_of(stored(editions=["en"])), "issue number 1: 2016-12-05/editions can't be ['en']"),
        (file_of(stored(editions={"en": 1})), "issue number 1: 2016-12-05/editions/en can't be 1"),
        (file_of(stored_entry(title=None)), "issue number 1: 2016-12-05/editions/en/title is missing"),
        (
            file_of(stored_entry(first_published_at=None)),
            "issue number 1: 2016-12-05/editions/en/first_published_at is missing",
        ),
        (file_of(stored_entry(listed="no")), "issue number 1: 2016-12-05/editions/en/listed can't be 'no'"),
        (file_of(stored_entry(gone=[1])), "issue number 1: 2016-12-05/editions/en/gone can't be [1]"),
        (
            file_of(stored_entry(first_day="5.12.2016")),
            "issue number 1: 2016-12-05/editions/en/first_day can't be '5.12.2016'",
        ),
        (
            file_of(stored_entry(changed_at="yesterday")),
            "issue number 1: 2016-12-05/editions/en/changed_at can't be 'yesterday'",
        ),
        (
            file_of(stored_entry(changed_at="2016-12-12T08:00:00")),
            "issue number 1: 2016-12-05/editions/en/changed_at can't be '2016-12-12T08:00:00'",
        ),
        (
            file_of(stored_entry(changed_at="0001-01-01T00:00:00+14:00")),
            "issue number 1: 2016-12-05/editions/en/changed_at can't be '0001-01-01T00:00:00+14:00'",
        ),
        (
            file_of(stored_entry(commentaries=[{"name": "security-1"}])),
            "issue number 1: 2016-12-05/editions/en/commentaries/1/topic is missing",
        ),
        (
            file_of(stored_entry(commentaries=["security-1"])),
            "issue number 1: 2016-12-05/editions/en/commentaries can't be ['security-1']",
        ),
        (
            file_of(stored_entry(pictures={"images/a.png": {"sizes": [{"path": "a.png"}]}})),
            "issue number 1: 2016-12-05/editions/en/pictures/images/a.png/sizes/1/width is missing",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_named(text: str, message: str) -> None:
    with pytest.raises(HistoryFileError) as raised:
        load_history(text)

    assert str(raised.value).startswith(message)


@given(st.text() | st.recursive(st.text() | st.integers() | st.none(), st.lists).map(json.dumps))
def test_any_content_of_a_file_raises_only_its_own_error(text: str) -> None:
    with suppress(HistoryFileError):
        load_history(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.floats(), lambda inner: st.lists(inner, max_size=2)
    )
)
def test_any_content_of_a_field_raises_only_the_files_own_error(value: Any) -> None:
    for changed in (
        *(stored(**{name: value}) for name in record_map(FULL)),
        *(stored_entry(**{name: value}) for name in record_map(FULL)["editions"]["en"]),
    ):
        with suppress(HistoryFileError):
            load_history(file_of(changed))


def test_a_record_is_json_all_through() -> None:
    assert json.loads(json.dumps(record_map(FULL))) == record_map(FULL)
    assert record_map(FULL)["issue"] == ISSUE_ID

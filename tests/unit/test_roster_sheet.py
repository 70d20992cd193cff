"""A table of people from elsewhere is read whatever it is written in, and a hostile one harms nobody."""

import io
import tracemalloc
from collections.abc import Callable
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.roster.columns import Meaning, chosen, detect
from broadsheet.subscribers.roster.sheet import BadRow, Fault, Row, Sheet, SheetError, read_head
from tests.builders import ROOT

DATA = ROOT / "tests" / "data"
TEXT = "Email,Имя\nana@example.org,Ана\nbo@example.org,Бо\n"


def opened(content: bytes | str) -> Callable[[], BinaryIO]:
    text = content.encode() if isinstance(content, str) else content
    return lambda: io.BytesIO(text)


def sheet(content: bytes | str) -> Sheet:
    return read_head(opened(content))


def rows(content: bytes | str) -> list[Row | BadRow]:
    return list(sheet(content).rows())


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32-le", b"\xff\xfe\x00\x00"),
        ("cp1251", b""),
    ],
)
def test_an_encoding_is_told_by_its_mark_or_by_what_fits(encoding: str, mark: bytes) -> None:
    found = sheet(mark + TEXT.encode(encoding))

    assert found.headings == ("Email", "Имя")
    assert list(found.rows()) == [Row(2, ["ana@example.org", "Ана"]), Row(3, ["bo@example.org", "Бо"])]


def test_one_broken_letter_does_not_make_utf_8_something_else() -> None:
    found = sheet(TEXT.encode() + b"cy@example.org,\xff\n")

    assert (found.encoding, found.headings) == ("utf-8", ("Email", "Имя"))


def test_an_encoding_can_be_said_and_an_unknown_one_is_refused() -> None:
    koi = TEXT.encode("koi8-r")

    assert read_head(opened(koi), "KOI8-R").headings == ("Email", "Имя")
    with pytest.raises(SheetError, match="no encoding 'klingon'"):
        read_head(opened(koi), "klingon")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_cuts_the_head(delimiter: str) -> None:
    head = delimiter.join(("Email", '"Name; first, and | last"', "Status"))
    found = sheet(f"{head}\n{delimiter.join(('ana@example.org', 'Ana', 'ok'))}\n")

    assert (found.delimiter, len(found.headings)) == (delimiter, 3)
    assert list(found.rows()) == [Row(2, ["ana@example.org", "Ana", "ok"])]


def test_excel_s_line_about_the_delimiter_is_understood() -> None:
    found = sheet("sep=;\r\nemail;a,b\r\nana@example.org;1\r\n")

    assert (found.delimiter, found.headings) == (";", ("email", "a,b"))
    assert list(found.rows()) == [Row(3, ["ana@example.org", "1"])]


def test_a_table_without_headings_has_numbers_for_them() -> None:
    found = sheet("ana@example.org;1\nbo@example.org;2")

    assert found.headings == ("1", "2")
    assert [row.line for row in found.rows()] == [1, 2]


def test_one_row_without_a_line_break_is_a_row() -> None:
    assert rows("email\nana@example.org") == [Row(2, ["ana@example.org"])]
    assert rows("ana@example.org") == [Row(1, ["ana@example.org"])]


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;\n"])
def test_an_empty_file_is_said_to_be_one(content: bytes) -> None:
    with pytest.raises(SheetError, match="empty"):
        sheet(content)


def test_a_first_line_that_is_none_is_no_head() -> None:
    with pytest.raises(SheetError, match="no table"):
        sheet(b"x" * 100_000)
    with pytest.raises(SheetError, match="quotation mark that is not closed"):
        sheet('"email\nana@example.org\n')


def test_empty_lines_are_no_rows_and_lines_are_counted_as_an_editor_shows_them() -> None:
    assert [row.line for row in rows("email\r\n\r\na@example.org\r\rb@example.org\n\n")] == [3, 5]


def test_a_note_in_quotation_marks_may_go_over_lines() -> None:
    assert rows('email,note\na@x.test,"two\n""lines"", one note"\nb@x.test,5" wide\n') == [
        Row(2, ["a@x.test", 'two\n"lines", one note']),
        Row(4, ["b@x.test", '5" wide']),
    ]


def test_a_quotation_mark_that_stays_open_spoils_its_own_row_alone() -> None:
    many = "".join(f"r{n}@x.test,\n" for n in range(200))
    found = rows(f'email,note\na@x.test,"open\n{many}')

    assert found[0] == BadRow(2, Fault.UNCLOSED)
    assert [row.line for row in found[1:]] == list(range(3, 203))
    assert all(isinstance(row, Row) for row in found[1:])


def test_quotation_marks_in_wrong_places_spoil_their_own_row_alone() -> None:
    assert rows('email,note\n"a"b@x.test,1\nb@x.test,2\n"c@x.test,3\n"d@x.test",4\n') == [
        BadRow(2, Fault.MALFORMED),
        Row(3, ["b@x.test", "2"]),
        BadRow(4, Fault.UNCLOSED),
        Row(5, ["d@x.test", "4"]),
    ]


def test_a_zero_spoils_its_own_row_alone() -> None:
    found = rows(b"email,note\na\x00@x.test,1\nb@x.test,\x00\nc@x.test,3\n")

    assert [row.line for row in found] == [2, 3, 4]


def test_a_line_of_ten_megabytes_is_passed_over_in_pieces() -> None:
    content = b"email,note\na@x.test,1\n" + b"x" * 10_000_000 + b"\nb@x.test,2\n"
    found = sheet(content)
    tracemalloc.start()
    read = list(found.rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == [Row(2, ["a@x.test", "1"]), BadRow(3, Fault.TOO_LONG), Row(4, ["b@x.test", "2"])]
    assert peak < 2_000_000


def test_lines_that_are_all_open_are_read_in_a_time_that_grows_with_their_number() -> None:
    found = rows("email,note\n" + 'a@x.test,"open\n' * 20_001)

    assert len(found) == 20_001
    assert {type(row) for row in found} == {BadRow}


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_no_text_at_all_breaks_the_reader(content: str | bytes) -> None:
    whole = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    try:
        found = list(sheet(b"email\n" + whole).rows())
    except SheetError:
        return
    assert [row.line for row in found] == sorted({row.line for row in found})


# -- columns


def columns_of(file: str) -> dict[str, list[str]]:
    found = read_head(lambda: (DATA / file).open("rb"))
    columns = detect(found.headings, [row for row in found.rows() if isinstance(row, Row)])
    return {str(meaning): [found.headings[place] for place in places] for meaning, places in columns.items()}


def test_the_columns_of_a_big_service_s_export_are_known() -> None:
    assert columns_of("subscribed_members_export.csv") == {
        "address": ["Email Address"],
        "consent": ["CONFIRM_TIME"],
    }
    assert columns_of("unsubscribed_members_export.csv")["ended"] == ["UNSUB_TIME"]


def test_the_columns_of_an_open_source_manager_s_export_are_known() -> None:
    assert columns_of("subscribers.csv") == {
        "address": ["email"],
        "status": ["status"],
        "consent": ["created_at"],
    }


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        ("Имя,Эл. почта,Язык", "Ана,ana@example.org,ru"),
        ("Kontakt,Wer weiß", "Ana,ana@example.org"),
        ("email,real", "see right,ana@example.org"),
    ],
)
def test_addresses_are_found_by_heading_or_by_what_stands_there(headings: str, cells: str) -> None:
    found = sheet(f"{headings}\n{cells}\n")
    columns = detect(found.headings, [row for row in found.rows() if isinstance(row, Row)])

    assert cells.split(",")[columns[Meaning.ADDRESS][0]] == "ana@example.org"


def test_without_addresses_there_is_nothing_to_import() -> None:
    found = sheet("Name,Town\nAna,Exampleton\n")

    with pytest.raises(SheetError, match="No column of the file holds mail addresses"):
        detect(found.headings, [row for row in found.rows() if isinstance(row, Row)])


def test_an_operator_knows_better() -> None:
    headings = ("Mail", "Groups", "Since", "State")
    columns = detect(headings, [])

    wanted = chosen(columns, {"audience": "groups", "consent": "Since", "status": ""}, headings)

    assert wanted == {Meaning.ADDRESS: (0,), Meaning.AUDIENCE: (1,), Meaning.CONSENT: (2,)}
    with pytest.raises(SheetError, match="no column 'List'; it has Mail, Groups"):
        chosen(columns, {"audience": "List"}, headings)
    with pytest.raises(SheetError, match="can't mean 'colour'"):
        chosen(columns, {"colour": "Mail"}, headings)
    with pytest.raises(SheetError, match="mail addresses"):
        chosen(columns, {"address": ""}, headings)

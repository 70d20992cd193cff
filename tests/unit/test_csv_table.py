"""A table of addresses is read in any format and encoding, and a hostile one does no harm."""

import io
import tracemalloc
from collections.abc import Callable
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.mailing_list.csv_rows import InvalidRow, Row, RowProblem, TableError
from broadsheet.subscribers.mailing_list.csv_table import CSVTable, read_head
from tests.builders import ROOT

DATA = ROOT / "tests" / "data"
TEXT = "Email,Имя\nana@example.org,Ана\nbo@example.org,Бо\n"


def opened(content: bytes | str) -> Callable[[], BinaryIO]:
    text = content.encode() if isinstance(content, str) else content
    return lambda: io.BytesIO(text)


def table(content: bytes | str) -> CSVTable:
    return read_head(opened(content))


def rows(content: bytes | str) -> list[Row | InvalidRow]:
    return list(table(content).rows())


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
def test_an_encoding_is_recognised_by_its_byte_order_mark_or_by_what_fits(encoding: str, mark: bytes) -> None:
    found = table(mark + TEXT.encode(encoding))

    assert found.headings == ("Email", "Имя")
    assert list(found.rows()) == [Row(2, ["ana@example.org", "Ана"]), Row(3, ["bo@example.org", "Бо"])]


def test_one_broken_character_does_not_make_utf_8_another_encoding() -> None:
    found = table(TEXT.encode() + b"cy@example.org,\xff\n")

    assert (found.encoding, found.headings) == ("utf-8", ("Email", "Имя"))


def test_an_encoding_can_be_given_and_an_unknown_one_is_refused() -> None:
    koi = TEXT.encode("koi8-r")

    assert read_head(opened(koi), "KOI8-R").headings == ("Email", "Имя")
    with pytest.raises(TableError, match="no encoding 'klingon'"):
        read_head(opened(koi), "klingon")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_splits_the_headings(delimiter: str) -> None:
    head = delimiter.join(("Email", '"Name; first, and | last"', "Status"))
    found = table(f"{head}\n{delimiter.join(('ana@example.org', 'Ana', 'ok'))}\n")

    assert (found.delimiter, len(found.headings)) == (delimiter, 3)
    assert list(found.rows()) == [Row(2, ["ana@example.org", "Ana", "ok"])]


def test_excel_s_sep_line_is_understood() -> None:
    found = table("sep=;\r\nemail;a,b\r\nana@example.org;1\r\n")

    assert (found.delimiter, found.headings) == (";", ("email", "a,b"))
    assert list(found.rows()) == [Row(3, ["ana@example.org", "1"])]


def test_a_table_without_headings_has_numbers_for_them() -> None:
    found = table("ana@example.org;1\nbo@example.org;2")

    assert found.headings == ("1", "2")
    assert [row.line for row in found.rows()] == [1, 2]


def test_one_row_without_a_line_break_is_a_row() -> None:
    assert rows("email\nana@example.org") == [Row(2, ["ana@example.org"])]
    assert rows("ana@example.org") == [Row(1, ["ana@example.org"])]


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;\n"])
def test_an_empty_file_is_said_to_be_one(content: bytes) -> None:
    with pytest.raises(TableError, match="empty"):
        table(content)


def test_a_first_line_that_is_no_fence_begins_no_front_matter() -> None:
    with pytest.raises(TableError, match="not a table"):
        table(b"x" * 100_000)
    with pytest.raises(TableError, match="Quotation mark not closed"):
        table('"email\nana@example.org\n')


def test_empty_lines_are_no_rows_and_lines_are_counted_as_an_editor_shows_them() -> None:
    assert [row.line for row in rows("email\r\n\r\na@example.org\r\rb@example.org\n\n")] == [3, 5]


def test_a_hidden_note_in_quotation_marks_may_span_lines() -> None:
    assert rows('email,note\na@x.test,"two\n""lines"", one note"\nb@x.test,5" wide\n') == [
        Row(2, ["a@x.test", 'two\n"lines", one note']),
        Row(4, ["b@x.test", '5" wide']),
    ]


def test_a_quotation_mark_that_stays_open_spoils_its_own_row_alone() -> None:
    many = "".join(f"r{n}@x.test,\n" for n in range(200))
    found = rows(f'email,note\na@x.test,"open\n{many}')

    assert found[0] == InvalidRow(2, RowProblem.UNCLOSED)
    assert [row.line for row in found[1:]] == list(range(3, 203))
    assert all(isinstance(row, Row) for row in found[1:])


def test_quotation_marks_in_wrong_places_spoil_their_own_row_alone() -> None:
    assert rows('email,note\n"a"b@x.test,1\nb@x.test,2\n"c@x.test,3\n"d@x.test",4\n') == [
        InvalidRow(2, RowProblem.MALFORMED),
        Row(3, ["b@x.test", "2"]),
        InvalidRow(4, RowProblem.UNCLOSED),
        Row(5, ["d@x.test", "4"]),
    ]


def test_a_zero_spoils_its_own_row_alone() -> None:
    found = rows(b"email,note\na\x00@x.test,1\nb@x.test,\x00\nc@x.test,3\n")

    assert [row.line for row in found] == [2, 3, 4]


def test_a_line_of_ten_megabytes_is_skipped_in_pieces() -> None:
    content = b"email,note\na@x.test,1\n" + b"x" * 10_000_000 + b"\nb@x.test,2\n"
    found = table(content)
    tracemalloc.start()
    read = list(found.rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == [Row(2, ["a@x.test", "1"]), InvalidRow(3, RowProblem.TOO_LONG), Row(4, ["b@x.test", "2"])]
    assert peak < 2_000_000


def test_a_text_of_unclosed_lines_is_read_in_linear_time() -> None:
    found = rows("email,note\n" + 'a@x.test,"open\n' * 20_001)

    assert len(found) == 20_001
    assert {type(row) for row in found} == {InvalidRow}


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_no_text_at_all_breaks_the_reader(content: str | bytes) -> None:
    whole = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    try:
        found = list(table(b"email\n" + whole).rows())
    except TableError:
        return
    assert [row.line for row in found] == sorted({row.line for row in found})


# -- the delimiter, judged by the rows; headings below titles


@pytest.mark.parametrize(
    ("content", "delimiter", "headings"),
    [
        (
            "E-mail;Last name, first name;City, country\na@example.org;Doe, Jane;Minsk, BY\n",
            ";",
            ("E-mail", "Last name, first name", "City, country"),
        ),
        ("E-mail\tName, place, time\na@x.test\tDoe, Jane, 5\n", "\t", ("E-mail", "Name, place, time")),
        ('Name;E-mail\n"Doe; Jane";a@x.test\nRoe, R, M;b@x.test\n', ";", ("Name", "E-mail")),
        ("Name|Mail|a;b;c;d\nJane|a@x.test|1;2;3;4\n", "|", ("Name", "Mail", "a;b;c;d")),
        ("E-mail,Tags\na@x.test,a;b;c\nb@x.test,d;e;f\n", ",", ("E-mail", "Tags")),
        ("E-mail;Since\nJane Doe <a@x.test>;5,1,2\n", ";", ("E-mail", "Since")),
        ("a@x.test;Doe, Jane, M\nb@x.test;Roe, Rich, M\n", ";", ("1", "2")),
        ("email\na@x.test\nb@x.test\n", ",", ("email",)),
    ],
)
def test_the_delimiter_is_recognised_by_the_rows(
    content: str, delimiter: str, headings: tuple[str, ...]
) -> None:
    found = table(content)

    assert (found.delimiter, found.headings) == (delimiter, headings)
    assert {len(row.cells) for row in found.rows() if isinstance(row, Row)} == {len(headings)}


@pytest.mark.parametrize(
    ("named", "sign"),
    [
        (";", ";"),
        ("tab", "\t"),
        ("\\t", "\t"),
        ("Semicolon", ";"),
        ("comma", ","),
        ("pipe", "|"),
        ("^", "^"),
        (":", ":"),
    ],
)
def test_the_delimiter_can_be_given(named: str, sign: str) -> None:
    found = read_head(opened(f"email{sign}a/b\nana@x.test{sign}1\n"), delimiter=named)

    assert (found.delimiter, found.headings) == (sign, ("email", "a/b"))


@pytest.mark.parametrize("named", ["x", "@", '"', ";;", "5", "\n"])
def test_an_invalid_delimiter_is_refused(named: str) -> None:
    with pytest.raises(TableError, match="is not a delimiter; give one character, or tab"):
        read_head(opened(TEXT), delimiter=named)


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=^", "sep=\t", "sep=\\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_excel_s_sep_line_is_understood_in_its_encodings(line: str, encoding: str) -> None:
    sign = line.strip('"')[4:].replace("\\t", "\t")
    found = table(f"{line}\r\nE-mail{sign}Имя\r\nana@x.test{sign}Ана\r\n".encode(encoding))

    assert (found.delimiter, found.headings) == (sign, ("E-mail", "Имя"))
    assert list(found.rows()) == [Row(3, ["ana@x.test", "Ана"])]


@pytest.mark.parametrize(
    "above",
    [
        "Our readers\n",
        "Our readers;;\nas of 5 December;;\n;;\n",
        "\n\nOur readers\n\n",
        "Exported for editor@example.org by the old program\n",
        "Contact;editor@example.org;\n",
    ],
)
def test_headings_are_found_below_title_rows(above: str) -> None:
    found = table(f"{above}Name;E-mail;Status\nJane;a@x.test;active\nRich;b@x.test;active\n")

    assert found.headings == ("Name", "E-mail", "Status")
    assert [row.cells[1] for row in found.rows() if isinstance(row, Row)] == ["a@x.test", "b@x.test"]
    assert found.titles != ()


def test_unknown_headings_are_the_fullest_row_above_the_addresses() -> None:
    found = table("Unsere Leser;;\nWer;Wohin;Seit\nkeine;?;\nJane;a@x.test;2016\n")

    assert (found.headings, found.first_line) == (("Wer", "Wohin", "Seit"), 3)


def test_a_table_without_titles_has_none() -> None:
    assert table(TEXT).titles == ()
    assert table("ana@x.test;1\n").titles == ()


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook"),
        (b"\x1f\x8b\x08", "an archive"),
        (b"age-encryption.org/v1\n", "encrypted with age"),
    ],
)
def test_a_file_that_is_no_text_is_reported_as_such(start: bytes, kind: str) -> None:
    with pytest.raises(TableError, match=f"{kind}.*save its table as CSV"):
        table(start + TEXT.encode())

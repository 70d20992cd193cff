"""Files that match no known format: no reader who unsubscribed is imported without a question."""

import io
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.mailing_list.columns import ColumnMapping, map_columns
from broadsheet.subscribers.mailing_list.csv_rows import RowProblem, TableError
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.dates import day_in, is_day, is_never
from broadsheet.subscribers.mailing_list.meaning import Meaning
from tests.fakes.importing import ImportRun


def mapping(content: bytes | str) -> ColumnMapping:
    text = content.encode() if isinstance(content, str) else content
    return map_columns(read_head(lambda: io.BytesIO(text)))


def unclear(content: bytes | str) -> list[str]:
    found = mapping(content)
    return [found.columns[place].heading for place in found.unclear]


def taken_in(content: bytes | str) -> list[str]:
    import_run = ImportRun()
    import_run.import_table(content)
    return [address.partition("@")[0] for address in import_run.addresses]


def table(heading: str, cells: Sequence[str]) -> str:
    rows = "".join(f"r{n}@example.org;{cell}\n" for n, cell in enumerate(cells))
    return f"email;{heading}\n{rows}"


# -- columns that say it in a way of their own


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        *(("Stand", ["dabei", "raus"]), ("Stand", ["da", "fort", "fort"]), ("Prim.", ["", "*", ""])),
        *(("Grund", ["", "zu viele Mails", ""]), ("Причина", ["", "надоело", ""])),
        *(("Bem.", ["", "will nicht", "", ""]), ("Until", ["", "2/1/2016", ""])),
        *(("По", ["", "3 марта 2016", ""]), ("bis", ["", "20160512", ""]), ("bis", ["", "1463011200", ""])),
        *(("weg am", ["", "12.05.16", ""]), ("Tags", ["press", "press, inactive", ""])),
        *(("Notes", ["", "deleted", ""]), ("Labels", ["a", "left", "b"]), ("format", ["html", "nomail"])),
        *(("Notes", ["", "wrote from ana@x.test: please unsubscribe", ""]), ("Title", ["Ms", "удалён"])),
        *(("Unsubscribed", ["Subscribed", "Unsubscribed"]), ("Disabled", ["Enabled", "Disabled"])),
        *(("frequency", ["weekly", "never", "daily"]), ("Как часто", ["раз в день", "никогда", "раз в год"])),
        *(("emailIsValid", ["yes", "no"]), ("role", ["member", "nonmember", "member"])),
    ],
)
def test_values_that_may_mean_unsubscribed_need_an_answer(heading: str, cells: list[str]) -> None:
    assert unclear(table(heading, cells)) == [heading]


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        *(("Open rate", ["50%", "50%", "0"]), ("num_emails_opened", ["1", "1", "0"])),
        *(("Emails received (6mo)", ["9", "9"]), ("UTM campaign", ["a", "a", ""])),
        *(("signup source", ["form", "form"]), ("SMS Marketing Consent", ["yes", "no"])),
        *(("do_not_call", ["yes", "no"]), ("Процент открытий", ["50", "50"]), ("Возраст", ["36", "36"])),
        *(("Home city", ["A", "A", ""]), ("Website URL", ["", "http://a.test", ""])),
        *(("Favourite", ["tea", "none", "milk"]), ("Table", ["seven", "n/a", "nine"])),
        *(("Notes", ["likes the new layout", "Ms Held", ""]), ("attributes", ["{}", "{}", "{}"])),
    ],
)
def test_a_column_that_says_nothing_about_a_status_needs_no_answer(heading: str, cells: list[str]) -> None:
    assert unclear(table(heading, cells)) == []


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        *(("Bounced Date", "2016-01-01"), ("removed_on", "1/2/2016"), ("Date unsubscribed", "May 3, 2016")),
        *(("Email Bounced Reason", "550"), ("UNSUB_CAMPAIGN_ID", "abc"), ("Stop Status", "undeliverable")),
        *(("Désabonné le", "01/02/2016"), ("Blacklisted (1/0)", "1"), ("Причина блокировки", "отписка")),
        *(("Email Suppressions", '["HARD_BOUNCE"]'), ("email_unsubscribed_list_ids", "7")),
    ],
)
def test_a_heading_of_those_who_left_is_known_in_its_usual_forms(heading: str, said: str) -> None:
    quoted = said.replace('"', '""')
    content = f'email;{heading}\nstays@example.org;\nleft@example.org;"{quoted}"\n'

    assert mapping(content).columns[1].meaning is Meaning.ENDED
    assert taken_in(content) == ["stays"]


@pytest.mark.parametrize(
    "zero", ["0001-01-01T00:00:00Z", "1970-01-01 00:00:00", "\\N", "{}", "[]", "0000-00-00"]
)
def test_empty_values_of_other_programs_do_not_mean_that_somebody_left(zero: str) -> None:
    content = f"email,deleted_at\nstays@example.org,{zero}\nleft@example.org,2016-01-01\n"

    assert taken_in(content) == ["stays"]


@pytest.mark.parametrize(
    ("column", "unsure"),
    [("notes,,asked to be unsubscribed", "notes"), ('attributes,{},{"active": false}', "attributes")],
)
def test_a_note_or_record_column_of_a_known_export_is_read_too(column: str, unsure: str) -> None:
    heading, *cells = column.split(",", 2)
    quoted = cells[1].replace('"', '""')
    content = (
        f"uuid,email,attributes,status,created_at,{heading}\n"
        if heading == "notes"
        else "uuid,email,status,created_at,attributes\n"
    )
    blank = ",{}" if heading == "notes" else ""
    content += f"1,a@example.org{blank},enabled,2015-01-01,{cells[0]}\n"
    content += f'2,b@example.org{blank},enabled,2015-01-01,"{quoted}"\n'

    found = mapping(content)

    assert found.format is not None
    assert [found.columns[place].heading for place in found.unclear] == [unsure]


def test_which_of_several_columns_of_addresses_is_meant_is_asked() -> None:
    content = "Old email,New email\na@example.org,b@example.org\n"

    assert unclear(content) == ["New email"]
    assert unclear("Readers,Gone\na@example.org,b@example.org\n") == ["Gone"]
    assert unclear("E-mail,Second one\na@example.org,b@example.org\n") == []


# -- rows that are no people


@pytest.mark.parametrize(
    "line",
    ["Unsubscribed;2", "Отписавшиеся (2);", "Ehemalige;", "Бывшие;3", "Былыя чытачы;", "Ушли;"],
)
def test_a_line_about_the_addresses_below_it_stops_and_one_with_none_below_does_not(line: str) -> None:
    people = "Name;Mail\nA;a@example.org\n"

    assert "Line 3" in mapping(f"{people}{line}\nB;b@example.org\n").notes[0]
    assert mapping(f"{people}{line}\n").notes == ()


@pytest.mark.parametrize("line", ["OLD,", "Archive,", "Part 2,", "Сышлі,", "--- from here on ---,"])
def test_words_in_the_address_column_need_an_answer_whatever_they_say(line: str) -> None:
    assert "Line 3" in mapping(f"email,name\na@example.org,A\n{line}\nb@example.org,B\n").notes[0]


@pytest.mark.parametrize("line", ["bexample.org,", "Ann,", ",Ann", "-,", "2,"])
def test_a_person_without_an_address_is_no_such_line(line: str) -> None:
    name_first = "," in line and line.startswith("Ann")
    head = "name,email\nA,a@example.org\n" if name_first else "email,name\na@example.org,A\n"
    last = "B,b@example.org" if name_first else "b@example.org,B"
    assert mapping(f"{head}{line}\n{last}\n").notes == ()


@pytest.mark.parametrize(
    "title", ["Ehemalige Leser", "Бывшие подписчики", "Former members", "exported unsubs"]
)
def test_a_title_of_people_who_were_readers_stops(title: str) -> None:
    assert mapping(f"{title}\n\nemail,name\na@example.org,Ana\n").notes != ()


@pytest.mark.parametrize("sign", ["#", "-", "!", "*", "~~", "//", "^", "?"])
def test_an_address_that_somebody_commented_out_is_a_finding(sign: str) -> None:
    import_run = ImportRun()
    counts = import_run.import_table(f"email\n{sign}left@example.org\nstays@example.org\n")

    assert import_run.addresses == ["stays@example.org"]
    assert counts.lines == {RowProblem.ADDRESS: [2]}


@pytest.mark.parametrize("local", ["unsubscribed-ana", "deleted_7_ana", "ana+optout", "BOUNCED.ana"])
def test_an_address_that_says_that_it_is_invalid_is_a_finding(local: str) -> None:
    import_run = ImportRun()
    counts = import_run.import_table(f"email\n{local}@example.org\nstays@example.org\n")

    assert import_run.addresses == ["stays@example.org"]
    assert counts.lines == {RowProblem.STATUS: [2]}


@pytest.mark.parametrize(
    ("stays", "left"),
    [("ana@example.org", "ana+news@example.org"), ("a.na@gmail.com", "ana@googlemail.com")],
)
def test_another_spelling_of_a_mailbox_that_left_is_a_finding(stays: str, left: str) -> None:
    import_run = ImportRun()
    counts = import_run.import_table(
        f"email,status\n{stays},active\n{left},unsubscribed\nbo@example.org,active\n"
    )

    assert import_run.addresses == ["bo@example.org"]
    assert counts.lines == {RowProblem.SPELLING: [2]}


@pytest.mark.parametrize(
    "other",
    [
        "Email Address,UNSUB_TIME\nLEFT@Example.org,2016-01-01\n",
        *(
            "left@example.org\n",
            "name;state\nAna <left@example.org>;cleaned\n",
            "note\n- left@example.org (May)\n",
        ),
    ],
)
def test_an_address_in_another_file_of_unsubscribed_readers_is_not_imported(other: str) -> None:
    import_run = ImportRun()
    import_run.import_table("email\nleft@example.org\nstays@example.org\n", others=[other])

    assert import_run.addresses == ["stays@example.org"]


def test_a_row_of_those_who_left_that_can_not_be_read_stops() -> None:
    with pytest.raises(TableError, match="Line 2 of the file of those to leave out"):
        ImportRun().import_table("email\nana@example.org\n", others=['email\n"left@example.org\n'])


# -- days and spellings


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(("Monday 12 January 2015", date(2015, 1, 12)), ("3 марта 2016 г.", date(2016, 3, 3))),
        *(("12 студзеня 2016", date(2016, 1, 12)), ("1er juin 2016", date(2016, 6, 1))),
        *(("12. Mai 2015", date(2015, 5, 12)), ("3rd March 2015", date(2015, 3, 3))),
        *(("20150112", date(2015, 1, 12)), ("1463011200", date(2016, 5, 12)), ("12.1.15", date(2015, 1, 12))),
        *(("1463011200123", date(2016, 5, 12)), ("192.0.2.10", None), ("20151234", None)),
        *(("10.1.20.15", None), ("5 Foober 2016", None), ("1/2/2016", None)),
    ],
)
def test_days_are_read_in_the_words_of_several_languages(text: str, day: date | None) -> None:
    assert day_in(text) == day


def test_a_day_that_means_two_is_a_day_and_is_read_where_its_column_shows_the_order() -> None:
    assert is_day("5/3/12 10:40")
    assert is_day("25/12/2016")
    assert not is_day("99/99/2016")
    assert is_never("1970-01-01")
    american = "email,created_at\na@example.org,5/3/12 10:40\nb@example.org,5/23/12 10:40\n"
    european = "email,created_at\na@example.org,05-03-2012\nb@example.org,23-05-2012\n"
    mixed = american + "c@example.org,23/5/12\n"

    for content, first in ((american, date(2012, 5, 3)), (european, date(2012, 3, 5))):
        import_run = ImportRun()
        import_run.import_table(content)
        days = sorted(one.consent.confirmed_on for one in import_run.people if one.consent)
        assert days == [first, date(2012, 5, 23)]
    import_run = ImportRun()
    assert import_run.import_table(mixed).lines == {RowProblem.DATE: [2, 3, 4]}


RUSSIAN = "Почта;Статус\nleft@example.org;отписан\nstays@example.org;подписан\n"
BELARUSIAN = "Пошта;Стан\nleft@example.org;адпісаны\nstays@example.org;падпісаны\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        *((RUSSIAN, name) for name in ("cp1251", "koi8-r", "cp866", "utf-16", "utf-8-sig")),
        *((RUSSIAN.upper(), name) for name in ("cp1251", "koi8-r", "cp866")),
        *((BELARUSIAN, name) for name in ("cp1251", "koi8-u", "utf-16-le")),
    ],
)
def test_cyrillic_states_are_read_in_the_encodings_that_programs_write(content: str, encoding: str) -> None:
    written = content.encode(encoding)

    assert unclear(written) == []
    assert [name.lower() for name in taken_in(written)] == ["stays"]


@pytest.mark.parametrize(
    ("heading", "encoding"), [("Désabonné", "cp1252"), ("Gelöscht", "cp1252"), ("Wypisał się", "cp1250")]
)
def test_eight_bit_latin_text_is_not_taken_for_cyrillic(heading: str, encoding: str) -> None:
    found = read_head(lambda: io.BytesIO(table(heading, ["", "x"]).encode(encoding)))

    assert (found.encoding, found.headings) == (encoding, ("email", heading))


@pytest.mark.parametrize(
    "content",
    [
        "<html><table><tr><td>a@example.org</td></tr></table></html>",
        *('[{"email": "a@example.org", "status": "unsubscribed"}]', '\ufeff{"a": "a@example.org"}'),
        *("BEGIN:VCARD\nEMAIL:a@example.org\nEND:VCARD\n", "<?xml version='1.0'?><a>a@example.org</a>"),
    ],
)
def test_a_file_that_only_looks_like_a_table_is_refused_by_its_type(content: str) -> None:
    with pytest.raises(TableError, match="save its table as CSV"):
        mapping(content)


# -- any row order, case and invisible characters

HEADINGS = st.sampled_from(["Unsubscribed", "opted_out", "Blacklisted", "Отписан", "Abgemeldet", "Удалён"])
STATES = st.sampled_from(["unsubscribed", "Bounced", "отписан", "abgemeldet", "адпісаны", "complained"])
UNSEEN = st.text(st.sampled_from("\u200b\ufeff\xad\u2060 "), max_size=2)


@st.composite
def disguised(draw: st.DrawFn, words: st.SearchStrategy[str]) -> str:
    """A word as programs and people write it: in another case, with invisible characters in it."""
    word = draw(words)
    word = draw(st.sampled_from([word, word.upper(), word.lower(), word.title()]))
    place = draw(st.integers(0, len(word)))
    return draw(UNSEEN) + word[:place] + draw(UNSEEN).replace(" ", "") + word[place:] + draw(UNSEEN)


@given(
    disguised(HEADINGS),
    disguised(STATES),
    disguised(st.sampled_from(["yes", "1", "TRUE", "x", "да", "2016-01-01"])),
    st.permutations(range(4)),
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
)
def test_no_row_order_case_or_invisible_character_imports_somebody_who_left(
    flag: str,
    state: str,
    yes: str,
    order: list[int],
    sign: str,
    by_state: bool,  # noqa: FBT001  # drawn
) -> None:
    rows = [
        ["email", flag, "status", "name"],
        ["left@example.org", "" if by_state else yes, state if by_state else "active", "Ana"],
        ["stays@example.org", "", "active", "Bo"],
    ]
    content = "\n".join(sign.join(row[place] for place in order) for row in rows)

    if not unclear(content):
        assert taken_in(content) == ["stays"]
    assert "left" not in taken_in(content) or unclear(content)

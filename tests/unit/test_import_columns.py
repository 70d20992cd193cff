"""Every column is understood as something; one that may say who left stops an import until it is named."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.mailing_list.columns import ColumnMapping, map_columns, parse_column_options
from broadsheet.subscribers.mailing_list.csv_rows import RowProblem, TableError
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.meaning import Meaning
from broadsheet.subscribers.mailing_list.ports import ImportStatus
from tests.builders import ROOT
from tests.fakes.importing import ImportRun

DATA = ROOT / "tests" / "data"


def mapping(content: str, **given: Meaning) -> ColumnMapping:
    table = read_head(lambda: io.BytesIO(content.encode()))
    return map_columns(table, {table.headings.index(name): meaning for name, meaning in given.items()})


def meanings(found: ColumnMapping) -> dict[str, Meaning | None]:
    return {column.heading: column.meaning for column in found.columns}


def taken_in(content: str) -> list[str]:
    import_run = ImportRun()
    import_run.import_table(content)
    return [address.partition("@")[0] for address in import_run.addresses]


def test_the_columns_of_a_big_service_s_export_are_known() -> None:
    found = map_columns(read_head(lambda: (DATA / "subscribed_members_export.csv").open("rb")))
    of_days = [found.columns[place].heading for place in found.positions[Meaning.CONSENT]]

    assert of_days == ["CONFIRM_TIME", "OPTIN_TIME"]
    assert found.unclear == ()


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        ("Имя,Эл. почта,Язык", "Ана,ana@example.org,ru"),
        ("Kontakt,Wer weiß", "Ana,ana@example.org"),
        ("email,real", "see right,ana@example.org"),
        ("Name,E-Mail-Adresse", "Ana,Ana <ana@example.org>"),
    ],
)
def test_address_columns_are_found_by_heading_or_by_their_cells(headings: str, cells: str) -> None:
    found = mapping(f"{headings}\n{cells}\n")

    assert "ana@example.org" in cells.split(",")[found.positions[Meaning.ADDRESS][0]]
    assert found.unclear == ()


def test_without_addresses_there_is_nothing_to_import() -> None:
    with pytest.raises(TableError, match="No column of the file holds email addresses"):
        mapping("Name,Town\nAna,Exampleton\n")


# -- readers who left are not imported, in any spelling


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "unsubscribed",
            "Unsubscribed at",
            "UNSUBSCRIBED_ON",
            "unsub time",
            "Opt-out",
            "opted_out",
            "Bounced",
        ),
        *(
            "blacklisted",
            "Blocklisted",
            "disabled",
            "Inactive",
            "unconfirmed",
            "Do not mail",
            "No newsletter",
        ),
        *("Email hard bounce reason", "deleted_at", "nomail", "marked as spam", "Suppressed"),
        *("abgemeldet", "Abgemeldet am", "gesperrt", "gelöscht", "Widerruf", "désabonné", "wypisany", "baja"),
        *("отписан", "Дата отписки", "Отказ", "заблокирован", "Чёрный список", "не рассылать", "удалён"),
        *("адпісаны", "Дата адпіскі", "Чорны спіс", "не дасылаць", "выдалены", "відписаний"),
    ],
)
@pytest.mark.parametrize(
    ("option", "unsaid"),
    [
        ("yes", "no"),
        ("1", "0"),
        ("TRUE", "FALSE"),
        ("2016-06-01 10:00:00", ""),
        ("x", "-"),
        ("да", "нет"),
        ("✅", ""),
    ],
)
def test_a_column_of_those_who_left_keeps_them_out(heading: str, option: str, unsaid: str) -> None:
    table = f"email,{heading}\nleft@example.org,{option}\nstays@example.org,{unsaid}\n"

    assert mapping(table).unclear == ()
    assert taken_in(table) == ["stays"]


@pytest.mark.parametrize(
    "heading",
    [
        *("subscribed", "Opt-in", "opted in", "Active", "Accepts Email Marketing", "subscribed_to_emails"),
        *("Newsletter", "Consent", "Marketing consent", "confirmed", "Verified", "email confirmed"),
        *("angemeldet", "Einwilligung", "bestätigt", "подписан", "Согласие", "подтверждён", "рассылка"),
        *("падпісаны", "Згода", "пацверджаны", "підписаний", "zgoda", "abonné"),
    ],
)
@pytest.mark.parametrize(
    ("yes", "no"), [("yes", "no"), ("1", "0"), ("true", "false"), ("ja", "nein"), ("так", "не")]
)
def test_a_column_of_those_who_agreed_keeps_the_others_out(heading: str, yes: str, no: str) -> None:
    table = f"email,{heading}\nleft@example.org,{no}\nstays@example.org,{yes}\nunsaid@example.org,\n"

    assert mapping(table).unclear == ()
    assert taken_in(table) == ["stays"]


@pytest.mark.parametrize(
    ("status", "stays"),
    [
        *(("subscribed", True), ("Active", True), ("Aktiv", True), ("подписан", True), ("падпісаны", True)),
        *(
            ("Unsubscribed", False),
            ("unsubscribed (admin)", False),
            ("Cleaned", False),
            ("Hard bounced", False),
        ),
        *(("Opted out", False), ("opt-out", False), ("abgemeldet", False), ("отписался сам", False)),
        *(
            ("адпісаны", False),
            ("pending", False),
            ("Marked as spam", False),
            ("dormant", False),
            ("", False),
        ),
    ],
)
def test_a_word_for_a_state_must_say_that_somebody_is_subscribed(status: str, stays: bool) -> None:  # noqa: FBT001  # a case
    table = f"email,status\nsomebody@example.org,{status}\nother@example.org,active\n"

    assert taken_in(table) == (["other", "somebody"] if stays else ["other"])


def test_every_column_that_speaks_must_say_so() -> None:
    table = (
        "email,status,email status,bounced\n"
        "stays@example.org,active,subscribed,0\n"
        "a@example.org,active,unsubscribed,0\n"
        "b@example.org,unsubscribed,subscribed,0\n"
        "c@example.org,active,subscribed,3\n"
    )

    assert taken_in(table) == ["stays"]


def test_an_address_without_a_day_of_confirmation_is_unconfirmed() -> None:
    rows = "stays@example.org,2015-01-01,2015-01-02\nleft@example.org,2015-01-01,\n"

    assert taken_in(f"email,created_at,confirmed_at\n{rows}") == ["stays"]


def test_an_address_without_a_day_of_consent_has_not_agreed() -> None:
    import_run = ImportRun()
    counts = import_run.import_table("email,Opt-in date\nstays@example.org,2015-01-01\nleft@example.org,\n")

    assert import_run.addresses == ["stays@example.org"]
    assert counts.lines == {RowProblem.DATE: [3]}


def test_an_address_with_an_unknown_state_in_one_row_is_not_imported_by_another() -> None:
    table = "email,status\nleft@example.org,dormant\nleft@example.org,active\nstays@example.org,active\n"

    assert taken_in(table) == ["stays"]


def test_an_address_on_no_list_where_others_have_one_is_a_finding() -> None:
    import_run = ImportRun()
    counts = import_run.import_table("email,lists\nstays@example.org,en\nleft@example.org,\n")

    assert import_run.addresses == ["stays@example.org"]
    assert counts.lines == {RowProblem.AUDIENCE: [3]}


def test_the_name_before_an_address_may_say_that_its_owner_left() -> None:
    assert taken_in("email\nUNSUBSCRIBED Ana <left@example.org>\nAna <stays@example.org>\n") == ["stays"]


def test_a_row_with_more_cells_than_headings_is_a_finding() -> None:
    import_run = ImportRun()
    counts = import_run.import_table(
        "email,name,unsubscribed\na@example.org,Doe, Jane,yes\nb@example.org,Roe,,\n"
    )

    assert import_run.addresses == ["b@example.org"]
    assert counts.lines == {RowProblem.CELLS: [2]}


# -- what is not understood stops


@pytest.mark.parametrize(
    "column",
    [
        *("Flag;yes;no;yes;no", "Taip ar ne;taip;ne;taip;ne", "Wunsch;x;;x;x", "G;1;0;1;0"),
        *("Subscription note;a;b;c;d", "Opt-in source;shop;fair;shop;fair", "GDPR;legal;legal;legal;none"),
        *("Odhlášen;12.05.2016;;;", "Since;2016-01-01;2016-01-02;2016-01-03;2016-01-04"),
        *("Group;A;B;A;B", "Status;1;2;1;2", "State;NY;CA;NY;CA", "Notes;;asked to unsubscribe;;"),
        *("Comment;;bitte nicht mehr, abgemeldet;;", "Заметки;;просил отписать;;", "Tags;a;opt-out;b;c"),
        *("订阅;是;否;x;y", "الحالة;a;b;c;d", "Stav;a;b;c;d", "Būsena;a;b;c;d", "Toestemming;a;b;c;d"),
        *("Zeichen;✅;❌;✅;❌", 'Attributes;{"subscribed": false};{};{};{}'),
        *("Subscribed;yes;no;yes;maybe", "confirmed;yes;no;perhaps;yes", "List;en;unsubscribed;en;en"),
        *("Unsubscribed;a@x.test;b@x.test;c@x.test;d@x.test", "Активность;да;нет;да;нет"),
    ],
)
def test_a_column_that_may_say_a_status_and_is_not_understood_is_unclear(column: str) -> None:
    heading, *cells = column.split(";")
    table = f"email;{heading}\n" + "".join(f"r{n}@example.org;{cell}\n" for n, cell in enumerate(cells))

    found = mapping(table)

    assert [found.columns[place].heading for place in found.unclear] == [heading]
    assert found.columns[found.unclear[0]].why


@pytest.mark.parametrize(
    "column",
    [
        *("Name;Ana;Ana;Bo;Bo", "City;Minsk;Minsk;Vilnius;Vilnius", "Ort;Bonn;Bonn;Bonn;Bonn", "VIP;1;0;1;0"),
        *("Birthday;1980-01-01;;;", "Favourite;tea;milk;water;wine", "Notes;likes tea;;;", "Город;Минск;;;"),
        *("Имя;Ана;Бо;Бо;Бо", "Updated at;2016-01-01;2016-01-01;;", "Odd;;;;", "htmlemail;1;0;1;1"),
        *("Second address;a@x.test;b@x.test;c@x.test;d@x.test", "Phone;1;2;3;4"),
    ],
)
def test_a_column_that_says_nothing_about_a_status_stops_nobody(column: str) -> None:
    heading, *cells = column.split(";")
    table = f"email;{heading}\n" + "".join(f"r{n}@example.org;{cell}\n" for n, cell in enumerate(cells))

    assert meanings(mapping(table)) == {"email": Meaning.ADDRESS, heading: Meaning.IGNORED}


def test_a_second_address_is_shown_as_ignored() -> None:
    found = mapping("email,other\na@example.org,b@example.org\n")

    assert (found.columns[1].meaning, found.columns[1].why) == (Meaning.IGNORED, "another address")


def test_addresses_side_by_side_without_headings_are_asked_about() -> None:
    assert mapping("a@x.test, b@x.test, c@x.test\n").unclear == (1, 2)


def test_a_word_in_the_last_of_many_rows_is_seen() -> None:
    rows = "".join(f"r{n}@example.org,tea number {n}\n" for n in range(2_000))

    assert mapping(f"email,drink\n{rows}").unclear == ()
    assert mapping(f"email,drink\n{rows}z@example.org,has unsubscribed\n").unclear == (1,)


@pytest.mark.parametrize(
    "title",
    ["Unsubscribed contacts", "Отписавшиеся на 5 декабря", "Abgemeldet", "Чёрный список", "Bounced", "Left"],
)
def test_a_title_that_says_that_these_people_left_stops(title: str) -> None:
    assert mapping(f"{title}\n\nemail,name\na@example.org,Ana\n").notes != ()
    assert mapping(f"{title} emails,name\na@example.org,Ana\n").notes != ()
    assert mapping("New readers, no others\n\nemail,name\na@example.org,Ana\n").notes == ()


@pytest.mark.parametrize(
    "line", ["Unsubscribed:", "Отписались", "name,email", "E-mail,UNSUB_TIME", ",Bounced"]
)
def test_a_line_between_rows_about_the_addresses_below_it_stops(line: str) -> None:
    table = f"email,name\na@example.org,Ana\n{line}\nb@example.org,Bo\n"

    (option,) = mapping(table).notes
    assert "Line 3" in option
    assert mapping("email,name\na@example.org,Ana\nemail,name\nb@example.org,Bo\n").notes == ()


# -- an operator says what a column means


def test_the_operator_s_meaning_of_a_column_is_used() -> None:
    table = "Mail,Groups,Flag\na@example.org,en,yes\nb@example.org,en,no\n"

    found = mapping(table, Groups=Meaning.AUDIENCE, Flag=Meaning.ENDED)

    assert found.positions == {Meaning.ADDRESS: (0,), Meaning.AUDIENCE: (1,), Meaning.ENDED: (2,)}
    assert found.unclear == ()
    import_run = ImportRun()
    import_run.import_table(table, columns={1: Meaning.AUDIENCE, 2: Meaning.ENDED})
    assert import_run.addresses == ["b@example.org"]


def test_a_column_is_named_by_its_heading_or_its_number() -> None:
    headings = ("Mail", "Groups", "a=b", "", "Groups", "status")

    assert parse_column_options(["Groups=audience"], headings) == {1: Meaning.AUDIENCE, 4: Meaning.AUDIENCE}
    assert parse_column_options(["#5=ended", " groups = ignored"], headings) == {
        4: Meaning.IGNORED,
        1: Meaning.IGNORED,
    }
    assert parse_column_options(["a=b=ended", "#4=ignored"], headings) == {
        2: Meaning.ENDED,
        3: Meaning.IGNORED,
    }
    assert parse_column_options(["status=consent"], headings) == {5: Meaning.CONSENT}
    assert parse_column_options(["address=Mail"], headings) == {
        0: Meaning.ADDRESS
    }  # as it was written before


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("List=audience", "no column 'List'; it has Mail, Groups"),
        ("#9=audience", "no column '#9'"),
        ("Mail=colour", "a meaning is one of address, audience"),
        ("Mail", "Write --column as HEADING=MEANING"),
    ],
)
def test_what_is_no_column_or_no_meaning_is_reported(option: str, message: str) -> None:
    with pytest.raises(TableError, match=message):
        parse_column_options([option], ("Mail", "Groups"))


# -- cells


@pytest.mark.parametrize(
    "cell",
    [
        *("ana@example.org", " ana@example.org ", "\u200bana@example.org", "ana@example.org\ufeff"),
        *("Ana <ana@example.org>", "<ana@example.org>", '"""Roe, Ana"" <ana@example.org>"'),
        *(
            "mailto:ana@example.org",
            "\u202aana@example.org\u202c",
            "ana@example.org\xa0",
            "'ana@example.org"[1:],
        ),
    ],
)
def test_an_address_is_found_in_a_cell(cell: str) -> None:
    assert taken_in(f"email\n{cell}\n") == ["ana"]


@pytest.mark.parametrize(
    "cell",
    [
        *("a@example.org; b@example.org", "a@example.org b@example.org", "a@example.org <b@example.org>"),
        *("#ana@example.org", "# ana@example.org", "Ana <nobody>", "ana at example.org"),
    ],
)
def test_a_cell_without_exactly_one_address_is_a_finding(cell: str) -> None:
    import_run = ImportRun()
    counts = import_run.import_table(f'email\n"{cell}"\nbo@example.org\n')

    assert import_run.addresses == ["bo@example.org"]
    assert (counts.statuses[ImportStatus.INVALID], counts.lines) == (1, {RowProblem.ADDRESS: [2]})


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\xad", "\u200e"])
def test_invisible_characters_hide_no_status(sign: str) -> None:
    states = f"left@example.org,unsub{sign}scribed\nstays@example.org,{sign}active\n"
    flags = f"left@example.org,{sign}1\nstays@example.org,{sign}0\n"

    assert taken_in(f"email,{sign}sta{sign}tus{sign}\n{states}") == ["stays"]
    assert taken_in(f"email,{sign}unsubscribed\n{flags}") == ["stays"]


ODD = st.text(st.sampled_from('ab@.,;|\t"\n<>#={[\u200b\u202e✅0159-') | st.characters(), max_size=200)


@given(ODD)
def test_no_table_at_all_breaks_the_judgement_of_columns(content: str) -> None:
    table = f"email,note\nana@example.org,1\n{content}".encode("utf-8", "surrogatepass")
    try:
        found = map_columns(read_head(lambda: io.BytesIO(table)))
    except TableError:
        return
    assert len(found.positions[Meaning.ADDRESS]) == 1
    import_run = ImportRun()
    counts = import_run.import_table(table)
    assert len(import_run.people) <= counts.statuses.total()

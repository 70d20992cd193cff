"""An account export of Mailchimp: what was sent to everybody is given, and nothing else."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from conversion.mailchimp import MailchimpReader
from conversion.post import BodyFormat, Post, UnreadableExportError
from tests.exports import READERS, SECRET, a_folder, a_table, a_zip, given, reasons

MINSK = timezone(timedelta(hours=3))
PAGE = """\
<!doctype html><html><head><title>*|MC:SUBJECT|*</title><style>p { color: red }</style></head>
<body bgcolor="#fff"><!--*|IF:MC_PREVIEW_TEXT|*--><span>*|MC_PREVIEW_TEXT|*</span><!--*|END:IF|*-->
<span class="mcnPreviewText" style="display:none;">It opened &amp; holds.&zwnj;</span>
<p>Hello*|FNAME|*, the bridge is open.</p>
<p><a href="*|ARCHIVE|*">In the browser</a> <a href="https://a.example.org/">More</a></p>
</body></html>
"""


def a_row(**changes: str) -> dict[str, str]:
    row = {
        "Title": "March, the bridge",
        "Subject": "A bridge",
        "List": "Friends of rivers",
        "Send Date": "Mar 01, 2021 10:00 am",
        "Send Weekday": "Monday",
        "Total Recipients": "120",
        "Unique Id": "0a1b2c3d4e",
    }
    return row | changes


def files(*rows: dict[str, str], **pages: str) -> dict[str, str | bytes]:
    texts = {f"campaigns_content/{name.removeprefix('n')}.html": page for name, page in pages.items()}
    lists = {
        "lists/members_export.csv": READERS,
        "granular_activity/opens/0a1b2c3d4e.csv": READERS,
        "campaigns_content/101_march-the-bridge.txt": SECRET,
    }
    return {"campaigns.csv": a_table(rows), **texts, **lists}


def reader(folder: Path, export: dict[str, str | bytes], prefix: str = "") -> MailchimpReader:
    return MailchimpReader(a_zip(folder / "export.zip", export, prefix), MINSK)


ONE = {"n101_march-the-bridge": PAGE}
BRIDGE = Post(
    id="101_march-the-bridge",
    title="A bridge",
    summary="It opened & holds.",
    body=('<!---->\n\n<p>Hello, the bridge is open.</p>\n<p> <a href="https://a.example.org/">More</a></p>'),
    body_format=BodyFormat.HTML,
    published=datetime(2021, 3, 1, 10, tzinfo=MINSK),
    slug="a-bridge",
    place="campaigns.csv, line 2 (campaigns_content/101_march-the-bridge.html)",
    categories=("Friends of rivers",),
)


def test_a_campaign_is_given_as_its_public_page_shows_it(tmp_path: Path) -> None:
    assert given(reader(tmp_path, files(a_row(), **ONE))) == ([BRIDGE], [])


def test_the_archive_may_have_a_folder_around_it_or_be_unpacked(tmp_path: Path) -> None:
    (post,), _ = given(reader(tmp_path, files(a_row(), **ONE), prefix="4711/"))
    assert (post.id, post.body) == (BRIDGE.id, BRIDGE.body)
    folder = a_folder(tmp_path / "unpacked", files(a_row(), **ONE))
    assert given(MailchimpReader(folder, MINSK)) == ([BRIDGE], [])
    assert MailchimpReader.recognises(folder)


def test_what_was_not_sent_to_everybody_stays_out(tmp_path: Path) -> None:
    rows = [
        a_row(Title="No date", Subject="No date", **{"Send Date": ""}),
        a_row(Title="Nobody", Subject="Nobody", **{"Total Recipients": "0"}),
        a_row(Title="Segment", Subject="Segment", Segment="Donors"),
        a_row(Title="Draft", Subject="Draft", Status="save"),
        a_row(Title="Later", Subject="Later", Status="schedule"),
        a_row(Title="Welcome", Subject="Welcome", Type="automation"),
    ]
    rows = [dict.fromkeys(("Segment", "Status", "Type"), "") | row for row in rows]
    pages = {f"n{n}_{row['Title'].lower().replace(' ', '-')}": SECRET for n, row in enumerate(rows)}
    posts, left_out = given(reader(tmp_path, files(*rows, n99_never_sent=SECRET, **pages)))
    assert posts == []
    assert reasons(left_out) == {
        "No date": "draft",
        "Nobody": "draft",
        "Segment": "members only",
        "Draft": "draft",
        "Later": "scheduled",
        "Welcome": "other kind",
        "never_sent": "draft",
    }
    assert {entry.title: entry.detail for entry in left_out}["Segment"] == "segment: Donors"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (f"A*|IF:PAID=yes|*{SECRET}*|END:IF|*B", "AB"),
        (f"A*|IF:PAID|*{SECRET}*|ELSEIF:VIP|*{SECRET}*|ELSE:|*C*|END:IF|*B", "ACB"),
        (f"A*|IFNOT:ARCHIVE_PAGE|*{SECRET}*|END:IF|*B", "AB"),
        ("A*|IF:ARCHIVE_PAGE|*C*|END:IF|*B", "ACB"),
        ("A*|IFNOT:FNAME|*C*|ELSE:|*D*|END:IF|*B", "ACB"),
        (f"A*|INTERESTED:Level:Gold|*{SECRET}*|IF:X|*{SECRET}*|END:IF|*{SECRET}*|END:INTERESTED|*B", "AB"),
        ("Dear *|FNAME|*, hello", "Dear, hello"),
        ("*|MC:SUBJECT|* *|CURRENT_YEAR|*", "A bridge"),
        ('A<a class="b" href="*%7CUNSUB%7C*">Leave</a>B', "AB"),
        ('A<td>We are here.<br>You can <a href="*|UNSUB|*">leave</a>.</td><p>B</p>', "A<p>B</p>"),
        (f'<p>{"word " * 200}<a href="*|UNSUB|*">Leave</a>.</p>', f"<p>{'word ' * 200}.</p>"),
        ('<p>A</p><a href="*|UNSUB|*">Leave</a>', "<p>A</p>"),
        (
            "<p>A</p><p>Here: *|LIST:ADDRESS|*</p><div>*|HTML:LIST_ADDRESS_HTML|*</div>",
            "<p>A</p>",
        ),
        ('A<img alt="X" src="https://cdn-images.mailchimp.com/icons/color-x-48.png">', "A"),
    ],
)
def test_a_part_for_some_readers_is_not_taken(tmp_path: Path, html: str, shown: str) -> None:
    posts, _ = given(reader(tmp_path, files(a_row(), **{"n101_march-the-bridge": html})))
    assert [post.body for post in posts] == [shown]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (f"A*|IF:PAID|*{SECRET}", "private"),
        (f"A*|END:IF|*{SECRET}", "private"),
        ("*|RSSITEMS:|**|RSSITEM:TITLE|**|END:RSSITEMS|*", "other kind"),
        ("<html><body> *|FNAME|* </body></html>", "empty"),
        ("x" * 4_000_000, "unreadable"),
    ],
)
def test_a_text_that_cannot_be_taken_is_named(tmp_path: Path, html: str, reason: str) -> None:
    posts, left_out = given(reader(tmp_path, files(a_row(), **{"n101_march-the-bridge": html})))
    assert (posts, reasons(left_out)) == ([], {"A bridge": reason})


def test_a_text_is_found_by_title_subject_or_the_title_of_its_page(tmp_path: Path) -> None:
    rows = [
        a_row(Title="#24: Rivers & Lakes", Subject="One"),
        a_row(Title="Internal", Subject="Two things!"),
        a_row(Title="Сакавік", Subject="Мост адчынены"),
        a_row(Title="A very long title of a campaign that was cut", Subject="Four"),
        a_row(Title="Nowhere", Subject="Five"),
    ]
    pages = {
        "n1_-24-rivers-lakes": "one",
        "n2_two-things-": "two",
        "n3_": "<title>Мост адчынены</title><body>three</body>",
        "n4_a-very-long-title-of-a-camp": "four",
    }
    posts, left_out = given(reader(tmp_path, files(*rows, **pages)))
    assert [(post.title, post.body) for post in posts] == [
        ("One", "one"),
        ("Two things!", "two"),
        ("Мост адчынены", "three"),
        ("Four", "four"),
    ]
    assert [(entry.title, entry.reason.value) for entry in left_out] == [("Five", "empty")]


def test_campaigns_of_one_title_are_paired_by_date_and_number(tmp_path: Path) -> None:
    rows = [
        a_row(Title="Weekly", Subject="Second", **{"Send Date": "Mar 08, 2021 10:00 am"}),
        a_row(Title="Weekly", Subject="First"),
    ]
    posts, _ = given(reader(tmp_path, files(*rows, n20_weekly="second", n3_weekly="first")))
    assert [(post.title, post.body) for post in posts] == [("Second", "second"), ("First", "first")]


def test_a_draft_of_the_same_title_makes_it_unclear_which_was_sent(tmp_path: Path) -> None:
    export = files(a_row(Title="Weekly"), n1_weekly="sent", n2_weekly=SECRET)
    posts, left_out = given(reader(tmp_path, export))
    assert posts == []
    assert [(entry.title, entry.reason.value, entry.detail) for entry in left_out] == [
        (
            "A bridge",
            "unreadable",
            (
                "It is unclear which is its text: campaigns_content/1_weekly.html,"
                " campaigns_content/2_weekly.html"
            ),
        )
    ]


def test_a_table_in_another_encoding_is_read(tmp_path: Path) -> None:
    table = a_table([a_row(Subject="Мост адчынены, урэшце", List="Сябры ракі")], delimiter=";")
    export = files(a_row(), **ONE) | {"campaigns.csv": table.encode("cp1251")}
    (post,), _ = given(reader(tmp_path, export))
    assert (post.title, post.categories) == ("Мост адчынены, урэшце", ("Сябры ракі",))


def test_what_is_broken_is_named(tmp_path: Path) -> None:
    rows = [a_row(**{"Send Date": "the first of March"}), a_row(Subject="x" * 100_000)]
    posts, left_out = given(reader(tmp_path, files(*rows, **ONE)))
    assert posts == []
    assert [(entry.reason.value, entry.detail) for entry in left_out] == [
        ("unreadable", "Row too long."),
        ("no date", "Send Date: the first of March"),
    ]


def test_an_export_without_a_needed_part_is_refused_with_advice(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"campaigns_content/1_a.html": PAGE})
    assert MailchimpReader.recognises(path)
    with pytest.raises(UnreadableExportError, match=r"no campaigns\.csv"):
        MailchimpReader(path, MINSK)
    with pytest.raises(UnreadableExportError, match="no HTML files"):
        reader(tmp_path, files(a_row()))
    row = a_row()
    del row["Send Date"]
    with pytest.raises(UnreadableExportError, match="no column “send date”"):
        list(reader(tmp_path, files(row, **ONE)).entries())


def test_pictures_of_the_gallery_are_given_and_lists_of_readers_are_not(tmp_path: Path) -> None:
    export = files(a_row(), **ONE) | {"Files/top.png": b"picture", "a/b.png": b"1", "c/b.png": b"2"}
    found = reader(tmp_path, export)
    assert found.file("https://gallery.example.test/4711/images/top.png?x=1") == b"picture"
    assert found.file("https://gallery.example.test/c/b.png") == b"2"
    assert found.file("https://gallery.example.test/b.png") is None
    assert found.file("lists/members_export.csv") is None
    assert found.site_addresses() == {}


@pytest.mark.parametrize(
    "piece",
    [
        '<a href="*|',
        "<a ",
        "<td>*|UNSUB|*",
        "*|UNSUB|*",
        "<img ",
        "*|IFNOT:X|*",
        "*|",
        '<span class="mcnPreviewText"',
        "<body ",
        "<title>",
        "*%7C",
    ],
)
def test_a_text_of_one_odd_piece_without_end_is_answered(tmp_path: Path, piece: str) -> None:
    """Each pattern that looks for what never comes would need the square of the text's length."""
    html = (piece * (1_000_000 // len(piece)))[:1_000_000]
    posts, left_out = given(reader(tmp_path, files(a_row(), **{"n101_march-the-bridge": html})))
    assert len(posts) + len(left_out) == 1

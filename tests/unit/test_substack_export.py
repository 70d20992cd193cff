"""An export of Substack: what everybody could read is given, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from conversion.post import BodyFormat, LeftOut, Post, Reason, UnreadableExportError
from conversion.substack import SubstackReader
from tests.exports import READERS, SECRET, a_folder, a_table, a_zip, given, reasons

MINSK = timezone(timedelta(hours=3))
BRIDGE = "<h2>By the river</h2><p>The bridge is <b>open</b> again.</p>"


def a_row(**changes: str) -> dict[str, str]:
    row = {
        "post_id": "101.a-bridge",
        "post_date": "2021-03-01T10:00:00.000Z",
        "is_published": "true",
        "email_sent_at": "2021-03-01T10:01:00.000Z",
        "inbox_sent_at": "",
        "type": "newsletter",
        "audience": "everyone",
        "title": "A bridge",
        "subtitle": "It opened, “at last”",
        "podcast_url": "",
    }
    return row | changes


def files(*rows: dict[str, str], **texts: str) -> dict[str, str | bytes]:
    pages = {f"posts/{row['post_id']}.html": BRIDGE for row in rows}
    lists = {
        "email_list.bridge.csv": READERS,
        "posts/101.a-bridge.delivers.csv": READERS,
        "posts/101.a-bridge.opens.csv": READERS,
    }
    return {"posts.csv": a_table(rows), **pages, **lists, **texts}


def reader(folder: Path, *rows: dict[str, str], **texts: str) -> SubstackReader:
    return SubstackReader(a_zip(folder / "export.zip", files(*rows, **texts)), MINSK)


def test_a_public_post_is_given_as_it_was(tmp_path: Path) -> None:
    posts, left_out = given(reader(tmp_path, a_row()))
    assert left_out == []
    assert posts == [
        Post(
            id="101",
            title="A bridge",
            summary="It opened, “at last”",
            body=BRIDGE,
            body_format=BodyFormat.HTML,
            published=datetime(2021, 3, 1, 10, tzinfo=UTC),
            slug="a-bridge",
            place="posts.csv, line 2 (101.a-bridge)",
            addresses=("/p/a-bridge",),
        )
    ]


def test_the_archive_may_have_a_folder_around_it_or_be_unpacked(tmp_path: Path) -> None:
    wanted = given(reader(tmp_path, a_row()))
    wrapped = a_zip(tmp_path / "b.zip", files(a_row()), prefix="export-2026/")
    folder = a_folder(tmp_path / "unpacked", files(a_row()))
    assert given(SubstackReader(wrapped, MINSK)) == wanted
    assert given(SubstackReader(folder, MINSK)) == wanted
    assert SubstackReader.recognises(wrapped)
    assert SubstackReader.recognises(folder)


def test_what_not_everybody_could_read_stays_out(tmp_path: Path) -> None:
    text = f"<p>{SECRET}</p>"
    rows = [
        a_row(post_id="1.a", title="Draft", is_published="false"),
        a_row(post_id="2.a", title="Paid", audience="only_paid"),
        a_row(post_id="3.a", title="Founders", audience="founding"),
        a_row(post_id="4.a", title="Free members", audience="only_free"),
        a_row(post_id="5.a", title="New audience", audience="only_friends"),
        a_row(post_id="6.a", title="No audience", audience=""),
        a_row(post_id="7.a", title="Thread", type="thread"),
        a_row(post_id="8.a", title="Page", type="page"),
        a_row(post_id="9.a", title="Restack", type="restack"),
        a_row(post_id="10.a", title="Email", type="adhoc_email"),
        a_row(post_id="11.a", title="Unsure", is_published="maybe"),
    ]
    pages = {f"posts/{row['post_id']}.html": text for row in rows}
    posts, left_out = given(SubstackReader(a_zip(tmp_path / "a.zip", files(*rows) | pages), MINSK))
    assert posts == []
    assert reasons(left_out) == {
        "Draft": "draft",
        "Paid": "paid",
        "Founders": "paid",
        "Free members": "members only",
        "New audience": "private",
        "No audience": "private",
        "Thread": "other kind",
        "Page": "page",
        "Restack": "other kind",
        "Email": "email only",
        "Unsure": "draft",
    }
    assert {entry.title: entry.detail for entry in left_out}["New audience"] == "audience: only_friends"


@pytest.mark.parametrize(
    "hidden",
    [
        '<div class="paywall-jump" data-component-name="PaywallToDOM"></div><p>planted-secret</p>',
        '<div class="a" data-dynamic-audiences="paid_sub,founding_sub"><p>planted-secret</p></div>',
        '<div data-dynamic-audiences="free_sub"><p>planted-secret</p></div>',
    ],
)
def test_a_post_for_everyone_with_a_part_for_some_stays_out(tmp_path: Path, hidden: str) -> None:
    export = files(a_row()) | {"posts/101.a-bridge.html": BRIDGE + hidden}
    posts, left_out = given(SubstackReader(a_zip(tmp_path / "a.zip", export), MINSK))
    assert (posts, reasons(left_out)) == ([], {"A bridge": "paid"})


def test_a_block_for_those_who_do_not_subscribe_is_public(tmp_path: Path) -> None:
    block = '<div data-dynamic-audiences="non_sub,free_sub"><p>Hello.</p></div>'
    export = files(a_row()) | {"posts/101.a-bridge.html": BRIDGE + block}
    posts, _ = given(SubstackReader(a_zip(tmp_path / "a.zip", export), MINSK))
    assert [post.body for post in posts] == [BRIDGE + block]


def test_what_asks_to_subscribe_or_to_share_is_no_text(tmp_path: Path) -> None:
    form = (
        '<div class="subscription-widget-wrap-editor" data-attrs="{}"><div class="subscription-widget">'
        '<div class="preamble"><p>Thanks!</p></div><form class="subscription-widget-subscribe">'
        '<input type="email"><div class="fake-button"></div></form></div></div>'
    )
    button = '<p class="button-wrapper" data-attrs="{}"><a class="button" href="%%share_url%%">Share</a></p>'
    button += (
        '<div class="preamble"><p class="cta-caption">Thanks!</p></div><a href="%%share_url%%">Comment</a>'
    )
    export = files(a_row()) | {"posts/101.a-bridge.html": form + BRIDGE + button}
    posts, _ = given(SubstackReader(a_zip(tmp_path / "a.zip", export), MINSK))
    assert [post.body for post in posts] == [BRIDGE]


def test_a_podcast_keeps_its_notes_and_links_its_sound(tmp_path: Path) -> None:
    row = a_row(type="podcast", podcast_url="https://sound.example.org/1.mp3?a=1&b=2")
    posts, _ = given(reader(tmp_path, row))
    link = "https://sound.example.org/1.mp3?a=1&amp;b=2"
    assert posts[0].body == f'{BRIDGE}<p><a href="{link}">{link}</a></p>'


def test_a_date_without_a_zone_is_of_the_given_zone(tmp_path: Path) -> None:
    posts, _ = given(reader(tmp_path, a_row(post_date="2021-03-01 10:00:00")))
    assert posts[0].published == datetime(2021, 3, 1, 10, tzinfo=MINSK)


def test_what_is_broken_is_named_and_the_rest_is_given(tmp_path: Path) -> None:
    rows = [
        a_row(),
        a_row(title="Twin"),
        a_row(post_id="2.b", title="No date", post_date=""),
        a_row(post_id="3.c", title="Bad date", post_date="yesterday"),
        a_row(post_id="nonsense", title="No number"),
        a_row(post_id="4.d", title="Same slug"),
        a_row(post_id="5.a-bridge", title="Same slug again"),
        a_row(post_id="6.empty", title="Empty"),
        a_row(post_id="7.missing", title="Missing"),
        a_row(post_id="8.huge", title="Huge"),
    ]
    export = files(*rows) | {"posts/6.empty.html": "", "posts/8.huge.html": b"x" * 6_000_000}
    del export["posts/7.missing.html"]
    posts, left_out = given(SubstackReader(a_zip(tmp_path / "a.zip", export), MINSK))
    assert [(post.id, post.slug) for post in posts] == [
        ("101", "a-bridge"),
        ("4", "d"),
        ("5", "a-bridge"),
    ]
    assert {entry.title: (entry.reason.value, entry.detail) for entry in left_out} == {
        "Twin": ("unreadable", "A second post 101."),
        "No date": ("no date", "post_date: empty"),
        "Bad date": ("no date", "post_date: yesterday"),
        "No number": ("unreadable", "Its post_id is not a number and a name."),
        "Empty": ("empty", ""),
        "Missing": ("empty", "There is no posts/7.missing.html in the export."),
        "Huge": ("unreadable", "posts/8.huge.html: It is larger than 5 MB."),
    }


def test_a_table_in_another_encoding_and_with_semicolons_is_read(tmp_path: Path) -> None:
    rows = [a_row(title="Мост адчынены, урэшце", subtitle="Пра раку і людзей")]
    export = files(a_row()) | {"posts.csv": a_table(rows, delimiter=";").encode("cp1251")}
    posts, _ = given(SubstackReader(a_zip(tmp_path / "a.zip", export), MINSK))
    assert [(post.title, post.summary) for post in posts] == [("Мост адчынены, урэшце", "Пра раку і людзей")]


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    row = a_row()
    del row["audience"]
    with pytest.raises(UnreadableExportError, match=r"posts\.csv has no column “audience”"):
        list(reader(tmp_path, row).entries())


def test_a_row_without_end_is_named_and_the_rest_is_given(tmp_path: Path) -> None:
    long = a_row(title="x" * 3_000_000)
    posts, left_out = given(reader(tmp_path, a_row(), long, a_row(post_id="3.c")))
    assert [post.id for post in posts] == ["101", "3"]
    assert left_out == [LeftOut("posts.csv, line 3", "", Reason.UNREADABLE, "Row too long.")]


def test_what_unpacks_without_end_is_named(tmp_path: Path) -> None:
    export = files(a_row(), a_row(post_id="2.b", title="Bomb")) | {"posts/2.b.html": b"\0" * 30_000_000}
    posts, left_out = given(SubstackReader(a_zip(tmp_path / "a.zip", export), MINSK))
    assert ([post.id for post in posts], reasons(left_out)) == (["101"], {"Bomb": "unreadable"})
    bomb = a_zip(tmp_path / "b.zip", export | {"posts.csv": b"x" * 30_000_000})
    assert SubstackReader.recognises(bomb)
    with pytest.raises(UnreadableExportError, match=r"posts\.csv: It unpacks to more than 200 times"):
        list(SubstackReader(bomb, MINSK).entries())


@pytest.mark.parametrize(
    "piece", ['<p class="button-wrapper"', "<a %%", "<a ", '<div class="preamble">', "<!--"]
)
def test_a_text_of_one_odd_piece_without_end_is_answered(tmp_path: Path, piece: str) -> None:
    """Each pattern that looks for what never comes would need the square of the text's length."""
    export = files(a_row()) | {"posts/101.a-bridge.html": piece * (1_000_000 // len(piece))}
    posts, _ = given(SubstackReader(a_zip(tmp_path / "a.zip", export), MINSK))
    assert len(posts) == 1


def test_an_export_without_its_table_is_none_of_substack(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"posts/1.a.html": BRIDGE})
    assert not SubstackReader.recognises(path)
    with pytest.raises(UnreadableExportError, match=r"no posts\.csv"):
        SubstackReader(path, MINSK)
    assert not SubstackReader.recognises(a_zip(tmp_path / "b.zip", {"posts.csv": "id,name\n"}))


def test_the_lists_of_the_old_site_are_known(tmp_path: Path) -> None:
    assert reader(tmp_path, a_row()).site_addresses()["/feed"] == "feed"

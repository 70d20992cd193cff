"""An export of Ghost: what everybody could read is given, and nothing else of its database."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conversion.ghost import GhostReader
from conversion.post import BodyFormat, Post, UnreadableExportError
from tests.effort import tries
from tests.exports import SECRET, a_zip, given, reasons

MINSK = timezone(timedelta(hours=3))
TEXT = '<p>The bridge is <b>open</b>.</p><img src="__GHOST_URL__/content/images/2021/03/a.png" alt="A">'


def a_row(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "605ac1",
        "uuid": SECRET,
        "title": "A bridge & a river",
        "slug": "a-bridge",
        "mobiledoc": None,
        "lexical": None,
        "html": TEXT,
        "plaintext": SECRET,
        "feature_image": "__GHOST_URL__/content/images/2021/03/top.jpg",
        "featured": 0,
        "type": "post",
        "status": "published",
        "locale": None,
        "visibility": "public",
        "created_at": "2021-02-01T08:00:00.000Z",
        "published_at": "2021-03-01T10:00:00.000Z",
        "custom_excerpt": "It opened.",
        "codeinjection_head": SECRET,
    }
    return row | changes


def database(*rows: dict[str, Any], **tables: list[dict[str, Any]]) -> dict[str, Any]:
    known: dict[str, Any] = {
        "api_keys": [{"id": "1", "secret": SECRET}],
        "members": [{"id": "1", "email": f"{SECRET}@example.org", "name": SECRET}],
        "posts": list(rows),
        "posts_authors": [{"post_id": row["id"], "author_id": "1", "sort_order": 0} for row in rows],
        "posts_meta": [{"post_id": rows[0]["id"], "email_only": 0, "feature_image_alt": "From above"}],
        "posts_tags": [
            {"post_id": rows[0]["id"], "tag_id": "t2", "sort_order": 1},
            {"post_id": rows[0]["id"], "tag_id": "t1", "sort_order": 0},
            {"post_id": rows[0]["id"], "tag_id": "t3", "sort_order": 2},
        ],
        "settings": [{"key": "ghost_private_key", "value": SECRET}, {"key": "is_private", "value": False}],
        "tags": [
            {"id": "t1", "name": "City", "slug": "city", "visibility": "public"},
            {"id": "t2", "name": "Rivers", "slug": "rivers", "visibility": "public"},
            {"id": "t3", "name": "#be", "slug": "hash-be", "visibility": "internal"},
        ],
        "users": [
            {
                "id": "1",
                "name": "Ann Example",
                "slug": "ann",
                "email": f"{SECRET}@example.org",
                "password": f"$2b$10${SECRET}",
                "bio": SECRET,
            }
        ],
    }
    return known | tables


def a_file(folder: Path, *rows: dict[str, Any], **tables: list[dict[str, Any]]) -> Path:
    meta = {"exported_on": 1614592800000, "version": "5.80.0"}
    path = folder / "export.json"
    path.write_text(json.dumps({"db": [{"meta": meta, "data": database(*rows, **tables)}]}))
    return path


def reader(folder: Path, *rows: dict[str, Any], **tables: list[dict[str, Any]]) -> GhostReader:
    return GhostReader(a_file(folder, *rows, **tables), MINSK)


BRIDGE = Post(
    id="605ac1",
    title="A bridge & a river",
    summary="It opened.",
    body='<p>The bridge is <b>open</b>.</p><img src="/content/images/2021/03/a.png" alt="A">',
    body_format=BodyFormat.HTML,
    published=datetime(2021, 3, 1, 10, tzinfo=UTC),
    slug="a-bridge",
    place="post 1: A bridge & a river",
    addresses=("/a-bridge/",),
    language="be",
    categories=("City",),
    tags=("Rivers",),
    authors=("Ann Example",),
    picture="/content/images/2021/03/top.jpg",
    picture_alt="From above",
)


def test_a_public_post_is_given_as_it_was(tmp_path: Path) -> None:
    assert given(reader(tmp_path, a_row())) == ([BRIDGE], [])


def test_the_tables_may_be_without_their_wrapper_in_any_order_and_after_a_mark(tmp_path: Path) -> None:
    tables = database(a_row())
    backwards = {name: tables[name] for name in sorted(tables, reverse=True)}
    path = tmp_path / "a.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"data": backwards, "meta": {}}).encode())
    assert GhostReader.recognises(path)
    assert given(GhostReader(path, MINSK)) == ([BRIDGE], [])


def test_a_zip_gives_the_pictures_beside_the_json(tmp_path: Path) -> None:
    json_text = a_file(tmp_path, a_row()).read_text()
    files = {"data/export.json": json_text, "content/images/2021/03/a.png": b"picture"}
    path = a_zip(tmp_path / "a.zip", files, prefix="backup/")
    found = GhostReader(path, MINSK)
    assert given(found) == ([BRIDGE], [])
    assert found.file("/content/images/2021/03/a.png") == b"picture"
    assert found.file("/content/images/size/w1000/format/webp/2021/03/a.png?v=1") == b"picture"
    assert found.file("/content/images/2021/03/b.png") is None
    assert reader(tmp_path, a_row()).file("/content/images/2021/03/a.png") is None


def test_a_picture_in_another_size_is_the_one_that_was_uploaded(tmp_path: Path) -> None:
    small = "__GHOST_URL__/content/images/size/w600/format/webp/2021/a.png"
    row = a_row(html=f'<img srcset="{small} 600w" src="{small}">', feature_image=small)
    (post,), _ = given(reader(tmp_path, row))
    uploaded = "/content/images/2021/a.png"
    assert post.body == f'<img srcset="{uploaded} 600w" src="{uploaded}">'
    assert post.picture == uploaded


def test_what_not_everybody_could_read_stays_out(tmp_path: Path) -> None:
    hidden = {"html": f"<p>{SECRET}</p>", "custom_excerpt": SECRET}
    rows = [
        a_row(id="1", title="Draft", status="draft", **hidden),
        a_row(id="2", title="Scheduled", status="scheduled", **hidden),
        a_row(id="3", title="Sent", status="sent", **hidden),
        a_row(id="4", title="New status", status="resting", **hidden),
        a_row(id="5", title="No status", status=None, **hidden),
        a_row(id="6", title="Members", visibility="members", **hidden),
        a_row(id="7", title="Paid", visibility="paid", **hidden),
        a_row(id="8", title="Tiers", visibility="tiers", **hidden),
        a_row(id="9", title="Filter", visibility="filter", **hidden),
        a_row(id="10", title="New visibility", visibility="friends", **hidden),
        a_row(id="11", title="No visibility", visibility=None, **hidden),
        a_row(id="12", title="Page", type="page", **hidden),
        a_row(id="13", title="New type", type="product", **hidden),
        a_row(id="14", title="Email", **hidden),
    ]
    missing = a_row(id="15", title="Without its column", **hidden)
    del missing["visibility"]
    meta = [{"post_id": "14", "email_only": 1}]
    posts, left_out = given(reader(tmp_path, *rows, missing, posts_meta=meta))
    assert posts == []
    assert reasons(left_out) == {
        "Draft": "draft",
        "Scheduled": "scheduled",
        "Sent": "email only",
        "New status": "other kind",
        "No status": "other kind",
        "Members": "members only",
        "Paid": "paid",
        "Tiers": "paid",
        "Filter": "members only",
        "New visibility": "private",
        "No visibility": "private",
        "Page": "page",
        "New type": "other kind",
        "Email": "email only",
        "Without its column": "private",
    }
    assert {entry.title: entry.detail for entry in left_out}["New visibility"] == "visibility: friends"


def test_no_text_shows_the_address_of_an_author_or_leads_to_their_list(tmp_path: Path) -> None:
    html = (
        f'<a href="mailto:{SECRET}@example.org">Write</a> to <a href="__GHOST_URL__/author/{SECRET}/">Ann</a>'
    )
    posts, _ = given(reader(tmp_path, a_row(html=f"<p>{html}.</p>", custom_excerpt=f"{SECRET}@example.org")))
    assert [SECRET in f"{post.body} {post.summary}" for post in posts] == [False]


def test_a_tag_of_posts_that_were_not_on_the_site_has_no_address(tmp_path: Path) -> None:
    meta = [{"post_id": "605ac1", "email_only": 1}]
    for hidden in (reader(tmp_path, a_row(), posts_meta=meta), reader(tmp_path, a_row(type="page"))):
        assert hidden.site_addresses() == {"/rss/": "feed"}


def test_nothing_is_taken_from_a_site_behind_a_password(tmp_path: Path) -> None:
    settings = [{"key": "is_private", "value": "true"}]
    posts, left_out = given(reader(tmp_path, a_row(), settings=settings))
    assert (posts, reasons(left_out)) == ([], {"A bridge & a river": "password"})
    assert "make the site public" in left_out[0].detail


def test_blocks_for_members_within_a_public_post_stay_out(tmp_path: Path) -> None:
    html = (
        '<p>One</p><!--kg-gated-block:begin nonMember:false memberSegment:"status:free,status:-free" -->'
        f"<p>{SECRET}</p><!--kg-gated-block:end--><p>Two</p>"
        '<!--kg-gated-block:begin nonMember:true memberSegment:"" --><p>Join</p><!--kg-gated-block:end-->'
    )
    posts, _ = given(reader(tmp_path, a_row(html=html)))
    assert posts[0].body == "<p>One</p><p>Two</p><p>Join</p>"


@pytest.mark.parametrize(
    "html",
    [
        f"<p>One</p><!--kg-gated-block:begin nonMember:false --><p>{SECRET}</p>",
        f"<p>One</p><!--kg-gated-block: begin nonMember:false --><p>{SECRET}</p><!--kg-gated-block:end-->",
    ],
)
def test_a_text_whose_public_parts_are_unclear_stays_out(tmp_path: Path, html: str) -> None:
    posts, left_out = given(reader(tmp_path, a_row(html=html)))
    assert posts == []
    assert "unclear which parts" in left_out[0].detail


LEXICAL = {
    "root": {
        "type": "root",
        "children": [
            {"type": "heading", "tag": "h2", "children": [{"type": "text", "text": "Head & tail"}]},
            {
                "type": "paragraph",
                "children": [
                    {"type": "extended-text", "text": "A <b> ", "format": 3},
                    {"type": "linebreak"},
                    {
                        "type": "link",
                        "url": "__GHOST_URL__/next/",
                        "children": [{"type": "text", "text": "next"}],
                    },
                ],
            },
            {
                "type": "list",
                "listType": "number",
                "children": [{"type": "listitem", "children": [{"type": "text", "text": "One"}]}],
            },
            {"type": "image", "src": "__GHOST_URL__/content/images/a.png", "alt": "A", "caption": "<i>C</i>"},
            {"type": "markdown", "markdown": "It is *so*."},
            {"type": "html", "html": "<p>Raw</p>"},
            {"type": "html", "html": SECRET, "visibility": {"web": {"nonMember": False}}},
            {"type": "email", "html": SECRET},
            {"type": "bookmark", "url": "https://a.example.org/", "metadata": {"title": "There"}},
        ],
    }
}
MOBILEDOC = {
    "version": "0.3.1",
    "atoms": [["soft-return", "", {}]],
    "cards": [["image", {"src": "__GHOST_URL__/content/images/a.png", "alt": "A"}], ["hr", {}]],
    "markups": [["strong"], ["a", ["href", "https://a.example.org/"]]],
    "sections": [
        [1, "h2", [[0, [], 0, "Head & tail"]]],
        [1, "p", [[0, [0], 0, "Bold "], [0, [1], 2, "link"], [1, [], 0, 0], [0, [], 0, " end"]]],
        [3, "ul", [[[0, [], 0, "One"]], [[0, [], 0, "Two"]]]],
        [10, 0],
        [10, 1],
    ],
}


def test_a_text_in_the_editors_own_format_is_converted(tmp_path: Path) -> None:
    rows = [
        a_row(id="1", html=None, lexical=json.dumps(LEXICAL)),
        a_row(id="2", html="", mobiledoc=json.dumps(MOBILEDOC)),
        a_row(id="3", html=None, markdown="It is **so**."),
    ]
    posts, left_out = given(reader(tmp_path, *rows))
    assert left_out == []
    lexical, mobiledoc, markdown = (post.body.replace("\n", "") for post in posts)
    assert lexical == (
        "<h2>Head &amp; tail</h2>"
        '<p><em><strong>A &lt;b&gt; </strong></em><br><a href="/next/">next</a></p>'
        "<ol><li>One</li></ol>"
        '<figure><img src="/content/images/a.png" alt="A"><figcaption><i>C</i></figcaption></figure>'
        "<p>It is <em>so</em>.</p><p>Raw</p>"
        '<p><a href="https://a.example.org/">There</a></p>'
    )
    assert mobiledoc == (
        "<h2>Head &amp; tail</h2>"
        '<p><strong>Bold <a href="https://a.example.org/">link</a></strong><br> end</p>'
        "<ul><li>One</li><li>Two</li></ul>"
        '<figure><img src="/content/images/a.png" alt="A"></figure><hr>'
    )
    assert markdown == "<p>It is <strong>so</strong>.</p>"


@pytest.mark.parametrize(
    "text",
    [
        *('{"root": {"type": "root", "children": [3]}}', "[1, 2]", "{", '{"root": 3}', "[" * 100_000),
        '{"root": {"type": "root", "children": [{"type": "quiz"}]}}',
        '{"root": ' + '{"type": "list", "children": [' * 99 + "]}" * 99 + "}",
    ],
)
def test_a_text_that_cannot_be_converted_is_named(tmp_path: Path, text: str) -> None:
    posts, left_out = given(reader(tmp_path, a_row(html=None, lexical=text)))
    assert (posts, reasons(left_out)) == ([], {"A bridge & a river": "unreadable"})


@pytest.mark.parametrize(
    "changes", [{"sections": [[1, "p", [[0, [9], 0, "x"]]]]}, {"sections": [[10, 7]]}, {"sections": [[1]]}]
)
def test_a_damaged_mobiledoc_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    posts, left_out = given(reader(tmp_path, a_row(html=None, mobiledoc=json.dumps(MOBILEDOC | changes))))
    assert (posts, left_out[0].detail) == ([], "Its text is damaged.")


def test_null_fields_are_empty_or_leave_the_post_out_with_its_reason(tmp_path: Path) -> None:
    bare = dict.fromkeys(("title", "slug", "feature_image", "custom_excerpt", "locale"))
    rows = [
        a_row(id="1", **bare),
        a_row(id="2", title="No date", published_at=None),
        a_row(id="3", title="No text", html=None),
        a_row(id="3", title="Same id"),
        a_row(id="4", title="Same slug"),
        a_row(id="4", title="Same id as that"),
    ]
    posts, left_out = given(reader(tmp_path, *rows))
    assert [(post.id, post.title, post.slug, post.addresses) for post in posts] == [
        ("1", "", "", ()),
        ("3", "Same id", "a-bridge", ("/a-bridge/",)),
        ("4", "Same slug", "a-bridge", ("/a-bridge/",)),
    ]
    assert reasons(left_out) == {
        "No date": "no date",
        "No text": "empty",
        "Same id as that": "unreadable",
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2014-05-13 12:00:00", datetime(2014, 5, 13, 12, tzinfo=UTC)),
        (1399982400000, datetime(2014, 5, 13, 12, tzinfo=UTC)),
        ("2014-05-13T12:00:00+03:00", datetime(2014, 5, 13, 9, tzinfo=UTC)),
    ],
)
def test_times_are_utc_where_they_name_no_zone(tmp_path: Path, written: object, read: datetime) -> None:
    posts, _ = given(reader(tmp_path, a_row(published_at=written)))
    assert posts[0].published == read


@pytest.mark.parametrize("written", ["0000-00-00", "soon", 10**30, True, 0, "1970-01-01T00:00:00Z"])
def test_what_is_no_date_leaves_the_post_out(tmp_path: Path, written: object) -> None:
    _, left_out = given(reader(tmp_path, a_row(published_at=written)))
    assert [entry.reason.value for entry in left_out] == ["no date"]


def test_a_post_of_a_ghost_before_members_is_public(tmp_path: Path) -> None:
    row = {"id": 5, "title": "Old", "slug": "old", "html": "<p>Old.</p>", "image": "/content/images/o.jpg"}
    row |= {"page": 0, "status": "published", "published_at": 1399982400000, "author_id": 1}
    page = row | {"id": 6, "title": "Old page", "page": 1}
    posts, left_out = given(reader(tmp_path, row, page, posts_authors=[]))
    assert [(post.id, post.picture, post.authors) for post in posts] == [
        ("5", "/content/images/o.jpg", ("Ann Example",))
    ]
    assert reasons(left_out) == {"Old page": "page"}


@pytest.mark.parametrize(
    ("tags", "language", "topics"),
    [
        ([("#be", "internal")], "be", ()),
        ([("City", "public"), ("#lang-ru", "internal")], "ru", ("City",)),
        ([("#news", "internal")], "", ()),
        ([("Беларуская", "public"), ("City", "public")], "be", ("City",)),
        ([("en", "public"), ("City", "public")], "en", ("City",)),
        ([("IT", "public")], "", ("IT",)),
        ([("UK", "public")], "", ("UK",)),
        ([("City", "public"), ("Polski", "public")], "", ("City",)),
    ],
)
def test_a_tag_may_name_the_language(
    tmp_path: Path, tags: list[tuple[str, str]], language: str, topics: tuple[str, ...]
) -> None:
    tables = {
        "tags": [
            {"id": str(n), "name": name, "slug": str(n), "visibility": visibility}
            for n, (name, visibility) in enumerate(tags)
        ],
        "posts_tags": [{"post_id": "605ac1", "tag_id": str(n), "sort_order": n} for n in range(len(tags))],
    }
    posts, _ = given(reader(tmp_path, a_row(), **tables))
    assert (posts[0].language, posts[0].categories) == (language, topics)


def test_an_author_who_is_called_by_an_address_is_not_named(tmp_path: Path) -> None:
    users = [{"id": "1", "name": f"{SECRET}@example.org", "slug": "ann"}]
    posts, _ = given(reader(tmp_path, a_row(), users=users))
    assert posts[0].authors == ()


def test_the_lists_of_public_posts_are_known_and_no_others(tmp_path: Path) -> None:
    hidden = a_row(id="2", status="draft")
    tables = {
        "posts_tags": [{"post_id": "605ac1", "tag_id": "t1"}, {"post_id": "2", "tag_id": "t9"}],
        "tags": [
            {"id": "t1", "name": "City", "slug": "city"},
            {"id": "t9", "name": SECRET, "slug": SECRET},
        ],
    }
    found = reader(tmp_path, a_row(), hidden, **tables)
    assert found.site_addresses() == {"/rss/": "feed", "/tag/city/": "topic:City", "/author/ann/": "archive"}


@pytest.mark.parametrize("share", [10, 30, 50, 70, 90, 99])
def test_a_truncated_file_is_refused_with_the_place(tmp_path: Path, share: int) -> None:
    path = a_file(tmp_path, *(a_row(id=str(n)) for n in range(50)))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * share // 100])
    with pytest.raises(
        UnreadableExportError, match=r"damaged or cut off within .* row \d+ of the table"
    ) as told:
        GhostReader(path, MINSK)
    assert SECRET not in str(told.value)


def test_any_bytes_are_an_export_or_are_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, a_row(), a_row(id="2", html=None, lexical=json.dumps(LEXICAL)))
    content = path.read_bytes()
    for at in range(0, len(content), tries(23, proof=1)):
        for changed in (content[:at] + content[at + 1 :], content[:at] + b'"' + content[at:]):
            path.write_bytes(changed)
            try:
                entries = list(GhostReader(path, MINSK).entries())
            except UnreadableExportError:
                continue
            assert len(entries) <= 2


@pytest.mark.parametrize("broken", [b"\xff\xfe", "мост".encode("cp1251"), b"\x00"])
def test_a_file_in_another_encoding_is_refused(tmp_path: Path, broken: bytes) -> None:
    path = a_file(tmp_path, a_row())
    path.write_bytes(path.read_bytes().replace(b"It opened.", broken))
    with pytest.raises(UnreadableExportError, match="damaged"):
        GhostReader(path, MINSK)


def test_an_export_without_posts_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"db": [{"meta": {}, "data": {"posts": [], "tags": []}}]}')
    with pytest.raises(UnreadableExportError, match="has no posts"):
        GhostReader(path, MINSK)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"data": {"items": []}}', "[" * 100_000, "no JSON"])
def test_other_json_is_no_export(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert not GhostReader.recognises(path)


def test_a_value_without_end_is_not_held_in_memory(tmp_path: Path) -> None:
    path = a_file(tmp_path, a_row())
    start, rest = path.read_bytes().split(b"It opened.")
    with path.open("wb") as file:
        file.write(start)
        for _ in range(60):
            file.write(b"x" * 1_000_000)
        file.write(rest)
    with pytest.raises(UnreadableExportError, match="a value of more than 50 MB"):
        GhostReader(path, MINSK)


def test_memory_does_not_grow_with_the_posts(tmp_path: Path) -> None:
    def peak(posts: int) -> int:
        path = a_file(tmp_path, *(a_row(id=str(n), html="<p>Text.</p>" * 3000) for n in range(posts)))
        tracemalloc.start()
        try:
            for _ in GhostReader(path, MINSK).entries():
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(400) < 400 * 36_000 / 3

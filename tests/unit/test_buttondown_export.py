"""An export of Buttondown: what everybody could read in the archive is given, and nothing else."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from conversion.buttondown import ButtondownReader
from conversion.post import BodyFormat, Post, UnreadableExportError
from tests.exports import READERS, SECRET, a_folder, a_table, a_zip, given, reasons

MINSK = timezone(timedelta(hours=3))
TEXT = "<!-- buttondown-editor-mode: plaintext -->## By the river\n\nIt is **open**, {{ subscriber.name }}."


def a_row(**changes: str) -> dict[str, str]:
    row = {
        "id": "abcd-1",
        "subject": "A bridge",
        "publish_date": "2021-03-01 10:00:00+00:00",
        "status": "sent",
        "email_type": "public",
        "slug": "a-bridge",
        "description": "It opened.",
    }
    return row | changes


def files(*rows: dict[str, str], text: str = TEXT) -> dict[str, str | bytes]:
    texts: dict[str, str | bytes] = {f"emails/{row['slug']}.md": text for row in rows}
    return {"emails.csv": a_table(rows), "subscribers.csv": READERS, **texts}


def reader(folder: Path, export: dict[str, str | bytes], prefix: str = "") -> ButtondownReader:
    return ButtondownReader(a_zip(folder / "export.zip", export, prefix), MINSK)


BRIDGE = Post(
    id="abcd-1",
    title="A bridge",
    summary="It opened.",
    body="## By the river\n\nIt is **open**, .",
    body_format=BodyFormat.MARKDOWN,
    published=datetime(2021, 3, 1, 10, tzinfo=UTC),
    slug="a-bridge",
    place="emails.csv, line 2",
    addresses=("/archive/a-bridge/",),
)


def test_a_public_email_is_given_as_it_was(tmp_path: Path) -> None:
    assert given(reader(tmp_path, files(a_row()))) == ([BRIDGE], [])
    assert given(reader(tmp_path, files(a_row()), prefix="export/")) == ([BRIDGE], [])
    folder = a_folder(tmp_path / "unpacked", files(a_row()))
    assert ButtondownReader.recognises(folder)
    assert given(ButtondownReader(folder, MINSK)) == ([BRIDGE], [])


def test_the_list_may_be_json_or_front_matter(tmp_path: Path) -> None:
    export = files(a_row())
    del export["emails.csv"]
    listed = export | {"emails.json": json.dumps([a_row() | {"secondary_id": 3, "image": None}])}
    (post,), _ = given(reader(tmp_path, listed))
    assert (post.title, post.published, post.body) == (BRIDGE.title, BRIDGE.published, BRIDGE.body)
    head = "".join(f"{key}: {value}\n" for key, value in a_row().items())
    (post,), _ = given(reader(tmp_path, export | {"emails/a-bridge.md": f"---\n{head}---\n{TEXT}"}))
    assert (post.id, post.title, post.published) == (BRIDGE.id, BRIDGE.title, BRIDGE.published)
    assert (post.body, post.addresses) == (BRIDGE.body, BRIDGE.addresses)


def test_what_not_everybody_could_read_stays_out(tmp_path: Path) -> None:
    rows = [
        a_row(slug="1", subject="Draft", status="draft"),
        a_row(slug="2", subject="Scheduled", status="scheduled"),
        a_row(slug="3", subject="New status", status="resting"),
        a_row(slug="4", subject="No status", status=""),
        a_row(slug="5", subject="Premium", email_type="premium"),
        a_row(slug="6", subject="Churned", email_type="churned"),
        a_row(slug="7", subject="Free", email_type="free"),
        a_row(slug="8", subject="Private", email_type="private"),
        a_row(slug="9", subject="Hidden", email_type="hidden"),
        a_row(slug="10", subject="New type", email_type="friends"),
        a_row(slug="11", subject="No type", email_type=""),
        a_row(slug="12", subject="No archive", archival_mode="disabled"),
        a_row(slug="13", subject="Tagged", included_tags='["donors"]'),
        a_row(slug="14", subject="Filtered", filters='{"filters": [{"field": "x"}], "groups": []}'),
    ]
    rows = [dict.fromkeys(("archival_mode", "included_tags", "filters"), "") | row for row in rows]
    posts, left_out = given(reader(tmp_path, files(*rows, text=SECRET)))
    assert posts == []
    assert reasons(left_out) == {
        "Draft": "draft",
        "Scheduled": "scheduled",
        "New status": "draft",
        "No status": "draft",
        "Premium": "paid",
        "Churned": "paid",
        "Free": "members only",
        "Private": "private",
        "Hidden": "private",
        "New type": "private",
        "No type": "private",
        "No archive": "private",
        "Tagged": "members only",
        "Filtered": "members only",
    }
    details = {entry.title: entry.detail for entry in left_out}
    assert details["New type"] == "email_type: friends"
    assert "write the column into emails.csv" in details["No type"]


def test_an_email_without_limits_is_public_however_they_are_written(tmp_path: Path) -> None:
    empty = '{"filters": [], "groups": [], "predicate": "and"}'
    row = a_row(archival_mode="enabled", included_tags="[]", excluded_tags="", filters=empty)
    assert given(reader(tmp_path, files(row)))[0] == [BRIDGE]


def test_table_and_file_must_agree_that_it_is_public(tmp_path: Path) -> None:
    text = f"---\nemail_type: premium\n---\n{SECRET}"
    posts, left_out = given(reader(tmp_path, files(a_row(), text=text)))
    assert (posts, reasons(left_out)) == ([], {"A bridge": "paid"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"One\n\n{{% if subscriber.is_premium %}}{SECRET}{{% endif %}}", "members only"),
        (f"One\n\n{{{{ paywall }}}}\n\n{SECRET}", "paid"),
    ],
)
def test_a_public_email_with_a_part_for_some_stays_out(tmp_path: Path, text: str, reason: str) -> None:
    posts, left_out = given(reader(tmp_path, files(a_row(), text=text)))
    assert (posts, reasons(left_out)) == ([], {"A bridge": reason})


def test_what_the_rich_editor_wrote_is_html(tmp_path: Path) -> None:
    text = "<!-- buttondown-editor-mode: fancy --><p>It is <b>open</b>.</p>"
    (post,), _ = given(reader(tmp_path, files(a_row(), text=text)))
    assert (post.body, post.body_format) == ("<p>It is <b>open</b>.</p>", BodyFormat.HTML)


def test_a_date_without_a_zone_is_of_the_given_zone(tmp_path: Path) -> None:
    (post,), _ = given(reader(tmp_path, files(a_row(publish_date="2021-03-01 10:00"))))
    assert post.published == datetime(2021, 3, 1, 10, tzinfo=MINSK)


def test_what_is_broken_is_named_and_the_rest_is_given(tmp_path: Path) -> None:
    rows = [
        a_row(slug="twin", subject="Twin"),
        a_row(slug="twin", subject="Other twin"),
        a_row(slug="no-date", subject="No date", publish_date=""),
        a_row(slug="missing", subject="Missing", id="m"),
        a_row(slug="encoding", subject="Encoding", id="e"),
        a_row(slug="front", subject="Front", id="f"),
        a_row(slug="huge", subject="Huge", id="h"),
        a_row(),
        a_row(slug="same-id", subject="Same id"),
    ]
    export = files(*rows) | {
        "emails/encoding.md": "мост".encode("cp1251"),
        "emails/front.md": "---\n[a: b\n---\nText",
        "emails/huge.md": "x" * 6_000_000,
        "emails/unknown.md": SECRET,
    }
    del export["emails/missing.md"]
    posts, left_out = given(reader(tmp_path, export))
    assert [post.id for post in posts] == ["abcd-1"]
    assert [(entry.title, entry.reason.value) for entry in left_out] == [
        ("Twin", "unreadable"),
        ("Other twin", "unreadable"),
        ("No date", "no date"),
        ("Missing", "empty"),
        ("Encoding", "unreadable"),
        ("Front", "unreadable"),
        ("Huge", "unreadable"),
        ("Same id", "unreadable"),
        ("", "draft"),
    ]


def test_a_table_in_another_encoding_and_a_row_without_end_are_read(tmp_path: Path) -> None:
    rows = [a_row(subject="Мост адчынены"), a_row(id="2", slug="b", subject="x" * 100_000)]
    export = files(*rows) | {"emails.csv": a_table(rows, delimiter=";").encode("cp1251")}
    del export["emails/b.md"]
    posts, left_out = given(reader(tmp_path, export))
    assert [post.title for post in posts] == ["Мост адчынены"]
    assert [entry.detail for entry in left_out] == ["Row too long."]


@pytest.mark.parametrize("text", ['[{"id": "1", "subject"', "{}", "[1]", "[" * 100_000, ""])
def test_a_damaged_list_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableExportError, match=r"emails\.json is damaged"):
        list(reader(tmp_path, {"emails.json": text, "emails/a.md": TEXT}).entries())


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    row = a_row()
    del row["publish_date"]
    with pytest.raises(UnreadableExportError, match=r"emails\.csv has no column “publish_date”"):
        list(reader(tmp_path, files(row)).entries())


@pytest.mark.parametrize(
    "strangers",
    [
        {"emails/a.md": "A text without front matter."},
        {"emails/a.md": "---\ntitle: Of another system\n---\nText"},
        {"data/emails.json": '[{"to": "ann@example.org"}]', "index.md": "A site."},
        {"emails.csv": "email,name\nann@example.org,Ann\n"},
        {"posts/a.md": "---\nsubject: A\nemail_type: public\n---\nText"},
    ],
)
def test_other_files_are_no_export(tmp_path: Path, strangers: dict[str, str | bytes]) -> None:
    assert not ButtondownReader.recognises(a_zip(tmp_path / "a.zip", strangers))


def test_the_lists_of_the_old_site_are_known(tmp_path: Path) -> None:
    found = reader(tmp_path, files(a_row()))
    assert found.site_addresses() == {"/archive/": "archive", "/rss": "feed"}
    assert found.file("subscribers.csv") is None

"""Files as real sites made them, damaged files, and files that are no export of WordPress."""

import gzip
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bench.exports import wordpress
from conversion.post import LeftOut, Post, Reason, UnreadableExportError
from conversion.wordpress import WordPressExport
from conversion.wxr import file as wxr_file
from conversion.wxr import records
from tests.effort import tries
from tests.exports import a_zip
from tests.wxr import END, HEAD, author, comment, item, term, wxr

EXPORTS = Path(__file__).parents[1] / "data" / "wordpress"
UTC = ZoneInfo("UTC")
HOW = "Export it in WordPress: Tools > Export > All content > Download Export File."
Entries = list[Post | LeftOut]
Reading = Callable[[str | bytes], Entries]


def entries_of(path: Path) -> Entries:
    return list(WordPressExport(path, UTC).entries())


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    def read(content: str | bytes) -> Entries:
        path = tmp_path / "export.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert WordPressExport.recognises(path)
        return entries_of(path)

    return read


def bodies(entries: Entries) -> list[str]:
    return [entry.body for entry in entries if isinstance(entry, Post)]


def titles(entries: Entries) -> list[str]:
    return [entry.title for entry in entries if isinstance(entry, Post)]


def left_out(entries: Entries) -> list[LeftOut]:
    return [entry for entry in entries if isinstance(entry, LeftOut)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "the file is empty."),
        ("<!DOCTYPE html><html><body>Log in</body></html>", "this is an HTML page"),
        ("\ufeff\n<html><body>502 Bad Gateway</body></html>", "this is an HTML page"),
        ('<?xml version="1.0"?><rss version="2.0"><channel><item/></channel></rss>', "this is a feed"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><entry/></feed>', "this is a feed"),
        ("<urlset><url/></urlset>", "this is no export of WordPress."),
        (b"\x89PNG\r\n\x1a\n\0\0", "this is no export of WordPress."),
    ],
)
def test_another_file_is_named_with_what_to_do(reading: Reading, content: str | bytes, what: str) -> None:
    with pytest.raises(UnreadableExportError) as error:
        reading(content)

    assert str(error.value).startswith(f"export.xml: {what}")
    assert str(error.value).endswith(HOW)


LAUGHS = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>\n'
OUTSIDE = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n'
DTD = '<!DOCTYPE rss SYSTEM "http://evil.test/a.dtd">\n'


@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE, DTD])
def test_entities_of_a_file_are_never_expanded_or_fetched(reading: Reading, doctype: str) -> None:
    head, rest = HEAD.split("\n", 1)
    with pytest.raises(UnreadableExportError, match=r"export\.xml defines a document type"):
        reading(f"{head}\n{doctype}{rest}{item(title='&a;&c;')}{END}")


def test_characters_that_xml_does_not_allow_are_dropped_and_counted(reading: Reading) -> None:
    entries = reading(
        wxr(item(body="Br\x0bidge\x00 \x1fand\ufffe"), item(2, extra="<wp:x>&#11;&#xD800;</wp:x>"))
    )

    assert bodies(entries) == ["Bridge and", "<p>The bridge opened.</p>"]
    note = LeftOut("export.xml", "", Reason.UNREADABLE, "3 control characters, which XML does not allow")
    assert left_out(entries) == [note]


def test_a_comments_address_and_htmls_entities_do_not_break_what_is_around(reading: Reading) -> None:
    extra = (
        "<wp:comment><wp:comment_author_url>http://x.test/?a=1&b=2&lt=3</wp:comment_author_url></wp:comment>"
    )
    title = item(title="A").replace("<![CDATA[A]]>", "Caf&eacute;&nbsp;&amp; R&D &#8211; &unknown;")
    entries = reading(wxr(item(1, extra=extra), title))

    assert titles(entries) == ["A bridge", "Café & R&D – &unknown;"]


def test_a_script_in_an_export_of_an_old_wordpress_does_not_end_the_text(reading: Reading) -> None:
    body = "<p>Before.</p><script>//<![CDATA[\nrun();\n//]]></script><p>After.</p>"

    assert bodies(reading(wxr(item(body=body), item(2)))) == [body, "<p>The bridge opened.</p>"]


def test_undeclared_namespaces_of_plugins_do_no_harm(reading: Reading) -> None:
    extra = (
        '<itunes:author>x</itunes:author><media:content url="x"><media:title>y</media:title></media:content>'
    )

    assert titles(reading(wxr(item(extra=extra)))) == ["A bridge"]


@pytest.mark.parametrize(
    "damage", ["<b <c>", "<b>", "</channel>", "</wp:post_id>", "<!DOCTYPE x>", "<![CDAT["]
)
def test_an_item_that_is_no_xml_is_left_out_alone(reading: Reading, damage: str) -> None:
    entries = reading(wxr(item(1), item(2, title="Broken &amp; named", extra=damage), item(3, title="C")))

    assert titles(entries) == ["A bridge", "C"]
    (broken,) = left_out(entries)
    assert (broken.title, broken.reason) == ("Broken & named", Reason.UNREADABLE)
    assert broken.place.startswith("export.xml, line ")


def test_a_damaged_item_is_named_by_its_line_in_the_file(reading: Reading) -> None:
    text = "\n<b>Notice</b>\n" + wxr(item(1), item(2, extra="<b>"))
    line = text[: text.rindex("<item>")].count("\n") + 1

    assert left_out(reading(text))[0].place == f"export.xml, line {line}"


def test_a_tag_without_an_end_breaks_its_item_only_and_takes_no_memory(reading: Reading) -> None:
    entries = reading(wxr(item(1), item(2, extra="<b " + "x='y' " * 100_000), item(3, title="C")))

    assert titles(entries) == ["A bridge", "C"]


def test_elements_in_elements_without_end_break_their_item_only(reading: Reading) -> None:
    entries = reading(wxr(item(1), item(2, extra="<b>" * 5000 + "</b>" * 5000), item(3, title="C")))

    assert titles(entries) == ["A bridge", "C"]


def posts_before(entries: Iterator[Post | LeftOut]) -> list[str]:
    """The titles of the posts, which a list would lose when the error comes."""
    found: list[str] = []
    try:
        for entry in entries:
            found += [entry.title] if isinstance(entry, Post) else []
    except UnreadableExportError:
        return found
    pytest.fail("nothing says that it was cut off")


@pytest.mark.parametrize(
    "where", ["<wp:post_id><![CDATA[3", "<content:encoded><![CDATA[Th", "\t<item>\n\t\t<ti"]
)
def test_a_file_that_was_cut_off_gives_what_is_whole_and_says_where_it_ends(
    tmp_path: Path, where: str
) -> None:
    whole = wxr(item(1, title="A"), item(2, title="B"), item(3, title="C", body="Third."))
    at = whole.index(where, whole.index("CDATA[B]"))
    path = tmp_path / "export.xml"
    path.write_text(whole[: at + len(where)], encoding="utf-8")

    assert posts_before(WordPressExport(path, UTC).entries()) == ["A", "B"]
    with pytest.raises(UnreadableExportError) as error:
        entries_of(path)
    line = whole[:at].count("\n") + 1 + where.count("\n")
    message = f"export.xml ends after the item 'B', at line {line}, before its end: it was cut off."
    assert str(error.value) == f"{message} Download it again. {HOW}"


def test_an_error_of_php_in_the_middle_is_an_export_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    fatal = (
        "<br />\n<b>Fatal error</b>: Allowed memory size of 134217728 bytes exhausted in <b>export.php</b>"
    )
    path.write_text(f"{HEAD}{item(1, title='A')}\t<item>\n\t\t<title>B</title>\n{fatal}", encoding="utf-8")

    assert posts_before(WordPressExport(path, UTC).entries()) == ["A"]


@pytest.mark.parametrize(
    "before", ["\ufeff", "\n\n  \n", "<br />\n<b>Notice</b>: Undefined & index<br />\n", "\ufeff\r\n"]
)
def test_what_a_server_put_before_the_declaration_does_not_matter(reading: Reading, before: str) -> None:
    assert titles(reading(before + wxr(item()))) == ["A bridge"]


def test_what_a_server_put_after_the_end_does_not_matter(reading: Reading) -> None:
    entries = reading(f"{wxr(item())}\n<!-- cached by <plugin> & co. -->\n<script>x && y</script>")

    assert titles(entries) == ["A bridge"]
    assert left_out(entries) == []


def test_two_exports_in_one_file_are_both_read(reading: Reading) -> None:
    channels = wxr(item(1, title="A")).replace("</rss>", "") + wxr(item(2, title="B")).split("\n>\n")[1]

    assert titles(reading(channels)) == ["A", "B"]
    assert titles(reading(wxr(item(1, title="A")) + wxr(item(2, title="B")))) == ["A", "B"]


def cyrillic(encoding: str) -> str:
    text = wxr(item(title="Мост", body="<p>Мост праз раку адкрыўся ўчора.</p>"))
    return text.replace('encoding="UTF-8"', f'encoding="{encoding}"')


@pytest.mark.parametrize(
    ("declared", "real"),
    [
        ("UTF-8", "utf-8"),
        ("windows-1251", "windows-1251"),
        ("UTF-8", "windows-1251"),
        ("windows-1251", "utf-8"),
        ("koi8-u", "koi8-u"),
        ("no-such-thing", "utf-8"),
        ("zlib_codec", "windows-1251"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16", "utf-16-be"),
    ],
)
def test_a_file_is_read_in_its_encoding_whatever_it_declares(
    reading: Reading, declared: str, real: str
) -> None:
    text = cyrillic(declared).replace("ўчора", "учора") if real == "koi8-u" else cyrillic(declared)
    text = text.replace("адкрыўся", "адкрыуся") if real == "koi8-u" else text
    entries = reading(text.encode(real))

    assert titles(entries) == ["Мост"]
    assert left_out(entries) == []


def test_western_letters_in_an_old_encoding_are_read_as_such(reading: Reading) -> None:
    text = wxr(item(title="Café à côté", body="<p>Le pont a été ouvert, voilà.</p>"))

    assert titles(reading(text.encode("windows-1252"))) == ["Café à côté"]


def test_a_few_bytes_in_another_encoding_are_counted_and_the_rest_is_kept(reading: Reading) -> None:
    text = wxr(item(title="Мост", body="<p>Мост праз раку @адкрыўся@ ўчора.</p>"))
    entries = reading(text.encode().replace(b"@", b"\x93"))

    assert titles(entries) == ["Мост"]
    assert bodies(entries) == ["<p>Мост праз раку \ufffdадкрыўся\ufffd ўчора.</p>"]
    note = "2 bytes that are not UTF-8 show as \ufffd"
    assert left_out(entries) == [LeftOut("export.xml", "", Reason.UNREADABLE, note)]


def test_an_export_in_several_files_is_read_in_their_order_and_only_once(tmp_path: Path) -> None:
    both = item(2, title="B")
    (tmp_path / "site.2026.010.xml").write_text(wxr(item(3, title="C"), both, author("w2", "A. Writer")))
    (tmp_path / "site.2026.2.xml").write_text(wxr(item(1, title="A"), both))
    (tmp_path / "._site.2026.2.xml").write_bytes(b"\0\5\26\7 wordpress.org/export/")
    (tmp_path / "sitemap.xml").write_text("<urlset/>")
    (tmp_path / "notes.txt").write_text("wordpress.org/export/")
    assert WordPressExport.recognises(tmp_path)
    entries = entries_of(tmp_path)

    assert titles(entries) == ["A", "B", "C"]
    assert {entry.authors for entry in entries if isinstance(entry, Post)} == {("A. Writer",)}
    other, again = left_out(entries)
    assert other == LeftOut(
        "sitemap.xml", "", Reason.UNREADABLE, f"sitemap.xml: this is no export of WordPress. {HOW}"
    )
    assert again == LeftOut("post 2", "B", Reason.OTHER_KIND, "the same post again")


def test_a_file_that_was_cut_off_does_not_hide_those_after_it(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(wxr(item(1, title="A"), item(2))[:-600])
    (tmp_path / "2.xml").write_text(wxr(item(3, title="C")))

    assert posts_before(WordPressExport(tmp_path, UTC).entries()) == ["A", "C"]


def test_an_export_of_several_files_in_an_archive_is_read_like_a_folder(tmp_path: Path) -> None:
    files = {
        "site-2026/site.001.xml": wxr(item(2, title="B")),
        "site-2026/site.000.xml": wxr(item(1, title="A")),
        "site-2026/uploads/feed.xml": wxr(item(9, title="Deeper")),
        "__MACOSX/site-2026/._site.000.xml": "wordpress.org/export/",
        "../outside.xml": wxr(item(3, title="Outside")),
    }
    path = a_zip(tmp_path / "export.download", files)
    assert WordPressExport.recognises(path)
    entries = entries_of(path)

    assert titles(entries) == ["A", "B"]
    assert left_out(entries) == [
        LeftOut("../outside.xml", "", Reason.UNREADABLE, "Its name leads out of the archive.")
    ]
    assert not WordPressExport.recognises(a_zip(tmp_path / "other.zip", {"a.xml": "<urlset/>"}))


def test_a_damaged_file_in_an_archive_is_an_error_in_words(tmp_path: Path) -> None:
    text = wxr(*(item(number, title=f"P{number}", body=f"{0.1 + number / 7:.40f}") for number in range(2000)))
    path = a_zip(tmp_path / "export.zip", {"export.xml": text})
    content = bytearray(path.read_bytes())
    content[5000:5040] = b"\0\xff" * 20
    path.write_bytes(content)

    with pytest.raises(
        UnreadableExportError, match=r"export\.zip: .* export\.xml cannot be read: It is damaged"
    ):
        entries_of(path)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.xml"
    outside.write_text(wxr(item(title="Outside")))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "1.xml").write_text(wxr(item(1, title="A")))
    (folder / "2.xml").symlink_to(outside)
    entries = entries_of(folder)

    assert titles(entries) == ["A"]
    assert left_out(entries) == [LeftOut("2.xml", "", Reason.UNREADABLE, "It is a link to another file.")]


def test_a_folder_of_a_static_site_that_kept_its_export_is_that_site(tmp_path: Path) -> None:
    (tmp_path / "export.xml").write_text(wxr(item()))
    assert WordPressExport.recognises(tmp_path)

    (tmp_path / "_config.yml").write_text("title: A site\n")
    assert not WordPressExport.recognises(tmp_path)


def test_a_folder_without_an_export_is_not_recognised_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "sitemap.xml").write_text("<urlset/>")

    assert not WordPressExport.recognises(tmp_path)
    with pytest.raises(UnreadableExportError, match="no file in it is an export"):
        WordPressExport(tmp_path, UTC)


def test_a_file_that_is_missing_is_an_error_in_words(tmp_path: Path) -> None:
    assert not WordPressExport.recognises(tmp_path / "export.xml")
    with pytest.raises(UnreadableExportError, match=r"export\.xml cannot be read"):
        WordPressExport(tmp_path / "export.xml", UTC)


def test_a_compressed_export_is_read_and_one_that_was_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "export.xml.gz"
    numbers = range(500)
    text = wxr(*(item(number, title=f"P{number}", body=f"{0.1 + number / 7:.40f}") for number in numbers))
    whole = gzip.compress(text.encode(), mtime=0)
    path.write_bytes(whole)
    assert len(titles(entries_of(path))) == 500

    path.write_bytes(whole[: len(whole) // 2])
    assert 100 < len(posts_before(WordPressExport(path, UTC).entries())) < 400

    path.write_bytes(whole[:3000] + b"\0\xff" * 20 + whole[3040:])
    with pytest.raises(UnreadableExportError, match=r"export\.xml\.gz cannot be read"):
        entries_of(path)


def test_an_export_beyond_any_site_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "export.xml.gz"
    path.write_bytes(gzip.compress(wxr(item(body="x" * 3_000_000)).encode()))
    monkeypatch.setattr(wxr_file, "MOST_BYTES", 2_000_000)

    with pytest.raises(UnreadableExportError, match="more than 4 GB"):
        WordPressExport(path, UTC)


def test_a_post_beyond_any_length_is_left_out(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_CHARACTERS", 5_000)
    text = wxr(item(1, body="x" * 7_000), item(2, body="x" * 20_000), item(3, title="C"))
    line = text[: text.index("<item>", text.index("<item>") + 1)].count("\n") + 1
    entries = reading(text)

    assert titles(entries) == ["C"]
    assert left_out(entries) == [
        LeftOut("post 1", "A bridge", Reason.UNREADABLE, "longer than ten million characters"),
        LeftOut(
            f"export.xml, line {line}", "A bridge", Reason.UNREADABLE, "longer than twenty million characters"
        ),
    ]


def test_comments_are_counted_and_never_held(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    with path.open("w", encoding="utf-8") as file:
        start, end = item(extra="COMMENTS").split("COMMENTS")
        file.write(HEAD + start)
        file.writelines(comment("word " * 100) for _ in range(20_000))
        file.write(end + END)
    tracemalloc.start()
    entries = entries_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert path.stat().st_size > 13_000_000
    assert peak < 6_000_000
    assert left_out(entries) == [LeftOut("the whole export", "", Reason.COMMENT, "20000 comments", 20_000)]


def test_a_large_export_is_read_one_post_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(wordpress(300))
    tracemalloc.start()
    count = sum(isinstance(entry, Post) for entry in WordPressExport(path, UTC).entries())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 300
    assert path.stat().st_size > 9_000_000
    assert peak < 6_000_000


@pytest.mark.parametrize(
    "part",
    [
        *(
            "[gallery ",
            "<!-- wp:block {",
            '<!-- wp:block {"ref":1',
            "<!--",
            "[a =",
            "[a",
            "[",
            "<",
            "&",
            "]]>",
            "{:en}",
        ),
        *("[members", "<!-- x ", "<p>", " ", '"ref":1', "[:en][:be]", "<![CDATA["),
    ],
)
def test_a_text_of_endless_beginnings_is_read_in_one_go(reading: Reading, part: str) -> None:
    text = item(2, body="\0").replace(
        "\0", (part * (1_000_000 // len(part))).replace("]]>", "]]]]><![CDATA[>")
    )
    entries = reading(wxr(item(1, title="A"), text, item(3, title="C")))

    assert {"A", "C"} <= set(titles(entries))


def test_an_old_export_of_wxr_1_0_has_its_tags_once_and_no_authors(reading: Reading) -> None:
    head = HEAD.replace("export/1.2/", "export/1.0/").replace("wxr_version>1.2", "wxr_version>1.0")
    twice = "<category><![CDATA[News]]></category>" + term("category", "news", "News")
    tags = '<category domain="tag"><![CDATA[river]]></category>' + term("tag", "river", "river")
    (post,) = reading(wxr(item(extra=twice + tags), head=head))

    assert isinstance(post, Post)
    assert (post.categories, post.tags, post.authors) == (("News",), ("river",), ())


def test_any_damage_gives_posts_or_an_error_in_words(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    wholes = [file.read_bytes() for file in sorted(EXPORTS.iterdir())]
    for number in range(tries(60, proof=5_000)):
        chance = random.Random(number)  # noqa: S311  # the same each time
        damaged = bytearray(wholes[number % len(wholes)])
        for _ in range(chance.randint(1, 5)):
            at, length = chance.randrange(len(damaged)), chance.choice((0, 1, 20, 2000))
            put = chance.choice((b"", b"<", b"]]>", b"&", b"<![CDATA[", b"\xff", b"<item>", b"</rss>", b"\0"))
            damaged[at : at + length] = put
        path.write_bytes(damaged)
        try:
            export = WordPressExport(path, UTC)
            assert all(entry.place for entry in export.entries())
            assert export.site_addresses()
        except UnreadableExportError as error:
            assert "export" in str(error)  # noqa: PT017  # either is right

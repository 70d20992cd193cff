"""`redirects.toml`: one form for all spellings of an old address, and every mistake at once."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.old_addresses import normalised
from infrastructure.redirects import (
    RedirectsFileError,
    new_address_problem,
    old_address_problem,
    read_redirects,
    written_redirects,
)

EDITIONS = ("be", "en", "ru")
PAGE = "/en/2016-12-05/security-1.html"


def read(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "redirects.toml"
    file.write_text(text, encoding="utf-8")
    return read_redirects(file, EDITIONS)


def mistakes(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(RedirectsFileError) as caught:
        read(tmp_path, text)
    return [(mistake.line, mistake.what) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    "spelling",
    [
        *("/2016/12/a-bridge", "/2016/12/a-bridge/", "//2016//12/a-bridge", "/2016/12/A-Bridge"),
        *("/2016/12/a%2Dbridge/", "/2016/12%2Fa-bridge", "/2016/12/a-bridge/index.html"),
        *("/2016/12/a-bridge/index.php", "/index.php/2016/12/a-bridge/", "/2016/12/a-bridge/page/2/"),
        *("/2016/12/a-bridge/comment-page-3/", "/2016/12/a-bridge/amp/", "/2016/12/a-bridge/feed/"),
        *("/2016/12/a-bridge/feed/atom/", "/2016/12/a-bridge/embed", "/2016/12/a-bridge/?utm_source=x"),
        *("/2016/12/a-bridge?amp=1&fbclid=z", "/2016/12/a-bridge/#comment-7", "/2016/12/a-bridge/?p=%2F"),
        *("https://old.example.org/2016/12/a-bridge/", "HTTP://old.example.org:80/2016/12/a-bridge"),
    ],
)
def test_all_spellings_of_an_old_address_have_one_form(spelling: str) -> None:
    assert normalised(spelling) == "/2016/12/a-bridge"


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("", "/"),
        ("https://old.example.org", "/"),
        ("/?p=123", "/?p=123"),
        ("/index.php?p=123&utm_source=x", "/?p=123"),
        ("/?p=1&p=2", "/?p=2"),
        ("/?lang=BE&p=7&cat=3", "/?p=7"),
        ("/?cat=3&lang=be", "/?cat=3"),
        ("/a/?lang=be", "/a?lang=be"),
        ("/?m=201612", "/?m=201612"),
        ("/?p=", "/"),
        ("/blog/?page_id=2", "/blog?page_id=2"),
        ("/page/2/", "/page"),
        ("/page/31", "/page"),
        ("/feed/", "/feed"),
        ("/feed/rss2/", "/feed"),
        ("/be/feed/", "/be/feed"),
        ("/category/politics/feed/", "/category/politics"),
        ("/category/politics/page/12/", "/category/politics"),
        ("/amp/", "/amp"),
        ("/2016/12/", "/2016/12"),
        ("/2016/12/%D0%9C%D0%BE%D1%81%D1%82/", "/2016/12/мост"),
        ("/2016/12/%d0%bc%d0%be%d1%81%d1%82", "/2016/12/мост"),
        ("/Ўсё", "/ўсё"),
        ("/100%/A", "/100%/a"),
        ("/%E0%A4%A/", "/%e0%a4%a"),
        ("/%2541", "/%41"),
        ("/a.html", "/a.html"),
        ("/%F0%9F%8C%89", "/🌉"),
    ],
)
def test_what_distinguishes_old_addresses_stays(address: str, form: str) -> None:
    assert normalised(address) == form


@given(st.text(alphabet="/%2Fa5cI?=&pnm.#indexhtml feed", max_size=24))
def test_a_form_is_a_path_with_single_slashes_and_at_most_one_field(address: str) -> None:
    path, _, field = normalised(f"/{address}").partition("?")
    assert path.startswith("/")
    assert "//" not in path
    assert path == "/" or not path.endswith("/")
    assert field.count("=") <= 1


def test_a_file_gives_each_old_address_its_new_one(tmp_path: Path) -> None:
    text = f"""# From the old site
[redirects]
"/2016/12/a-bridge/" = "{PAGE}"
"/2016/12/A-Bridge" = "{PAGE}" # the same
"/?p=12" = "/en/2016-12-05/"
"/feed/" = "/en/feed.xml"
"/be/feed/" = "/be/feed.xml"
"/be/slug" = "/be/2016-12-05-extra/"
"/uploads/report.pdf" = "/media/2016/report.pdf"
"/about-us" = "/en/about.html"
"/category/politics" = "/en/topics/security/"
"/page" = "/"
"""
    assert read(tmp_path, text) == {
        "/2016/12/a-bridge": PAGE,
        "/?p=12": "/en/2016-12-05/",
        "/feed": "/en/feed.xml",
        "/be/feed": "/be/feed.xml",
        "/be/slug": "/be/2016-12-05-extra/",
        "/uploads/report.pdf": "/media/2016/report.pdf",
        "/about-us": "/en/about.html",
        "/category/politics": "/en/topics/security/",
        "/page": "/",
    }


def test_a_file_without_redirects_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, "[redirects]\n") == {}


def test_a_written_file_is_read_as_it_was_meant(tmp_path: Path) -> None:
    pairs = {"/?p=12": PAGE, '/say-"yes"': PAGE, "/мост": "/en/", "/zero\u200bwidth": "/en/"}
    text = written_redirects(pairs)
    assert tomllib.loads(text) == {"redirects": pairs}
    assert read(tmp_path, text) == {normalised(old): new for old, new in pairs.items()}
    assert written_redirects(dict(reversed(pairs.items()))) == text


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=20), st.just(PAGE), max_size=4))
def test_whatever_is_written_is_toml_again(pairs: dict[str, str]) -> None:
    assert tomllib.loads(written_redirects(pairs)) == {"redirects": pairs}


@pytest.mark.parametrize(
    "new",
    [
        *("//evil.test", "//evil.test/", "/\\evil.test", "\\\\evil.test", "/%5Cevil.test", "/%2f/evil.test/"),
        *("https://evil.test/", "javascript:alert(1)", "data:text/html,x", "evil.test/", "", "?p=1", "#top"),
        *("/en/%0d%0aSet-Cookie:a", "/en/\r\nX: y", "/en/\t", "/en/ ", "/en/ /evil.test/"),
        *("/en/..//evil.test/a.html", "/../evil.html", "/en/./a.html", "/。evil.test/", "/／evil.test/"),
        *("/⁄evil.test/", "/en/\u2028", "/en/a.html?next=//evil.test", "/en/a.html#b", "/@evil.test/"),
        *("/en", "/EN/", "/en/2016-12-05", "/en/about", "/en/about/", "/api/subscribe", "/drafts/a/x.html"),
        *("/pl/", "/pl/about.html", "/;@evil.test/a.html", "/en/a.html\x00", "/:80/a.html"),
    ],
)
def test_a_new_address_is_a_page_of_this_site(tmp_path: Path, new: str) -> None:
    assert new_address_problem(new, EDITIONS)
    assert mistakes(tmp_path, written_redirects({"/a": new}))


@pytest.mark.parametrize(
    "old",
    [
        *("/", "//", "/index.html", "/index.php", "/en/", "/EN", "/en/?p=1", "/en/2016-12-05/", "/en/about"),
        *("/en/about.html", "/ru/2016-12-05-extra/security-1.html", "/be/feed.xml", "/en/archive/2016/"),
        *("/en/topics/security", "/api", "/api/subscribe", "/API/x", "/drafts/a/", "/media/a.png"),
        *("/assets/x", "/_layouts/x", "/robots.txt", "/sitemap.xml", "/favicon.ico", "/pl/2016-12-05/a"),
        *("/en/check-your-mail.html", "/sitemaps/2016.xml", "/%65n/", "/?utm_source=x", "/?id=3"),
        *("2016/12/a", "https://old.example.org/a", "//old.example.org/a", "", "?p=12"),
        *("/a%0d%0a", "/a\nb", "/a\x00", "/a\\b", "/%zz", "/%ff", f"/{'a' * 512}", f"/{'я' * 256}"),
    ],
)
def test_an_old_address_is_a_path_that_this_site_does_not_answer_itself(tmp_path: Path, old: str) -> None:
    assert old_address_problem(old, EDITIONS)
    assert mistakes(tmp_path, written_redirects({old: PAGE}))


@pytest.mark.parametrize(
    "old",
    [
        *("/pl/", "/posts/2016-12-05-a-bridge/", "/2016/12/05", "/be/2016/12/a-bridge", "/en/a-bridge/"),
        *("/wp-content/uploads/a.pdf", "/apis/", "/archive/2016", f"/{'a' * 511}", f"/{'я' * 255}", "/en/p"),
    ],
)
def test_an_address_that_only_looks_like_ours_is_redirected(tmp_path: Path, old: str) -> None:
    assert read(tmp_path, written_redirects({old: PAGE})) == {normalised(old): PAGE}


def test_nobody_is_redirected_twice_or_in_a_circle(tmp_path: Path) -> None:
    text = """[redirects]
"/one/" = "/two/"
"/two/" = "/en/"
"/circle/" = "/circle/"
"/left/" = "/right/"
"/right/" = "/left/"
"""
    file = tmp_path / "redirects.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RedirectsFileError) as caught:
        read_redirects(file)
    assert [(mistake.line, mistake.what) for mistake in caught.value.mistakes] == [
        (2, "“/two/” is redirected, too."),
        (4, "“/circle/” is redirected, too."),
        (5, "“/right/” is redirected, too."),
        (6, "“/left/” is redirected, too."),
    ]


def test_all_mistakes_are_listed_with_their_lines_and_what_to_do(tmp_path: Path) -> None:
    text = f"""host = "old.example.org"
[redirects]
"/a" = "{PAGE}"
"/a/" = "/en/"
"/b" = "//evil.test/"
"/c" = 12
"/en/about" = "/en/"

"/d" = "/pl/"
"""
    file = tmp_path / "redirects.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RedirectsFileError) as caught:
        read_redirects(file, EDITIONS)
    lines = caught.value.message.splitlines()
    assert lines[0] == "redirects.toml can't be used as it is."
    assert [line.split(" error: ")[0] for line in lines[1:]] == [
        f"redirects.toml:{number}:" for number in (1, 4, 5, 6, 7, 9)
    ]
    assert lines[2] == (
        "redirects.toml:4: error: “/a/” is there twice. “/a” means the same address and leads elsewhere."
        " Delete one of the two."
    )
    assert "Write it as in" in lines[3]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("redirects = 1\n", 1),
        ('[redirects]\n/a = "/en/"\n', 2),
        ('[redirects]\n"/a" = "/en/"\n"/a" = "/be/"\n', 3),
        ('[redirects]\n"/a" = /en/\n', 2),
        ('[redirects]\n"/a" = "/en/\n', 2),
        ("[redirects]\n" + "a." * 100 + "b = 1\n", 2),
        ("[redirects]\na = " + "[" * 5000, 1),
        ("[redirects]\na = " + "9" * 5000, 2),
    ],
)
def test_a_file_that_is_not_read_says_where(tmp_path: Path, text: str, line: int) -> None:
    assert mistakes(tmp_path, text)[0][0] == line


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    file = tmp_path / "redirects.toml"
    file.write_bytes('[redirects]\n"/мост" = "/en/"\n'.encode("cp1251"))
    with pytest.raises(RedirectsFileError) as caught:
        read_redirects(file)
    assert [mistake.line for mistake in caught.value.mistakes] == [2]


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "redirects.toml"
    file.write_bytes(b"\xef\xbb\xbf[redirects]\r\n'/a' = '/en/'\r\n")
    assert read_redirects(file) == {"/a": "/en/"}


def test_a_long_list_of_mistakes_is_cut(tmp_path: Path) -> None:
    pairs = {f"/{number}": "//evil.test" for number in range(1000)}
    with pytest.raises(RedirectsFileError) as caught:
        read(tmp_path, written_redirects(pairs))
    assert caught.value.message.count("\n") == 201
    assert caught.value.message.endswith("… and 800 more.")

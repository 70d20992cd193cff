"""`broadsheet build` with a `redirects.toml`: pages at old addresses that lead to the new ones."""

import posixpath
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag
from click.testing import CliRunner, Result

from cli.main import main
from infrastructure.redirects import written_redirects
from tests.builders import ISSUE_ID, NEWSLETTER_TOML

TEXT = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### One\n\nFirst.\n"
PAGE = f"/en/{ISSUE_ID}/security-1.html"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    for edition in ("en", "be"):
        file = folder / "issues" / ISSUE_ID / f"{edition}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEXT, encoding="utf-8")
    (folder / "newsletter.toml").write_text(NEWSLETTER_TOML, encoding="utf-8")
    return folder


def build(
    desk: Path, pairs: dict[str, str] | None, *options: str | Path, beside: Path | None = None
) -> Result:
    """Builds into `site` beside the desk, with a redirects.toml on it or elsewhere."""
    if pairs is not None:
        ((beside or desk) / "redirects.toml").write_text(written_redirects(pairs), encoding="utf-8")
    return CliRunner().invoke(main, ["build", str(desk), str(desk.parent / "site"), *map(str, options)])


def site_in(desk: Path) -> dict[str, bytes]:
    out = desk.parent / "site"
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def element(page: BeautifulSoup, kind: str, /, **attributes: str) -> Tag:
    [found] = page.find_all(kind, attrs=attributes)
    assert isinstance(found, Tag)
    return found


def test_each_old_address_has_a_page_that_leads_to_the_new_one(desk: Path) -> None:
    before = build(desk, None)
    plain = site_in(desk)
    pairs = {
        "/2016/12/a-bridge/": PAGE,
        "/2016/12/%d0%bc%d0%be%d1%81%d1%82/": f"/be/{ISSUE_ID}/",
        "/a-page.html": "/en/about.html",
        "/version-2.0": "/",
        "/feed/": "/en/feed.xml",
    }
    result = build(desk, pairs)
    site = site_in(desk)

    assert (before.exit_code, result.exit_code) == (0, 0), result.output
    assert {path: content for path, content in site.items() if path in plain} == plain
    files = {
        "2016/12/a-bridge/index.html": ("en", f"en/{ISSUE_ID}/security-1.html"),
        "2016/12/мост/index.html": ("be", f"be/{ISSUE_ID}/index.html"),
        "a-page.html": ("en", "en/about.html"),
        "version-2.0/index.html": ("en", "index.html"),
        "feed/index.html": ("en", "en/feed.xml"),
    }
    assert site.keys() - plain.keys() == files.keys()
    for path, (language, target) in files.items():
        page = BeautifulSoup(site[path], "html.parser")
        link = str(element(page, "a")["href"])
        assert posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(link))) == target
        assert element(page, "meta", **{"http-equiv": "refresh"})["content"] == f"0; url={link}"
        assert str(element(page, "link", rel="canonical")["href"]).endswith(f"example.org/{target}")
        assert element(page, "meta", name="robots")["content"] == "noindex"
        assert element(page, "html")["lang"] == language
        style = str(element(page, "link", rel="stylesheet")["href"])
        assert posixpath.normpath(posixpath.join(posixpath.dirname(path), style)) in site
        assert not page.find_all(["script", "style", "img"])
    assert "Wrote 5 pages at old addresses" in result.output
    assert "Гэтая старонка пераехала" in site["2016/12/мост/index.html"].decode()
    assert b"a-bridge" not in site["sitemap.xml"] + site["sitemaps/pages.xml"]


def test_without_redirects_a_build_has_the_same_bytes_and_says_nothing_of_them(desk: Path) -> None:
    build(desk, None)
    plain = site_in(desk)
    result = build(desk, {})
    assert site_in(desk) == plain
    assert "old address" not in result.output


def test_what_no_file_can_answer_is_said(desk: Path) -> None:
    pairs = {
        "/?p=12": PAGE,
        "/?p=13": PAGE,
        "/report.pdf": PAGE,
        "/../climbs": PAGE,
        f"/{'long' * 64}": PAGE,
        "/a.html": PAGE,
        "/a.html/below": PAGE,
        "/gone": "/en/2010-01-04/",
    }
    result = build(desk, pairs)

    assert result.exit_code == 0, result.output
    assert "Wrote 1 page at old addresses" in result.output
    assert "2 old addresses have a query, like /?p=12" in result.output
    for old in ("/report.pdf", "/../climbs", "/a.html/below", "/longlong"):
        assert any(
            line.startswith(old) and line.endswith("no page can be at this old address.")
            for line in result.output.splitlines()
        ), old
    assert "/gone (/en/2010-01-04/): an old address whose new page is not in the site." in result.output
    assert not (desk.parent / "climbs").exists()


def test_a_page_of_the_site_is_never_overwritten(desk: Path) -> None:
    build(desk, None)
    plain = site_in(desk)
    result = build(desk, {"/assets.html": PAGE, "/404/": PAGE, "/en/feed.xml/x/": PAGE})
    assert {path: content for path, content in site_in(desk).items() if path in plain} == plain
    assert "/en/feed.xml/x: no page can be at this old address." in result.output


def test_a_long_list_is_cut(desk: Path) -> None:
    result = build(desk, {f"/{number}.pdf": PAGE for number in range(30)})
    assert result.output.count("no page can be at this old address") == 20
    assert "… and 10 more." in result.output


def test_mistakes_are_said_before_anything_is_built(desk: Path) -> None:
    build(desk, None)
    plain = site_in(desk)
    result = build(desk, {"/en/about": PAGE, "/a": "//evil.test/"})
    assert result.exit_code == 2
    assert "redirects.toml:2: error: “//evil.test/” is no page of this site." in result.output
    assert "redirects.toml:3: error: “/en/about” is an address of this site." in result.output
    assert site_in(desk) == plain
    assert not (desk.parent / "site.new").exists()


def test_the_file_may_be_beside_the_newsletter_in_use(desk: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (desk / "newsletter.toml").rename(elsewhere / "newsletter.toml")
    result = build(desk, {"/old": PAGE}, "--newsletter", elsewhere / "newsletter.toml", beside=elsewhere)
    assert "old/index.html" in site_in(desk), result.output

    (elsewhere / "newsletter.toml").rename(desk.parent / "newsletter.toml")
    result = build(desk, {"/older": PAGE}, beside=desk.parent)
    assert "older/index.html" in site_in(desk), result.output

    result = build(desk, {"/oldest": PAGE})
    assert "oldest/index.html" in site_in(desk), result.output
    assert "older/index.html" not in site_in(desk)


def test_redirects_of_dated_posts_are_not_taken_for_issues(desk: Path) -> None:
    build(desk, {f"/posts/{ISSUE_ID}-a-post/": PAGE})
    (desk / "issues" / ISSUE_ID / "ru.md").write_text(TEXT.replace("security", "weather"), encoding="utf-8")
    result = build(desk, {f"/posts/{ISSUE_ID}-a-post/": PAGE})
    assert "1 file could not be built" in result.output
    assert "was left as it was" not in result.output, result.output

"""At which addresses static sites showed their texts, one form after the other."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.static_sites import a_site, a_text, posts_of, site_of, the_post

DATED = {"date": "2016-12-05T23:30:00+01:00"}


def hugo(config: str = "", name: str = "content/posts/A Bridge.md", **head: str) -> Mapping[str, str]:
    settings = f'baseURL = "https://example.org/"\n{config}'
    return {"hugo.toml": settings, name: a_text(**DATED | head)}


@pytest.mark.parametrize(
    ("files", "address"),
    [
        (hugo(), "/posts/a-bridge/"),
        (hugo(slug="The-Bridge"), "/posts/the-bridge/"),
        (hugo(url="/old/bridge.html"), "/old/bridge.html"),
        (hugo("uglyURLs = true"), "/posts/a-bridge.html"),
        (hugo("[uglyURLs]\nposts = true"), "/posts/a-bridge.html"),
        (hugo(name="content/posts/2016/a-bridge/index.md"), "/posts/2016/a-bridge/"),
        (hugo(name="content/posts/2016-12-05-a-bridge.md"), "/posts/2016-12-05-a-bridge/"),
        (
            hugo('[frontmatter]\ndate = [":filename", ":default"]', "content/posts/2016-12-05-a-bridge.md"),
            "/posts/a-bridge/",
        ),
        (hugo('[permalinks]\nposts = "/:year/:month/:day/:slug/"'), "/2016/12/05/a-bridge/"),
        (hugo('[permalinks.page]\nposts = "/:year/:monthname/:filename"'), "/2016/december/a-bridge/"),
        (hugo('[permalinks]\nposts = "/:sections[1:]/:title/"', "content/posts/x/y/z.md"), "/a-bridge/"),
        (
            hugo('[permalinks]\nposts = "/:title/"', title="'A *bridge* & co. – 5% off: «так» #1'"),
            "/a-bridge-co.-5-off-%D1%82%D0%B0%D0%BA-%231/",
        ),
        (hugo('[permalinks]\nposts = "/:section/:yearday/:slugorfilename.html"'), "/posts/340/a-bridge.html"),
        (hugo(name="content/posts/мост.md"), "/posts/%D0%BC%D0%BE%D1%81%D1%82/"),
    ],
)
def test_hugo_shows_a_text_at(tmp_path: Path, files: Mapping[str, str], address: str) -> None:
    assert the_post(a_site(tmp_path, files)).addresses[0] == address


def test_folders_with_a_text_of_their_own_are_hugos_sections(tmp_path: Path) -> None:
    files = {
        **hugo('[permalinks]\nposts = "/:sections[1:]/:sections/:title/"', "content/posts/x/y/z.md"),
        "content/posts/x/_index.md": a_text(),
    }
    assert the_post(a_site(tmp_path, files)).addresses == ("/x/posts/x/a-bridge/",)


def test_hugos_ugly_aliases_have_an_ending(tmp_path: Path) -> None:
    files = hugo("uglyURLs = true", aliases="[/old, rel]")
    assert the_post(a_site(tmp_path, files)).addresses[1:] == ("/old.html", "/posts/rel.html")


def test_hugos_aliases_are_addresses_too(tmp_path: Path) -> None:
    files = hugo(aliases="[/2015/bridge, bridges/first, 'https://example.org/b/']")
    assert the_post(a_site(tmp_path, files)).addresses[1:] == (
        "/2015/bridge/",
        "/posts/bridges/first/",
        "/b/",
    )


@pytest.mark.parametrize("name", ["config.yaml", "config/_default/config.yaml", "config/_default/hugo.yml"])
def test_hugos_settings_are_read_wherever_they_are(tmp_path: Path, name: str) -> None:
    settings = "baseurl: https://example.org/blog/\npermalinks:\n  posts: /:year/:slug/\n"
    site = a_site(tmp_path, {name: settings, "content/posts/x.md": a_text(**DATED)})
    assert the_post(site).addresses == ("/blog/2016/a-bridge/",)


def test_hugos_settings_may_be_json_or_in_parts(tmp_path: Path) -> None:
    in_parts = {
        "config/_default/hugo.json": '{"baseURL": "https://example.org/", "defaultContentLanguage": "be"}',
        "config/_default/permalinks.toml": 'posts = "/:year/:slug/"',
        "config/_default/languages.toml": '[be]\nweight = 1\n[en]\ncontentDir = "content/english"',
        "content/posts/x.md": a_text(**DATED),
        "content/english/posts/x.md": a_text(**DATED),
    }
    posts = posts_of(a_site(tmp_path, in_parts))
    assert [(post.language, post.addresses) for post in posts.values()] == [
        ("en", ("/en/2016/a-bridge/",)),
        ("be", ("/2016/a-bridge/",)),
    ]


@pytest.mark.parametrize(
    ("subdir", "addresses"),
    [
        ("false", {"en": "/posts/x/", "be": "/be/posts/x/", "ru": "/ru/posts/x/"}),
        ("true", {"en": "/en/posts/x/", "be": "/be/posts/x/", "ru": "/ru/posts/x/"}),
    ],
)
def test_hugos_languages_have_folders(tmp_path: Path, subdir: str, addresses: dict[str, str]) -> None:
    settings = f"""
        baseURL = "https://example.org"
        defaultContentLanguage = "en"
        defaultContentLanguageInSubdir = {subdir}
        [languages.en]
        [languages.be]
        [languages.ru]
        contentDir = "content/ru"
        """
    files = {f"content/{name}": a_text(**DATED) for name in ("posts/x.md", "posts/x.be.md", "ru/posts/x.md")}
    posts = posts_of(a_site(tmp_path, {"hugo.toml": settings, **files})).values()
    assert {post.language: post.addresses[0] for post in posts} == addresses
    assert {post.translations for post in posts} == {"posts/x"}


def test_an_address_of_its_own_counts_from_the_site_or_from_its_language(tmp_path: Path) -> None:
    settings = 'defaultContentLanguage = "en"\n[languages.en]\n[languages.be]\n'
    files = {
        "hugo.toml": settings,
        "content/posts/x.be.md": a_text(**DATED, url="/other/"),
        "content/posts/y.be.md": a_text(**DATED, url="other/"),
    }
    posts = posts_of(a_site(tmp_path, files)).values()
    assert [post.addresses[0] for post in posts] == ["/other/", "/be/other/"]


def jekyll(config: str = "", name: str = "_posts/2016-12-04-a-Bridge.md", **head: str) -> Mapping[str, str]:
    return {"_config.yml": f"title: News\ntimezone: Europe/Warsaw\n{config}", name: a_text(**head)}


@pytest.mark.parametrize(
    ("files", "address"),
    [
        (jekyll(), "/2016/12/04/a-Bridge.html"),
        (jekyll(date="2016-12-05 23:30:00 +0000"), "/2016/12/06/a-Bridge.html"),
        (jekyll(categories="News world"), "/news/world/2016/12/04/a-Bridge.html"),
        (jekyll(categories="[Home News]"), "/home%20news/2016/12/04/a-Bridge.html"),
        (jekyll(name="World/_posts/2016-12-04-x.md", category="News"), "/world/news/2016/12/04/x.html"),
        (jekyll("permalink: pretty"), "/2016/12/04/a-Bridge/"),
        (jekyll("permalink: ordinal"), "/2016/339/a-Bridge.html"),
        (jekyll("permalink: weekdate"), "/2016/W48/SUN/a-Bridge.html"),
        (jekyll("permalink: none", categories="news"), "/news/a-Bridge.html"),
        (jekyll("permalink: /:year/:i_month/:i_day/:slug/"), "/2016/12/4/a-bridge/"),
        (jekyll("permalink: /:short_year/:short_month/:title.html"), "/16/DEC/a-Bridge.html"),
        (
            jekyll("permalink: /blog/:slugified_categories/:title", categories="[Home News]"),
            "/blog/home-news/a-Bridge",
        ),
        (jekyll("permalink: /:title/", slug="The bridge"), "/The-bridge/"),
        (jekyll(permalink="/bridges/first/"), "/bridges/first/"),
        (jekyll(permalink="/:year/first.html"), "/2016/first.html"),
        (jekyll("baseurl: /blog\npermalink: /:title/"), "/blog/a-Bridge/"),
        (jekyll("url: https://example.org/blog\npermalink: /:title/"), "/blog/a-Bridge/"),
        (
            jekyll('defaults: [{scope: {path: "", type: posts}, values: {permalink: "/p/:title/"}}]'),
            "/p/a-Bridge/",
        ),
        (jekyll("collections: {posts: {permalink: /n/:title/}}"), "/n/a-Bridge/"),
        (jekyll("collections: {posts: {output: true}}\npermalink: /:title/"), "/a-Bridge/"),
        (
            jekyll("collections: {pieces: {output: true}}", "_pieces/bridge.md", date="2016-12-05"),
            "/pieces/bridge.html",
        ),
        (
            jekyll(
                "collections: {pieces: {output: true, permalink: /:collection/:name/}}",
                "_pieces/b.md",
                date="2016-12-05",
            ),
            "/pieces/b/",
        ),
    ],
)
def test_jekyll_shows_a_text_at(tmp_path: Path, files: Mapping[str, str], address: str) -> None:
    assert the_post(a_site(tmp_path, files)).addresses[0] == address


def test_jekylls_pages_are_found_with_and_without_their_ending(tmp_path: Path) -> None:
    files = jekyll("permalink: /:title.html", redirect_from="[/old/, 'https://example.org/older.html']")
    expected = ("/a-Bridge.html", "/a-Bridge", "/old/", "/older.html")
    assert the_post(a_site(tmp_path, files)).addresses == expected


def test_a_single_old_address_needs_no_list(tmp_path: Path) -> None:
    files = jekyll("permalink: /:title/", redirect_from="/old/")
    assert the_post(a_site(tmp_path, files)).addresses == ("/a-Bridge/", "/old/")


def test_jekyll_polyglot_puts_other_languages_into_folders(tmp_path: Path) -> None:
    settings = "languages: [en, be]\ndefault_lang: en\npermalink: /:title/\n"
    files = {
        "_config.yml": settings,
        "_posts/2016-12-05-bridge.md": a_text(lang="en", page_id="bridge"),
        "_posts/2016-12-05-most.md": a_text(lang="be", page_id="bridge"),
        "_posts/be/2016-12-06-road.md": a_text(),
    }
    posts = posts_of(a_site(tmp_path, files)).values()
    assert [(post.language, post.addresses[0], post.translations) for post in posts] == [
        ("en", "/bridge/", "bridge"),
        ("be", "/be/most/", "bridge"),
        ("be", "/be/road/", "_posts/2016-12-06-road"),
    ]


def pelican(config: str = "", name: str = "content/news/bridge.md", head: str = "") -> Mapping[str, str]:
    dated = f"Title: A bridge, opened\nDate: 2016-12-05 10:00\n{head}\n\nThe bridge was opened.\n"
    return {"pelicanconf.py": f"PATH = 'content'\nTIMEZONE = 'Europe/Warsaw'\n{config}\n", name: dated}


@pytest.mark.parametrize(
    ("files", "address"),
    [
        (pelican(), "/a-bridge-opened.html"),
        (pelican(head="Slug: first"), "/first.html"),
        (pelican("SLUGIFY_SOURCE = 'basename'"), "/bridge.html"),
        (pelican("ARTICLE_URL = 'posts/{date:%Y}/{date:%b}/{slug}/'"), "/posts/2016/Dec/a-bridge-opened/"),
        (pelican("ARTICLE_URL = '{category}/{slug}'"), "/news/a-bridge-opened"),
        (
            pelican("ARTICLE_URL = '{category}/{slug}/'", head="Category: Home News"),
            "/home-news/a-bridge-opened/",
        ),
        (pelican(head="Lang: be"), "/a-bridge-opened-be.html"),
        (pelican("DEFAULT_LANG = 'be'", head="Lang: be"), "/a-bridge-opened.html"),
        (pelican("ARTICLE_LANG_URL = '{lang}/{slug}/'", head="Lang: be"), "/be/a-bridge-opened/"),
        (pelican("I18N_SUBSITES = {'be': {'SITENAME': 'x'}}", head="Lang: be"), "/be/a-bridge-opened.html"),
        (pelican(head="URL: bridges/first/\nSave_as: bridges/first/index.html"), "/bridges/first/"),
        (pelican("SITEURL = 'https://example.org/blog'"), "/blog/a-bridge-opened.html"),
        (
            pelican(
                r"FILENAME_METADATA = r'(?P<date>\d{4}-\d{2}-\d{2})_(?P<slug>.*)'",
                "content/2016-12-05_most.md",
            ),
            "/most.html",
        ),
    ],
)
def test_pelican_shows_a_text_at(tmp_path: Path, files: Mapping[str, str], address: str) -> None:
    assert the_post(a_site(tmp_path, files)).addresses == (address,)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Мост адкрыты — ўжо сёння", "most-adkryty-uzho-sionnia"),
        ("Щука і “Юля”: № 5", "shchuka-i-iulia-no-5"),
        ("Żółty café", "zolty-cafe"),
    ],
)
def test_pelican_spells_titles_in_latin_letters(tmp_path: Path, title: str, slug: str) -> None:
    files = {"pelicanconf.py": "", "content/x.md": f"Title: {title}\nDate: 2016-12-05\n\nWords.\n"}
    assert the_post(a_site(tmp_path, files)).addresses == (f"/{slug}.html",)


def test_an_address_in_letters_that_are_not_known_here_is_not_guessed(tmp_path: Path) -> None:
    files = {"pelicanconf.py": "", "content/x.md": "Title: 桥\nDate: 2016-12-05\n\nWords.\n"}
    assert the_post(a_site(tmp_path, files)).addresses == ()


def test_hexo_shows_a_text_at(tmp_path: Path) -> None:
    files = {
        "_config.yml": "url: https://example.org\nroot: /blog/\npermalink: :year/:i_month/:title/\n",
        "source/_posts/2016-12-05-bridge.md": a_text(date="2016/12/5 10:00:00"),
    }
    assert the_post(a_site(tmp_path, files)).addresses == ("/blog/2016/12/bridge/",)


def test_eleventy_shows_a_text_at(tmp_path: Path) -> None:
    files = {
        ".eleventy.js": "module.exports = {}",
        "posts/posts.json": '{"permalink": "/news/{{ page.fileSlug }}/"}',
        "posts/2016-12-05-bridge.md": a_text(),
        "pieces/2016-12-05-bridge.md": a_text(),
    }
    posts = posts_of(a_site(tmp_path, files))
    assert [post.addresses for post in posts.values()] == [("/pieces/bridge/",), ("/news/bridge/",)]


def test_nikola_shows_a_text_at(tmp_path: Path) -> None:
    head = ".. title: A bridge\n.. slug: bridge\n.. date: 2016-12-05 10:00:00 UTC+03:00\n\nWords.\n"
    files = {"conf.py": "DEFAULT_LANG = 'en'\n", "posts/x.md": head, "posts/x.be.md": head}
    posts = posts_of(a_site(tmp_path, files)).values()
    assert {post.language: post.addresses[0] for post in posts} == {
        "en": "/posts/bridge/",
        "be": "/be/posts/bridge/",
    }


def test_lists_have_addresses_too(tmp_path: Path) -> None:
    site = site_of(a_site(tmp_path, pelican(head="Category: Home News")))
    assert site.site_addresses() == {
        "/": "home",
        "/archives.html": "archive",
        "/feeds/all.atom.xml": "feed",
        "/category/home-news.html": "topic:Home News",
    }


def test_an_address_stays_within_the_site(tmp_path: Path) -> None:
    files = jekyll(
        "permalink: /:title/", permalink="//evil.test/x", redirect_from="[//evil.test/y, 'javascript:z']"
    )
    addresses = the_post(a_site(tmp_path, files)).addresses
    assert all(address[:1] == "/" and address[1:2] not in "/\\" for address in addresses)

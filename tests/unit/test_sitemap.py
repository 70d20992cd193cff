"""Sitemaps and robots.txt."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from broadsheet.archive.register import CommentarySummary
from broadsheet.site.layout import Page
from broadsheet.site.sitemap import robots, sitemap_index, sitemap_pages, sitemap_year
from tests.builders import a_newsletter, a_published_edition, a_record

NEWSLETTER = a_newsletter()
ORIGIN = "https://news.example.org/"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
NOON = datetime(2016, 12, 20, 12, 0, tzinfo=UTC)


def read(page: Page) -> ET.Element:
    return ET.fromstring(page.html.encode())  # noqa: S314  # our own


def urls(page: Page) -> dict[str, tuple[str | None, dict[str, str]]]:
    """Path to the last change and the alternates by language."""
    found = {}
    for url in read(page).findall(f"{MAP}url"):
        links = {
            link.get("hreflang", ""): link.get("href", "").removeprefix(ORIGIN) for link in url.findall(LINK)
        }
        found[url.findtext(f"{MAP}loc", "").removeprefix(ORIGIN)] = (url.findtext(f"{MAP}lastmod"), links)
    return found


def test_the_index_names_a_sitemap_for_each_year_and_one_for_pages_that_always_exist() -> None:
    page = sitemap_index([2017, 2016], NEWSLETTER)
    assert page.path == "sitemap.xml"
    assert [loc.text for loc in read(page).iter(f"{MAP}loc")] == [
        f"{ORIGIN}sitemaps/{name}.xml" for name in ("pages", "2017", "2016")
    ]


def test_a_year_lists_pages_of_public_editions_with_their_last_change_and_alternates() -> None:
    two = (
        CommentarySummary("security-1", "security", "A", None, "a"),
        CommentarySummary("security-2", "security", "B", None, "b"),
    )
    editions = {
        "en": a_published_edition(changed_at=NOON, commentaries=two),
        "ru": a_published_edition(),
        "be": a_published_edition(withdrawn_at=NOON),
    }
    page = sitemap_year(2016, [a_record(editions=editions)], NEWSLETTER)
    assert page.path == "sitemaps/2016.xml"
    index = {
        "en": "en/2016-12-05/index.html",
        "ru": "ru/2016-12-05/index.html",
        "x-default": "en/2016-12-05/index.html",
    }
    first = {code: path.replace("index", "security-1") for code, path in index.items()}
    second = "en/2016-12-05/security-2.html"
    noon, morning = "2016-12-20T12:00:00Z", "2016-12-12T06:00:00Z"
    assert urls(page) == {
        index["en"]: (noon, index),
        index["ru"]: (morning, index),
        first["en"]: (noon, first),
        first["ru"]: (morning, first),
        second: (noon, {"en": second, "x-default": second}),
    }


def test_an_issue_that_is_withdrawn_everywhere_is_in_no_map() -> None:
    record = a_record(editions={"en": a_published_edition(withdrawn_at=NOON)})
    assert urls(sitemap_year(2016, [record], NEWSLETTER)) == {}


def test_pages_that_always_exist_are_listed_in_every_edition() -> None:
    page = sitemap_pages(NEWSLETTER)
    names = ["index", "archive/index", "about", "privacy", "topics/index"]
    names += [f"topics/{topic.id}/index" for topic in NEWSLETTER.topics]
    assert list(urls(page)) == ["index.html"] + [
        f"{edition}/{name}.html" for name in names for edition in ("en", "be", "ru")
    ]
    assert urls(page)["ru/index.html"][1]["x-default"] == "index.html"
    assert urls(page)["ru/about.html"][1] == {
        **{edition: f"{edition}/about.html" for edition in ("en", "be", "ru")},
        "x-default": "en/about.html",
    }


def test_robots_may_read_all_but_the_api_and_learn_where_the_map_is() -> None:
    page = robots(NEWSLETTER)
    assert (page.path, page.html.splitlines()) == (
        "robots.txt",
        ["User-agent: *", "Disallow: /api/", "", f"Sitemap: {ORIGIN}sitemap.xml"],
    )

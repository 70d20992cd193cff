"""An edition's home and archive, as functions of what the register lists."""

from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup

from broadsheet.archive.register import Record
from broadsheet.content.pictures import PictureSize, SitePicture
from broadsheet.site.home_and_archive import archive, home
from broadsheet.site.layout import Page
from tests.builders import a_newsletter, a_published_edition, a_record, an_issue

NEWSLETTER = a_newsletter()
EN = NEWSLETTER.editions["en"]


def soup_of(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.html, "html.parser")


def hrefs(soup: BeautifulSoup, selector: str) -> list[str]:
    return [str(tag["href"]) for tag in soup.select(selector)]


def test_a_front_page_shows_the_latest_issue_and_the_way_to_all() -> None:
    shown = soup_of(home(EN, [a_record("2016-12-12"), a_record("2016-12-05")], NEWSLETTER))
    assert hrefs(shown, "main a:not(.box a)") == [
        "2016-12-12/index.html",
        "2016-12-12/index.html",
        "topics/security/index.html",
        "2016-12-12/security-1.html",
        "2016-12-12/security-1.html",
        "2016-12-05/index.html",
        "archive/index.html",
    ]


def test_a_front_page_without_issues_says_so() -> None:
    empty = soup_of(home(NEWSLETTER.editions["be"], [], NEWSLETTER))
    assert [tag.text for tag in empty.select("main > h1, main > p")] == [
        "Дзве тэмы кожны тыдзень.",
        "Дзявяты мост",
        "Выпускаў пакуль няма.",
    ]


def test_read_more_names_its_target() -> None:
    shown = soup_of(home(EN, [a_record()], NEWSLETTER))
    assert [a.text for a in shown.select("li .more a")] == ["Read more: A quiet border"]
    assert [a.text for a in shown.select(".row.first .more a")] == ["Read more: Two summits, one road"]


def with_pictures(text: str, *on_site: str) -> BeautifulSoup:
    """The home page with an issue of this text, and with these of its pictures on the site."""
    pictures = {
        f"images/{name}.png": SitePicture((PictureSize(f"media/{name}.png", 720, 405),)) for name in on_site
    }
    record = a_record("2016-12-05", editions={"en": a_published_edition(pictures=pictures)})
    return soup_of(home(EN, [record], NEWSLETTER, an_issue(text, pictures=ALL)))


ALL = frozenset({"images/gate.png", "images/mast.png"})
PICTURES = (
    '## security\n\n### First\n\n![A gate](images/gate.png "The gate. Photo: A. Author")\n\nText.\n\n'
    "### Second\n\n![A mast](images/mast.png)\n\nText.\n"
)


def test_a_front_page_opens_with_the_first_picture_of_the_latest_issue_and_its_source() -> None:
    shown = with_pictures(PICTURES, "gate", "mast")
    (picture,) = shown.select("img")
    assert (picture["src"], picture["alt"], picture["fetchpriority"]) == (
        "../media/gate.png",
        "A gate",
        "high",
    )
    assert [tag.text for tag in shown.select("figcaption")] == ["The gate. Photo: A. Author"]


def test_a_front_page_opens_with_the_picture_of_an_article() -> None:
    shown = with_pictures("Words.\n\n![A gate](images/gate.png)\n\nMore words.\n", "gate")
    assert [(tag["src"], tag["alt"]) for tag in shown.select("main img")] == [("../media/gate.png", "A gate")]


def test_a_front_page_shows_the_first_picture_that_the_site_has_or_none() -> None:
    assert [tag["alt"] for tag in with_pictures(PICTURES, "mast").select("img")] == ["A mast"]
    assert with_pictures(PICTURES).select("img, figure") == []
    assert soup_of(home(EN, [a_record()], NEWSLETTER, None)).select("img, figure") == []


def test_the_sign_up_form_follows_the_latest_issue_and_stands_on_a_front_page_once() -> None:
    for newest in ([], [a_record("2016-12-12"), a_record("2016-12-05")]):
        shown = soup_of(home(EN, newest, NEWSLETTER))
        assert [tag["action"] for tag in shown.select("form")] == [
            "https://news.example.org/api/subscribe?in=en"
        ]
        sections = [str(tag["aria-labelledby"]) for tag in shown.select("main section")]
        assert sections == (["latest", "subscribe", "archive"] if newest else ["subscribe"])


def test_a_reader_of_any_other_language_is_sent_to_the_choice_of_languages() -> None:
    found = soup_of(home(EN, [a_record()], NEWSLETTER)).select("link[hreflang]")
    assert {str(tag["hreflang"]): str(tag["href"]) for tag in found} == {
        **{code: f"https://news.example.org/{code}/index.html" for code in ("en", "be", "ru")},
        "x-default": "https://news.example.org/index.html",
    }


def test_the_front_page_survives_a_topic_and_a_trend_that_the_newsletter_removed() -> None:
    newsletter = a_newsletter(topics=(), trends=())
    page = soup_of(home(newsletter.editions["en"], [a_record()], newsletter))
    assert [tag.text for tag in page.select("main h2:not(.box h2)")] == ["A quiet border", "Archive"]
    assert page.select(".trend, .topic") == []
    assert hrefs(page, "nav.bar li:not([lang]) a:not(.join)") == [
        f"../en/{name}.html" for name in ("index", "archive/index", "about")
    ]


def test_what_is_withdrawn_or_not_yet_there_is_not_listed() -> None:
    gone = a_published_edition(withdrawn_at=datetime(2016, 12, 20, tzinfo=UTC))
    records = [
        a_record("2016-12-19", editions={"en": a_published_edition(listed=False)}),
        a_record("2016-12-12", editions={"en": gone}),
        a_record("2016-12-05"),
        a_record("2016-11-28", editions={"be": a_published_edition()}),
    ]
    page = soup_of(archive(EN, 2016, records, [], NEWSLETTER))
    assert hrefs(page, ".issues a") == ["../2016-12-05/index.html"]
    assert hrefs(soup_of(home(EN, records, NEWSLETTER)), "main h1 a") == ["2016-12-05/index.html"]


def test_the_archive_s_head_shows_the_newest_year_and_links_to_all() -> None:
    made = archive(EN, None, [a_record("2017-01-02")], [2017, 2016, 2013], NEWSLETTER)
    page = soup_of(made)
    assert made.path == "en/archive/index.html"
    assert hrefs(page, ".years a") == ["2017.html", "2016.html", "2013.html"]
    assert [tag.text for tag in page.select("main h1, main h2")] == ["Archive", "2017"]
    assert hrefs(page, ".issues a") == ["../2017-01-02/index.html"]


def test_a_year_of_the_archive_links_to_the_head_alone() -> None:
    made = archive(EN, 2016, [a_record("2016-12-12"), a_record("2016-12-05")], [], NEWSLETTER)
    page = soup_of(made)
    assert (made.path, page.select(".years")) == ("en/archive/2016.html", [])
    assert hrefs(page, "main a") == [
        "index.html",
        "../2016-12-12/index.html",
        "../2016-12-05/index.html",
    ]
    assert hrefs(page, ".tongues a") == ["../../be/archive/index.html", "../../ru/archive/index.html"]
    assert [str(tag["hreflang"]) for tag in page.select("link[hreflang]")] == ["en", "x-default"]


@pytest.mark.parametrize(
    ("edition", "week"),
    [
        ("en", "December 26, 2016 – January 1, 2017"),
        ("be", "26\u00a0снежня 2016 – 1\u00a0студзеня 2017"),
        ("ru", "26\u00a0декабря 2016 – 1\u00a0января 2017"),
    ],
)
def test_a_week_across_new_year_carries_both_years(edition: str, week: str) -> None:
    entry = a_published_edition(first_day=date(2016, 12, 26), last_day=date(2017, 1, 1))
    record = Record("2016-12-26", editions={edition: entry})
    page = soup_of(archive(NEWSLETTER.editions[edition], 2016, [record], [], NEWSLETTER))
    assert [line.text for line in page.select(".week")] == [week]

"""The pages of topics: the line of tones, and its weeks in words."""

from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from broadsheet.archive.register import CommentarySummary, Record
from broadsheet.site.layout import Page
from broadsheet.site.topics import topic_page, topics_index
from tests.builders import a_newsletter, a_published_edition, a_record

NEWSLETTER = a_newsletter()
EN = NEWSLETTER.editions["en"]
SECURITY = NEWSLETTER.topics[0]


def a_week(issue: str, *trends: str | None) -> Record:
    """An issue with a commentary on security for each trend."""
    digests = tuple(
        CommentarySummary(f"security-{number}", "security", f"{issue} {trend}", trend, "Why.")
        for number, trend in enumerate(trends, start=1)
    )
    return a_record(issue, editions={"en": a_published_edition(commentaries=digests)})


NEWEST_FIRST = [
    a_week("2016-12-19", "better", None),
    a_week("2016-12-12"),
    a_week("2016-12-05", "worse"),
    a_week("2016-11-28", "same"),
]


def soup_of(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.html, "html.parser")


def one(place: BeautifulSoup | Tag, selector: str) -> Tag:
    (found,) = place.select(selector)
    return found


def marks(svg: Tag) -> list[tuple[str, str]]:
    return [(str(use["href"]), str(use["y"])) for use in svg.select("use")]


def test_a_line_runs_from_the_oldest_week_green_above_red_below_each_with_its_sign() -> None:
    page = soup_of(topic_page(EN, SECURITY, 2016, NEWEST_FIRST, [], NEWSLETTER))
    svg = one(page, "svg.tones")
    assert marks(svg) == [("#tone-neutral", "36"), ("#tone-red", "60"), ("#tone-green", "12")]
    assert {str(use["href"])[1:] for use in svg.select("use")} == {
        str(tag["id"]) for tag in svg.select("[id]")
    }
    places = [float(str(use["x"]).removesuffix("%")) for use in svg.select("use")]
    assert places == sorted(places)
    assert len(svg.select("line.stroke")) == 2


def test_a_trend_line_is_described_in_words_too() -> None:
    page = soup_of(topic_page(EN, SECURITY, 2016, NEWEST_FIRST, [], NEWSLETTER))
    svg = one(page, "svg")
    assert (svg["role"], svg["aria-label"]) == (
        "img",
        (
            "Week by week. The situation has not changed: 1; The situation got worse: 1; "
            "The situation has gotten better: 1"
        ),
    )
    rows = [
        (one(row, "a")["href"], [mark.text for mark in row.select(".trend")]) for row in page.select("li.row")
    ]
    assert rows == [
        ("../../../en/2016-12-19/security-1.html", ["▲ The situation has gotten better"]),
        ("../../../en/2016-12-19/security-2.html", []),
        ("../../../en/2016-12-05/security-1.html", ["▼ The situation got worse"]),
        ("../../../en/2016-11-28/security-1.html", ["● The situation has not changed"]),
    ]


def test_a_topic_s_head_links_to_all_years_and_a_year_to_the_head() -> None:
    head = topic_page(EN, SECURITY, None, NEWEST_FIRST, [2016, 2015], NEWSLETTER)
    assert head.path == "en/topics/security/index.html"
    assert [a["href"] for a in soup_of(head).select(".years a")] == ["2016.html", "2015.html"]
    year = topic_page(EN, SECURITY, 2016, NEWEST_FIRST, [], NEWSLETTER)
    assert year.path == "en/topics/security/2016.html"
    assert [a["href"] for a in soup_of(year).select(".side.more a")] == ["../index.html", "index.html"]
    assert soup_of(year).select(".years") == []


def test_a_topic_s_head_is_the_same_page_in_every_edition_and_its_year_is_not() -> None:
    def codes(page: Page) -> list[str]:
        return [str(tag["hreflang"]) for tag in soup_of(page).select("link[hreflang]")]

    assert codes(topic_page(EN, SECURITY, None, [], [], NEWSLETTER)) == ["en", "be", "ru", "x-default"]
    assert codes(topic_page(EN, SECURITY, 2016, [], [], NEWSLETTER)) == ["en", "x-default"]


def test_a_topic_without_commentaries_says_so_and_draws_nothing() -> None:
    page = soup_of(topic_page(EN, SECURITY, None, [a_week("2016-12-12")], [], NEWSLETTER))
    assert "There is no commentary on this topic yet." in one(page, "main").text
    assert page.select("svg, .rows") == []


def test_a_trend_that_the_newsletter_removed_leaves_no_mark() -> None:
    newsletter = replace(NEWSLETTER, trends=NEWSLETTER.trends[:1])
    page = soup_of(topic_page(EN, SECURITY, 2016, NEWEST_FIRST, [], newsletter))
    assert marks(one(page, "svg")) == [("#tone-neutral", "36")]


def test_all_trends_show_each_topic_with_its_latest_commentary() -> None:
    page = soup_of(topics_index(EN, NEWEST_FIRST, 2016, NEWSLETTER))
    security, west = page.select("li.row")
    assert [a["href"] for a in security.select("a")] == [
        "security/index.html",
        "../2016-12-19/security-1.html",
    ]
    assert len(security.select("svg use")) == 3
    assert "There is no commentary on this topic yet." in west.text


def test_all_trends_define_the_signs_once() -> None:
    west = CommentarySummary("belarus-west-1", "belarus-west", "A bridge", "better", "Why.")
    security = CommentarySummary("security-1", "security", "A mast", "worse", "Why.")
    record = a_record(editions={"en": a_published_edition(commentaries=(west, security))})
    page = soup_of(topics_index(EN, [record], 2016, NEWSLETTER))
    assert len(page.select("svg")) == 2
    ids = [str(tag["id"]) for tag in page.select("svg [id]")]
    assert len(ids) == len(set(ids)) == 3


def test_a_full_year_fits_the_line() -> None:
    weeks = [
        a_week(f"2016-{month:02}-{day:02}", "same") for month in range(12, 0, -1) for day in (22, 15, 8, 1)
    ]
    page = soup_of(topic_page(EN, SECURITY, 2016, weeks, [], NEWSLETTER))
    places = [float(str(use["x"]).removesuffix("%")) for use in page.select("use")]
    assert len(places) == 48
    assert 0 < places[0] < places[-1] < 100

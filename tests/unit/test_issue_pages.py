"""The pages of an issue, and those that list issues."""

from dataclasses import replace
from datetime import date

import pytest
from bs4 import BeautifulSoup, Tag

from broadsheet.issues.issue import Issue
from broadsheet.issues.pictures import shown_picture
from broadsheet.issues.register import Record
from broadsheet.site.frame import Page
from broadsheet.site.pages import Shown, archive, home, issue_pages
from tests.builders import a_newsletter, a_record, a_sample_issue, an_entry, an_issue, the_sample_newsletter

TWO_PIECES = "## security\n\n### First\n\nText.\n\n### Second\n\nText.\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\x20\0\0\x01\xc2"


def pages_of(issue: Issue, published: dict[str, list[str]] | None = None) -> dict[str, BeautifulSoup]:
    """The pages by their names within the folder of the issue."""
    has = published or {issue.edition: [piece.name for piece in issue.commentaries]}
    pictures = {source: Shown(f"media/{source}", 8, 6) for source in issue.pictures()}
    made = issue_pages(issue, has, pictures, the_sample_newsletter())
    return {page.path.rsplit("/", 1)[1]: soup_of(page) for page in made}


def soup_of(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.html, "html.parser")


def hreflang(soup: BeautifulSoup) -> dict[str, str]:
    return {str(tag["hreflang"]): str(tag["href"]) for tag in soup.select("head link[rel=alternate]")}


def switch(soup: BeautifulSoup) -> dict[str, str]:
    return {tag.text: str(tag["href"]) for tag in soup.select("nav a[hreflang]")}


@pytest.mark.parametrize(
    ("edition", "week"),
    [
        ("en", "December 5 – December 11, 2016"),
        ("be", "5 снежня – 11 снежня 2016"),
        ("ru", "5 декабря – 11 декабря 2016"),
    ],
)
def test_the_week_is_written_as_the_language_writes_it(edition: str, week: str) -> None:
    issue = a_sample_issue(edition=edition)
    lines = [soup.select("main p.week") for soup in pages_of(issue).values()]
    assert [[line.text for line in found] for found in lines] == [[week]] * 6


@pytest.mark.parametrize(
    ("edition", "week"),
    [
        ("en", "December 26, 2016 – January 1, 2017"),
        ("be", "26 снежня 2016 – 1 студзеня 2017"),
        ("ru", "26 декабря 2016 – 1 января 2017"),
    ],
)
def test_a_week_across_new_year_carries_both_years_in_lists_too(edition: str, week: str) -> None:
    entry = an_entry(first_day=date(2016, 12, 26), last_day=date(2017, 1, 1))
    record = Record("2016-12-26", editions={edition: entry})
    newsletter = a_newsletter()
    page = archive(newsletter.editions[edition], 2016, [record], [2016], newsletter)
    assert [line.text for line in soup_of(page).select(".week")] == [week]


@pytest.mark.parametrize(
    ("edition", "name", "tone", "words"),
    [
        ("en", "ruling-elite-1", "neutral", "● The situation has not changed"),
        ("en", "security-1", "red", "▼ The situation got worse"),
        ("be", "belarus-west-1", "green", "▲ Сітуацыя палепшылася"),
        ("ru", "belarus-russia-1", "red", "▼ Ситуация ухудшилась"),
    ],
)
def test_a_trend_is_told_in_words_and_not_by_colour_alone(
    edition: str, name: str, tone: str, words: str
) -> None:
    def told(tag: Tag) -> tuple[str, object]:
        return tag.text, tag["class"]

    pages = pages_of(a_sample_issue(edition=edition))
    (alone,) = pages[f"{name}.html"].select(".trend")
    assert told(alone) == (words, ["trend", f"trend-{tone}"])
    assert told(alone) in [told(tag) for tag in pages["index.html"].select(".trend")]


def test_search_engines_are_told_only_of_editions_that_have_the_issue() -> None:
    pages = pages_of(an_issue(TWO_PIECES), {"en": ["security-1", "security-2"], "ru": ["security-1"]})
    origin = "https://ninthbridge.example.org"
    assert hreflang(pages["index.html"]) == {
        "en": f"{origin}/en/2016-12-05/index.html",
        "ru": f"{origin}/ru/2016-12-05/index.html",
    }
    assert hreflang(pages["security-2.html"]) == {"en": f"{origin}/en/2016-12-05/security-2.html"}
    canonical = pages["security-2.html"].select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == f"{origin}/en/2016-12-05/security-2.html"


def test_the_language_switch_leads_to_the_nearest_page_that_the_other_edition_has() -> None:
    pages = pages_of(an_issue(TWO_PIECES), {"en": ["security-1", "security-2"], "ru": ["security-1"]})
    assert switch(pages["index.html"]) == {
        "BE": "../../be/index.html",
        "RU": "../../ru/2016-12-05/index.html",
    }
    assert switch(pages["security-1.html"])["RU"] == "../../ru/2016-12-05/security-1.html"
    assert switch(pages["security-2.html"]) == {
        "BE": "../../be/index.html",
        "RU": "../../ru/2016-12-05/index.html",
    }


def test_what_an_author_writes_is_text_wherever_it_stands() -> None:
    signs = "A <b>&\"' {{x}}"
    typed = signs.replace("<", "\\<")
    body = f"## security\n\n### {typed}\n\n**{typed}**\n\n![{typed}](images/a.png)\n\n{typed}\n"
    issue = an_issue(body, pictures=frozenset({"images/a.png"}))
    pages = pages_of(replace(issue, title=signs, summary=signs, authors=(signs,)))
    page, piece = pages["index.html"], pages["security-1.html"]
    assert [tag.text for tag in page.select("h1, .lead, .byline, article h2")] == [
        signs,
        signs,
        f"By {signs}",
        signs,
    ]
    assert [tag.text for tag in piece.select("h1, .byline, .text p")] == [signs, signs, signs]
    assert [tag["alt"] for tag in piece.select("figure img")] == [signs]
    assert page.find_all("b") + piece.find_all("b") == []


def test_an_article_without_commentaries_is_one_page_with_its_pictures() -> None:
    issue = an_issue(
        'First.\n\n## A part\n\n![A plan](images/plan.png "Drawing: ours")\n',
        pictures=frozenset({"images/plan.png"}),
    )
    (page,) = issue_pages(
        issue, {"en": []}, {"images/plan.png": Shown("media/plan-1.png", 8, 6)}, a_newsletter()
    )
    assert (
        '<div class="text"><p>First.</p><h2>A part</h2><p><img src="../../media/plan-1.png" alt="A plan" '
        in page.html
    )
    assert "<em>Drawing: ours</em>" in page.html


def test_a_front_page_shows_the_latest_issue_and_one_without_issues_says_so() -> None:
    newsletter = a_newsletter()
    shown = soup_of(home(newsletter.editions["en"], [a_record()], newsletter))
    assert [a["href"] for a in shown.select("main a")] == [
        "2016-12-05/index.html",
        "2016-12-05/security-1.html",
        "2016-12-05/security-1.html",
        "archive/index.html",
    ]
    empty = soup_of(home(newsletter.editions["be"], [], newsletter))
    assert [tag.text for tag in empty.select("main h1, main p")][:1] == ["Дзве тэмы кожны тыдзень."]
    assert [tag.text for tag in empty.select("main h1")] == ["Дзявяты мост"]


def test_an_archive_lists_its_year_and_leads_to_the_others() -> None:
    newsletter = a_newsletter()
    records = [a_record("2016-12-12"), a_record("2016-12-05", editions={"en": an_entry(commentaries=())})]
    page = soup_of(archive(newsletter.editions["en"], 2016, records, [2017, 2016, 2013], newsletter))
    assert [a["href"] for a in page.select(".years a")] == ["2017.html", "2016.html", "2013.html"]
    assert [a.text for a in page.select(".years a[aria-current=page]")] == ["2016"]
    assert [a["href"] for a in page.select(".issues a")] == [
        "../2016-12-12/index.html",
        "../2016-12-05/index.html",
    ]


def test_a_topic_and_a_trend_that_the_newsletter_gave_up_leave_the_front_page_standing() -> None:
    newsletter = a_newsletter(topics=(), trends=())
    page = soup_of(home(newsletter.editions["en"], [a_record()], newsletter))
    assert [tag.text for tag in page.select("main h2")] == ["A quiet border", "Archive"]
    assert page.select(".trend") == []


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("images/plan.png", PNG, Shown("media/2016-12-05/plan-a1d5bb377d.png", 800, 450)),
        ("images/plan.png", PNG[:12], Shown("media/2016-12-05/plan-218ad85a23.png")),
        ("images/Town.JPG", b"", Shown("media/2016-12-05/Town-e3b0c44298.jpg")),
    ],
    ids=["a PNG", "a PNG cut off", "an empty JPEG"],
)
def test_a_picture_is_named_by_its_content_and_sized_if_that_is_plain(
    name: str, content: bytes, shown: Shown
) -> None:
    assert shown_picture("2016-12-05", name, content) == shown

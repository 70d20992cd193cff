"""The pages of one issue: itself, its commentaries, and what stands where a text has been."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from broadsheet.archive.register import CommentarySummary, PublishedEdition, Record
from broadsheet.content.issue import Issue
from broadsheet.content.pictures import PictureSize, SitePicture
from broadsheet.newsletter import Newsletter
from broadsheet.site.issue_pages import issue_pages, withdrawn_pages
from broadsheet.site.layout import Page
from broadsheet.site.social import linked_data
from tests.builders import (
    ISSUE_ID,
    a_newsletter,
    a_published_edition,
    a_sample_issue,
    an_issue,
    the_sample_newsletter,
)

ORIGIN = "https://news.example.org"
TWO_PIECES = "## security\n\n### First\n\nText.\n\n### Second\n\nText.\n"
NOON = datetime(2016, 12, 20, 12, 0, tzinfo=UTC)

Pages = dict[str, BeautifulSoup]


def soup_of(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.html, "html.parser")


def named(made: list[Page]) -> Pages:
    """Pages by their names within the folder of the issue."""
    return {page.path.rsplit("/", 1)[1]: soup_of(page) for page in made}


def picture(source: str) -> SitePicture:
    stem = f"media/{ISSUE_ID}/{source.removeprefix('images/').removesuffix('.png')}"
    return SitePicture((PictureSize(f"{stem}-720.png", 720, 405), PictureSize(f"{stem}-1200.png", 1200, 675)))


def entry_of(issue: Issue, **changes: Any) -> PublishedEdition:
    """What the register keeps of the issue."""
    digests = tuple(
        CommentarySummary(c.name, c.topic, c.headline, c.trend, c.summary) for c in issue.commentaries
    )
    shown = {source: picture(source) for source in issue.pictures()}
    return replace(a_published_edition(commentaries=digests, pictures=shown, title=issue.title), **changes)


def pages_of(
    issue: Issue,
    newsletter: Newsletter,
    others: dict[str, PublishedEdition] | None = None,
    *,
    under: str = "",
    **changes: Any,
) -> Pages:
    """The pages of an issue of `ISSUE_ID` that other editions have, too."""
    record = Record(ISSUE_ID, editions={issue.edition: entry_of(issue, **changes), **(others or {})})
    return named(issue_pages(issue, record, newsletter, under=under))


def two_pieces(**changes: Any) -> Pages:
    """Both commentaries in English; in Russian only the first; no Belarusian edition."""
    ru = a_published_edition(
        commentaries=(CommentarySummary("security-1", "security", "Первый", None, "Текст."),)
    )
    return pages_of(an_issue(TWO_PIECES), a_newsletter(), {"ru": ru}, **changes)


def one(place: BeautifulSoup | Tag, selector: str) -> Tag:
    (found,) = place.select(selector)
    return found


def hreflang(soup: BeautifulSoup) -> dict[str, str]:
    found = soup.select("head link[rel=alternate][hreflang]")
    return {str(tag["hreflang"]): str(tag["href"]).removeprefix(ORIGIN) for tag in found}


def switch(soup: BeautifulSoup) -> dict[str, str]:
    return {tag.text: str(tag["href"]) for tag in soup.select("nav a[hreflang]")}


def linked(soup: BeautifulSoup) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(one(soup, "script[type='application/ld+json']").text)
    return described


def meta(soup: BeautifulSoup) -> dict[str, str]:
    found = soup.select("meta[property], meta[name^=twitter]")
    return {str(tag.get("property") or tag.get("name")): str(tag["content"]) for tag in found}


@pytest.mark.parametrize(
    ("edition", "week"),
    [
        ("en", "December 5 – December 11, 2016"),
        ("be", "5\u00a0снежня – 11\u00a0снежня 2016"),
        ("ru", "5\u00a0декабря – 11\u00a0декабря 2016"),
    ],
)
def test_the_week_is_written_as_the_language_writes_it(edition: str, week: str) -> None:
    pages = pages_of(a_sample_issue(edition=edition), the_sample_newsletter())
    assert [one(soup, "main p.week").text for soup in pages.values()] == [week] * 6


@pytest.mark.parametrize(
    ("edition", "name", "tone", "words"),
    [
        ("en", "ruling-elite-1", "neutral", "● The situation has not changed"),
        ("en", "security-1", "red", "▼ The situation got worse"),
        ("be", "belarus-west-1", "green", "▲ Сітуацыя палепшылася"),
        ("ru", "belarus-russia-1", "red", "▼ Ситуация ухудшилась"),
    ],
)
def test_a_trend_is_shown_in_words_and_not_by_colour_alone(
    edition: str, name: str, tone: str, words: str
) -> None:
    def described(tag: Tag) -> tuple[str, object]:
        return tag.text, tag["class"]

    pages = pages_of(a_sample_issue(edition=edition), the_sample_newsletter())
    alone = one(pages[f"{name}.html"], ".trend")
    assert described(alone) == (words, ["trend", tone])
    assert described(alone) in [described(tag) for tag in pages["index.html"].select(".trend")]


def test_search_engines_see_only_editions_that_have_the_page() -> None:
    pages = two_pieces()
    assert hreflang(pages["index.html"]) == {
        "en": "/en/2016-12-05/index.html",
        "ru": "/ru/2016-12-05/index.html",
        "x-default": "/en/2016-12-05/index.html",
    }
    second = "/en/2016-12-05/security-2.html"
    assert hreflang(pages["security-2.html"]) == {"en": second, "x-default": second}
    assert one(pages["security-2.html"], "link[rel=canonical]")["href"] == ORIGIN + second


def test_the_language_switch_links_to_the_nearest_page_that_the_other_edition_has() -> None:
    pages = two_pieces()
    assert switch(pages["index.html"]) == {
        "Беларуская": "../../be/index.html",
        "Русский": "../../ru/2016-12-05/index.html",
    }
    assert switch(pages["security-1.html"])["Русский"] == "../../ru/2016-12-05/security-1.html"
    assert switch(pages["security-2.html"]) == {
        "Беларуская": "../../be/index.html",
        "Русский": "../../ru/2016-12-05/index.html",
    }


def test_the_switch_says_each_language_in_itself() -> None:
    items = two_pieces()["index.html"].select(".tongues li")
    assert [(item["lang"], item.text) for item in items] == [
        ("en", "English"),
        ("be", "Беларуская"),
        ("ru", "Русский"),
    ]


def test_a_withdrawn_edition_is_not_linked_to() -> None:
    pages = pages_of(an_issue(TWO_PIECES), a_newsletter(), {"ru": a_published_edition(withdrawn_at=NOON)})
    assert switch(pages["security-1.html"])["Русский"] == "../../ru/index.html"
    assert set(hreflang(pages["index.html"])) == {"en", "x-default"}


def test_a_commentary_links_to_the_others_of_its_week() -> None:
    pages = two_pieces()
    ways = {name: [str(a["href"]) for a in soup.select(".turn a")] for name, soup in pages.items()}
    assert ways == {
        "index.html": [],
        "security-1.html": ["security-2.html", "index.html"],
        "security-2.html": ["security-1.html", "index.html"],
    }


def test_a_correction_is_dated_by_the_newsroom_s_clock_on_every_page() -> None:
    late = datetime(2016, 12, 12, 23, 30, tzinfo=UTC)  # past midnight in Vilnius
    for soup in two_pieces(corrected_at=late).values():
        note = one(soup, ".corrected")
        assert note.text == "Corrected on December 13, 2016"
        assert one(note, "time")["datetime"] == "2016-12-13"
    assert two_pieces()["index.html"].select(".corrected") == []


def test_what_an_author_writes_is_escaped_everywhere() -> None:
    signs = "A <b>&\"' {{x}}</script><!--"
    issue = replace(a_sample_issue(), title=signs, summary=signs, authors=(signs,))
    first, *others = issue.commentaries
    assert first.picture
    shown = replace(first.picture, alt=signs, caption=signs)
    piece = replace(first, headline=signs, byline=signs, picture=shown)
    pages = pages_of(replace(issue, commentaries=(piece, *others)), the_sample_newsletter())
    page, alone = pages["index.html"], pages["ruling-elite-1.html"]
    assert [tag.text for tag in page.select("h1, .lead, .byline, article li:first-child h2")] == [
        signs,
        signs,
        f"By {signs}",
        signs,
    ]
    assert [tag.text for tag in alone.select("h1, .byline, figcaption")] == [signs] * 3
    assert [tag["alt"] for tag in alone.select("figure img")] == [signs]
    assert linked(alone)["headline"] == signs
    assert meta(alone)["og:title"] == signs
    assert page.find_all("b") + alone.find_all("b") == []


def test_a_picture_comes_in_sizes_with_its_measures_and_later_ones_wait() -> None:
    pages = pages_of(a_sample_issue(), the_sample_newsletter())
    image = one(pages["ruling-elite-1.html"], "figure img")
    assert image["src"] == "../../media/2016-12-05/hall-1200.png"
    assert image["srcset"] == (
        "../../media/2016-12-05/hall-720.png 720w, ../../media/2016-12-05/hall-1200.png 1200w"
    )
    assert (image["width"], image["height"], image["decoding"]) == ("1200", "675", "async")
    assert "loading" not in image.attrs
    waiting = [tag.get("loading") for tag in pages["index.html"].select("img")]
    assert waiting == [None, "lazy", "lazy", "lazy", "lazy"]


@pytest.mark.parametrize(
    ("edition", "caption", "language"),
    [
        ("en", "The bridge", None),
        ("en", "Зала перад пасяджэннем, вечар і ўлада", "be"),
        ("be", "Мост и ещё один", "ru"),
        ("be", "Мост у снезе", None),
        ("ru", "Мост і ўлада", "be"),
        ("ru", "The bridge", "en"),
        ("en", "2016", None),
    ],
)
def test_a_caption_declares_its_language_where_its_letters_show_it(
    edition: str, caption: str, language: str | None
) -> None:
    issue = a_sample_issue(edition=edition)
    first, *others = issue.commentaries
    assert first.picture
    piece = replace(first, picture=replace(first.picture, caption=caption))
    pages = pages_of(replace(issue, commentaries=(piece, *others)), the_sample_newsletter())
    assert one(pages[f"{piece.name}.html"], "figcaption").get("lang") == language


def test_an_article_without_commentaries_is_one_page_with_its_pictures() -> None:
    body = 'First.\n\n## A part\n\n![A plan](images/plan.png "Drawing: ours")\n'
    pages = pages_of(an_issue(body, pictures=frozenset({"images/plan.png"})), a_newsletter())
    (page,) = pages.values()
    text = one(page, ".text")
    assert [tag.name for tag in text.find_all(True, recursive=False)] == ["p", "h2", "figure"]
    assert one(text, "figcaption").text == "Drawing: ours"
    assert meta(page)["og:image"] == f"{ORIGIN}/media/2016-12-05/plan-1200.png"


def test_a_picture_that_the_site_does_not_hold_becomes_its_words() -> None:
    issue = an_issue("![A plan](images/plan.png)\n", pictures=frozenset({"images/plan.png"}))
    page = pages_of(issue, a_newsletter(), pictures={})["index.html"]
    assert str(one(page, ".text")) == '<div class="text"><p><em>A plan</em></p></div>'
    assert meta(page)["og:image"].startswith(f"{ORIGIN}/assets/card-")


def test_link_previews_of_other_sites_get_what_a_page_is() -> None:
    described = meta(two_pieces(changed_at=NOON)["security-1.html"])
    assert described.pop("og:image").startswith(f"{ORIGIN}/assets/card-")
    assert described == {
        "og:site_name": "The Ninth Bridge",
        "og:type": "article",
        "og:title": "First",
        "og:description": "Text.",
        "og:url": f"{ORIGIN}/en/2016-12-05/security-1.html",
        "og:locale": "en_GB",
        "og:locale:alternate": "ru_RU",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "The Ninth Bridge",
        "article:published_time": "2016-12-12T06:00:00Z",
        "article:modified_time": "2016-12-20T12:00:00Z",
        "twitter:card": "summary_large_image",
    }


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        (datetime(2017, 1, 15, 9, tzinfo=UTC), "2017-01-15T09:00:00Z"),
        (datetime(2017, 1, 16, 9, tzinfo=UTC), "2016-12-12T00:00:00Z"),
    ],
)
def test_an_old_text_that_moves_in_was_published_when_its_week_had_ended(first: datetime, shown: str) -> None:
    pages = two_pieces(first_published_at=first, changed_at=first)
    described = meta(pages["security-1.html"])
    assert described["article:published_time"] == linked(pages["index.html"])["datePublished"] == shown
    assert described["article:modified_time"] == f"{first:%Y-%m-%dT%H:%M:%SZ}"


def test_structured_data_names_the_issue_its_articles_and_its_translations() -> None:
    pages = two_pieces()
    whole, piece = linked(pages["index.html"]), linked(pages["security-1.html"])
    assert whole["@type"] == "PublicationIssue"
    assert whole["isPartOf"]["@type"] == "Periodical"
    assert [part["url"] for part in whole["hasPart"]] == [
        f"{ORIGIN}/en/2016-12-05/security-1.html",
        f"{ORIGIN}/en/2016-12-05/security-2.html",
    ]
    assert whole["workTranslation"] == [{"@id": f"{ORIGIN}/ru/2016-12-05/index.html"}]
    assert (piece["@type"], piece["headline"], piece["inLanguage"]) == ("NewsArticle", "First", "en")
    assert piece["isPartOf"]["@id"] == whole["@id"]
    assert piece["author"] == [
        {"@type": "NewsMediaOrganization", "name": "The Ninth Bridge", "url": f"{ORIGIN}/index.html"}
    ]
    assert "workTranslation" not in linked(pages["security-2.html"])
    translated = pages_of(an_issue(TWO_PIECES, "ru"), a_newsletter(), {"en": a_published_edition()})
    assert linked(translated["security-1.html"])["translationOfWork"] == {
        "@id": f"{ORIGIN}/en/2016-12-05/security-1.html"
    }


def test_a_byline_is_a_person_and_so_are_an_issue_s_authors() -> None:
    pages = pages_of(a_sample_issue(), the_sample_newsletter())
    named_person = [{"@type": "Person", "name": "N. Verasok"}]
    assert linked(pages["belarus-west-1.html"])["author"] == named_person
    assert linked(pages["index.html"])["author"] == named_person


@pytest.mark.parametrize(
    ("edition", "byline"),
    [
        ("en", "By A. Reader"),
        ("be", "Тэкст: A. Reader"),
        ("be", "Аўтар: A. Reader"),
        ("ru", "Текст: A. Reader"),
        ("ru", "Автор: A. Reader"),
        ("ru", "A. Reader"),
    ],
)
def test_the_author_in_the_metadata_has_no_introduction(edition: str, byline: str) -> None:
    issue = an_issue(f"## security\n\n### A\n\n**{byline}**\n\nText.\n", edition)
    pages = pages_of(issue, a_newsletter())
    assert linked(pages["security-1.html"])["author"] == [{"@type": "Person", "name": "A. Reader"}]


def test_a_link_to_ourselves_works_in_a_copy() -> None:
    issue = an_issue(f"[a]({ORIGIN}/be/index.html) [b](/en/archive/index.html) [c](https://example.org/)\n")
    page = pages_of(issue, a_newsletter())["index.html"]
    assert [str(a["href"]) for a in page.select(".text a")] == [
        "../../be/index.html",
        "../../en/archive/index.html",
        "https://example.org/",
    ]


def test_a_preview_is_below_its_path_and_says_that_it_is_one() -> None:
    issue = an_issue(f"{TWO_PIECES}\n![A plan](images/plan.png)\n", pictures=frozenset({"images/plan.png"}))
    record = Record(ISSUE_ID, editions={"en": entry_of(issue), "ru": a_published_edition()})
    made = issue_pages(issue, record, a_newsletter(), under="drafts/abc/")
    names = ("index", "security-1", "security-2")
    assert [page.path for page in made] == [f"drafts/abc/en/2016-12-05/{name}.html" for name in names]
    in_russian = dict(zip((page.path for page in made), ("index", "security-1", "index"), strict=True))
    for page in made:
        soup = soup_of(page)
        assert one(soup, ".draft").text == "Draft, not published"
        assert one(soup, "meta[name=robots]")["content"] == "noindex"
        assert soup.select("link[rel=canonical], link[rel=alternate], script, meta[property], form") == []
        assert switch(soup) == {
            "Беларуская": "../../../../be/index.html",
            "Русский": f"../../../../drafts/abc/ru/2016-12-05/{in_russian[page.path]}.html",
        }
        assert str(one(soup, "link[rel=stylesheet]")["href"]).startswith("../../../../assets/")
    image = one(named(made)["security-2.html"], "figure img")
    assert image["src"] == "../../../../drafts/abc/media/2016-12-05/plan-1200.png"


def test_the_page_of_a_removed_commentary_says_so_and_links_to_the_issue() -> None:
    pages = two_pieces(gone=("security-1", "security-3"))
    assert set(pages) == {"index.html", "security-1.html", "security-2.html", "security-3.html"}
    gone = pages["security-3.html"]
    assert one(gone, "h1").text == "This commentary has been removed from the issue"
    assert one(gone, "main .more a")["href"] == "../../en/2016-12-05/index.html"
    assert one(gone, "meta[name=robots]")["content"] == "noindex"
    assert one(pages["security-1.html"], "h1").text == "First"


def test_a_withdrawn_issue_says_when_on_each_of_its_pages_and_links_to_published_editions() -> None:
    gone = a_published_edition(
        title="", summary="", withdrawn_at=datetime(2016, 12, 12, 23, 30, tzinfo=UTC), gone=("security-9",)
    )
    record = Record(ISSUE_ID, editions={"en": gone, "ru": a_published_edition()})
    made = withdrawn_pages(record, "en", a_newsletter())
    assert [page.path for page in made] == [
        f"en/2016-12-05/{name}.html" for name in ("index", "security-1", "security-9")
    ]
    for soup in map(soup_of, made):
        assert one(soup, "h1").text == "This issue was withdrawn on December 13, 2016"
        assert one(soup, "meta[name=robots]")["content"] == "noindex"
        assert soup.select("link[rel=canonical], link[rel=alternate]") == []
    assert [switch(soup_of(page))["Русский"] for page in made] == [
        f"../../ru/2016-12-05/{name}.html" for name in ("index", "security-1", "index")
    ]


def test_the_same_issue_gives_the_same_bytes() -> None:
    issue, newsletter = a_sample_issue(), the_sample_newsletter()
    record = Record(ISSUE_ID, editions={"en": entry_of(issue)})
    assert issue_pages(issue, record, newsletter) == issue_pages(issue, record, newsletter)


def test_pages_survive_a_topic_and_a_trend_that_the_newsletter_removed() -> None:
    newsletter = replace(the_sample_newsletter(), topics=(), trends=())
    pages = pages_of(a_sample_issue(), newsletter)
    assert [soup.select(".topic, .trend") for soup in pages.values()] == [[]] * 6


def test_a_date_across_new_year_carries_both_years() -> None:
    issue = replace(an_issue(TWO_PIECES), first_day=date(2016, 12, 26), last_day=date(2017, 1, 1))
    page = pages_of(issue, a_newsletter())["index.html"]
    assert one(page, ".week").text == "December 26, 2016 – January 1, 2017"


@pytest.mark.parametrize("sign", ["\x00", "\b", "\f", "\x1b", "\x7f", "\x9f", "\ufdd0", "\uffff", "\ud800"])
def test_a_control_character_gets_into_no_metadata(sign: str) -> None:
    data = json.loads(linked_data({"name": f"{sign}“Words”", "author": [{"name": f"A. {sign}B."}]}))
    assert (data["name"], data["author"]) == ("“Words”", [{"name": "A. B."}])

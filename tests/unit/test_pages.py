"""The pages of the sample newsletter, as a site: what each must have, and that all of them hang together."""

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from posixpath import dirname, normpath
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.home_and_archive import archive, home
from broadsheet.site.layout import Page, edition_head, in_layout
from broadsheet.site.privacy import privacy_page
from broadsheet.site.static_pages import about_page, static_pages
from broadsheet.site.topics import topics_index
from tests.builders import a_newsletter, the_sample_desk, the_sample_newsletter
from tests.fakes.issues import FakeDesk
from tests.fakes.publishing import PublishingSystem

ORIGIN = "https://ninthbridge.example.org"
ROUND_TRIP_BYTES = 14_000
WEEKS = ("2016-12-05", "2016-12-12")
VOID = {"meta", "link", "img", "br", "hr", "input"}

Pages = dict[str, BeautifulSoup]


@pytest.fixture(scope="module")
def system() -> PublishingSystem:
    """The sample newsletter, both weeks published."""
    system = PublishingSystem(the_sample_newsletter(), FakeDesk(the_sample_desk()))
    for week in WEEKS:
        system.publish(week)
    return system


@pytest.fixture(scope="module")
def pages(system: PublishingSystem) -> Pages:
    paths = [path for path in system.site.objects if path.endswith(".html")]
    return {path: BeautifulSoup(system.site.page(path), "html.parser") for path in paths}


class Balance(HTMLParser):
    """Notes each end tag that does not match what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


def landing(page: str, target: str) -> str:
    """The object that a link on a page leads to."""
    path = urlsplit(target).path
    return path.lstrip("/") if path.startswith("/") else normpath(f"{dirname(page)}/{path}").lstrip("/")


def loaded_and_linked(soup: BeautifulSoup) -> list[str]:
    """All targets within the site."""
    tags = soup.select("a[href], img[src], link[rel=stylesheet][href], link[rel=icon][href]")
    targets = [str(tag.get("href") or tag.get("src")) for tag in tags]
    for image in soup.select("img[srcset]"):
        targets += [choice.split()[0] for choice in str(image["srcset"]).split(",")]
    return [target for target in targets if not urlsplit(target).scheme]


def test_the_sample_has_all_expected_pages(system: PublishingSystem) -> None:
    topics = ("ruling-elite", "society-and-parties", "security", "belarus-west", "belarus-russia")
    expected = {"index.html", "404.html"}
    for edition in ("en", "be", "ru"):
        names = [
            "index",
            "about",
            "privacy",
            "check-your-mail",
            "subscribed",
            "new-address",
            "goodbye",
            "erased",
            "link-on-its-way",
        ]
        names += ["archive/index", "archive/2016", "topics/index"]
        names += [f"topics/{topic}/{name}" for topic in topics for name in ("index", "2016")]
        names += [f"{week}/{name}" for week in WEEKS for name in ("index", *(f"{t}-1" for t in topics))]
        names += ["2016-12-12/belarus-russia-2"]
        expected |= {f"{edition}/{name}.html" for name in names}
    assert {path for path in system.site.objects if path.endswith(".html")} == expected
    for_machines = {f"{edition}/feed.{kind}" for edition in ("en", "be", "ru") for kind in ("xml", "json")}
    for_machines |= {"openapi.json", "robots.txt", "sitemap.xml", "sitemaps/pages.xml", "sitemaps/2016.xml"}
    kept = system.site.forever
    assert set(system.site.objects) == expected | for_machines | kept
    assert {dirname(path) for path in kept} == {"assets", "media/2016-12-05", "media/2016-12-12"}


def test_every_tag_is_closed_where_it_should(system: PublishingSystem) -> None:
    wrong: dict[str, list[str]] = {}
    for path in (path for path in system.site.objects if path.endswith(".html")):
        balance = Balance()
        balance.feed(system.site.page(path))
        if balance.wrong or balance.open:
            wrong[path] = balance.wrong + balance.open
    assert wrong == {}


def test_every_page_has_one_main_heading_and_skips_no_level(pages: Pages) -> None:
    wrong = {}
    for path, soup in pages.items():
        levels = [int(tag.name[1]) for tag in soup.find_all(re.compile("^h[1-6]$"))]
        steps = [below - above for above, below in pairwise(levels)]
        if levels.count(1) != 1 or levels[0] != 1 or max(steps, default=0) > 1:
            wrong[path] = levels
    assert wrong == {}


def test_every_page_says_its_language(pages: Pages) -> None:
    said = {path: soup.html["lang"] for path, soup in pages.items() if soup.html}
    assert said == {path: path.split("/")[0] if "/" in path else "en" for path in pages}


def test_every_link_and_asset_within_the_site_is_there(system: PublishingSystem, pages: Pages) -> None:
    missing = set()
    for path, soup in pages.items():
        for target in loaded_and_linked(soup):
            there, fragment = landing(path, target), urlsplit(target).fragment
            if not urlsplit(target).path:
                there = path
            lost = bool(fragment) and not pages[there].find(id=fragment)
            if there not in system.site.objects or lost:
                missing.add((path, target))
    assert missing == set()


def test_every_page_with_the_sign_up_box_leads_to_it_from_its_top(pages: Pages) -> None:
    words = {edition: language(edition)["subscribe_button"] for edition in ("en", "be", "ru")}
    for path, soup in pages.items():
        tops = [(str(a["href"]), a.text) for a in soup.select("nav.bar a.join")]
        edition = path.split("/")[0] if "/" in path else "en"
        assert tops == ([("#subscribe", words[edition])] if soup.find("form") else []), path


def test_parts_that_pages_share_are_the_same_as_on_a_page_alone() -> None:
    newsletter = the_sample_newsletter()

    makers: list[Callable[[Edition, Newsletter], Page]] = [
        lambda edition, given: home(edition, [], given),
        lambda edition, given: archive(edition, None, [], [], given),
        lambda edition, given: archive(edition, 2016, [], [], given),
        lambda edition, given: topics_index(edition, [], None, given),
        about_page,
        privacy_page,
    ]
    for edition in newsletter.editions.values():
        for make in makers:
            page = make(edition, newsletter)
            assert page == make(edition, replace(newsletter)), page.path
            marks = BeautifulSoup(page.html, "html.parser").select("[aria-current=page]")
            marked = [landing(page.path, str(mark["href"])) for mark in marks]
            assert marked == ([] if "2016" in page.path else [page.path])


def test_what_was_typed_on_a_page_is_never_on_another() -> None:
    newsletter = the_sample_newsletter()
    head = edition_head(newsletter.editions["en"], "about.html", "A title", newsletter)

    text = {"text": "", "button": None, "more": ()}

    typed = in_layout("message.html", head, newsletter, **text, typed="reader@example.org")
    after = in_layout("message.html", head, newsletter, **text)

    assert "reader@example.org" in typed.html
    assert "reader@example.org" not in after.html


def test_the_form_offers_first_what_comes_in_the_language_of_the_page(pages: Pages) -> None:
    for edition, usual in {"en": "en", "be": "be-ru", "ru": "ru-be"}.items():
        checked = pages[f"{edition}/index.html"].find_all("input", checked=True)
        assert [box["value"] for box in checked] == [usual]


def test_the_choice_of_language_leads_to_each_edition_s_sign_up_box(pages: Pages) -> None:
    links = {str(a["href"]): a.text for a in pages["index.html"].select(".more a")}
    assert links == {
        f"{edition}/index.html#subscribe": language(edition)["subscribe_button"]
        for edition in ("en", "be", "ru")
    }


def test_pages_have_only_relative_links_so_that_a_copy_works_anywhere(pages: Pages) -> None:
    rooted = {path for path, soup in pages.items() if any(t.startswith("/") for t in loaded_and_linked(soup))}
    assert rooted == {"404.html"}


def test_nothing_is_loaded_from_elsewhere(pages: Pages) -> None:
    loaded = {str(tag.get("src")) for soup in pages.values() for tag in soup.find_all(src=True)}
    sheets = {str(tag["href"]) for soup in pages.values() for tag in soup.select("link[rel=stylesheet]")}
    assert {target for target in loaded | sheets if urlsplit(target).netloc} == set()


def test_nothing_runs_and_nothing_is_styled_in_place(pages: Pages) -> None:
    wrong = [
        (path, tag.name, name)
        for path, soup in pages.items()
        for tag in soup.find_all(True)
        for name in ("", *tag.attrs)
        if tag.name in ("style", "iframe", "object")
        or (tag.name == "script" and tag["type"] != "application/ld+json")
        or name == "style"
        or name.startswith("on")
    ]
    assert wrong == []


def test_every_id_is_there_once_and_every_reference_finds_its_own(pages: Pages) -> None:
    wrong = []
    for path, soup in pages.items():
        ids = [str(tag["id"]) for tag in soup.find_all(id=True)]
        referred = [
            str(tag[name])
            for name in ("for", "aria-labelledby", "aria-describedby")
            for tag in soup.find_all(attrs={name: True})
        ]
        if len(set(ids)) != len(ids) or not set(referred) <= set(ids):
            wrong.append((path, ids, referred))
    assert wrong == []


def test_the_form_posts_to_the_official_address_from_every_copy(pages: Pages) -> None:
    actions = {str(form["action"]) for soup in pages.values() for form in soup.find_all("form")}
    assert actions == {f"{ORIGIN}/api/subscribe?in={edition}" for edition in ("en", "be", "ru")}
    without = {path for path, soup in pages.items() if not soup.find("form")}
    notices = {
        f"{edition}/{name}.html"
        for edition in ("en", "be", "ru")
        for name in ("check-your-mail", "subscribed", "new-address", "goodbye", "erased", "link-on-its-way")
    }
    assert without == {"index.html", *notices}


def test_a_public_page_names_its_address_and_a_notice_stays_out_of_search(pages: Pages) -> None:
    canonical = {
        path: str(tag["href"])
        for path, soup in pages.items()
        if (tag := soup.select_one("link[rel=canonical]"))
    }
    unlisted = {path for path, soup in pages.items() if soup.select_one("meta[name=robots][content=noindex]")}
    assert canonical == {path: f"{ORIGIN}/{path}" for path in canonical}
    assert set(canonical) | unlisted == set(pages)
    assert set(canonical) & unlisted == set()
    assert "index.html" in canonical
    assert {path.split("/")[-1] for path in unlisted} == {
        "404.html",
        "check-your-mail.html",
        "subscribed.html",
        "new-address.html",
        "goodbye.html",
        "erased.html",
        "link-on-its-way.html",
    }


def test_every_picture_has_words_and_a_size(pages: Pages) -> None:
    pictures = [tag for soup in pages.values() for tag in soup.find_all("img")]
    assert len(pictures) == 2 * 3 * 11 + 3  # on the issue's page, on the commentary's, and one a home page
    assert [
        tag for tag in pictures if not (tag["alt"] and int(str(tag["width"])) and int(str(tag["height"])))
    ] == []


def test_search_engines_find_the_same_page_in_each_language_from_each_of_them(pages: Pages) -> None:
    by_path = {
        path: {str(tag["hreflang"]): str(tag["href"]).removeprefix(f"{ORIGIN}/") for tag in found}
        for path, soup in pages.items()
        if (found := soup.select("link[hreflang]"))
    }
    wrong = [
        (path, code, other)
        for path, others in by_path.items()
        for code, other in others.items()
        if by_path[other] != others
        or (code != "x-default" and path not in others.values() and path != "index.html")
    ]
    assert wrong == []
    assert all("x-default" in others for others in by_path.values())


def test_every_public_page_of_an_edition_names_its_feeds(system: PublishingSystem, pages: Pages) -> None:
    for path, soup in pages.items():
        edition = path.split("/")[0]
        if soup.select_one("link[rel=canonical]") and "/" in path:
            found = {
                str(tag["type"]): str(tag["href"])
                for tag in soup.select("link[type*=feed], link[type*=atom]")
            }
            assert found == {
                "application/atom+xml": f"{ORIGIN}/{edition}/feed.xml",
                "application/feed+json": f"{ORIGIN}/{edition}/feed.json",
            }
            assert f"{edition}/feed.xml" in system.site.objects


def test_no_page_sends_a_referrer(pages: Pages) -> None:
    by_path = {path: soup.select_one("meta[name=referrer]") for path, soup in pages.items()}
    assert {tag["content"] if tag else path for path, tag in by_path.items()} == {"no-referrer"}


def test_the_404_page_is_in_every_language(pages: Pages) -> None:
    parts = pages["404.html"].select("main div[lang]")
    assert [(str(part["lang"]), part.find(["h1", "h2"]).text) for part in parts] == [  # type: ignore[union-attr]  # the stubs lack this type
        ("en", "There is no such page"),
        ("be", "Такой старонкі няма"),
        ("ru", "Такой страницы нет"),
    ]


def test_the_about_page_names_the_publisher_the_marks_of_trends_and_the_feeds(pages: Pages) -> None:
    about = pages["be/about.html"]
    assert [tag.text for tag in about.select("main h1, main h2")] == [
        "Пра нас",
        "Як мы адзначаем тэндэнцыю",
        "Стужкі навін",
    ]
    assert [tag.text for tag in about.select(".trend")] == [
        "● Сітуацыя не змянілася",
        "▼ Сітуацыя пагоршылася",
        "▲ Сітуацыя палепшылася",
    ]
    assert [str(a["href"]) for a in about.select("main li a")] == [
        f"{ORIGIN}/be/feed.xml",
        f"{ORIGIN}/be/feed.json",
    ]


def test_an_edition_that_says_nothing_about_itself_shows_its_description() -> None:
    newsletter = a_newsletter()
    shown = {page.path: page.html for page in static_pages(newsletter)}
    assert "<p>Two topics, every week.</p>" in shown["en/about.html"]


def test_what_is_written_about_an_edition_is_markdown_that_runs_nothing() -> None:
    newsletter = a_newsletter()
    about = "We *write*. <script>alert(1)</script> [x](javascript:alert(1))"
    edition = replace(newsletter.editions["en"], about=about)
    shown = {
        page.path: page.html
        for page in static_pages(replace(newsletter, editions={"en": edition}, audiences=()))
    }
    text = BeautifulSoup(shown["en/about.html"], "html.parser").select_one(".text")
    assert text is not None
    assert [tag.name for tag in text.find_all(True)] == ["p", "em"]


def test_a_page_of_an_issue_and_its_sheet_come_in_one_round_trip(system: PublishingSystem) -> None:
    sheets = [content for path, content in system.site.objects.items() if path.endswith(".css")]
    (sheet,) = sheets
    sizes = {
        path: len(gzip.compress(content)) + len(gzip.compress(sheet))
        for path, content in system.site.objects.items()
        if path.endswith(".html") and "/2016-12-" in path
    }
    assert len([path for path in sizes if path.endswith("index.html")]) == 6
    assert {path: size for path, size in sizes.items() if size > ROUND_TRIP_BYTES} == {}

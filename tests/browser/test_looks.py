"""How the pages look: what stands where, as boxes in the window, at every width and in every language.

The sample newsletter is published into a folder, its first picture made a portrait, and opened as files.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from broadsheet.language import language
from broadsheet.site.responses import sign_up_form
from tests.builders import the_sample_desk, the_sample_newsletter
from tests.fakes.issues import FakeDesk
from tests.fakes.publishing import PublishingSystem

EDITIONS = ("en", "be", "ru")
WEEKS = ("2016-12-05", "2016-12-12")
PORTRAIT = "issues/2016-12-12/images/desk.png"  # the first picture of the latest week
PHONE, TABLET, DESKTOP = (320, 640), (768, 1024), (1280, 800)
Open = Callable[[str, tuple[int, int]], Page]

LINES_OF_WORDS = """e => {
  const words = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim()).pop();
  const range = document.createRange();
  range.setStart(words, words.data.search(/\\S/));
  range.setEnd(words, words.data.trimEnd().length);
  return [...range.getClientRects()].map(box => box.left);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, and the sign-up form with both its errors in each language."""
    newsletter, desk = the_sample_newsletter(), the_sample_desk()
    desk[PORTRAIT] = portrait()
    system = PublishingSystem(newsletter, FakeDesk(desk))
    for week in WEEKS:
        system.publish(week)
    errors = {"email": "error_email", "audience": "error_audience"}
    pages = dict(system.site.objects)
    for edition in newsletter.editions.values():
        form = sign_up_form(edition, newsletter, typed="ana@@", meant="", chosen=[], errors=errors)
        pages[f"api/{edition.id}.html"] = form.html.encode()
    site = tmp_path_factory.mktemp("site")
    for path, content in pages.items():
        file = site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return site


def portrait() -> bytes:
    made = BytesIO()
    Image.new("RGB", (800, 1200), "#446688").save(made, "PNG")
    return made.getvalue()


@pytest.fixture(scope="module")
def open_page(chromium: Browser, folder: Path) -> Iterator[Open]:
    """Opens a page of the folder in a window of that width and height, in place of the one before."""
    windows: dict[tuple[int, int], Page] = {}

    def opened(path: str, window: tuple[int, int]) -> Page:
        if window not in windows:
            context = chromium.new_context(java_script_enabled=False)
            windows[window] = context.new_page()
            windows[window].set_viewport_size({"width": window[0], "height": window[1]})
        page = windows[window]
        page.goto((folder / path).as_uri())
        return page

    yield opened
    for page in windows.values():
        page.context.close()


def box(page: Page, selector: str) -> dict[str, Any]:
    """The first such element's box on the page: x, y, width, height, bottom."""
    found = page.locator(selector).first.bounding_box()
    assert found is not None, selector
    return {**found, "bottom": found["y"] + found["height"]}


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_bar_takes_two_rows_on_a_phone_and_one_on_a_desktop(open_page: Open, edition: str) -> None:
    for window, rows in ((PHONE, 2), (DESKTOP, 1)):
        page = open_page(f"{edition}/2016-12-12/index.html", window)
        middles = page.locator(".bar a").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).map(b => Math.round((b.top + b.bottom) / 8))"
        )
        assert len(set(middles)) == rows, window


@pytest.mark.parametrize("edition", EDITIONS)
def test_words_that_wrap_beside_a_mark_begin_where_the_first_line_begins(
    open_page: Open, edition: str
) -> None:
    wrapped = 0
    for path, window, mark in (
        ("2016-12-12/index.html", DESKTOP, ".trend"),
        ("topics/index.html", PHONE, ".legend li"),
        ("../api/{}.html", PHONE, ".error"),
    ):
        page = open_page(f"{edition}/{path.format(edition)}", window)
        for element in page.locator(mark).all():
            edges = element.evaluate(LINES_OF_WORDS)
            assert edges == pytest.approx([edges[0]] * len(edges), abs=0.6), (path, element.inner_text())
            wrapped += len(edges) > 1
    assert wrapped > 1


def test_figures_line_and_in_tables_stand_below_each_other(open_page: Open) -> None:
    page = open_page("en/2016-12-12/society-and-parties-1.html", DESKTOP)
    figures = "e => getComputedStyle(e).fontVariantNumeric"
    for selector in ("footer p", ".text > p", ".week", "h1", "figcaption"):
        assert page.locator(selector).first.evaluate(figures) == "lining-nums", selector
    assert page.locator("td").first.evaluate(figures) == "lining-nums tabular-nums"


def test_no_part_of_an_address_and_no_name_of_a_language_is_broken(open_page: Open) -> None:
    for edition in EDITIONS:
        page = open_page(f"api/{edition}.html", PHONE)
        for selector in (".option .hint span", "footer .whole"):
            lines = page.locator(selector).evaluate_all("all => all.map(e => e.getClientRects().length)")
            assert set(lines) == {1}, (edition, selector)
        heights = page.locator("footer .whole").evaluate_all("all => all.map(e => e.clientHeight)")
        assert len(set(heights)) == 1


@pytest.mark.parametrize("window", [PHONE, TABLET, DESKTOP])
def test_a_tall_picture_is_shown_whole_in_at_most_seven_tenths_of_the_window(
    open_page: Open, window: tuple[int, int]
) -> None:
    page = open_page("en/2016-12-12/ruling-elite-1.html", window)
    assert box(page, "figure img")["height"] <= 0.7 * window[1] + 0.5
    fit = page.locator("figure img").evaluate("e => getComputedStyle(e).objectFit")
    assert fit == "contain"


@pytest.mark.parametrize("window", [PHONE, TABLET, DESKTOP])
def test_pictures_keep_their_distance_from_headlines(open_page: Open, window: tuple[int, int]) -> None:
    page = open_page("en/2016-12-05/security-1.html", window)
    above = page.locator("figure").first.evaluate(
        "e => e.previousElementSibling.getBoundingClientRect().bottom"
    )
    assert box(page, "figure img")["y"] - above >= 16
    if window == PHONE:
        listed = open_page("en/2016-12-05/index.html", window)
        assert box(listed, ".row h2")["y"] - box(listed, ".thumb")["bottom"] >= 16


def test_an_issue_s_first_picture_is_as_wide_as_a_phone_and_the_others_stand_beside_their_topic(
    open_page: Open,
) -> None:
    page = open_page("ru/2016-12-05/index.html", PHONE)
    first, *others = page.locator(".row .thumb").all()
    assert (first.bounding_box() or {})["width"] > 0.85 * PHONE[0]
    for thumb in others:
        place = thumb.bounding_box() or {}
        beside = thumb.locator("xpath=..").locator(".topic").bounding_box() or {}
        assert place["width"] < PHONE[0] / 3
        assert place["x"] >= beside["x"] + beside["width"]


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_first_screen_of_a_front_page_has_the_picture_and_the_headline_of_the_latest_week(
    open_page: Open, edition: str
) -> None:
    on_phone = open_page(f"{edition}/index.html", PHONE)
    assert box(on_phone, ".opening img")["bottom"] < PHONE[1]
    on_desktop = open_page(f"{edition}/index.html", DESKTOP)
    picture, headline = box(on_desktop, ".opening img"), box(on_desktop, "h1")
    assert max(picture["bottom"], headline["bottom"]) < DESKTOP[1]
    assert headline["x"] + headline["width"] < picture["x"]
    assert picture["width"] / picture["height"] == pytest.approx(16 / 9, abs=0.02)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_phone_s_first_screen_leads_to_the_form_which_follows_the_latest_week(
    open_page: Open, edition: str
) -> None:
    page = open_page(f"{edition}/index.html", PHONE)
    assert box(page, ".bar .join")["bottom"] < 100
    assert box(page, "#subscribe")["y"] < 3.5 * PHONE[1]
    assert box(page, "#email")["bottom"] < box(page, "#archive")["y"]


@pytest.mark.parametrize("window", [PHONE, TABLET, DESKTOP])
def test_a_form_s_error_and_its_fields_share_an_edge(open_page: Open, window: tuple[int, int]) -> None:
    for edition in EDITIONS:
        page = open_page(f"api/{edition}.html", window)
        shown = ("h1", "h2", "legend", "input[type=checkbox]", "label[for=email]", "#email", "form button")
        assert len({round(box(page, selector)["x"]) for selector in shown}) == 1, edition


def test_a_screen_reader_hears_a_form_in_the_order_of_its_questions(open_page: Open) -> None:
    words = language("en")
    page = open_page("en/index.html", PHONE)
    heard = page.locator("main section.box").aria_snapshot()
    order = [
        f'heading "{words["subscribe_heading"]}"',
        f'group "{words["choices"]}"',
        'checkbox "EN" [checked]',
        f'textbox "{words["email"]}"',
        f'link "{words["privacy_link"]}"',
        f'button "{words["subscribe_button"]}"',
    ]
    places = [heard.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)
    assert words["honeypot"] not in heard


def test_a_screen_reader_hears_topic_trend_and_picture_before_each_headline_of_an_issue(
    open_page: Open,
) -> None:
    page = open_page("en/2016-12-05/index.html", PHONE)
    heard = page.locator("main .rows > li").first.aria_snapshot()
    order = [
        'link "The ruling elite"',
        "The situation has not changed",
        'img "Rows of empty red seats',
        'heading "New committees, old keys',
        "The cabinet has merged",
        'link "Read more',
    ]
    places = [heard.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)


def test_a_sheet_of_paper_shows_every_word_of_a_front_page_and_no_form(open_page: Open) -> None:
    page = open_page("en/index.html", (680, 980))
    summary = page.locator(".brief li > div:last-child > p:not(.more)").first
    assert not summary.is_visible()
    page.emulate_media(media="print")
    assert summary.is_visible()
    assert not page.locator(".box").is_visible()

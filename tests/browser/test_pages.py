"""What a person sees of the pages: every width, scheme and language, without script."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from local.system import LocalSystem

PATHS = (
    "/{edition}/index.html",
    "/{edition}/2016-12-05/index.html",
    "/{edition}/2016-12-05/belarus-west-1.html",
    "/{edition}/2016-12-12/society-and-parties-1.html",
    "/{edition}/archive/index.html",
    "/{edition}/archive/2016.html",
    "/{edition}/topics/index.html",
    "/{edition}/topics/belarus-russia/index.html",
    "/{edition}/topics/security/2016.html",
    "/{edition}/about.html",
    "/{edition}/privacy.html",
    "/{edition}/check-your-mail.html",
    "/{edition}/subscribed.html",
    "/{edition}/goodbye.html",
    "/{edition}/erased.html",
    "/{edition}/nowhere.html",
)
CONTRASTS = """() => {
  const channel = c => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4 };
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = text => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data] };
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c } return [255, 255, 255, 255] };
  const bad = [];
  for (const e of document.querySelectorAll('main *, header *, footer *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (e.closest('.trap, .unseen, svg')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${e.tagName} ${e.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return bad;
}"""


SMALL_TARGETS = """() => {
  const pressed = 'nav a, button, input:not([type=hidden]), .more a, footer a';
  const shown = [...document.querySelectorAll(pressed)].filter(
    e => !e.closest('.trap') && e.checkVisibility());
  const boxes = shown.map(e => [e.textContent, e.getBoundingClientRect()]);
  const small = boxes.filter(([, box]) => box.width < 24 || box.height < 24);
  return small.map(([text, box]) => `${text} ${box.height}`);
}"""


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_are_readable_and_load_nothing_from_elsewhere(
    system: LocalSystem, chromium: Browser, edition: str, width: int, scheme: str
) -> None:
    context = chromium.new_context(
        java_script_enabled=False,
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on(
        "request",
        lambda request: troubles.append(request.url) if not request.url.startswith(system.address) else None,
    )
    for path in PATHS:
        page.goto(system.address + path.format(edition=edition))
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} wide"
        assert page.evaluate(CONTRASTS) == [], path
        page.evaluate("[...document.images].forEach(i => { i.loading = 'eager' })")
        page.wait_for_load_state("networkidle")
        missing = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src)")
        assert missing == [], path
    context.close()
    missing_page = [text for text in troubles if "404" not in text]
    assert missing_page == []


def test_the_language_switch_links_to_the_same_week_and_says_its_language(
    system: LocalSystem, page: Page
) -> None:
    page.goto(f"{system.address}/en/2016-12-05/security-1.html")
    page.get_by_role("link", name="Беларуская", exact=True).click()
    assert page.url == f"{system.address}/be/2016-12-05/security-1.html"
    assert page.locator("html").get_attribute("lang") == "be"


def test_a_trend_is_shown_by_words_and_by_colour(system: LocalSystem, page: Page) -> None:
    page.goto(f"{system.address}/en/2016-12-05/index.html")
    marks = {
        mark.inner_text(): mark.evaluate("e => getComputedStyle(e).color")
        for mark in page.locator(".trend").all()
    }
    assert set(marks) == {
        "● The situation has not changed",
        "▼ The situation got worse",
        "▲ The situation has gotten better",
    }
    assert len(set(marks.values())) == 3


@pytest.mark.parametrize("width", [320, 1280])
def test_buttons_and_links_are_large_enough_for_a_finger(
    system: LocalSystem, chromium: Browser, width: int
) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 800})
    page = context.new_page()
    for path in PATHS:
        page.goto(system.address + path.format(edition="be"))
        small = page.evaluate(SMALL_TARGETS)
        assert small == [], path
    context.close()


def test_a_wide_table_scrolls_by_keyboard_on_a_narrow_screen(system: LocalSystem, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto(f"{system.address}/en/2016-12-12/society-and-parties-1.html")
    table = page.locator(".scroll")
    table.focus()
    assert table.evaluate("e => e === document.activeElement")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_the_line_of_a_topic_is_drawn_in_the_colours_of_its_tones(system: LocalSystem, page: Page) -> None:
    page.goto(f"{system.address}/en/topics/belarus-russia/index.html")
    drawn = page.locator("svg.tones use").evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    assert len(drawn) == 3
    assert len(set(drawn)) == 3
    assert page.get_by_role("img", name="Week by week.").is_visible()


def test_pages_can_be_read_from_a_folder(system: LocalSystem, page: Page, tmp_path: Path) -> None:
    wanted = ["en/index.html", "en/2016-12-12/index.html", "en/topics/index.html"]
    sheet = page.goto(f"{system.address}/en/index.html") and page.locator("link[rel=stylesheet]")
    assert sheet
    wanted.append(str(sheet.get_attribute("href")).removeprefix("../"))
    for name in wanted:
        copy = tmp_path / "copied" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(page.request.get(f"{system.address}/{name}").body())
    page.goto((tmp_path / "copied" / wanted[0]).as_uri())
    page.get_by_role("heading", level=1).get_by_role("link").click()
    assert page.url.endswith("/copied/en/2016-12-12/index.html")
    page.get_by_role("link", name="Trends", exact=True).click()
    assert page.url.endswith("/copied/en/topics/index.html")
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"

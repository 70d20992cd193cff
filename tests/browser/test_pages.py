"""What a person sees of the pages: every width, scheme and language, without script."""

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
    "/{edition}/check-your-mail.html",
    "/{edition}/subscribed.html",
    "/{edition}/goodbye.html",
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
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('.trap')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${e.tagName} ${e.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return bad;
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
        missing = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src)")
        assert missing == [], path
    context.close()
    missing_page = [text for text in troubles if "404" not in text]
    assert missing_page == []


def test_the_language_switch_leads_to_the_same_week_and_says_its_language(
    system: LocalSystem, page: Page
) -> None:
    page.goto(f"{system.address}/en/2016-12-05/security-1.html")
    page.get_by_role("link", name="BE", exact=True).click()
    assert page.url == f"{system.address}/be/2016-12-05/security-1.html"
    assert page.locator("html").get_attribute("lang") == "be"


def test_a_trend_is_told_by_words_and_by_colour(system: LocalSystem, page: Page) -> None:
    page.goto(f"{system.address}/en/2016-12-05/index.html")
    marks = {
        mark.inner_text().splitlines()[-1]: mark.evaluate("e => getComputedStyle(e).color")
        for mark in page.locator(".trend").all()
    }
    assert set(marks) == {
        "The situation has not changed",
        "The situation got worse",
        "The situation has gotten better",
    }
    assert len(set(marks.values())) == 3

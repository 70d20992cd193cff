"""How mails and the local pages look in a browser’s window: everything of them fits, at every width."""

import pytest
from playwright.sync_api import Browser

from local.system import LocalSystem
from tests.caniemail import sample_mails

WIDTHS = {320: "a phone", 600: "a preview pane", 1280: "a window"}
WIDEST = 704  # pixels, a column with its padding
MEASURES = """() => ({
  whole: document.documentElement.scrollWidth,
  column: document.querySelector('div.paper').getBoundingClientRect().width,
  rooms: [...document.querySelectorAll('div[style^="width:100"]')].map(
    bar => bar.parentElement.getBoundingClientRect().width - bar.getBoundingClientRect().width),
})"""


@pytest.mark.parametrize("width", WIDTHS, ids=WIDTHS.values())
def test_a_mail_fits_its_window_and_a_full_bar_its_column(chromium: Browser, width: int) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 700})
    page, rooms = context.new_page(), []
    for mail in sample_mails():
        page.set_content(mail)
        measured = page.evaluate(MEASURES)
        assert (measured["whole"], measured["column"] <= min(width, WIDEST)) == (width, True)
        rooms += measured["rooms"]
    context.close()
    assert rooms
    assert set(rooms) == {0}


@pytest.mark.parametrize("name", ["desk", "inbox"])
def test_the_local_pages_show_every_column_on_a_phone(
    system: LocalSystem, chromium: Browser, name: str
) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto(f"{system.address}/_local/{name}")
    hidden = page.locator(".scroll").evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")
    context.close()
    assert hidden
    assert set(hidden) == {0}

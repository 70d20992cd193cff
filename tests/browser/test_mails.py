"""How mails and the local pages look in a browser’s window: everything of them fits, at every width."""

from functools import partial

import pytest
from playwright.sync_api import Browser

from broadsheet.content.findings import Finding
from broadsheet.publishing.report import MISPLACED, FileOutcome, Report, report_mail
from demo.reader import Inbox
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for
from tests.builders import a_newsletter
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


@pytest.mark.parametrize("outcome", [FileOutcome.DRAFT, FileOutcome.REFUSED])
def test_an_address_or_a_name_without_blanks_does_not_widen_a_report(
    chromium: Browser, outcome: FileOutcome
) -> None:
    words = "w" * 90
    found = (Finding("en.md", 1, "link-words", {"words": words}, is_error=True),)
    key, address = f"issues/{words}.docx", f"https://news.example.org/preview/{words}/en/index.html"
    report = Report(key, MISPLACED, outcome, found, "r", words, address, 5, 46_400)
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.set_content(report_mail(report, a_newsletter()).html)
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width == 320


@pytest.mark.parametrize("name", ["desk", "inbox"])
def test_the_local_pages_show_every_column_on_a_phone(
    system: LocalSystem, chromium: Browser, name: str
) -> None:
    report = partial(
        Inbox(system.address).with_subject, "desk@ninthbridge.example.org", "Published: 2016-12-05/en.md"
    )
    wait_for(report, "the report")
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto(f"{system.address}/_local/{name}")
    hidden = page.locator(".scroll").evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")
    context.close()
    assert hidden
    assert set(hidden) == {0}

"""A reader's own page as a person uses it: by keyboard, without script, in each language, on any screen."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from broadsheet.language import language
from demo.reader import DemoReader, Inbox
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for
from tests.browser.test_pages import CONTRASTS, SMALL_TARGETS

EDITIONS = ["en", "be", "ru"]
NUMBERS = count()


@dataclass(frozen=True)
class MailLinks:
    """The two links in a welcome mail."""

    manage: str
    leave: str


def subscribed(system: LocalSystem, edition: str) -> MailLinks:
    """Sign up and confirm a reader; return the links of their welcome mail."""
    address = f"manager-{next(NUMBERS)}@readers.test"
    reader = DemoReader(address, system.address, edition=edition)
    reader.sign_up()
    inbox = Inbox(system.address)
    mail = wait_for(lambda: inbox.last_to(address), "the confirmation")
    assert reader.open_confirmation(mail)
    reader.press_confirm()
    mails = wait_for(lambda: [m for m in inbox.to(address) if m.link("/api/manage")], "the welcome")
    return MailLinks(mails[0].link("/api/manage"), mails[0].link("/api/unsubscribe"))


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is looked for has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"{selector} can't be reached by keyboard")


@pytest.fixture(scope="module")
def links(system: LocalSystem) -> MailLinks:
    """The links of a reader who stays subscribed."""
    return subscribed(system, "en")


@pytest.fixture(params=[(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")], ids=str)
def any_screen(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page of that width and scheme; with script, for the one who looks."""
    width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_reader_changes_what_they_get_by_keyboard_alone(
    system: LocalSystem, page: Page, edition: str
) -> None:
    words = language(edition)
    page.goto(subscribed(system, edition).manage)
    assert page.locator("html").get_attribute("lang") == edition
    tab_to(page, "input[value='be-ru']")
    was = page.locator("input[value='be-ru']").is_checked()
    page.keyboard.press("Space")
    tab_to(page, "input[name=language]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "button[value=save]")
    page.keyboard.press("Enter")

    page.wait_for_url("**/api/manage?*done=saved")
    assert page.get_by_role("status").inner_text() == words["saved_text"]
    assert page.locator("input[value='be-ru']").is_checked() is not was
    chosen = page.locator("input[name=language]:checked").get_attribute("value")
    assert chosen == EDITIONS[(EDITIONS.index(edition) + 1) % 3]
    page.reload()
    assert page.locator("input[value='be-ru']").is_checked() is not was


def test_a_screen_reader_reads_an_error_with_its_group_and_the_name_of_the_other_button(
    links: MailLinks, page: Page
) -> None:
    page.goto(links.manage)
    page.get_by_label("EN", exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    group = page.get_by_role("group", name="Which editions would you like?")
    error = page.locator(f"#{group.get_attribute('aria-describedby')}").inner_text()
    assert "press “Unsubscribe”" in error
    assert page.get_by_role("button", name="Unsubscribe").is_visible()
    page.goto(links.manage)
    assert page.get_by_label("EN", exact=True).is_checked()


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_reader_who_erases_everything_by_keyboard_reads_that_it_is_done_and_the_link_is_empty(
    system: LocalSystem, page: Page, edition: str
) -> None:
    words, manage = language(edition), subscribed(system, edition).manage
    page.goto(manage)
    tab_to(page, "input[name=not_again]")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "erase"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{edition}/erased.html")
    assert page.get_by_role("heading", level=1).inner_text() == words["erased_heading"]

    page.go_back()
    page.goto(manage)
    assert page.get_by_role("heading", level=1).inner_text() == words["nobody_heading"]
    assert page.locator("main form").count() == 0


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_page_for_leaving_mails_a_link_by_keyboard_and_shows_none(
    system: LocalSystem, page: Page, edition: str
) -> None:
    words, links = language(edition), subscribed(system, edition)
    page.goto(links.leave)
    assert page.locator("main a").count() == 0
    tab_to(page, "button[value=link]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{edition}/link-on-its-way.html")
    assert page.get_by_role("heading", level=1).inner_text() == words["link_heading"]


def test_the_readers_page_is_there_in_each_language(links: MailLinks, page: Page) -> None:
    page.goto(links.manage)
    assert page.get_by_role("heading", level=1).inner_text() == "Your subscription"
    page.get_by_role("link", name="Беларуская", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Ваша падпіска"


def test_the_page_leaves_no_trace_in_the_browser_but_its_address(links: MailLinks, page: Page) -> None:
    answer = page.goto(links.manage)
    assert answer is not None
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert page.context.cookies() == []


def test_pages_about_a_reader_are_clean_for_axe_fit_and_are_readable(
    system: LocalSystem, links: MailLinks, any_screen: Page
) -> None:
    width = (any_screen.viewport_size or {"width": 0})["width"]
    for edition in EDITIONS:
        tail = f"&in={edition}"
        manage, leave = (link.rpartition("&in=")[0] + tail for link in (links.manage, links.leave))
        site = f"{system.address}/{edition}"
        for place in (manage, f"{manage}&done=saved", leave, f"{site}/privacy.html", f"{site}/erased.html"):
            any_screen.goto(place)
            found = Axe().run(any_screen)
            assert [violation["id"] for violation in found.response["violations"]] == [], place
            assert any_screen.evaluate("document.documentElement.scrollWidth") <= width, place
            assert any_screen.evaluate(CONTRASTS) == [], place
            assert any_screen.evaluate(SMALL_TARGETS) == [], place

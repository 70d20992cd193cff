"""Sign-up as a person does it: by keyboard, without script, in each language."""

import pytest
from playwright.sync_api import Page

from demo.reader import Inbox
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for

DONE = {
    "en": "You have been successfully subscribed",
    "be": "Вы паспяхова падпісаліся",
    "ru": "Вы успешно подписались",
}


@pytest.mark.parametrize("edition", ["en", "be", "ru"])
def test_a_reader_signs_up_and_confirms_by_keyboard_alone(
    system: LocalSystem, page: Page, edition: str
) -> None:
    address = f"keyboard-{edition}@readers.test"
    page.goto(f"{system.address}/{edition}/index.html")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "email":
            break
    page.keyboard.type(address)
    page.keyboard.press("Tab")  # what a subscription may reveal comes before the button
    assert page.evaluate("document.activeElement.getAttribute('href')").endswith("privacy.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{edition}/check-your-mail.html")

    mail = wait_for(lambda: Inbox(system.address).last_to(address), "the confirmation")
    page.goto(mail.link("/api/confirm"))
    assert page.locator("html").get_attribute("lang") == edition
    page.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{edition}/subscribed.html")
    assert page.get_by_role("heading", level=1).inner_text() == DONE[edition]
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == DONE[edition]


@pytest.mark.parametrize(
    "path", ["index.html", "2016-12-12/index.html", "topics/index.html", "archive/2016.html"]
)
def test_the_link_in_the_bar_leads_to_the_form_by_keyboard(
    system: LocalSystem, page: Page, path: str
) -> None:
    page.goto(f"{system.address}/be/{path}")
    page.get_by_role("navigation").get_by_role("link", name="Падпісацца").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#subscribe")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "audience"


def test_enter_in_the_address_bar_after_an_error_shows_the_form_in_its_language(
    system: LocalSystem, page: Page
) -> None:
    page.goto(f"{system.address}/be/about.html")
    page.locator("#email").fill("хтосьці@readers.test")
    page.evaluate("document.querySelector('form').noValidate = true")
    page.locator("form button").click()
    assert page.locator("#email-error").is_visible()
    page.goto(page.url)
    assert page.url == f"{system.address}/be/index.html#subscribe"


def test_an_error_is_shown_at_its_field_with_what_was_typed(system: LocalSystem, page: Page) -> None:
    page.goto(f"{system.address}/en/index.html")
    page.get_by_label("Your email address").fill("somebody@readers.test")
    page.get_by_label("EN", exact=True).uncheck()
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_label("Your email address").input_value() == "somebody@readers.test"
    group = page.get_by_role("group", name="Which editions would you like?")
    assert "Please choose at least one edition." in group.inner_text()


def test_the_honeypot_is_out_of_sight_and_out_of_the_tab_order(system: LocalSystem, page: Page) -> None:
    page.goto(f"{system.address}/en/index.html")
    trap = page.locator('input[name="website"]')
    box = trap.bounding_box()
    assert box is not None
    assert box["x"] < 0
    assert trap.get_attribute("tabindex") == "-1"


def test_a_mail_opens_in_the_inbox_as_html_text_and_source(system: LocalSystem, page: Page) -> None:
    inbox = Inbox(system.address)
    wait_for(
        lambda: inbox.with_subject("desk@ninthbridge.example.org", "Published: 2016-12-05/en.md"),
        "the report",
    )
    page.goto(f"{system.address}/_local/inbox")
    page.get_by_role("link", name="Published: 2016-12-05/en.md").first.click()
    inside = page.frame_locator("iframe").locator("h1")
    assert "Published: 2016-12-05/en.md" in inside.inner_text()
    assert "Subject: Published: 2016-12-05/en.md" in page.content()

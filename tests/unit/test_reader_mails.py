"""The mails about their subscription that a reader gets once they have confirmed."""

from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from broadsheet.language import language
from broadsheet.mail import Mail
from broadsheet.subscribers.link_tokens import Links, ManageLink
from broadsheet.subscribers.reader_mails import (
    already_mail,
    link_mail,
    moved_mail,
    new_address_mail,
    welcome_mail,
)
from broadsheet.subscribers.subscriber import ConfirmedAddress
from tests.builders import SUBSCRIBER_ID, a_newsletter, a_subscriber
from tests.fakes.subscribers import FakeKeyring

NEWSLETTER = a_newsletter()
LINKS: Links = FakeKeyring().links
MAILS: dict[str, Callable[..., Mail]] = {
    "mail_welcome": welcome_mail,
    "mail_already": already_mail,
    "mail_link": link_mail,
    "mail_moved": moved_mail,
}
EVERY = pytest.mark.parametrize("which", list(MAILS))


def mail(which: str, code: str = "en") -> Mail:
    return MAILS[which](a_subscriber(language=code), links=LINKS, newsletter=NEWSLETTER)


def links_in(text: str) -> list[str]:
    return [line for line in text.splitlines() if "://" in line]


@EVERY
@pytest.mark.parametrize("code", ["en", "be", "ru"])
def test_it_says_in_the_readers_language_what_happened(which: str, code: str) -> None:
    words, written = language(code), mail(which, code)

    page = BeautifulSoup(written.html, "html.parser")
    assert written.subject == f"{words[f'{which}_subject']}: {NEWSLETTER.editions[code].name}"
    assert words[f"{which}_text"] in " ".join(written.text.split())
    assert words[f"{which}_text"] in " ".join(page.get_text(" ").split())
    assert page.html is not None
    assert page.html["lang"] == code


@EVERY
def test_its_links_point_to_the_readers_page_and_to_unsubscribing(which: str) -> None:
    written = mail(which)
    manage, leave = links_in(written.text)

    endpoints = [(urlsplit(link).path, parse_qs(urlsplit(link).query)) for link in (manage, leave)]
    assert [path for path, _ in endpoints] == ["/api/manage", "/api/unsubscribe"]
    assert LINKS.read_manage_token(endpoints[0][1]["t"][0]) == ManageLink(SUBSCRIBER_ID, "", LINKS.today())
    assert LINKS.read_unsubscribe_token(endpoints[1][1]["t"][0]) == SUBSCRIBER_ID
    page = BeautifulSoup(written.html, "html.parser")
    assert [anchor["href"] for anchor in page.find_all("a")] == [manage, leave]


@EVERY
def test_its_headers_say_that_it_is_automatic_and_how_to_unsubscribe(which: str) -> None:
    written = mail(which, "be")

    leave = links_in(written.text)[1]
    assert written.headers == {
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert written.reply_to == "editors@news.example.org"


@EVERY
@pytest.mark.parametrize("code", ["en", "be", "ru"])
def test_it_is_short_and_loads_nothing(which: str, code: str) -> None:
    written = mail(which, code)

    page = BeautifulSoup(written.html, "html.parser")
    assert page.find_all(["img", "script", "link", "iframe", "form"]) == []
    assert len(written.html.encode()) < 4_000
    assert [line for line in written.text.splitlines() if len(line) > 72 and "://" not in line] == []


@EVERY
def test_its_link_to_the_page_is_that_of_the_present_address(which: str) -> None:
    changed = ConfirmedAddress("3" * 32, date(2016, 12, 1), date(2016, 12, 2))
    reader = a_subscriber(confirmed_address=changed)

    manage, leave = links_in(MAILS[which](reader, links=LINKS, newsletter=NEWSLETTER).text)

    link = LINKS.read_manage_token(parse_qs(urlsplit(manage).query)["t"][0])
    assert link == ManageLink(SUBSCRIBER_ID, "3" * 32, LINKS.today())
    assert LINKS.read_unsubscribe_token(parse_qs(urlsplit(leave).query)["t"][0]) == SUBSCRIBER_ID


@pytest.mark.parametrize("code", ["en", "be", "ru"])
def test_the_mail_to_a_new_address_leads_to_its_page_and_names_no_reader(code: str) -> None:
    words, written = language(code), new_address_mail("a-token", code, NEWSLETTER)

    page = BeautifulSoup(written.html, "html.parser")
    assert written.subject == f"{words['mail_new_address_subject']}: {NEWSLETTER.editions[code].name}"
    for text in (" ".join(written.text.split()), " ".join(page.get_text(" ").split())):
        assert words["mail_new_address_text"] in text
        assert " ".join(words["mail_confirm_ignore"].split()) in text
    assert [anchor.text for anchor in page.find_all("a")] == [words["mail_confirm_button"]]
    link = f"https://news.example.org/api/confirm?t=a-token&in={code}"
    assert [line for line in written.text.splitlines() if "://" in line] == [link]
    assert written.headers == {"Auto-Submitted": "auto-generated"}


@EVERY
def test_lines_break_between_the_parts_of_the_postal_address(which: str) -> None:
    page = BeautifulSoup(mail(which).html, "html.parser")

    whole = [part.text for part in page.find_all("span", style="display:inline-block")]
    assert " ".join(whole) == NEWSLETTER.postal_address
    assert whole[-1] == "00-009 Exampleton"

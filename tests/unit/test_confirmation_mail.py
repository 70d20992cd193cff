"""The confirmation mail, whose button begins a subscription."""

import email.header
import email.utils
import re

import pytest
from bs4 import BeautifulSoup

from broadsheet.colours import contrast, rgb
from broadsheet.language import language
from broadsheet.subscribers.reader_mails import confirmation_mail
from tests.builders import a_newsletter

NEWSLETTER = a_newsletter()
TOKEN = "link-2016.abc-DEF_1.0f1e.WE7Yow.c2ln"


@pytest.mark.parametrize(
    ("reader_language", "edition", "subject", "name"),
    [
        ("en", "en", "Please confirm your subscription: The Ninth Bridge", "The Ninth Bridge"),
        ("be", "be", "Пацвердзіце, калі ласка, падпіску: Дзявяты мост", "Дзявяты мост"),
        ("ru", "ru", "Подтвердите, пожалуйста, подписку: Девятый мост", "Девятый мост"),
        ("pl", "en", "Please confirm your subscription: The Ninth Bridge", "The Ninth Bridge"),
    ],
)
def test_it_speaks_the_language_of_the_form(
    reader_language: str, edition: str, subject: str, name: str
) -> None:
    mail = confirmation_mail(TOKEN, reader_language, NEWSLETTER)

    link = f"https://news.example.org/api/confirm?t={TOKEN}&in={edition}"
    page = BeautifulSoup(mail.html, "html.parser")
    assert mail.subject == subject
    assert [line for line in mail.text.splitlines() if "://" in line] == [link]
    assert link in [anchor["href"] for anchor in page.find_all("a")]
    assert page.html is not None
    assert page.html["lang"] == edition
    assert " ".join(language(edition)["mail_confirm_ignore"].split()) in " ".join(mail.text.split())
    encoded, address = email.utils.parseaddr(mail.sender)
    assert (str(email.header.make_header(email.header.decode_header(encoded))), address) == (
        name,
        "letter@news.example.org",
    )


def test_its_headers_are_ascii_and_say_that_it_is_automatic() -> None:
    mail = confirmation_mail(TOKEN, "be", NEWSLETTER)

    assert mail.sender.isascii()
    assert (mail.reply_to, mail.headers) == (
        "editors@news.example.org",
        {"Auto-Submitted": "auto-generated"},
    )


@pytest.mark.parametrize("code", ["en", "be", "ru"])
def test_it_loads_nothing_and_links_to_the_newsletter_alone(code: str) -> None:
    page = BeautifulSoup(confirmation_mail(TOKEN, code, NEWSLETTER).html, "html.parser")

    assert page.find_all(["img", "script", "link", "iframe", "form"]) == []
    assert {str(a["href"]).split("/api/")[0] for a in page.find_all("a")} == {"https://news.example.org"}


@pytest.mark.parametrize("code", ["en", "be", "ru"])
def test_its_text_is_wrapped_and_its_link_is_not(code: str) -> None:
    lines = confirmation_mail(TOKEN, code, NEWSLETTER).text.splitlines()

    assert [line for line in lines if len(line) > 72 and not line.startswith("https://")] == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert [line for line in lines if TOKEN in line] == [
        f"https://news.example.org/api/confirm?t={TOKEN}&in={code}"
    ]


@pytest.mark.parametrize("code", ["en", "be", "ru"])
def test_it_has_a_heading_and_a_language(code: str) -> None:
    page = BeautifulSoup(confirmation_mail(TOKEN, code, NEWSLETTER).html, "html.parser")

    assert [heading.text for heading in page.find_all(re.compile("^h[1-6]$"))] == [
        language(code)["mail_confirm_subject"]
    ]
    assert [tag["lang"] for tag in page.select("html, div.paper")] == [code, code]


@pytest.mark.parametrize("accent", ["#1f4e5f", "#ffcc00", "#000000", "#ffffff", "#e33", "rebeccapurple"])
def test_its_colours_can_be_read_whatever_the_accent(accent: str) -> None:
    html = confirmation_mail(TOKEN, "en", a_newsletter(accent=accent)).html
    page = BeautifulSoup(html, "html.parser")

    pairs = [("#e9e4da", "#181715"), ("#b5ad9f", "#181715"), ("#181715", "#e9e4da")]  # by the style sheet
    for tag in page.find_all(style=re.compile("color:")):
        style = dict(part.split(":") for part in str(tag["style"]).split(";"))
        if "color" in style:
            pairs.append((style["color"], style.get("background-color", "#ffffff")))
    (bar,) = re.findall(r"\.bar { border-color: (#\w+)", html)
    (light_bar,) = re.findall(r"border-top:5px solid (#\w+)", html)
    pairs += [(bar, "#181715"), (light_bar, "#ffffff")]
    assert len(pairs) == 9
    assert [pair for pair in pairs if contrast(rgb(pair[0]), rgb(pair[1])) < 4.5] == []

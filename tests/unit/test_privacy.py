"""The privacy page is true: its times are the retention times."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from broadsheet import retention
from broadsheet.language import language
from broadsheet.site.privacy import KEPT, lasting, privacy_page
from tests.builders import a_newsletter

NEWSLETTER = a_newsletter()
LANGUAGES = ["en", "be", "ru"]


def page(edition: str = "en") -> BeautifulSoup:
    made = privacy_page(NEWSLETTER.editions[edition], NEWSLETTER)
    assert made.path == f"{edition}/privacy.html"
    return BeautifulSoup(made.html, "html.parser")


def terms(edition: str) -> dict[str, str]:
    """What is kept, and for how long, as the page says it."""
    headings = [heading for heading in page(edition).select("main h3") if heading.find_next_sibling("p")]
    found = ((h.text, h.find_next_sibling("p")) for h in headings)
    return {what: strong.text for what, text in found if text and (strong := text.find("strong"))}


def test_each_thing_is_kept_as_long_as_the_constants_say() -> None:
    words = language("en")
    expected = {
        words["pending_what"]: "48\u00a0hours",
        words["address_what"]: "48\u00a0hours",
        words["reader_what"]: "until you unsubscribe",
        words["left_what"]: "until you subscribe again, or write to us to have it erased",
        words["gone_what"]: "3\u00a0days",
        words["never_mailed_what"]: "until you write to us to have it deleted",
        words["mailings_what"]: "90\u00a0days",
        words["events_what"]: "24\u00a0hours",
        words["attempts_what"]: "31\u00a0days",
        words["networks_what"]: "24\u00a0hours",
        words["failed_what"]: "48\u00a0hours",
        words["logs_what"]: "14\u00a0days",
        words["backups_what"]: "7\u00a0days",
        words["amazon_log_what"]: "90\u00a0days",
        words["amazon_counts_what"]: "455\u00a0days",
    }
    assert terms("en") == expected


@pytest.mark.parametrize("edition", LANGUAGES)
def test_every_language_states_the_same_retention_times(edition: str) -> None:
    numbers = [term.split()[0] for term in terms(edition).values() if term[0].isdigit()]
    assert numbers == ["48", "48", "3", "90", "24", "31", "24", "48", "14", "7", "90", "455"]
    assert len(terms(edition)) == len(KEPT)


def test_every_time_that_concerns_readers_is_on_the_page() -> None:
    covered = {span for _, span in KEPT if isinstance(span, timedelta)}
    every = {value for name, value in vars(retention).items() if name.isupper()}
    not_of_readers = {
        retention.PUBLIC_BACKUPS,
        retention.OLD_PAGES,
        retention.PREVIEWS,
        retention.PROBES,
        retention.DEAD_LETTERS,
        retention.OLD_KEYS,  # which by then seal no address any more
    }
    assert every - covered - not_of_readers == set()


@pytest.mark.parametrize("edition", LANGUAGES)
def test_what_the_list_may_reveal_comes_first_then_how_to_leave_comes_last(edition: str) -> None:
    words = language(edition)
    assert [heading.text for heading in page(edition).select("main h2")] == [
        words["reveal_heading"],
        words["kept_heading"],
        words["who_heading"],
        words["never_heading"],
        words["rights_heading"],
    ]


def test_the_contact_is_the_reply_address() -> None:
    asked = page().select_one("a[href^=mailto]")
    assert asked is not None
    assert (asked["href"], asked.text) == (f"mailto:{NEWSLETTER.reply_to}", NEWSLETTER.reply_to)
    other = replace(NEWSLETTER, reply_to="hallo@news.example.org")
    assert "mailto:hallo@news.example.org" in privacy_page(other.editions["ru"], other).html


@pytest.mark.parametrize("edition", LANGUAGES)
def test_the_form_and_the_page_footer_link_to_it(edition: str) -> None:
    links = page(edition).select(f"a[href='../{edition}/privacy.html']")
    words = language(edition)
    assert [link.text for link in links] == [words["privacy_link"], words["privacy"]]


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(hours=1), ("1\u00a0hour", "1\u00a0гадзіна", "1\u00a0час")),
        (timedelta(hours=24), ("24\u00a0hours", "24\u00a0гадзіны", "24\u00a0часа")),
        (timedelta(hours=48), ("48\u00a0hours", "48\u00a0гадзін", "48\u00a0часов")),
        (timedelta(days=3), ("3\u00a0days", "3\u00a0дні", "3\u00a0дня")),
        (timedelta(days=11), ("11\u00a0days", "11\u00a0дзён", "11\u00a0дней")),
        (timedelta(days=21), ("21\u00a0days", "21\u00a0дзень", "21\u00a0день")),
        (timedelta(days=112), ("112\u00a0days", "112\u00a0дзён", "112\u00a0дней")),
    ],
)
def test_numbers_and_nouns_agree(span: timedelta, said: tuple[str, str, str]) -> None:
    assert tuple(lasting(span, language(code)) for code in LANGUAGES) == said

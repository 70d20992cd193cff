"""`newsletter.toml`: its values. Its mistakes: `test_newsletter_file.py`."""

import tomllib
from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from broadsheet.newsletter import Audience, Edition, Newsletter, SharedExit, Topic, Trend
from broadsheet.newsletter_file import read_newsletter
from tests.builders import NEWSLETTER_TOML, a_newsletter

SAMPLE = Path(__file__).resolve().parents[2] / "newsletter.toml"
SMALL = """
name = " A Paper "
description = "d"
cadence = "free"
time_zone = "UTC"
origin = "https://paper.example/"
sender = "s@paper.example"
reply_to = "r@paper.example"
postal_address = "p"
accent = "#000000"
[editions.en]
language = "en"
name = "n"
description = "d"
sign_up = "s"
"""


def test_a_small_file_is_a_whole_newsletter() -> None:
    assert read_newsletter(SMALL) == Newsletter(
        name="A Paper",
        description="d",
        cadence="free",
        time_zone="UTC",
        origin="https://paper.example",
        sender="s@paper.example",
        reply_to="r@paper.example",
        postal_address="p",
        editors=(),
        accent="#000000",
        editions={"en": Edition("en", "en", "n", "d", "s")},
        audiences=(),
        topics=(),
        trends=(),
    )


def test_editions_audiences_topics_and_trends_keep_the_order_of_the_file() -> None:
    newsletter = read_newsletter(NEWSLETTER_TOML)

    assert list(newsletter.editions) == ["en", "be", "ru"]
    assert newsletter.audiences == (Audience("en", "EN", ("en",)), Audience("be-ru", "BE/RU", ("be", "ru")))
    assert newsletter.topics[0] == Topic(
        "security", {"en": "Security issues", "be": "Пытанні бяспекі", "ru": "Вопросы безопасности"}
    )
    assert newsletter.trends[1] == Trend(
        "worse",
        "red",
        {"en": "The situation got worse", "be": "Сітуацыя пагоршылася", "ru": "Ситуация ухудшилась"},
    )


def test_the_sample_of_this_repo_can_be_read() -> None:
    newsletter = read_newsletter(SAMPLE.read_text(encoding="utf-8"))

    assert [audience.label for audience in newsletter.audiences] == ["EN", "BE/RU", "RU/BE"]
    assert [topic.names["en"] for topic in newsletter.topics] == [
        "The ruling elite",
        "Society and political parties",
        "Security issues",
        "Belarus-West relations",
        "Belarus-Russia relations",
    ]


def test_things_are_found_by_their_ids() -> None:
    newsletter = a_newsletter()

    assert newsletter.audience("be-ru") == newsletter.audiences[1]
    assert newsletter.topic("belarus-west") == newsletter.topics[1]
    assert newsletter.trend("better") == newsletter.trends[2]
    assert [newsletter.audience("x"), newsletter.topic("x"), newsletter.trend("x")] == [None] * 3


RU_BE = Audience("ru-be", "RU/BE", ("ru", "be"))


@pytest.mark.parametrize(
    ("more", "edition", "usual"),
    [
        ((), "en", "en"),
        ((), "be", "be-ru"),
        ((), "ru", "be-ru"),
        ((RU_BE,), "be", "be-ru"),
        ((RU_BE,), "ru", "ru-be"),
        ((RU_BE,), "fr", None),
    ],
)
def test_the_usual_audience_of_an_edition_begins_with_it_where_one_does(
    more: tuple[Audience, ...], edition: str, usual: str | None
) -> None:
    newsletter = a_newsletter(audiences=(*a_newsletter().audiences, *more))
    found = newsletter.usual_audience(edition)
    assert (found.id if found else None) == usual


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ((), ()),
        (("en",), ("en",)),
        (("en", "be-ru"), ("en", "be-ru")),
        (("be-ru", "ru-be"), ("be-ru",)),
        (("ru-be", "en", "be-ru"), ("ru-be", "en")),
        (("en", "en"), ("en",)),
    ],
)
def test_audiences_that_share_an_edition_are_told_apart(
    chosen: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    newsletter = a_newsletter(audiences=(*a_newsletter().audiences, RU_BE))
    assert newsletter.apart(chosen) == kept


def test_times_are_in_the_newsletters_time_zone() -> None:
    assert a_newsletter().zone == ZoneInfo("Europe/Vilnius")


@pytest.mark.parametrize(
    ("cadence", "day", "wrong"),
    [
        ("week", date(2016, 12, 5), False),
        ("week", date(2016, 12, 6), True),
        ("week", date(2016, 12, 11), True),
        ("free", date(2016, 12, 6), False),
    ],
)
def test_issues_of_a_weekly_newsletter_begin_on_mondays(cadence: str, day: date, wrong: bool) -> None:  # noqa: FBT001  # a parameter of the table above
    assert a_newsletter(cadence=cadence).wants_monday(day) is wrong


def test_the_templates_origin_wins_where_there_is_one() -> None:
    newsletter = a_newsletter()

    assert newsletter.at("https://cdn.example/") == replace(newsletter, origin="https://cdn.example")
    assert newsletter.at("") == newsletter


def test_the_sample_file_has_no_key_that_is_not_read() -> None:
    table = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))

    assert set(table) == set(Newsletter.__dataclass_fields__)


def test_issues_are_mailed_for_35_days_unless_the_file_says_otherwise() -> None:
    assert read_newsletter(SMALL).mail_within_days == 35
    assert read_newsletter(f"mail_within_days = 90\n{SMALL}").mail_within_days == 90


def test_shared_exits_have_a_share_of_their_own() -> None:
    exits = '[[shared_exits]]\nnetwork = "203.0.113.0/24"\nshare = 200\n'
    exits += '[[shared_exits]]\nnetwork = "2001:db8::7"\nshare = 50\n'

    newsletter = read_newsletter(SMALL + exits)

    assert newsletter.shared_exits == (
        SharedExit(ip_network("203.0.113.0/24"), 200),
        SharedExit(ip_network("2001:db8::7/128"), 50),
    )
    assert read_newsletter(SMALL).shared_exits == ()

"""How each interface language writes, and that none lacks a word."""

import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from babel.dates import get_month_names

from broadsheet.language import language

LOCALES = files("broadsheet").joinpath("locales")
CODES = sorted(folder.name for folder in LOCALES.iterdir())
UNTRANSLATED: dict[str, list[str]] = {}  # by language: the texts that are accepted as untranslated
WEEK = (date(2016, 12, 5), date(2016, 12, 11))
ACROSS_MONTHS = (date(2016, 10, 31), date(2016, 11, 6))
ACROSS_YEARS = (date(2016, 12, 26), date(2017, 1, 1))


def test_there_are_words_in_the_three_languages_of_the_sample() -> None:
    assert CODES == ["be", "en", "ru"]


@pytest.mark.parametrize(
    ("code", "stretch", "written"),
    [
        ("en", WEEK, "December 5 – December 11, 2016"),
        ("be", WEEK, "5\u00a0снежня – 11\u00a0снежня 2016"),
        ("ru", WEEK, "5\u00a0декабря – 11\u00a0декабря 2016"),
        ("en", ACROSS_MONTHS, "October 31 – November 6, 2016"),
        ("be", ACROSS_MONTHS, "31\u00a0кастрычніка – 6\u00a0лістапада 2016"),
        ("ru", ACROSS_MONTHS, "31\u00a0октября – 6\u00a0ноября 2016"),
        ("en", ACROSS_YEARS, "December 26, 2016 – January 1, 2017"),
        ("be", ACROSS_YEARS, "26\u00a0снежня 2016 – 1\u00a0студзеня 2017"),
        ("ru", ACROSS_YEARS, "26\u00a0декабря 2016 – 1\u00a0января 2017"),
    ],
)
def test_a_week_is_written_as(code: str, stretch: tuple[date, date], written: str) -> None:
    assert language(code).week(*stretch) == written


@pytest.mark.parametrize(
    ("code", "written"),
    [("en", "December 5, 2016"), ("be", "5\u00a0снежня 2016"), ("ru", "5\u00a0декабря 2016")],
)
def test_a_period_of_one_day_is_written_as_that_day(code: str, written: str) -> None:
    assert language(code).week(date(2016, 12, 5), date(2016, 12, 5)) == written


@pytest.mark.parametrize(("code", "written"), [("en", "May 9"), ("be", "9\u00a0мая"), ("ru", "9\u00a0мая")])
def test_a_day_can_go_without_its_year(code: str, written: str) -> None:
    assert language(code).day(date(2016, 5, 9), year=False) == written


@pytest.mark.parametrize("code", CODES)
def test_months_have_the_form_that_follows_a_number(code: str) -> None:
    """Source: Unicode CLDR, as Babel carries it: months, format, wide."""
    cldr = get_month_names("wide", context="format", locale=code)

    assert language(code).months == tuple(cldr[number] for number in range(1, 13))


def table(code: str, name: str) -> dict[str, Any]:
    file = LOCALES.joinpath(code, f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def missing(code: str) -> list[str]:
    """What a language says in English for want of words of its own."""
    words = table("en", "words")["words"].keys() - table(code, "words")["words"].keys()
    others = {name: table("en", name).keys() - table(code, name).keys() for name in ("reports", "findings")}
    return sorted([*words, *(f"{name}: {key}" for name, keys in others.items() for key in keys)])


def test_missing_translations_fall_back_to_english() -> None:
    assert {code: found for code in CODES if (found := missing(code))} == UNTRANSLATED


@pytest.mark.parametrize("code", CODES)
def test_a_language_has_no_word_that_nobody_asks_for_and_no_empty_one(code: str) -> None:
    ours = table(code, "words")

    assert set(ours) == {"months", "opengraph", "plural", "own_letters", "day_first", "words"}
    order = [key for key in language("en").words if key in ours["words"]]
    assert list(ours["words"]) == order
    assert [key for key, words in ours["words"].items() if not words.strip()] == []


def test_words_are_looked_up_by_key_and_a_missing_one_is_our_mistake() -> None:
    assert language("be")["home"] == "Галоўная"
    with pytest.raises(KeyError, match="no_such_words"):
        language("be")["no_such_words"]


@pytest.mark.parametrize("code", ["pl", "x", "en-GB", ""])
def test_a_language_without_a_translation_gets_english_words(code: str) -> None:
    found = language(code)

    assert (found.code, found.words, found.months) == (code, language("en").words, language("en").months)

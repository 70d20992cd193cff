"""An interface language: the words of pages and mails, and how dates are written.

Shape: a folder `locales/<language>/`: `words.toml` (months in the form used after the number of a day),
`reports.toml` and `findings.toml` for reports to editors. Missing words fall back to English; a test lists
them.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

FALLBACK = "en"
NO_BREAK = "\u00a0"  # a space at which no line ends: between a number and its unit
_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Language:
    """`words["key"]`, and dates as this language writes them.

    `opengraph` is its locale for social previews, `plural` the rule for nouns after a number (`one-many` or
    `slavic`), `own_letters` are letters that no related language has.
    """

    code: str
    words: dict[str, str]
    months: tuple[str, ...]
    day_first: bool
    opengraph: str
    plural: str
    own_letters: str

    def __getitem__(self, key: str) -> str:
        """The words for `key`; KeyError is a bug."""
        return self.words[key]

    def day(self, day: date, *, year: bool = True) -> str:
        """One day: `December 5, 2016`, `5 снежня 2016`; a day before its month is not parted from it."""
        month = self.months[day.month - 1]
        text = f"{day.day}{NO_BREAK}{month}" if self.day_first else f"{month} {day.day}"
        comma = "" if self.day_first else ","
        return f"{text}{comma} {day.year}" if year else text

    def week(self, first: date, last: date) -> str:
        """A range of days, each with its year if they differ: `December 5 – December 11, 2016`."""
        if first == last:
            return self.day(first)
        return f"{self.day(first, year=first.year != last.year)} – {self.day(last)}"


@cache
def language(code: str) -> Language:
    """The language of a code (BCP 47 primary subtag); its missing words are English."""
    own, english = locale_table(code, "words"), locale_table(FALLBACK, "words")
    table = english | {"opengraph": code.replace("-", "_")} | own
    return Language(
        code,
        english["words"] | own.get("words", {}),
        tuple(table["months"]),
        table["day_first"],
        table["opengraph"],
        table["plural"],
        table["own_letters"],
    )


def has_words(code: str) -> bool:
    """Whether there are words of our own in that language."""
    return bool(_CODE.fullmatch(code)) and _locales().joinpath(code, "words.toml").is_file()


def languages_with_words() -> list[str]:
    """The codes of these languages."""
    return sorted(folder.name for folder in _locales().iterdir() if has_words(folder.name))


@cache
def report_words(code: str) -> dict[str, str]:
    """The words of reports to editors in a language; missing ones are English."""
    return locale_table(FALLBACK, "reports") | locale_table(code, "reports")


@cache
def locale_table(code: str, name: str) -> dict[str, Any]:
    """A file of a language; empty if it does not exist."""
    file = _locales().joinpath(code, f"{name}.toml")
    if not _CODE.fullmatch(code) or not file.is_file():
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _locales() -> Traversable:
    return files("broadsheet").joinpath("locales")

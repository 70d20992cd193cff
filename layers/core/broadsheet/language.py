"""An interface language: the words of pages and mails, and how it writes a week.

Shape: `locales/<language>.toml`, and `locales/reports/` for what editors are told; each file has the same
keys (a test holds it), months in the form that stands after a day's number. A language without a file gets
English words.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

FALLBACK = "en"


@dataclass(frozen=True)
class Language:
    """`words["key"]`, and dates as this language writes them."""

    code: str
    words: dict[str, str]
    months: tuple[str, ...]
    day_first: bool

    def __getitem__(self, key: str) -> str:
        """The words for `key`; a missing key is a mistake in our code."""
        return self.words[key]

    def day(self, day: date, *, year: bool = True) -> str:
        """One day: `December 5, 2016`, `5 снежня 2016`."""
        month = self.months[day.month - 1]
        text = f"{day.day} {month}" if self.day_first else f"{month} {day.day}"
        comma = "" if self.day_first else ","
        return f"{text}{comma} {day.year}" if year else text

    def week(self, first: date, last: date) -> str:
        """A stretch of days, both months named and the year once: `December 5 – December 11, 2016`.

        Across a New Year both days carry their year.
        """
        if first == last:
            return self.day(first)
        return f"{self.day(first, year=first.year != last.year)} – {self.day(last)}"


@cache
def language(code: str) -> Language:
    """The language of that code (BCP 47 primary subtag), or English where we have no words in it."""
    table = _table("locales", code)
    return Language(code, table["words"], tuple(table["months"]), table["day_first"])


@cache
def report_words(code: str) -> dict[str, str]:
    """The words of reports to editors in that language, or in English."""
    return _table("locales/reports", code)


def _table(folder: str, code: str) -> dict[str, Any]:
    place = files("broadsheet").joinpath(*folder.split("/"))
    file = place.joinpath(f"{code}.toml")
    if not file.is_file():
        file = place.joinpath(f"{FALLBACK}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))

"""An interface language: the words of pages and mails, and how it writes a week.

Shape: a folder `locales/<language>/`: `words.toml` (months in the form that stands after a day's number),
`reports.toml` and `findings.toml` for what editors are told. What a language has no words for is said in
English; a test lists it.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

FALLBACK = "en"
_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Language:
    """`words["key"]`, and dates as this language writes them.

    `opengraph` is its locale for social previews, `plural` the rule for nouns after a number (`one-many` or
    `slavic`), `own_letters` are those that no neighbouring language has.
    """

    code: str
    words: dict[str, str]
    months: tuple[str, ...]
    day_first: bool
    opengraph: str
    plural: str
    own_letters: str

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


@cache
def report_words(code: str) -> dict[str, str]:
    """The words of reports to editors in that language, or in English."""
    return locale_table(FALLBACK, "reports") | locale_table(code, "reports")


@cache
def locale_table(code: str, name: str) -> dict[str, Any]:
    """The file `name.toml` of a language; empty if there is no such file."""
    file = files("broadsheet").joinpath("locales", code, f"{name}.toml")
    if not _CODE.fullmatch(code) or not file.is_file():
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))

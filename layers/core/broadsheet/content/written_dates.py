"""Dates and times as the heads of other programs write them."""

import calendar
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from broadsheet.content.front_matter_values import YEARS

_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_DATE_IN_WORDS = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[A-Za-z]{3,9})\.?,?"
    r"|(?P<named>[A-Za-z]{3,9})\.?\s+(?P<date>\d{1,2})(?:st|nd|rd|th)?,?)\s+(?P<year>\d{4})(?!\d)",
    re.ASCII,
)
_TIME = re.compile(
    r"(?:T|[ ,]+(?:at )?)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?"
    r"(?:\s*(?:(?P<utc>Z|UTC|GMT)\b|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})))?",
    re.ASCII | re.IGNORECASE,
)


def written_day(written: str) -> date | None:
    """The day that a text begins with: `2016-12-05`, `2016/12/5`, `5 December 2016`, `Dec 5, 2016`."""
    day, _ = _day_and_rest(written.strip())
    return day if day and day.year in YEARS else None


def written_moment(written: str, zone: tzinfo = UTC) -> datetime | None:
    """The day and the time that a text begins with, in its own offset or else in `zone`.

    A day without a time, or with an impossible one, begins at midnight.
    """
    day, rest = _day_and_rest(written.strip())
    if not day:
        return None
    for clock, own in (*_clocks(rest), (time(), None)):
        try:
            moment = datetime.combine(day, clock, own or zone)
            moment.astimezone(UTC)  # year 1 or 9999 may have none
        except (ValueError, OverflowError):
            continue
        return moment
    return None


def _day_and_rest(written: str) -> tuple[date | None, str]:
    found = _DATE.match(written)
    in_words = None if found else _DATE_IN_WORDS.match(written)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3])), written[found.end() :]
        if in_words:
            month = _month(in_words["month"] or in_words["named"])
            day = date(int(in_words["year"]), month, int(in_words["day"] or in_words["date"]))
            return day, written[in_words.end() :]
    except ValueError:
        pass
    return None, written


def _clocks(written: str) -> Iterator[tuple[time, tzinfo | None]]:
    """The time and the offset, if a possible time follows a day."""
    if found := _TIME.match(written):
        with suppress(ValueError):
            yield time(int(found[1]), int(found[2]), int(found[3] or 0)), _offset(found)


def _offset(found: re.Match[str]) -> tzinfo | None:
    if found["utc"]:
        return UTC
    if not found["sign"]:
        return None
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(offset if found["sign"] == "+" else -offset)


def _month(word: str) -> int:
    """The number of an English month, which may be cut to three letters or more; 0 for any other word."""
    names = enumerate(calendar.month_name)
    return next((at for at, name in names if at and name.casefold().startswith(word.casefold())), 0)

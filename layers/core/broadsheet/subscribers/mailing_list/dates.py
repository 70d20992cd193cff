"""Reads dates as other programs write them, in numbers or with the month in words."""

import re
from datetime import UTC, date, datetime

_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,? )?"
_DATES = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})(?![\d.])"),
    re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?=$|[T ])"),
    re.compile(
        _WEEKDAY + r"(?P<day>\d{1,2})(?:st|nd|rd|th|er)?\.?[ -](?P<name>[^\W\d_]{3,12})\.?,?[ -]"
        r"(?P<year>\d{4})(?!\d)"
    ),
    re.compile(
        _WEEKDAY + r"(?P<name>[^\W\d_]{3,12})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})(?!\d)"
    ),
)
# Which of the two is the month depends on the country, and can't be seen in the cell.
_EITHER = re.compile(
    r"(?P<first>\d{1,2})(?P<sign>[/-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})(?!\d)"
)
_SECONDS = re.compile(r"(?P<seconds>1\d{9}|9\d{8})(?:\d{3})?(?:\.\d+)?")  # since 1970: 1998 to 2033
_MONTHS = tuple(
    frozenset(names.split())
    for names in (
        "jan ene янв сту січ sty",
        "feb fév fev févr лют фев",
        "mar mär mrz мар сак бер",
        "apr avr abr апр кра кві kwi",
        "may mai maj май мая тра",
        "jun juin июн чэр чер cze",
        "jul juil июл ліп лип lip",
        "aug ago aoû авг жні сер sie",
        "sep set сен вер wrz",
        "oct okt out окт кас жов paź",
        "nov ноя ліс лис lis",
        "dec dez déc dic дек сне гру gru",
    )
)
_NEVER = {date(1, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1970, 1, 1)}


def day_in(text: str, *, month_first: bool | None = None) -> date | None:
    """The date that a text begins with: 2016-12-05, 05.12.2016, 5 Dec 2016, Dec 5, 2016, seconds since 1970.

    12/05/2016 depends on the country: it is read only if `month_first` gives the order in its column.
    """
    for form in _DATES:
        if found := form.match(text):
            return _day(found["year"], _month(found.groupdict()), found["day"])
    if (found := _EITHER.match(text)) and month_first is not None:
        first, second = found["first"], found["second"]
        return _day(found["year"], int(first if month_first else second), second if month_first else first)
    if found := _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(found["seconds"]), UTC).date()
    return None


def is_day(text: str) -> bool:
    """Whether a text begins with a date, even if the order of month and day is unknown."""
    return day_in(text, month_first=True) is not None or day_in(text, month_first=False) is not None


def is_never(text: str) -> bool:
    """Whether a text is a date that programs write for “none”: the first one that they can represent."""
    return day_in(text) in _NEVER


def shows_order(text: str) -> bool | None:
    """Whether the month comes first in 12/25/2016; None if the date does not show it."""
    if not (found := _EITHER.match(text)):
        return None
    first, second = int(found["first"]), int(found["second"])
    return second > 12 if (first > 12) != (second > 12) else None  # noqa: PLR2004  # months of a year


def _day(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))  # noqa: PLR2004  # digits
    except ValueError:
        return None


def _month(found: dict[str, str]) -> int:
    """The number of a month; 0 for a word that is not a month."""
    if "month" in found:
        return int(found["month"])
    name = found["name"].casefold()
    return next((n for n, names in enumerate(_MONTHS, 1) if {name[:3], name[:4]} & names), 0)

"""Days as other programs write them."""

import re
from datetime import date

_DATES = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\d)"),
    re.compile(r"(?P<day>\d{1,2})[ -](?P<name>[A-Za-z]{3,9})\.?,?[ -](?P<year>\d{4})(?!\d)"),
    re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})(?!\d)"),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def day_in(text: str) -> date | None:
    """The day that a text begins with: 2016-12-05, 05.12.2016, 5 Dec 2016 or Dec 5, 2016; not 12/05/2016.

    That last one is another day in another country.
    """
    for form in _DATES:
        if found := form.match(text):
            try:
                return date(int(found["year"]), _month(found.groupdict()), int(found["day"]))
            except ValueError:
                return None
    return None


def _month(found: dict[str, str]) -> int:
    if "month" in found:
        return int(found["month"])
    return _MONTHS.index(found["name"][:3].lower()) + 1

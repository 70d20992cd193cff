"""Values of the front matter: days, times, and whether an issue is mailed."""

import re
from datetime import UTC, date, datetime

from broadsheet.content.findings import Findings
from broadsheet.content.front_matter import FrontMatter
from broadsheet.newsletter import Newsletter

YEARS = range(1900, 2201)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
YES = ("yes", "true", "on", "да", "так")
NO = ("no", "false", "off", "нет", "не")
_NO_MAIL = (*NO, "ні")  # only here: draft detection reads this word as unknown
_UNREADABLE = ("front-matter-reference", "list-unreadable")


def send_at(found: Findings, front: FrontMatter, newsletter: Newsletter) -> datetime | None:
    """The earliest time to mail the issue; None for the usual hold."""
    written = front.values.get("send_at", "")
    line = front.lines.get("send_at", 1)
    if written == "":
        return None
    value = written if isinstance(written, str) else ""
    if DAY.fullmatch(value) and parse_day(value):
        found.error(line, "send-at-no-hour", time=value)
        return None
    try:
        moment = datetime.fromisoformat(value)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=newsletter.zone)
        at = zoned.astimezone(UTC)
    except (ValueError, OverflowError):
        at = datetime.min.replace(tzinfo=UTC)
    if at.year in YEARS:
        return at
    if not is_reported(found, front, "send_at"):
        found.error(line, "send-at-unreadable", time=value)
    return None


def mail_wanted(found: Findings, front: FrontMatter) -> bool | None:
    """The value of `mail: yes` or `mail: no`; None without a readable value.

    In an import the key may mean something else, such as an address.
    """
    written = front.values.get("mail")
    if "mail" not in front.values:
        return None
    word = written.casefold() if isinstance(written, str) else ""
    if word in (*YES, *_NO_MAIL):
        return word in YES
    line = front.lines.get("mail", 1)
    if found.lenient:
        found.warn(line, "key-ignored", key="mail")
    elif not is_reported(found, front, "mail"):
        shown = written if isinstance(written, str) else ", ".join(written or ())
        found.error(line, "mail-unreadable", value=shown)
    return None


def is_reported(found: Findings, front: FrontMatter, key: str) -> bool:
    """Whether a finding already says why the key's value is unreadable."""
    line = front.lines.get(key)
    return any(finding.line == line and finding.rule in _UNREADABLE for finding in found.all())


def parse_day(written: str) -> date | None:
    """The day of an ISO date; None for any other text."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None

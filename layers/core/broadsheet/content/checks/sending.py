"""Checks of an issue's mailing: its time, also against other editions, and how much of the issue it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from broadsheet.content.decode import decoded
from broadsheet.content.findings import Finding, Findings, UnpublishableError
from broadsheet.content.front_matter import split_front_matter
from broadsheet.content.front_matter_values import send_at
from broadsheet.newsletter import Newsletter

FAR_DAYS = 14
FAR_WEEK_DAYS = 21  # from today to the first day of an issue


@dataclass(frozen=True)
class SendAt:
    """The value and the line of `send_at` in a file's front matter; None is the usual hold."""

    at: datetime | None = None
    line: int = 1

    def shown(self, newsletter: Newsletter) -> str:
        """The time in the newsletter's time zone; a dash without one."""
        return f"{self.at.astimezone(newsletter.zone):%Y-%m-%d %H:%M}" if self.at else "–"


def send_at_in(content: bytes, newsletter: Newsletter, *, lenient: bool = False) -> SendAt | None:
    """The value in a file, whatever else is wrong with the file; None if it can't be read."""
    found = Findings("", lenient=lenient)
    try:
        front = split_front_matter(found, decoded(found, content))
    except UnpublishableError:
        return None
    unreadable = Findings("")
    at = send_at(unreadable, front, newsletter)
    return None if unreadable.stop else SendAt(at, front.lines.get("send_at", 1))


def send_at_findings(
    file: str, edition: str, texts: Mapping[str, bytes], newsletter: Newsletter, *, lenient: bool = False
) -> list[Finding]:
    """An error if another edition in the folder, for the same audience, has another time or none.

    Each of their files gets the error, so that the order of uploads makes no difference.
    """
    beside = {
        other
        for audience in newsletter.audiences
        if edition in audience.editions
        for other in audience.editions
        if other != edition and other in texts
    }
    if not any(b"send_at" in texts[each] for each in (edition, *beside)):
        return []
    own = send_at_in(texts[edition], newsletter, lenient=lenient)
    if own is None:
        return []
    read = {other: send_at_in(texts[other], newsletter, lenient=lenient) for other in sorted(beside)}
    others = [
        f"{other}.md: {its.shown(newsletter)}" for other, its in read.items() if its and its.at != own.at
    ]
    if not others:
        return []
    values = {"time": own.shown(newsletter), "others": ", ".join(others)}
    return [Finding(file, own.line, "send-at-differs", values, is_error=not lenient)]


def due_findings(
    file: str, content: bytes, send_at: datetime | None, newsletter: Newsletter, now: datetime | None
) -> list[Finding]:
    """A warning if the time to mail has passed, or is so far away that its day may be mistyped."""
    if not send_at or not now:
        return []
    if send_at <= now:
        return [_warning(file, content, "send-at-past", newsletter)]
    days = (send_at - now).days
    return [_warning(file, content, "send-at-far", newsletter, days=str(days))] if days >= FAR_DAYS else []


def ahead_findings(file: str, first: date, newsletter: Newsletter, now: datetime | None) -> list[Finding]:
    """A warning if the issue's first day is so far away that its folder may be mistyped."""
    days = (first - now.astimezone(newsletter.zone).date()).days if now else 0
    values = {"first": first.isoformat(), "days": str(days)}
    return [Finding(file, 1, "week-ahead", values, is_error=False)] if days >= FAR_WEEK_DAYS else []


def kept_findings(
    file: str, content: bytes, send_at: datetime | None, newsletter: Newsletter, due_at: datetime
) -> list[Finding]:
    """A warning if the mailing was already held before a correction, and is due at another time."""
    if send_at is None or int(send_at.timestamp()) == int(due_at.timestamp()):
        return []
    due = SendAt(due_at).shown(newsletter)
    return [_warning(file, content, "send-at-kept", newsletter, due=due)]


def _warning(file: str, content: bytes, rule: str, newsletter: Newsletter, **values: str) -> Finding:
    own = send_at_in(content, newsletter) or SendAt()
    return Finding(file, own.line, rule, {"time": own.shown(newsletter), **values}, is_error=False)


def shortened_findings(file: str, summarised: int, limit_bytes: int, *, is_cut: bool) -> list[Finding]:
    """Warnings if the mail shows less than the page: providers cut off the end of a larger mail.

    `summarised` is the number of commentaries of which it shows only the summary.
    """
    limit = str(limit_bytes // 1000)
    found = []
    if summarised:
        values = {"count": str(summarised), "limit": limit}
        found.append(Finding(file, 1, "mail-shortened", values, is_error=False))
    if is_cut:
        found.append(Finding(file, 1, "mail-cut", {"limit": limit}, is_error=False))
    return found

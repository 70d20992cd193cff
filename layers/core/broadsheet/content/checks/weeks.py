"""An issue's week, by itself and among the others: a period of another folder, a week covered twice."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from broadsheet.content.decode import decoded
from broadsheet.content.findings import Finding, Findings
from broadsheet.content.front_matter import split_front_matter
from broadsheet.content.issue import Issue
from broadsheet.newsletter import Newsletter

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """Another issue of the same edition. `text_digest` is what `text_digest()` gives, where it is known."""

    issue_id: str
    first_day: date
    last_day: date
    title: str
    text_digest: str = ""

    @property
    def days(self) -> str:
        """As findings show it."""
        return f"{self.first_day} – {self.last_day}"


def text_digest(issue: Issue) -> str:
    """What two issues have in common that have the same words."""
    blocks = [*issue.intro, *(block for piece in issue.commentaries for block in piece.blocks)]
    words = [piece.headline for piece in issue.commentaries] + [block.plain() for block in blocks]
    return hashlib.sha256(" ".join(" ".join(words).split()).encode("utf-8", "replace")).hexdigest()


def period_findings(
    file: str, issue: Issue, content: bytes, newsletter: Newsletter, *, lenient: bool = False
) -> list[Finding]:
    """An error where a weekly's period does not begin with its folder's day; when lenient a warning.

    `content` is the file, which was read without an error in its head. One file alone tells this, so that it
    makes no difference which of two issues came first.
    """
    if not _is_moved(issue, newsletter):
        return []
    found = Findings(file, lenient=lenient)
    line = split_front_matter(found, decoded(found, content)).lines.get("period", 1)
    days, folder = f"{issue.first_day} – {issue.last_day}", issue.id[:10]
    values = {"period": days, "folder": folder}
    return [Finding(file, line, "period-not-folder", values, is_error=not lenient)]


def week_findings(
    file: str, issue: Issue, others: Iterable[Week], newsletter: Newsletter, *, lenient: bool = False
) -> list[Finding]:
    """The same week, or the same text, a second time; and which week beside it is missing then.

    With its neighbours in place, a second issue of a week is a special one and no finding. The week that
    nobody has written yet is not missing, nor is one before the first. The same text is always told. Only a
    period taken from another folder makes an error of it: that file is wrong whatever else is there; any
    other error would make what is public depend on which of two issues came first. What is not weekly has no
    weeks.
    """
    if newsletter.cadence != "week":
        return []
    own = Week(issue.id, issue.first_day, issue.last_day, issue.title, text_digest(issue))
    known = [other for other in others if other.issue_id != issue.id]
    found: list[Finding] = []
    for other in known:
        if own.text_digest == other.text_digest:
            missing = _missing(own, other, known)
            rule = "text-twice-week-missing" if missing else "text-twice"
        elif (own.first_day, own.last_day) == (other.first_day, other.last_day):
            missing = _missing(own, other, known)
            rule = "week-twice" if missing else ""
        else:
            continue
        values = {"other": other.issue_id, "week": own.days, "missing": missing}
        if rule:
            is_error = bool(missing) and not lenient and _is_moved(issue, newsletter)
            found.append(Finding(file, 1, rule, values, is_error))
    return found


def _is_moved(issue: Issue, newsletter: Newsletter) -> bool:
    return newsletter.cadence == "week" and not issue.id.startswith(issue.first_day.isoformat())


def _missing(own: Week, other: Week, known: list[Week]) -> str:
    """The days of an adjacent week that no issue covers; "" if there is none."""
    weeks = [own, *known]
    for place in (own, other):
        day = _folder_day(place)
        if day and not any(week.first_day <= day <= week.last_day for week in weeks):
            return _week_of(day)
    before, after = own.first_day - _WEEK, own.last_day + timedelta(days=1)
    is_earlier_one = any(week.last_day < before for week in weeks)
    if is_earlier_one and not any(week.first_day <= before <= week.last_day for week in weeks):
        return _week_of(before)
    is_later_one = any(week.first_day > after for week in weeks)
    if is_later_one and not any(week.first_day <= after <= week.last_day for week in weeks):
        return _week_of(after)
    return ""


def _folder_day(week: Week) -> date | None:
    try:
        return date.fromisoformat(week.issue_id[:10])
    except ValueError:
        return None


def _week_of(first: date) -> str:
    return f"{first} – {first + _WEEK - timedelta(days=1)}"


def translation_findings(
    file: str, edition: str, editions_there: Collection[str], newsletter: Newsletter
) -> list[Finding]:
    """A warning that names the editions in which the issue is missing."""
    missing = [other for other in newsletter.editions if other != edition and other not in editions_there]
    if not missing:
        return []
    values = {"editions": ", ".join(missing), "files": ", ".join(f"{other}.md" for other in missing)}
    return [Finding(file, 1, "translation-missing", values, is_error=False)]

"""An issue among the others: a week told twice while its neighbour is missing, a language not there."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from broadsheet.issues.findings import Finding
from broadsheet.issues.issue import Issue
from broadsheet.newsletter import Newsletter


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


def week_findings(file: str, issue: Issue, others: Iterable[Week]) -> list[Finding]:
    """The same week, or the same text, a second time; and which week beside it is missing then.

    With its neighbours in place, a second issue of a week is a special one and no finding. The week that
    nobody has written yet is not missing. The same text is always told; it is an error, and so is a period
    taken from another folder, where a week is missing.
    """
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
        is_moved = bool(missing) and not issue.id.startswith(issue.first_day.isoformat())
        if rule:
            found.append(Finding(file, 1, rule, values, is_moved or rule == "text-twice-week-missing"))
    return found


def _missing(own: Week, other: Week, known: list[Week]) -> str:
    """The days of a week beside that nobody writes about; "" if there is none."""
    weeks = [own, *known]
    for place in (own, other):
        day = _folder_day(place)
        if day and not any(week.first_day <= day <= week.last_day for week in weeks):
            return _week_of(day, own)
    length = own.last_day - own.first_day + timedelta(days=1)
    before, after = own.first_day - length, own.first_day + length
    if not any(week.first_day <= before <= week.last_day for week in weeks):
        return _week_of(before, own)
    is_later_one = any(week.first_day > after for week in weeks)
    if is_later_one and not any(week.first_day <= after <= week.last_day for week in weeks):
        return _week_of(after, own)
    return ""


def _folder_day(week: Week) -> date | None:
    try:
        return date.fromisoformat(week.issue_id[:10])
    except ValueError:
        return None


def _week_of(first: date, like: Week) -> str:
    return f"{first} – {first + (like.last_day - like.first_day)}"


def translation_findings(
    file: str, edition: str, editions_there: Collection[str], newsletter: Newsletter
) -> list[Finding]:
    """A warning that names the editions in which the issue is missing."""
    missing = [other for other in newsletter.editions if other != edition and other not in editions_there]
    if not missing:
        return []
    values = {"editions": ", ".join(missing), "files": ", ".join(f"{other}.md" for other in missing)}
    return [Finding(file, 1, "translation-missing", values, is_error=False)]

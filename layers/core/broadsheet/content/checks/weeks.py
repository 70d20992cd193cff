"""Checks of an issue's week: its period against its folder, and weeks covered twice or not at all."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from broadsheet.content.decode import decoded
from broadsheet.content.findings import Finding, Findings
from broadsheet.content.front_matter import split_front_matter
from broadsheet.content.issue import Issue
from broadsheet.newsletter import Newsletter

_WEEK, _DAY = timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True)
class Week:
    """Another issue of the same edition. `text_digest` is the result of `text_digest()`, if it is known."""

    issue_id: str
    first_day: date
    last_day: date
    title: str
    text_digest: str = ""

    @property
    def days(self) -> str:
        """The period as findings show it."""
        return f"{self.first_day} – {self.last_day}"


def text_digest(issue: Issue) -> str:
    """A digest of the issue's words: the same for two issues with the same words."""
    words = [piece.headline for piece in issue.commentaries] + [block.plain() for block in issue.blocks()]
    return hashlib.sha256(" ".join(" ".join(words).split()).encode("utf-8", "replace")).hexdigest()


def period_findings(
    file: str, issue: Issue, content: bytes, newsletter: Newsletter, *, lenient: bool = False
) -> list[Finding]:
    """An error (a warning if lenient) if a weekly's period does not begin on its folder's day.

    `content` is the file, whose front matter has no error. The result depends on this file alone, so that the
    order in which two issues come makes no difference.
    """
    if not _is_in_wrong_folder(issue, newsletter):
        return []
    found = Findings(file, lenient=lenient)
    line = split_front_matter(found, decoded(found, content)).lines.get("period", 1)
    values = {"period": f"{issue.first_day} – {issue.last_day}", "folder": issue.id[:10]}
    return [Finding(file, line, "period-not-folder", values, is_error=not lenient)]


def week_findings(
    file: str, issue: Issue, others: Iterable[Week], newsletter: Newsletter, *, lenient: bool = False
) -> list[Finding]:
    """Findings if a weekly issue has the week or the text of another one, with the week that is then missing.

    A second issue of a week is a special issue, without a finding, if no adjacent week is missing. The week
    after the last issue and the one before the first are not missing. The same text is always reported.
    These are warnings, except if the issue's period is not its folder's week: that file is wrong whatever
    other issues there are. Any other error would make publication depend on which of two issues came first.
    """
    if newsletter.cadence != "week":
        return []
    own = Week(issue.id, issue.first_day, issue.last_day, issue.title, text_digest(issue))
    known = [other for other in others if other.issue_id != issue.id]
    found: list[Finding] = []
    for other in known:
        is_same_text = own.text_digest == other.text_digest
        if not is_same_text and (own.first_day, own.last_day) != (other.first_day, other.last_day):
            continue
        missing = _missing(own, other, known)
        if is_same_text:
            rule = "text-twice-week-missing" if missing else "text-twice"
        else:
            rule = "week-twice" if missing else ""
        if rule:
            values = {"other": other.issue_id, "week": own.days, "missing": missing}
            is_error = bool(missing) and not lenient and _is_in_wrong_folder(issue, newsletter)
            found.append(Finding(file, 1, rule, values, is_error))
    return found


def _is_in_wrong_folder(issue: Issue, newsletter: Newsletter) -> bool:
    return newsletter.cadence == "week" and not issue.id.startswith(issue.first_day.isoformat())


def _missing(own: Week, other: Week, known: list[Week]) -> str:
    """The days of an adjacent week that no issue covers; "" if there is none."""
    weeks = [own, *known]

    def is_covered(day: date) -> bool:
        return any(week.first_day <= day <= week.last_day for week in weeks)

    days = [day for day in map(_folder_day, (own, other)) if day]
    before, after = own.first_day - _WEEK, own.last_day + _DAY
    days += [before] if any(week.last_day < before for week in weeks) else []
    days += [after] if any(week.first_day > after for week in weeks) else []
    first = next((day for day in days if not is_covered(day)), None)
    return f"{first} – {first + _WEEK - _DAY}" if first else ""


def _folder_day(week: Week) -> date | None:
    try:
        return date.fromisoformat(week.issue_id[:10])
    except ValueError:
        return None


def translation_findings(
    file: str, edition: str, editions_there: Collection[str], newsletter: Newsletter
) -> list[Finding]:
    """A warning that names the editions in which the issue is missing."""
    missing = [other for other in newsletter.editions if other != edition and other not in editions_there]
    if not missing:
        return []
    values = {"editions": ", ".join(missing), "files": ", ".join(f"{other}.md" for other in missing)}
    return [Finding(file, 1, "translation-missing", values, is_error=False)]

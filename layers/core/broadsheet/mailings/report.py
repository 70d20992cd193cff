"""The report of a mailing in an editor's words: counts, their timeline, and the mailings before it.

It names no person, and counts below `FEWEST_SHOWN` are shown as fewer than that: an editor may know who left.
Charts are SVG on the desk, and blocks in a mail, since few mail programs show SVG.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from broadsheet.language import language, report_words
from broadsheet.mail import Mail, named, one_line
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.mailings.notify_editors import Occasion
from broadsheet.mailings.statistics import MailingStatistics
from broadsheet.mailings.timeline import Timeline
from broadsheet.newsletter import Newsletter
from broadsheet.rendering.templating import fill

FEWEST_SHOWN = 5
ROWS = ("members", "accepted", "delivered", "bounced", "complained", "skipped", "refused", "in_doubt")
COMPARED = ("members", "delivered", "bounced", "complained", "skipped")
REASONS = {  # why a mailing is suspended or stopped; all else is a set-up error
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": "quota",
    "ACCOUNT_SENDING_PAUSED": "paused",
    "SendingPausedException": "paused",
    "ACCOUNT_SUSPENDED": "paused",
    "AccountSuspendedException": "paused",
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": "identity",
    "MailFromDomainNotVerifiedException": "identity",
    "NOT_VERIFIED": "sandbox",
    "BOUNCES": "bounces",
    "COMPLAINTS": "complaints",
    "NO_PROGRESS": "stuck",
    "BODY_CHANGED": "body",
    "NO_DIGEST": "no_digest",
    "SENDER_CHANGED": "sender",
}
CHART_HEIGHT = 120  # pixels


@dataclass(frozen=True)
class ComparisonBar:
    """One mailing of the chart; `width` in percent."""

    issue: str
    width: str
    label: str


@dataclass(frozen=True)
class TimelineBar:
    """One step of the timeline: `x`, `width` and `share` in percent, `height` in pixels."""

    until: str
    label: str
    x: str
    width: str
    height: int
    share: str


def mailing_report(
    occasion: Occasion,
    mailing: Mailing,
    results: MailingStatistics,
    before: list[Mailing],
    *,
    newsletter: Newsletter,
    resends: bool,
) -> tuple[str, Mail]:
    """The report as one self-contained page, and as a mail to an editor, in the editors' language."""
    words = report_words(newsletter.editors_language)
    values = _values(occasion, mailing, results, before, newsletter, resends=resends)
    what = words[f"mailing_{values['head']}"]
    mail = Mail(
        sender=named(newsletter.name, newsletter.sender),
        subject=one_line(f"{what}: {mailing.issue}, {values['audience']}"),
        text=fill("report_mailing.txt", **values),
        html=fill("report_mailing.html", **values, in_mail=True),
        headers={"Auto-Submitted": "auto-generated"},
    )
    return fill("report_mailing.html", **values, in_mail=False), mail


def _values(
    occasion: Occasion,
    mailing: Mailing,
    results: MailingStatistics,
    before: list[Mailing],
    newsletter: Newsletter,
    *,
    resends: bool,
) -> dict[str, Any]:
    code = newsletter.editors_language
    words, audience = report_words(code), newsletter.audience(mailing.audience)
    waits = occasion in (Occasion.SUSPENDED, Occasion.STOPPED)
    compared = [
        (mailing.issue, results.counts),
        *((each.issue, each.results) for each in before if each.results),
    ]
    return {
        "language": code,
        "words": words,
        "newsletter": newsletter,
        "mailing": mailing,
        "audience": audience.label if audience else mailing.audience,
        "head": _head(occasion, mailing),
        "when": None if waits else words[f"mailing_after_{occasion}"],
        "ended": _ended(mailing, newsletter),
        "reason": words[f"mailing_reason_{_reason(mailing)}"] if waits else None,
        "rows": _rows(mailing, results.counts, words, resends=resends),
        **_timeline(results.timeline, words, newsletter),
        "bars": _bars(compared, words),
        "columns": [words[f"mailing_short_{column}"] for column in COMPARED],
        "compared": [
            (issue, [_shown(counts.get(column, 0), words) for column in COMPARED])
            for issue, counts in compared
        ],
    }


def _rows(
    mailing: Mailing, counts: dict[str, int], words: dict[str, str], *, resends: bool
) -> list[tuple[str, str]]:
    """The rows of counts; by policy, skipped members may include timed out ones."""
    labels = {row: words[f"mailing_{row}"] for row in ROWS}
    if not resends:
        labels["skipped"] = words["mailing_skipped_too"]
    shown = [(label, _shown(counts.get(row, 0), words)) for row, label in labels.items()]
    if mailing.state is not MailingState.DONE:
        shown.append((words["mailing_waiting"], _shown(counts.get("waiting", 0), words)))
        percent = 100 * counts.get("chunks", 0) // max(1, mailing.chunk_count)
        shown.append((words["mailing_claimed"], f"{percent} %"))
    policy = words["mailing_resends" if resends else "mailing_skips"]
    shown.append((f"{words['mailing_expired']} ({policy})", _shown(counts.get("expired", 0), words)))
    return shown


def _timeline(timeline: Timeline, words: dict[str, str], newsletter: Newsletter) -> dict[str, Any]:
    """The timeline of the accepted: a sentence, and steps that are `FEWEST_SHOWN` apart or more."""
    steps = timeline.steps(FEWEST_SHOWN)
    if not steps:
        return {"timeline_text": "", "rises": [], "begins": ""}
    begins_at, ends_at, total = timeline.begins_at, steps[-1].until, steps[-1].count

    def clock(at: datetime) -> str:
        is_far = ends_at - begins_at >= timedelta(days=1)
        return (
            _moment(at, newsletter, year=False) if is_far else _time(at, newsletter, timeline.width_seconds)
        )

    half = next(step.until for step in steps if 2 * step.count >= total)
    text = words["mailing_course_told"].format(
        first=clock(begins_at), last=clock(ends_at), half=clock(half), count=_shown(total, words)
    )
    begins = [(step.after - begins_at) / (ends_at - begins_at) for step in steps]
    rises = [
        TimelineBar(
            clock(step.until),
            _shown(step.count, words),
            f"{100 * start:.2f}%",
            f"{100 * (end - start):.2f}%",
            round(CHART_HEIGHT * step.count / total),
            f"{100 * step.count / total:.0f}%",
        )
        for step, start, end in zip(steps, begins, [*begins[1:], 1.0], strict=True)
    ]
    return {"timeline_text": text, "rises": rises, "begins": clock(begins_at)}


def _head(occasion: Occasion, mailing: Mailing) -> str:
    """The key of the headline: the occasion, or how the mailing ended."""
    return occasion.value if occasion in (Occasion.SUSPENDED, Occasion.STOPPED) else mailing.state.value


def _reason(mailing: Mailing) -> str:
    """The current reason, after the stops that were overridden before."""
    return REASONS.get(next(reversed(mailing.reason.split()), ""), "other")


def _shown(count: int, words: dict[str, str]) -> str:
    if count < FEWEST_SHOWN:
        return words["mailing_fewer"].format(count=FEWEST_SHOWN)
    return f"{count:,}".replace(",", "\u202f") if count >= 10_000 else str(count)  # noqa: PLR2004  # 9999 needs none


def _bars(compared: list[tuple[str, dict[str, int]]], words: dict[str, str]) -> list[ComparisonBar]:
    """The delivered of each mailing; a count that is not shown has no length either."""
    reached = [(issue, counts.get("delivered", 0)) for issue, counts in compared]
    most = max([FEWEST_SHOWN, *(count for _, count in reached)])
    return [
        ComparisonBar(
            issue, f"{100 * count / most if count >= FEWEST_SHOWN else 0:.1f}%", _shown(count, words)
        )
        for issue, count in reached
    ]


def _ended(mailing: Mailing, newsletter: Newsletter) -> str:
    if mailing.ended_at is None:
        return ""
    return f"{_moment(mailing.ended_at, newsletter)} ({newsletter.time_zone})"


def _moment(at: datetime, newsletter: Newsletter, *, year: bool = True) -> str:
    day = language(newsletter.editors_language).day(at.astimezone(newsletter.zone).date(), year=year)
    return f"{day}, {_time(at, newsletter)}"


def _time(at: datetime, newsletter: Newsletter, width_seconds: int = 60) -> str:
    """In the newsletter's time zone, as exact as it is known."""
    return f"{at.astimezone(newsletter.zone):{'%H:%M' if width_seconds % 60 == 0 else '%H:%M:%S'}}"

"""The report of a mailing for editors: counts, their timeline, and the mailings before it.

The report names no person, and its counts are rounded: an editor may know who left. Charts are SVG on the
desk, and blocks in a mail, since few mail programs show SVG.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from broadsheet.language import language, report_words
from broadsheet.mail import Mail
from broadsheet.mailings.editor_mail import editor_mail, editor_text
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.mailings.rounded_counts import FEWEST_SHOWN, count_text, rounded
from broadsheet.mailings.statistics import MailingStatistics, Timeline
from broadsheet.newsletter import Newsletter

ROWS = ("members", "accepted", "delivered", "bounced", "complained", "skipped", "refused", "in_doubt")
COMPARED = ("members", "delivered", "bounced", "complained", "skipped")
REASONS = {  # why a mailing is suspended or stopped; any other reason is a set-up error
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
    "LEDGER_AND_SES_DISAGREE": "disagree",
}
CHART_HEIGHT = 120  # pixels
OVER = "over"  # the status of a mailing that would be stopped, had not everybody been mailed


class Occasion(StrEnum):
    """Why a report is sent; templates and locales use these values."""

    HOUR = "hour"
    DAY = "day"
    SUSPENDED = "parked"
    STOPPED = "stopped"


def mailing_report(
    occasion: Occasion,
    mailing: Mailing,
    results: MailingStatistics,
    before: list[Mailing],
    *,
    newsletter: Newsletter,
    resends: bool,
) -> tuple[str, Mail]:
    """The report as one self-contained page, and as a mail to an editor, in the editors' language.

    `before` are earlier mailings to the same audience, for comparison.
    """
    words = report_words(newsletter.editors_language)
    is_waiting = occasion in (Occasion.SUSPENDED, Occasion.STOPPED)
    is_over = is_waiting and results.are_of_everybody
    status = OVER if is_over else occasion.value if is_waiting else mailing.state.value
    audience, ended_at = audience_label(mailing, newsletter), mailing.ended_at
    values = {
        "mailing": mailing,
        "audience": audience,
        "status": status,
        "when": None if is_waiting else words[f"mailing_after_{occasion}"],
        "ended": f"{_moment(ended_at, newsletter)} ({newsletter.time_zone})" if ended_at else "",
        "reason": _reason_in_words(mailing, words, is_over=is_over) if is_waiting else None,
        "rows": _rows(mailing, results, words, resends=resends),
        **_timeline(results.timeline, words, newsletter),
        **_comparison(mailing, results.counts, before, words),
    }
    subject = f"{words[f'mailing_{status}']}: {mailing.issue}, {audience}"
    page = editor_text("report_mailing.html", newsletter, in_mail=False, **values)
    return page, editor_mail("report_mailing", subject, newsletter, in_mail=True, **values)


def audience_label(mailing: Mailing, newsletter: Newsletter) -> str:
    """The audience as editors know it; its id if the newsletter no longer has it."""
    audience = newsletter.audience(mailing.audience)
    return audience.label if audience else mailing.audience


def _rows(
    mailing: Mailing, results: MailingStatistics, words: dict[str, str], *, resends: bool
) -> list[tuple[str, str]]:
    """The rows of counts; by policy, skipped members may include timed out ones."""
    counts = results.counts
    labels = {row: words[f"mailing_{row}"] for row in ROWS}
    if not resends:
        labels["skipped"] = words["mailing_skipped_too"]
    shown = [(label, count_text(counts.get(row, 0), words)) for row, label in labels.items()]
    if mailing.state is not MailingState.DONE:
        shown.append((words["mailing_waiting"], count_text(counts.get("waiting", 0), words)))
        percent = int(round(100 * results.claimed, 6))  # a sum of shares may be a little too small
        shown.append((words["mailing_claimed"], words["count_percent"].format(count=percent)))
    policy = words["mailing_resends" if resends else "mailing_skips"]
    shown.append((f"{words['mailing_expired']} ({policy})", count_text(counts.get("expired", 0), words)))
    return shown


def _timeline(timeline: Timeline, words: dict[str, str], newsletter: Newsletter) -> dict[str, Any]:
    """The timeline of the accepted: a sentence, and steps that are `FEWEST_SHOWN` apart or more."""
    steps = timeline.steps(FEWEST_SHOWN)
    if not steps:
        return {"timeline_text": "", "rises": [], "begins": ""}
    begins_at, ends_at, total = timeline.begins_at, steps[-1].until, steps[-1].count

    def clock(at: datetime) -> str:
        if ends_at - begins_at >= timedelta(days=1):
            return _moment(at, newsletter, year=False)
        return _time(at, newsletter, timeline.width_seconds)

    half = next(step.until for step in steps if 2 * step.count >= total)
    text = words["mailing_course_told"].format(
        first=clock(begins_at), last=clock(ends_at), half=clock(half), count=count_text(total, words)
    )
    begins = [(step.after - begins_at) / (ends_at - begins_at) for step in steps]
    bars = [
        {
            "until": clock(step.until),
            "label": count_text(step.count, words),
            "x": f"{100 * start:.2f}%",
            "width": f"{100 * (end - start):.2f}%",
            "height": round(CHART_HEIGHT * rounded(step.count) / rounded(total)),
            "share": f"{100 * rounded(step.count) / rounded(total):.0f}%",
        }
        for step, start, end in zip(steps, begins, [*begins[1:], 1.0], strict=True)
    ]
    return {"timeline_text": text, "rises": bars, "begins": clock(begins_at)}


def _reason(mailing: Mailing) -> str:
    """The current reason, after the stops that were overridden before."""
    return REASONS.get(next(reversed(mailing.reason.split()), ""), "other")


def _reason_in_words(mailing: Mailing, words: dict[str, str], *, is_over: bool) -> str:
    """Why it waits and what to do; nothing has to be resumed where everybody was mailed."""
    reason = _reason(mailing)
    if is_over:
        return words.get(f"mailing_over_{reason}", words["mailing_over_other"])
    return words[f"mailing_reason_{reason}"]


def _comparison(
    mailing: Mailing, counts: dict[str, int], before: list[Mailing], words: dict[str, str]
) -> dict[str, Any]:
    """The mailing and those before it: counts, and bars of the delivered; a small count has no length."""
    compared = [(mailing.issue, counts), *((each.issue, each.results) for each in before if each.results)]
    delivered = [(issue, results.get("delivered", 0)) for issue, results in compared]
    most = max([FEWEST_SHOWN, *(rounded(count) for _, count in delivered)])
    percents = [100 * rounded(count) / most for _, count in delivered]
    return {
        "bars": [
            {"issue": issue, "width": f"{percent:.1f}%", "label": count_text(count, words)}
            for (issue, count), percent in zip(delivered, percents, strict=True)
        ],
        "columns": [words[f"mailing_short_{column}"] for column in COMPARED],
        "compared": [
            (issue, [count_text(results.get(column, 0), words) for column in COMPARED])
            for issue, results in compared
        ],
    }


def _moment(at: datetime, newsletter: Newsletter, *, year: bool = True) -> str:
    day = language(newsletter.editors_language).day(at.astimezone(newsletter.zone).date(), year=year)
    return f"{day}, {_time(at, newsletter)}"


def _time(at: datetime, newsletter: Newsletter, width_seconds: int = 60) -> str:
    """In the newsletter's time zone, as exact as it is known."""
    return f"{at.astimezone(newsletter.zone):{'%H:%M' if width_seconds % 60 == 0 else '%H:%M:%S'}}"

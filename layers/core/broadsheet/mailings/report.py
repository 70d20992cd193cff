"""The report of a mailing in an editor's words: counts, their course over time, the mailings before it.

No person is in it, and a count below `FEWEST_SHOWN` is shown as fewer than that: an editor may know who left.
Pictures are SVG on the desk; in a mail, where few programs show that, their bars are blocks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from broadsheet.language import language, report_words
from broadsheet.mail import Mail, named, one_line
from broadsheet.mailings.course import Course
from broadsheet.mailings.mailing import Mailing, State
from broadsheet.mailings.results import Results
from broadsheet.mailings.tell import Occasion
from broadsheet.newsletter import Newsletter
from broadsheet.rendering.templating import fill

FEWEST_SHOWN = 5
ROWS = ("members", "accepted", "delivered", "bounced", "complained", "skipped", "refused", "in_doubt")
COMPARED = ("members", "delivered", "bounced", "complained", "skipped")
REASONS = {  # why a mailing waits or stopped; all else is a set-up that a person has to look into
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
PICTURE_HEIGHT = 120  # pixels


@dataclass(frozen=True)
class Bar:
    """One mailing of the picture; `width` in percent."""

    issue: str
    width: str
    told: str


@dataclass(frozen=True)
class Rise:
    """One step of the course: from `x` on, percent as `width` and `share`, as high as `height` in pixels."""

    until: str
    told: str
    x: str
    width: str
    height: int
    share: str


def mailing_report(
    occasion: Occasion,
    mailing: Mailing,
    results: Results,
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
    results: Results,
    before: list[Mailing],
    newsletter: Newsletter,
    *,
    resends: bool,
) -> dict[str, Any]:
    code = newsletter.editors_language
    words, audience = report_words(code), newsletter.audience(mailing.audience)
    waits = occasion in (Occasion.PARKED, Occasion.STOPPED)
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
        **_course(results.course, words, newsletter),
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
    """The counts in words. Who was left out may have been in doubt, if that is the policy."""
    labels = {row: words[f"mailing_{row}"] for row in ROWS}
    if not resends:
        labels["skipped"] = words["mailing_skipped_too"]
    shown = [(label, _shown(counts.get(row, 0), words)) for row, label in labels.items()]
    if mailing.state is not State.DONE:
        shown.append((words["mailing_waiting"], _shown(counts.get("waiting", 0), words)))
        percent = 100 * counts.get("chunks", 0) // max(1, mailing.chunk_count)
        shown.append((words["mailing_claimed"], f"{percent} %"))
    policy = words["mailing_resends" if resends else "mailing_skips"]
    shown.append((f"{words['mailing_expired']} ({policy})", _shown(counts.get("expired", 0), words)))
    return shown


def _course(course: Course, words: dict[str, str], newsletter: Newsletter) -> dict[str, Any]:
    """How the accepted became so many: a sentence, and steps that are `FEWEST_SHOWN` apart or more."""
    steps = course.steps(FEWEST_SHOWN)
    if not steps:
        return {"course_told": "", "rises": [], "begins": ""}
    begins_at, ends_at, total = course.begins_at, steps[-1].until, steps[-1].count

    def clock(at: datetime) -> str:
        is_far = ends_at - begins_at >= timedelta(days=1)
        return _moment(at, newsletter, year=False) if is_far else _time(at, newsletter, course.width_seconds)

    half = next(step.until for step in steps if 2 * step.count >= total)
    told = words["mailing_course_told"].format(
        first=clock(begins_at), last=clock(ends_at), half=clock(half), count=_shown(total, words)
    )
    begins = [(step.after - begins_at) / (ends_at - begins_at) for step in steps]
    rises = [
        Rise(
            clock(step.until),
            _shown(step.count, words),
            f"{100 * start:.2f}%",
            f"{100 * (end - start):.2f}%",
            round(PICTURE_HEIGHT * step.count / total),
            f"{100 * step.count / total:.0f}%",
        )
        for step, start, end in zip(steps, begins, [*begins[1:], 1.0], strict=True)
    ]
    return {"course_told": told, "rises": rises, "begins": clock(begins_at)}


def _head(occasion: Occasion, mailing: Mailing) -> str:
    """What the report says first: what it is about, or how the mailing ended."""
    return occasion.value if occasion in (Occasion.PARKED, Occasion.STOPPED) else mailing.state.value


def _reason(mailing: Mailing) -> str:
    """What it waits for, behind the stops that were overruled before."""
    return REASONS.get(next(reversed(mailing.reason.split()), ""), "other")


def _shown(count: int, words: dict[str, str]) -> str:
    if count < FEWEST_SHOWN:
        return words["mailing_fewer"].format(count=FEWEST_SHOWN)
    return f"{count:,}".replace(",", "\u202f") if count >= 10_000 else str(count)  # noqa: PLR2004  # 9999 needs none


def _bars(compared: list[tuple[str, dict[str, int]]], words: dict[str, str]) -> list[Bar]:
    """How many were reached, mailing by mailing; a count that is not shown has no length either."""
    reached = [(issue, counts.get("delivered", 0)) for issue, counts in compared]
    most = max([FEWEST_SHOWN, *(count for _, count in reached)])
    return [
        Bar(issue, f"{100 * count / most if count >= FEWEST_SHOWN else 0:.1f}%", _shown(count, words))
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
    """By the newsletter's clock, as exact as it is known."""
    return f"{at.astimezone(newsletter.zone):{'%H:%M' if width_seconds % 60 == 0 else '%H:%M:%S'}}"

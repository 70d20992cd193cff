"""The report of a mailing in an editor's words: counts, and the mailings before it beside them.

No person is in it, and a count below `FEWEST_SHOWN` is shown as fewer than that: an editor may know who left.
"""

from dataclasses import dataclass
from typing import Any

from broadsheet.language import language, report_words
from broadsheet.mail import Mail, named
from broadsheet.mailings.mailing import Mailing, State
from broadsheet.mailings.tell import Occasion
from broadsheet.newsletter import Newsletter
from broadsheet.site.templating import fill

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
    "BOUNCES": "bounces",
    "COMPLAINTS": "complaints",
}
BAR_HEIGHT, BAR_STEP, WIDEST_BAR = 16, 24, 56  # pixels, pixels, percent


@dataclass(frozen=True)
class Bar:
    """One mailing of the picture: `width` in percent, `y` in pixels."""

    issue: str
    y: int
    width: str
    told: str


def mailing_report(
    occasion: Occasion,
    mailing: Mailing,
    results: dict[str, int],
    before: list[Mailing],
    *,
    newsletter: Newsletter,
    resends: bool,
) -> tuple[str, Mail]:
    """The report as one self-contained page, and as a mail to an editor, in the editors' language."""
    words = report_words(newsletter.editors_language)
    values = _values(occasion, mailing, results, before, newsletter, resends=resends)
    html = fill("report_mailing.html", **values)
    mail = Mail(
        sender=named(newsletter.name, newsletter.sender),
        subject=f"{words[f'mailing_{_head(occasion, mailing)}']}: {mailing.issue}, {values['audience']}",
        text=fill("report_mailing.txt", **values),
        html=html,
        headers={"Auto-Submitted": "auto-generated"},
    )
    return html, mail


def _values(
    occasion: Occasion,
    mailing: Mailing,
    results: dict[str, int],
    before: list[Mailing],
    newsletter: Newsletter,
    *,
    resends: bool,
) -> dict[str, Any]:
    code = newsletter.editors_language
    words, audience = report_words(code), newsletter.audience(mailing.audience)
    waits = occasion in (Occasion.PARKED, Occasion.STOPPED)
    shown = [(words[f"mailing_{row}"], _shown(results.get(row, 0), words)) for row in ROWS]
    if mailing.state is not State.DONE:
        shown.append((words["mailing_waiting"], _shown(results.get("waiting", 0), words)))
        percent = 100 * results.get("chunks", 0) // max(1, mailing.chunk_count)
        shown.append((words["mailing_claimed"], f"{percent} %"))
    policy = words["mailing_resends" if resends else "mailing_skips"]
    shown.append((f"{words['mailing_resent']} ({policy})", _shown(results.get("resent", 0), words)))
    compared = [(mailing.issue, results), *((each.issue, each.results) for each in before if each.results)]
    return {
        "language": code,
        "words": words,
        "newsletter": newsletter,
        "mailing": mailing,
        "audience": audience.label if audience else mailing.audience,
        "head": _head(occasion, mailing),
        "when": None if waits else words[f"mailing_after_{occasion}"],
        "ended": _moment(mailing, newsletter),
        "reason": words[f"mailing_reason_{REASONS.get(mailing.reason, 'other')}"] if waits else None,
        "rows": shown,
        "bars": _bars(compared, words),
        "columns": [words[f"mailing_{column}"] for column in COMPARED],
        "compared": [
            (issue, [_shown(counts.get(column, 0), words) for column in COMPARED])
            for issue, counts in compared
        ],
    }


def _head(occasion: Occasion, mailing: Mailing) -> str:
    """What the report says first: what it is about, or how the mailing ended."""
    return occasion.value if occasion in (Occasion.PARKED, Occasion.STOPPED) else mailing.state.value


def _shown(count: int, words: dict[str, str]) -> str:
    if count < FEWEST_SHOWN:
        return words["mailing_fewer"].format(count=FEWEST_SHOWN)
    return f"{count:,}".replace(",", "\u202f") if count >= 10_000 else str(count)  # noqa: PLR2004  # 9999 needs none


def _bars(compared: list[tuple[str, dict[str, int]]], words: dict[str, str]) -> list[Bar]:
    """How many were reached, mailing by mailing; a count that is not shown has no length either."""
    reached = [(issue, counts.get("delivered", 0)) for issue, counts in compared]
    most = max([FEWEST_SHOWN, *(count for _, count in reached)])
    return [
        Bar(
            issue,
            place * BAR_STEP,
            f"{WIDEST_BAR * count / most if count >= FEWEST_SHOWN else 0:.1f}%",
            _shown(count, words),
        )
        for place, (issue, count) in enumerate(reached)
    ]


def _moment(mailing: Mailing, newsletter: Newsletter) -> str:
    if mailing.ended_at is None:
        return ""
    at = mailing.ended_at.astimezone(newsletter.zone)
    day = language(newsletter.editors_language).day(at.date())
    return f"{day}, {at:%H:%M} ({newsletter.time_zone})"

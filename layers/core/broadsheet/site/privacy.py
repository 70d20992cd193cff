"""The privacy page: what a subscription may reveal, what is stored and for how long, how to leave.

Every duration comes from the constants by which the code deletes data, so that the page can't be wrong.
"""

from datetime import timedelta

from broadsheet import retention
from broadsheet.language import NO_BREAK, Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.layout import Page, edition_head, in_layout

PRIVACY = "privacy.html"
RISKS = ("reveal_mailbox", "reveal_provider", "reveal_network", "reveal_forward")
READERS = ("who_keys", "who_programs", "who_people", "who_amazon")
NEVER = ("never_track", "never_load", "never_give")
# What is stored, by the prefix of its words, and for how long: a duration, or the key of its words.
KEPT: tuple[tuple[str, timedelta | str], ...] = (
    ("pending", retention.PENDING),
    ("address", retention.NEW_ADDRESS),
    ("reader", "kept_until_leave"),
    ("left", "kept_until_erase"),
    ("gone", retention.TOMBSTONE + retention.TO_THE_END_OF_THE_DAY),
    ("never_mailed", "kept_for_good"),
    ("mailings", retention.LEDGER_DETAILS),
    ("events", retention.MAIL_EVENTS),
    ("attempts", retention.ADDRESS_COOL_DOWN + retention.TO_THE_END_OF_THE_DAY),
    ("networks", retention.NETWORK_COUNTERS),
    ("failed", retention.SIGN_UP_QUEUE),
    ("logs", retention.LOGS),
    ("backups", retention.BACKUPS),
    ("amazon_log", retention.AWS_EVENT_HISTORY),
    ("amazon_counts", retention.AWS_METRICS),
)
IN_HOURS = timedelta(hours=48)  # longer durations are shown in days


def privacy_page(edition: Edition, newsletter: Newsletter) -> Page:
    """The privacy page of an edition."""
    words = language(edition.language)
    head = edition_head(edition, PRIVACY, words["privacy"], newsletter, description=words["privacy_lead"])
    kept = [
        {
            "what": words[f"{name}_what"],
            "why": words[f"{name}_why"],
            "long": words[span] if isinstance(span, str) else lasting(span, words),
        }
        for name, span in KEPT
    ]
    return in_layout(
        "privacy.html",
        head,
        newsletter,
        kept=kept,
        risks=[words[key] for key in RISKS],
        readers=[words[key] for key in READERS],
        never=[words[key] for key in NEVER],
    )


def lasting(span: timedelta, words: Language) -> str:
    """A duration in words: `48 hours`, `90 days`."""
    hours = int(span.total_seconds()) // 3600
    number, forms = (hours, words["hours"]) if span <= IN_HOURS else (span.days, words["days"])
    return f"{number}{NO_BREAK}{forms.split()[_form(number, words.plural)]}"


def _form(number: int, plural: str) -> int:
    """Which of a noun's forms is used after a number. Source: CLDR's plural rules."""
    if plural != "slavic":
        return int(number != 1)
    last, teens = number % 10, number % 100 in range(11, 15)
    if last == 1 and not teens:
        return 0
    return 1 if last in (2, 3, 4) and not teens else 2

"""The page on privacy: what being on the list may reveal, what is kept and for how long, how to leave.

Every length of time comes from the constants by which things are forgotten, so that the page can't lie.
"""

from datetime import timedelta

from broadsheet import retention
from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.layout import Page, PageHead, alternates, in_layout
from broadsheet.site.social import Social, card_image

PRIVACY = "privacy.html"
RISKS = ("reveal_mailbox", "reveal_provider", "reveal_network", "reveal_forward")
READERS = ("who_keys", "who_programs", "who_people", "who_amazon")
NEVER = ("never_track", "never_load", "never_give")
# What is kept, under the names of its words, and how long: a time, or the name of the words that say so.
KEPT: tuple[tuple[str, timedelta | str], ...] = (
    ("pending", retention.PENDING),
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
IN_HOURS = timedelta(hours=48)  # up to here, longer times are told in days


def privacy_page(edition: Edition, newsletter: Newsletter) -> Page:
    """The page in an edition's words."""
    words = language(edition.language)
    head = PageHead(
        edition,
        f"{edition.id}/{PRIVACY}",
        words["privacy"],
        words["privacy_lead"],
        alternates(newsletter, PRIVACY, newsletter.editions),
        social=Social("website", card_image(edition, newsletter)),
    )
    kept = [
        {"what": words[f"{name}_what"], "why": words[f"{name}_why"], "long": _long(span, words)}
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
    """A length of time in words: `48 hours`, `90 days`."""
    hours = int(span.total_seconds()) // 3600
    number, forms = (hours, words["hours"]) if span <= IN_HOURS else (span.days, words["days"])
    return f"{number} {forms.split()[_form(number, words.plural)]}"


def _long(span: timedelta | str, words: Language) -> str:
    return words[span] if isinstance(span, str) else lasting(span, words)


def _form(number: int, plural: str) -> int:
    """Which of a noun's three forms stands after the number. Source: CLDR's plural rules."""
    if plural != "slavic":
        return int(number != 1)
    last, teens = number % 10, number % 100 in range(11, 15)
    if last == 1 and not teens:
        return 0
    return 1 if last in (2, 3, 4) and not teens else 2

"""All that is kept about a reader: for their page without the address, for their mail with it.

Shape (JSON): `address` and `mailed_on` (list of days; both in the mail alone), `subscriber`, `status`,
`audiences`, `language`, `consent` (map), `waiting` (map, a choice that was not confirmed), `soft_bounces`.
Neither request ids nor the fingerprint: they tell a reader nothing, and a thief of the tables much.
"""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from broadsheet.language import Language, language
from broadsheet.mail import Mail, named, one_line
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.colours import readable_on_dark, readable_on_white
from broadsheet.rendering.templating import fill
from broadsheet.subscribers.subscriber import Subscriber

FORMS = {"page": "form_page", "api": "form_api", "manage": "form_manage", "import": "form_import"}
BUTTONS = {"button": "confirmed_by_button", "manage": "form_manage", "import": "form_import"}


def record_of(subscriber: Subscriber) -> dict[str, Any]:
    """The record for a program, without the address."""
    content: dict[str, Any] = {
        "subscriber": subscriber.id,
        "status": subscriber.status.value,
        "audiences": sorted(subscriber.audiences),
        "language": subscriber.language,
        "consent": _plain(subscriber.consent) if subscriber.consent else None,
        "soft_bounces": subscriber.soft_bounces,
    }
    if subscriber.choice:
        content["waiting"] = _plain(subscriber.choice)
    return content


def record_lines(subscriber: Subscriber, words: Language, newsletter: Newsletter) -> list[tuple[str, str]]:
    """The record for a person, without the address: what it is, and what it says."""
    consent = subscriber.consent
    lines = [
        (words["record_audiences"], ", ".join(_labels(subscriber, newsletter))),
        (words["record_language"], language(subscriber.language)["language_name"]),
    ]
    if consent:
        lines += [
            (words["record_asked_on"], words.day(consent.asked_on)),
            (words["record_form"], _said(FORMS, consent.form, words)),
            (words["record_version"], consent.text),
            (words["record_confirmed_on"], words.day(consent.confirmed_on)),
            (words["record_confirmed_by"], _said(BUTTONS, consent.confirmed_by, words)),
        ]
    return [
        *lines,
        (words["record_soft_bounces"], str(subscriber.soft_bounces)),
        (words["record_id"], subscriber.id),
    ]


def record_mail(
    subscriber: Subscriber, address: str, mailed_on: Collection[date], newsletter: Newsletter
) -> Mail:
    """The mail with the whole record, in plain words and as JSON; the one place that shows the address.

    `mailed_on` are the days on which the address was lately mailed about a sign-up or its record.
    """
    edition = _edition(subscriber.language, newsletter)
    words = language(edition.language)
    accent = readable_on_white(newsletter.accent)
    days = sorted({*mailed_on})
    content = {
        "address": address,
        **record_of(subscriber),
        "mailed_on": [day.isoformat() for day in days],
    }
    values = {
        "edition": edition,
        "newsletter": newsletter,
        "words": words.words,
        "lines": [
            (words["record_address"], address),
            *record_lines(subscriber, words, newsletter),
            (words["record_mailed_on"], "; ".join(words.day(day) for day in days) or "–"),
        ],
        "json": json.dumps(content, ensure_ascii=False, indent=2),
        "accent": accent,
        "accent_on_dark": readable_on_dark(accent),
        "privacy": f"{newsletter.origin}/{edition.id}/privacy.html",
    }
    return Mail(
        sender=named(edition.name, newsletter.sender),
        subject=one_line(f"{words['mail_record_subject']}: {edition.name}"),
        text=fill("mail_record.txt", **values),
        html=fill("mail_record.html", **values),
        reply_to=newsletter.reply_to,
        headers={"Auto-Submitted": "auto-generated"},
    )


def _labels(subscriber: Subscriber, newsletter: Newsletter) -> list[str]:
    """The audiences as the form names them, in its order; one that it no longer has by its id."""
    known = [a for a in newsletter.audiences if a.id in subscriber.audiences]
    gone = subscriber.audiences - {audience.id for audience in known}
    return [*(audience.label for audience in known), *sorted(gone)]


def _said(keys: dict[str, str], value: str, words: Language) -> str:
    key = keys.get(value)
    return words[key] if key else value


def _plain(value: Any) -> dict[str, Any]:  # noqa: ANN401  # a consent or a choice
    return {
        name: content.isoformat() if isinstance(content, date | datetime) else content
        for name, content in asdict(value).items()
        if name != "request_id"
    }


def _edition(reader_language: str, newsletter: Newsletter) -> Edition:
    editions = newsletter.editions.values()
    return next((e for e in editions if e.language == reader_language), next(iter(editions)))

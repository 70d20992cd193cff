"""What is stored about a reader: on their page without the address, in their mail with it.

A new address that waits for its confirmation is not shown: whether one waits may depend on who else reads.

Shape (JSON): `address` and `mailed_on` (list of days; both in the mail alone), `subscriber`, `status`,
`audiences`, `language`, `consent` (map), `changed_address` (map of two days), `waiting` (map, a request not
yet confirmed), `soft_bounces`.
Neither request ids nor the fingerprint: they are useless to a reader, and useful to a thief of the tables.
"""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from broadsheet.language import Language, language
from broadsheet.mail import Mail
from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.reader_mails import reader_mail
from broadsheet.subscribers.subscriber import Subscriber

FORMS = {"page": "form_page", "api": "form_api", "manage": "form_manage", "import": "form_import"}
BUTTONS = {"button": "confirmed_by_button", "manage": "form_manage", "import": "form_import"}


def record_of(subscriber: Subscriber) -> dict[str, Any]:
    """The record as JSON holds it, without the address."""
    content: dict[str, Any] = {
        "subscriber": subscriber.id,
        "status": subscriber.status.value,
        "audiences": sorted(subscriber.audiences),
        "language": subscriber.language,
        "consent": _plain(subscriber.consent) if subscriber.consent else None,
        "soft_bounces": subscriber.soft_bounces,
    }
    if subscriber.pending_request:
        content["waiting"] = _plain(subscriber.pending_request)
    if subscriber.confirmed_address:
        content["changed_address"] = _plain(subscriber.confirmed_address)
    return content


def record_lines(subscriber: Subscriber, words: Language, newsletter: Newsletter) -> list[tuple[str, str]]:
    """The record in words, without the address: pairs of a label and its value."""
    consent = subscriber.consent
    lines = [
        (words["record_audiences"], ", ".join(_labels(subscriber, newsletter))),
        (words["record_language"], language(subscriber.language)["language_name"]),
    ]
    if consent:
        lines += [
            (words["record_asked_on"], words.day(consent.asked_on)),
            (words["record_form"], _worded(FORMS, consent.form, words)),
            (words["record_version"], consent.text),
            (words["record_confirmed_on"], words.day(consent.confirmed_on)),
            (words["record_confirmed_by"], _worded(BUTTONS, consent.confirmed_by, words)),
        ]
    if changed := subscriber.confirmed_address:
        lines.append((words["record_changed_on"], words.day(changed.confirmed_on)))
    return [
        *lines,
        (words["record_soft_bounces"], str(subscriber.soft_bounces)),
        (words["record_id"], subscriber.id),
    ]


def record_mail(
    subscriber: Subscriber,
    address: str,
    mailed_on: Collection[date],
    newsletter: Newsletter,
) -> Mail:
    """The mail with the whole record, in words and as JSON; nothing else shows the address.

    `mailed_on` are the recent days on which the address was mailed about a sign-up or its record.
    """
    edition, days = newsletter.edition_in(subscriber.language), sorted({*mailed_on})
    words = language(edition.language)
    content = {
        "address": address,
        **record_of(subscriber),
        "mailed_on": [day.isoformat() for day in days],
    }
    lines = [
        (words["record_address"], address),
        *record_lines(subscriber, words, newsletter),
        (words["record_mailed_on"], "; ".join(words.day(day) for day in days) or "–"),
    ]
    return reader_mail(
        ("mail_record.txt", "mail_record.html"),
        "mail_record",
        edition,
        newsletter,
        lines=lines,
        json=json.dumps(content, ensure_ascii=False, indent=2),
        privacy=f"{newsletter.origin}/{edition.id}/privacy.html",
    )


def _labels(subscriber: Subscriber, newsletter: Newsletter) -> list[str]:
    """The audiences as the form names them, in its order; an audience that was removed by its id."""
    known = [a for a in newsletter.audiences if a.id in subscriber.audiences]
    gone = subscriber.audiences - {audience.id for audience in known}
    return [*(audience.label for audience in known), *sorted(gone)]


def _worded(keys: dict[str, str], value: str, words: Language) -> str:
    key = keys.get(value)
    return words[key] if key else value


def _plain(value: Any) -> dict[str, Any]:  # noqa: ANN401  # a consent or a pending request
    return {
        name: content.isoformat() if isinstance(content, date | datetime) else content
        for name, content in asdict(value).items()
        if name != "request_id"
    }

"""A mail to deliver: the body of an issue of the archive, of about `MAIL_BYTES` in both its parts."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

from bench.archive import texts, the_newsletter
from broadsheet.content.read import read_issue
from broadsheet.mailings.body import Body
from broadsheet.mailings.compose import mail_body

MAIL_BYTES = 46_000
SMALLEST_TEXT_BYTES, STEP_BYTES = 4_000, 500
DAY = date(2026, 11, 23)


def write_mail(folder: Path, edition: str) -> Path:
    """Keep the mail in that edition as it is kept with a revision; gives the file."""
    file = folder / f"{edition}.json"
    file.write_text(json.dumps(asdict(a_mail(edition)), ensure_ascii=False), encoding="utf-8")
    return file


def a_mail(edition: str) -> Body:
    """The first that is large enough."""
    size_bytes = SMALLEST_TEXT_BYTES
    while mail_bytes(body := _mail(edition, size_bytes)) < MAIL_BYTES:
        size_bytes += STEP_BYTES
    return body


def mail_bytes(body: Body) -> int:
    """Both parts as UTF-8."""
    return len(body.html.encode()) + len(body.text.encode())


def _mail(edition: str, size_bytes: int) -> Body:
    newsletter = the_newsletter()
    text = next(text for text in texts(1, DAY, size_bytes) if text.edition == edition)
    head = f"---\ntitle: {text.title}\nsummary: {text.summary}\n---\n\n"
    found = read_issue(text.name, edition, (head + text.body).encode(), frozenset(), newsletter)
    return mail_body(found.issue, newsletter)

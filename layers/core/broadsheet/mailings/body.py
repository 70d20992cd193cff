"""The body of an issue's mail: one HTML and one text part, the same for all its readers.

Shape: SES inline template content, as `mailings/template_text.py` writes it.
Source: SES v2 API, SendBulkEmail: values are put in as they are, without escaping and not interpreted.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.mail import Mail, named
from broadsheet.mailings.mailing import BODY_CHANGED, NO_DIGEST, SENDER_CHANGED, Mailing
from broadsheet.mailings.template_text import checked_template, filled
from broadsheet.newsletter import Newsletter

LARGEST_HTML_BYTES = 90_000  # Gmail cuts at about 102 kB, and the way to leave with it


@dataclass(frozen=True)
class Body:
    """What a mailing sends; subject and parts are SES template text.

    To keep the HTML within `LARGEST_HTML_BYTES`, the last `summarised` commentaries are shown as summaries;
    if that was not enough, the mail `is_cut` before its end.

    Raises:
        UnsafeTemplateError, ControlCharacterError: subject or parts are no template text of ours.
    """

    sender_name: str
    edition: str
    language: str
    subject: str
    html: str
    text: str
    summarised: int = 0
    is_cut: bool = False

    def __post_init__(self) -> None:
        """Reject text that SES would interpret."""
        for part in (self.subject, self.html, self.text):
            checked_template(part)

    @property
    def digest(self) -> str:
        """A digest of what readers get: sender name, edition, subject and both parts."""
        return _digest(self.sender_name, self.edition, self.subject, self.html, self.text)

    def filled(self, unsubscribe_url: str, sender: str = "") -> Mail:
        """The mail as the reader with this link gets it, for previews."""
        subject, text, html = (filled(part, unsubscribe_url) for part in (self.subject, self.text, self.html))
        return Mail(sender, subject, text, html)


class BodyBrokenError(ValueError):
    """The stored object is no body. Nothing was sent."""


@dataclass(frozen=True)
class Envelope:
    """Header values of a mail, the same for all readers."""

    sender: str
    reply_to: str
    headers: dict[str, str]


def envelope(newsletter: Newsletter, sender_name: str, edition: str) -> Envelope:
    """The envelope of an edition's mails."""
    host = newsletter.sender.split("@")[-1]
    headers = {
        "List-Id": named(sender_name, f"{edition}.{host}"),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return Envelope(named(sender_name, newsletter.sender), newsletter.reply_to, headers)


def letter_digest(body_digest: str, newsletter: Newsletter) -> str:
    """`<digest of the body>-<digest of sender and headers>`; "" if the first is unknown.

    A changed body may have been tampered with; the envelope changes with `newsletter.toml` or a release, and
    a person may want that. Two parts tell the cases apart. The second is the same for all editions, whose
    names and ids are in the first; any other header that is to differ by edition must be added to it.
    """
    if not body_digest:
        return ""
    around = envelope(newsletter, "", "")
    return f"{body_digest}-{_digest(around.sender, around.reply_to, *sorted(around.headers.items()))[:16]}"


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class NotAsFrozenError(RuntimeError):
    """The stored body is not the frozen one; `digest` is its own, if a person may accept it."""

    def __init__(self, reason: str, digest: str = "") -> None:
        super().__init__(reason)
        self.reason, self.digest = reason, digest


def frozen_body(
    mailing: Mailing, stored_body: Callable[[str, str, str, str], Body], newsletter: Newsletter
) -> Body:
    """The body that a mailing froze; `stored_body` returns one by issue, edition, revision and digest.

    A mailing that an older release began has no digest, and a changed `newsletter.toml` changes the sender: a
    person decides, and resuming freezes the new digest.

    Raises:
        NotAsFrozenError: the stored body is another one, or none; nothing may be sent.
    """
    frozen, _, _ = mailing.digest.partition("-")
    try:
        body = stored_body(mailing.issue, mailing.edition, mailing.revision, frozen)
    except BodyBrokenError:
        raise NotAsFrozenError(BODY_CHANGED) from None
    if frozen and body.digest != frozen:
        raise NotAsFrozenError(BODY_CHANGED)
    found = letter_digest(body.digest, newsletter)
    if found != mailing.digest:
        raise NotAsFrozenError(SENDER_CHANGED if frozen else NO_DIGEST, found)
    return body

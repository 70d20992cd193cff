"""The body of an issue's mail: one HTML and one text part, the same for all its readers.

Shape: SES inline template content, as `mailings/template_text.py` writes it.
Source: SES v2 API, SendBulkEmail: values are put in as they are, without escaping and not interpreted.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Protocol

from broadsheet.mail import named
from broadsheet.mailings.mailing import BODY_CHANGED, NO_DIGEST, SENDER_CHANGED, Mailing
from broadsheet.mailings.template_text import checked_template, filled
from broadsheet.newsletter import Newsletter

LARGEST_HTML_BYTES = 90_000  # Gmail cuts at about 102 kB, and the way to leave with it


@dataclass(frozen=True)
class Body:
    """What a mailing sends; subject and parts are SES template text.

    So that the HTML stays within `LARGEST_HTML_BYTES`, the last commentaries, so many as `summarised`, are
    there by their summary alone; where that was not enough, the mail `is_cut` before its end.

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
        """Refuse what SES would interpret, whoever made it."""
        for part in (self.subject, self.html, self.text):
            checked_template(part)

    @property
    def digest(self) -> str:
        """Names what readers get of it: by name and edition of the sender, subject, and both parts."""
        return _digest(self.sender_name, self.edition, self.subject, self.html, self.text)

    def filled(self, unsubscribe_url: str) -> "ReadersBody":
        """The body as one reader gets it, for previews."""
        parts = (self.subject, self.html, self.text)
        return ReadersBody(*(filled(part, unsubscribe_url) for part in parts))


@dataclass(frozen=True)
class ReadersBody:
    """A body with a reader's link in it: no template text any more."""

    subject: str
    html: str
    text: str


class BodyBrokenError(ValueError):
    """What is stored is no body. Nothing was sent, and nothing will be while it lies there."""


@dataclass(frozen=True)
class Envelope:
    """What a letter says besides its body, the same for all readers: values of headers."""

    sender: str
    reply_to: str
    headers: dict[str, str]


def envelope(newsletter: Newsletter, sender_name: str, edition: str) -> Envelope:
    """The envelope of an edition's letters."""
    host = newsletter.sender.split("@")[-1]
    headers = {
        "List-Id": named(sender_name, f"{edition}.{host}"),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return Envelope(named(sender_name, newsletter.sender), newsletter.reply_to, headers)


def letter_digest(body_digest: str, newsletter: Newsletter) -> str:
    """`<a body's digest>-<one of whom it comes from, and with which headers>`; "" where the first is unknown.

    The body may have been tampered with where it lies; the rest changes with `newsletter.toml` or a release,
    which a person may want. So the two can be told apart.
    """
    if not body_digest:
        return ""
    around = envelope(newsletter, "", "")
    return f"{body_digest}-{_digest(around.sender, around.reply_to, *sorted(around.headers.items()))[:16]}"


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Bodies(Protocol):
    """Bodies of revisions."""

    def body(self, issue: str, edition: str, revision: str, digest: str = "") -> Body:
        """The body of a frozen revision; with a digest it may be another, so who sends it must compare.

        Raises:
            BodyBrokenError: what is stored is none.
        """


class NotAsFrozenError(RuntimeError):
    """What lies there is not what was frozen; `digest` is what it is, where a person may want it."""

    def __init__(self, reason: str, digest: str = "") -> None:
        super().__init__(reason)
        self.reason, self.digest = reason, digest


def frozen_body(mailing: Mailing, bodies: Bodies, newsletter: Newsletter) -> Body:
    """The body that a mailing froze.

    One that was begun by an older release of ours has no digest, and a changed `newsletter.toml` gives it
    another sender: a person decides, and then it is this that is frozen.

    Raises:
        NotAsFrozenError: another one lies there, or none; nothing may be sent.
    """
    frozen, _, _ = mailing.digest.partition("-")
    try:
        body = bodies.body(mailing.issue, mailing.edition, mailing.revision, frozen)
    except BodyBrokenError:
        raise NotAsFrozenError(BODY_CHANGED) from None
    if frozen and body.digest != frozen:
        raise NotAsFrozenError(BODY_CHANGED)
    found = letter_digest(body.digest, newsletter)
    if found != mailing.digest:
        raise NotAsFrozenError(SENDER_CHANGED if frozen else NO_DIGEST, found)
    return body


class LastBody:
    """Remembers the body that was asked for last: a revision never changes."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._asked, self._body = ("", "", "", ""), None

    _body: Body | None

    def body(self, issue: str, edition: str, revision: str, digest: str = "") -> Body:
        """The body, read once."""
        if self._body is None or self._asked != (issue, edition, revision, digest):
            self._body = self._bodies.body(issue, edition, revision, digest)
            self._asked = (issue, edition, revision, digest)
        return self._body

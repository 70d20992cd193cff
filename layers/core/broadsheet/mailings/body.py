"""The body of an issue's mail: one HTML and one text part, the same for all its readers.

Shape: SES inline template content, as `mailings/template_text.py` writes it.
Source: SES v2 API, SendBulkEmail: values are put in as they are, without escaping and not interpreted.
"""

from dataclasses import dataclass
from typing import Protocol

from broadsheet.mailings.template_text import checked_template, filled

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


class Bodies(Protocol):
    """Bodies of revisions."""

    def body(self, issue: str, edition: str, revision: str) -> Body:
        """The body of a frozen revision."""


class LastBody:
    """Remembers the body that was asked for last: a revision never changes."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._asked, self._body = ("", "", ""), None

    _body: Body | None

    def body(self, issue: str, edition: str, revision: str) -> Body:
        """The body, read once."""
        if self._body is None or self._asked != (issue, edition, revision):
            self._body = self._bodies.body(issue, edition, revision)
            self._asked = (issue, edition, revision)
        return self._body

"""The body of an issue's mail: one HTML and one text part, the same for all its readers.

Shape: SES inline template content. `{{unsubscribe_url}}` is each reader's own; a `{{` of an article
travels as `{{brace}}`, whose value is `{{`, so that SES interprets nothing that an author wrote.
Source: SES v2 API, SendBulkEmail: values are put in as they are, without escaping and not interpreted.
"""

import re
from dataclasses import dataclass, replace
from typing import Protocol

DEFAULT_VALUES = {"brace": "{{"}
LARGEST_HTML_BYTES = 90_000  # Gmail cuts at about 102 kB, and the way to leave with it


@dataclass(frozen=True)
class Body:
    """What a mailing sends; subject and parts are SES template text.

    So that the HTML stays within `LARGEST_HTML_BYTES`, the last commentaries, so many as `summarised`, are
    there by their summary alone; where that was not enough, the mail `is_cut` before its end.
    """

    sender_name: str
    edition: str
    language: str
    subject: str
    html: str
    text: str
    summarised: int = 0
    is_cut: bool = False

    def filled(self, unsubscribe_url: str) -> "Body":
        """The body as one reader gets it: SES's part of the work, for previews."""
        values = {**DEFAULT_VALUES, "unsubscribe_url": unsubscribe_url}

        def put_in(text: str) -> str:
            return re.sub(r"\{\{(\w+)\}\}", lambda found: values.get(found[1], found[0]), text)

        return replace(self, subject=put_in(self.subject), html=put_in(self.html), text=put_in(self.text))


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

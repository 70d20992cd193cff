"""The body of an issue's mail: one HTML and one text part, the same for all its readers.

Shape: SES inline template content. `{{unsubscribe_url}}` is each reader's own; a `{{` of an article
travels as `{{brace}}`, whose value is `{{`, so that SES interprets nothing that an author wrote.
Source: SES v2 API, SendBulkEmail: values are put in as they are, without escaping and not interpreted.
"""

from dataclasses import dataclass

DEFAULT_VALUES = {"brace": "{{"}


@dataclass(frozen=True)
class Body:
    """What a mailing sends; subject and parts are SES template text."""

    sender_name: str
    edition: str
    language: str
    subject: str
    html: str
    text: str

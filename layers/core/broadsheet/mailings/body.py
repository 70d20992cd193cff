"""The body of an issue's mail: one HTML and one text part, the same for all its readers.

Shape: SES inline template content. `{{unsubscribe_url}}` is each reader's own; a `{{` of an article
travels as `{{brace}}`, whose value is `{{`, so that SES interprets nothing that an author wrote.
Source: SES v2 API, SendBulkEmail: values are put in as they are, without escaping and not interpreted.
"""

from dataclasses import dataclass
from urllib.parse import urljoin

from broadsheet.issues.issue import Issue
from broadsheet.language import language
from broadsheet.mailings.text import to_text
from broadsheet.newsletter import Newsletter
from broadsheet.site.html import to_html
from broadsheet.site.templating import fill

LEAVE_MARK = "https://leave.invalid/"
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


def mail_body(issue: Issue, newsletter: Newsletter) -> Body:
    """The mail of this issue."""
    edition = newsletter.editions[issue.edition]
    words = language(edition.language)
    page = f"{newsletter.origin}/{edition.id}/{issue.id}/index.html"

    def absolute(url: str) -> str:
        return urljoin(page, url)

    pieces = [
        {
            "piece": piece,
            "topic": newsletter.topic(piece.topic),
            "trend": newsletter.trend(piece.trend) if piece.trend else None,
            "html": to_html(piece.blocks, prefix=piece.name, link=absolute, raise_headings=0),
            "text": to_text(piece.blocks, absolute),
        }
        for piece in issue.commentaries
    ]
    values = {
        "edition": edition,
        "newsletter": newsletter,
        "words": words.words,
        "issue": issue,
        "week": words.week(issue.first_day, issue.last_day),
        "page": page,
        "leave": LEAVE_MARK,
        "intro_html": to_html(issue.intro, prefix="intro", link=absolute),
        "intro_text": to_text(issue.intro, absolute),
        "pieces": pieces,
    }
    return Body(
        sender_name=edition.name,
        edition=edition.id,
        language=edition.language,
        subject=_template(issue.title),
        html=_template(fill("mail_issue.html", **values)),
        text=_template(fill("mail_issue.txt", **values)),
    )


def _template(text: str) -> str:
    """Finished text as SES template text: braces kept from SES, the mark made a variable."""
    return text.replace("{{", "{{brace}}").replace(LEAVE_MARK, "{{unsubscribe_url}}")

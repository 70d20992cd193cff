"""The mail of an issue, made from its text: once for all its readers."""

from urllib.parse import urljoin

from broadsheet.issues.issue import Issue
from broadsheet.language import language
from broadsheet.mailings.body import Body
from broadsheet.mailings.text import to_text
from broadsheet.newsletter import Newsletter
from broadsheet.site.html import to_html
from broadsheet.site.templating import fill

LEAVE_MARK = "https://leave.invalid/"


def mail_body(issue: Issue, newsletter: Newsletter) -> Body:
    """The mail of this issue."""
    edition = newsletter.editions[issue.edition]
    words = language(edition.language)
    page = f"{newsletter.origin}/{edition.id}/{issue.id}/index.html"

    def absolute(url: str) -> str:
        try:
            return urljoin(page, url)
        except ValueError:
            return page

    pieces = [
        {
            "piece": piece,
            "topic": newsletter.topic(piece.topic),
            "trend": newsletter.trend(piece.trend) if piece.trend else None,
            "html": to_html(piece.blocks, prefix=piece.name, link=absolute, raise_headings=1),
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

"""The request to approve mailings of issues that were published together."""

from broadsheet.language import report_words
from broadsheet.mail import Mail, named, one_line
from broadsheet.mailings.mailing import Mailing
from broadsheet.newsletter import Newsletter
from broadsheet.rendering.templating import fill


def approval_request(mailings: list[Mailing], *, newsletter: Newsletter) -> tuple[str, Mail]:
    """The page for the desk and the mail, in the editors' language: each issue with its audiences."""
    words = report_words(newsletter.editors_language)
    issues: dict[str, list[str]] = {}
    for mailing in mailings:
        audience = newsletter.audience(mailing.audience)
        issues.setdefault(mailing.issue, []).append(audience.label if audience else mailing.audience)
    subject = words["question_subject"].format(count=len(issues))
    values = {
        "subject": subject,
        "issues": sorted(issues.items()),
        "words": words,
        "language": newsletter.editors_language,
    }
    html = fill("report_question.html", **values)
    mail = Mail(
        sender=named(newsletter.name, newsletter.sender),
        subject=one_line(subject),
        text=fill("report_question.txt", **values),
        html=html,
        headers={"Auto-Submitted": "auto-generated"},
    )
    return html, mail

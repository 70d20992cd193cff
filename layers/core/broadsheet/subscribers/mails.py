"""The mails of the sign-up: short, in the reader's language, nothing in them that a visitor typed."""

from urllib.parse import quote

from broadsheet.language import language
from broadsheet.mail import Mail, named
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.templating import fill


def confirmation_mail(token: str, reader_language: str, newsletter: Newsletter) -> Mail:
    """The mail with the link whose button begins a subscription."""
    edition = _edition(reader_language, newsletter)
    words = language(edition.language)
    link = f"{newsletter.origin}/api/confirm?t={quote(token)}&in={edition.id}"
    values = {"edition": edition, "newsletter": newsletter, "words": words.words, "link": link}
    return Mail(
        sender=named(edition.name, newsletter.sender),
        subject=f"{words['mail_confirm_subject']}: {edition.name}",
        text=fill("mail_confirm.txt", **values),
        html=fill("mail_confirm.html", **values),
        reply_to=newsletter.reply_to,
        headers={"Auto-Submitted": "auto-generated"},
    )


def _edition(reader_language: str, newsletter: Newsletter) -> Edition:
    editions = newsletter.editions.values()
    return next((e for e in editions if e.language == reader_language), next(iter(editions)))

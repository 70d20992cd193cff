"""Mails and pages for editors, in their language."""

from broadsheet.language import report_words
from broadsheet.mail import Mail, named, one_line
from broadsheet.newsletter import Newsletter
from broadsheet.rendering.templating import fill


def editor_text(template: str, newsletter: Newsletter, **values: object) -> str:
    """The template with these values, `newsletter`, and the `words` and code of the editors' `language`."""
    code = newsletter.editors_language
    return fill(template, newsletter=newsletter, words=report_words(code), language=code, **values)


def editor_mail(template: str, subject: str, newsletter: Newsletter, **values: object) -> Mail:
    """A mail of `<template>.txt` and `<template>.html`; its HTML is one self-contained page."""
    return Mail(
        sender=named(newsletter.name, newsletter.sender),
        subject=one_line(subject),
        text=editor_text(f"{template}.txt", newsletter, subject=subject, **values),
        html=editor_text(f"{template}.html", newsletter, subject=subject, **values),
        headers={"Auto-Submitted": "auto-generated"},
    )

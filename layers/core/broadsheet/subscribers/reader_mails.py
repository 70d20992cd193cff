"""The mails about a subscription: short, in the reader's language, with nothing that a visitor typed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from broadsheet.colours import readable_on_dark, readable_on_white
from broadsheet.language import language
from broadsheet.mail import Mail, named, one_line
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.templating import fill
from broadsheet.subscribers.link_tokens import Links
from broadsheet.subscribers.subscriber import Subscriber


def confirmation_mail(token: str, reader_language: str, newsletter: Newsletter) -> Mail:
    """The mail with the link that confirms a subscription."""
    return _to_confirm(token, reader_language, "mail_confirm", newsletter)


def new_address_mail(token: str, reader_language: str, newsletter: Newsletter) -> Mail:
    """The mail with the link that confirms a reader's new address."""
    return _to_confirm(token, reader_language, "mail_new_address", newsletter)


def _to_confirm(token: str, reader_language: str, words_key: str, newsletter: Newsletter) -> Mail:
    edition = newsletter.edition_in(reader_language)
    link = f"{newsletter.origin}/api/confirm?t={quote(token)}&in={edition.id}"
    templates = ("mail_confirm.txt", "mail_confirm.html")
    return reader_mail(templates, words_key, edition, newsletter, link=link)


def welcome_mail(subscriber: Subscriber, *, links: Links, newsletter: Newsletter) -> Mail:
    """To a reader who has just confirmed: that they are subscribed, and two links."""
    return _to_reader(subscriber, "mail_welcome", links, newsletter)


def moved_mail(subscriber: Subscriber, *, links: Links, newsletter: Newsletter) -> Mail:
    """To a reader at their new address: that it is in use, and the two links to keep."""
    return _to_reader(subscriber, "mail_moved", links, newsletter)


def already_mail(subscriber: Subscriber, *, links: Links, newsletter: Newsletter) -> Mail:
    """To a subscribed reader whose address signed up again: that nothing changed, and where to change it."""
    return _to_reader(subscriber, "mail_already", links, newsletter)


def link_mail(subscriber: Subscriber, *, links: Links, newsletter: Newsletter) -> Mail:
    """A fresh link to the reader's page, and the one to unsubscribe."""
    return _to_reader(subscriber, "mail_link", links, newsletter)


def _to_reader(subscriber: Subscriber, words_key: str, links: Links, newsletter: Newsletter) -> Mail:
    edition = newsletter.edition_in(subscriber.language)
    api, query = f"{newsletter.origin}/api", f"&in={edition.id}"
    leave = f"{api}/unsubscribe?t={quote(links.unsubscribe_token(subscriber.id))}{query}"
    manage = f"{api}/manage?t={quote(links.manage_token(subscriber.id, subscriber.address_id))}{query}"
    one_click = {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    templates = ("mail_reader.txt", "mail_reader.html")
    return reader_mail(templates, words_key, edition, newsletter, one_click, leave=leave, manage=manage)


def reader_mail(
    templates: tuple[str, str],
    words_key: str,
    edition: Edition,
    newsletter: Newsletter,
    headers: Mapping[str, str] | None = None,
    **values: Any,  # noqa: ANN401  # for the template
) -> Mail:
    """The mail of two templates (text, HTML), with the subject and the text under a key of the language."""
    words, accent = language(edition.language), readable_on_white(newsletter.accent)
    values |= {
        "edition": edition,
        "newsletter": newsletter,
        "words": words.words,
        "heading": words[f"{words_key}_subject"],
        "text": words[f"{words_key}_text"],
        "accent": accent,
        "accent_on_dark": readable_on_dark(accent),
    }
    return Mail(
        sender=named(edition.name, newsletter.sender),
        subject=one_line(f"{words[f'{words_key}_subject']}: {edition.name}"),
        text=fill(templates[0], **values),
        html=fill(templates[1], **values),
        reply_to=newsletter.reply_to,
        headers={"Auto-Submitted": "auto-generated", **(headers or {})},
    )

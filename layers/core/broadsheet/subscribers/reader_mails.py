"""The mails of the sign-up: short, in the reader's language, nothing in them that a visitor typed."""

from urllib.parse import quote

from broadsheet.language import language
from broadsheet.mail import Mail, named, one_line
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.colours import readable_on_dark, readable_on_white
from broadsheet.rendering.templating import fill
from broadsheet.subscribers.link_tokens import Links
from broadsheet.subscribers.subscriber import Subscriber


def confirmation_mail(token: str, reader_language: str, newsletter: Newsletter) -> Mail:
    """The mail with the link whose button begins a subscription."""
    edition = _edition(reader_language, newsletter)
    link = f"{newsletter.origin}/api/confirm?t={quote(token)}&in={edition.id}"
    templates = ("mail_confirm.txt", "mail_confirm.html")
    return _mail(edition, newsletter, templates, "mail_confirm", {}, link=link)


def welcome_mail(subscriber: Subscriber, *, links: Links, newsletter: Newsletter) -> Mail:
    """To somebody who has just confirmed: that they are subscribed, and the two links to keep."""
    return _to_reader(subscriber, "mail_welcome", links, newsletter)


def already_mail(subscriber: Subscriber, *, links: Links, newsletter: Newsletter) -> Mail:
    """To a reader whose address was entered once more: that nothing changed, and where to change it."""
    return _to_reader(subscriber, "mail_already", links, newsletter)


def link_mail(subscriber: Subscriber, *, links: Links, newsletter: Newsletter) -> Mail:
    """To a reader for whom a fresh link to their page was asked: the link, and the one to leave."""
    return _to_reader(subscriber, "mail_link", links, newsletter)


def _to_reader(subscriber: Subscriber, which: str, links: Links, newsletter: Newsletter) -> Mail:
    edition = _edition(subscriber.language, newsletter)
    api, also = f"{newsletter.origin}/api", f"&in={edition.id}"
    leave = f"{api}/unsubscribe?t={quote(links.unsubscribe_token(subscriber.id))}{also}"
    manage = f"{api}/manage?t={quote(links.manage_token(subscriber.id))}{also}"
    one_click = {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    templates = ("mail_reader.txt", "mail_reader.html")
    return _mail(edition, newsletter, templates, which, one_click, leave=leave, manage=manage)


def _mail(
    edition: Edition,
    newsletter: Newsletter,
    templates: tuple[str, str],
    which: str,
    headers: dict[str, str],
    **links: str,
) -> Mail:
    """The mail that two templates make, with the subject and the text that the language keeps for it."""
    words = language(edition.language)
    accent = readable_on_white(newsletter.accent)
    values = {
        "edition": edition,
        "newsletter": newsletter,
        "words": words.words,
        "heading": words[f"{which}_subject"],
        "told": words[f"{which}_text"],
        "accent": accent,
        "accent_on_dark": readable_on_dark(accent),
        **links,
    }
    return Mail(
        sender=named(edition.name, newsletter.sender),
        subject=one_line(f"{words[f'{which}_subject']}: {edition.name}"),
        text=fill(templates[0], **values),
        html=fill(templates[1], **values),
        reply_to=newsletter.reply_to,
        headers={"Auto-Submitted": "auto-generated", **headers},
    )


def _edition(reader_language: str, newsletter: Newsletter) -> Edition:
    editions = newsletter.editions.values()
    return next((e for e in editions if e.language == reader_language), next(iter(editions)))

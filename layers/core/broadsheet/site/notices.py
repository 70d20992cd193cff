"""Pages of a few words: notices after a form, the form again, the choice of language, 404.

They know no issue, so that the doors can show them without what issues are made with.
"""

from collections.abc import Iterable, Mapping

from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.frame import NO_ERRORS, Head, Page, alternates, framed
from broadsheet.site.templating import fill, style

NOTICES = {"check": "check-your-mail.html", "subscribed": "subscribed.html", "goodbye": "goodbye.html"}


def static_pages(newsletter: Newsletter) -> list[Page]:
    """The pages that no issue changes: choice of language, notices after a form, 404."""
    pages = [
        Page(
            "index.html",
            fill(
                "languages.html",
                newsletter=newsletter,
                editions=list(newsletter.editions.values()),
                style=style(newsletter),
            ),
        )
    ]
    for edition in newsletter.editions.values():
        words = language(edition.language)
        for name in ("check", "subscribed", "goodbye"):
            path = f"{edition.id}/{NOTICES[name]}"
            head = Head(
                edition,
                path,
                words[f"{name}_heading"],
                public=False,
                sign_up=False,
                alternates=alternates(newsletter, NOTICES[name], newsletter.editions),
            )
            pages.append(message(head, words[f"{name}_text"], newsletter))
    first = next(iter(newsletter.editions.values()))
    words = language(first.language)
    head = Head(
        first,
        "404.html",
        words["not_found_heading"],
        public=False,
        root="/",
        alternates=alternates(newsletter, "index.html", newsletter.editions),
    )
    return [*pages, message(head, words["not_found_text"], newsletter)]


def message(head: Head, text: str, newsletter: Newsletter, button: Mapping[str, str] | None = None) -> Page:
    """A page of a few words, perhaps with a button that posts."""
    return framed("message.html", head, newsletter, text=text, button=button)


def sign_up_again(
    edition: Edition, typed: str, chosen: Iterable[str], errors: Mapping[str, str], newsletter: Newsletter
) -> Page:
    """The form as it was sent, with what is wrong beside each field."""
    head = Head(edition, "api/subscribe", language(edition.language)["error_heading"], public=False)
    return framed(
        "sign_up.html", head, newsletter, typed=typed, chosen=list(chosen), errors={**NO_ERRORS, **errors}
    )

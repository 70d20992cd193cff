"""Pages of a few words that endpoints answer with, and the sign-up form again.

They know no issue, so that endpoints load nothing of what issues are made with.
"""

from collections.abc import Iterable, Mapping

from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.layout import NO_ERRORS, Page, PageHead, in_layout

NOTICES = {
    "check": "check-your-mail.html",
    "subscribed": "subscribed.html",
    "goodbye": "goodbye.html",
    "erased": "erased.html",
    "link": "link-on-its-way.html",
}


def message(
    head: PageHead,
    text: str,
    newsletter: Newsletter,
    button: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
) -> Page:
    """A page of a few words, perhaps with a button that posts, perhaps with a plainer one below it."""
    return in_layout("message.html", head, newsletter, text=text, button=button, more=more)


def sign_up_again(
    edition: Edition, typed: str, chosen: Iterable[str], errors: Mapping[str, str], newsletter: Newsletter
) -> Page:
    """The form as it was sent, with what is wrong beside each field."""
    head = PageHead(edition, "api/subscribe", language(edition.language)["error_heading"], public=False)
    return in_layout(
        "sign_up.html", head, newsletter, typed=typed, chosen=list(chosen), errors={**NO_ERRORS, **errors}
    )

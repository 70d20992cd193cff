"""Pages of a few words: notices after a form, the form again, the choice of language, 404.

They know no issue, so that the doors can show them without what issues are made with.
"""

from collections.abc import Iterable, Mapping

from broadsheet.http import HTML, PADDED_TO_BYTES, padded
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.templating import fill
from broadsheet.site.assets import favicon, style_sheet
from broadsheet.site.frame import NO_ERRORS, Head, Page, alternates, framed
from broadsheet.site.social import card_image

NOTICES = {
    "check": "check-your-mail.html",
    "subscribed": "subscribed.html",
    "goodbye": "goodbye.html",
    "erased": "erased.html",
    "link": "link-on-its-way.html",
}


def static_pages(newsletter: Newsletter) -> list[Page]:
    """The pages that no issue changes: choice of language, about, privacy, notices after a form, 404."""
    from broadsheet.site.about import about_page  # noqa: PLC0415  # reads Markdown: dear to the doors
    from broadsheet.site.privacy import privacy_page  # noqa: PLC0415  # long, and no door shows it

    pages = [_choice_of_language(newsletter)]
    for edition in newsletter.editions.values():
        pages += [about_page(edition, newsletter), privacy_page(edition, newsletter)]
        pages += [_after_a_form(name, edition, newsletter) for name in NOTICES]
    return [*pages, _not_found(newsletter)]


def message(
    head: Head,
    text: str,
    newsletter: Newsletter,
    button: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
) -> Page:
    """A page of a few words, perhaps with a button that posts, perhaps with a plainer one below it."""
    return framed("message.html", head, newsletter, text=text, button=button, more=more)


def sign_up_again(
    edition: Edition, typed: str, chosen: Iterable[str], errors: Mapping[str, str], newsletter: Newsletter
) -> Page:
    """The form as it was sent, with what is wrong beside each field."""
    head = Head(edition, "api/subscribe", language(edition.language)["error_heading"], public=False)
    return framed(
        "sign_up.html", head, newsletter, typed=typed, chosen=list(chosen), errors={**NO_ERRORS, **errors}
    )


def _after_a_form(name: str, edition: Edition, newsletter: Newsletter) -> Page:
    words = language(edition.language)
    head = Head(
        edition,
        f"{edition.id}/{NOTICES[name]}",
        words[f"{name}_heading"],
        public=False,
        sign_up=False,
        alternates=alternates(newsletter, NOTICES[name], newsletter.editions),
    )
    page = message(head, words[f"{name}_text"], newsletter)
    return Page(page.path, padded(page.html, PADDED_TO_BYTES[HTML]))


def _choice_of_language(newsletter: Newsletter) -> Page:
    editions = list(newsletter.editions.values())
    html = fill(
        "languages.html",
        newsletter=newsletter,
        editions=editions,
        names={a.edition.id: a.name for a in alternates(newsletter, "index.html", newsletter.editions)},
        image=card_image(editions[0], newsletter),
        style=style_sheet(newsletter),
        icon=favicon(newsletter),
    )
    return Page("index.html", html)


def _not_found(newsletter: Newsletter) -> Page:
    """In every edition's language, for nobody knows in which one the lost page was."""
    first = next(iter(newsletter.editions.values()))
    head = Head(
        first,
        "404.html",
        language(first.language)["not_found_heading"],
        public=False,
        root="/",
        alternates=alternates(newsletter, "index.html", newsletter.editions),
    )
    parts = [(edition, language(edition.language).words) for edition in newsletter.editions.values()]
    return framed("not_found.html", head, newsletter, parts=parts)

"""The pages that no issue changes: choice of language, about, privacy, notices after a form, 404."""

from broadsheet.http import HTML, PADDED_TO_BYTES, padded
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.templating import fill
from broadsheet.site.about import about_page
from broadsheet.site.assets import favicon, style_sheet
from broadsheet.site.layout import Page, PageHead, alternates, in_layout
from broadsheet.site.privacy import privacy_page
from broadsheet.site.responses import NOTICES, message
from broadsheet.site.social import card_image


def static_pages(newsletter: Newsletter) -> list[Page]:
    """The pages that no issue changes: choice of language, about, privacy, notices after a form, 404."""
    pages = [_choice_of_language(newsletter)]
    for edition in newsletter.editions.values():
        pages += [about_page(edition, newsletter), privacy_page(edition, newsletter)]
        pages += [_after_a_form(name, edition, newsletter) for name in NOTICES]
    return [*pages, _not_found(newsletter)]


def _after_a_form(name: str, edition: Edition, newsletter: Newsletter) -> Page:
    words = language(edition.language)
    head = PageHead(
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
    head = PageHead(
        first,
        "404.html",
        language(first.language)["not_found_heading"],
        public=False,
        root="/",
        alternates=alternates(newsletter, "index.html", newsletter.editions),
    )
    parts = [(edition, language(edition.language).words) for edition in newsletter.editions.values()]
    return in_layout("not_found.html", head, newsletter, parts=parts)

"""The pages that no issue changes: choice of language, about, privacy, notices after a form, 404."""

from functools import partial

from broadsheet.content.autolinks import with_addresses
from broadsheet.content.findings import Findings
from broadsheet.content.markdown import parse
from broadsheet.http import HTML, PADDED_TO_BYTES, padded
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.html import to_html
from broadsheet.rendering.links import relative_on_site
from broadsheet.rendering.templating import fill
from broadsheet.site.assets import favicon, style_sheet
from broadsheet.site.layout import Page, PageHead, alternates, edition_head, in_layout
from broadsheet.site.privacy import privacy_page
from broadsheet.site.responses import NOTICES, message_page
from broadsheet.site.social import card_image


def static_pages(newsletter: Newsletter) -> list[Page]:
    """All of these pages."""
    pages = [_language_choice_page(newsletter)]
    for edition in newsletter.editions.values():
        pages += [about_page(edition, newsletter), privacy_page(edition, newsletter)]
        pages += [_notice_page(name, edition, newsletter) for name in NOTICES]
    return [*pages, _not_found_page(newsletter)]


def about_page(edition: Edition, newsletter: Newsletter) -> Page:
    """What `newsletter.toml` says about the edition (`about`, else `description`), and its feeds."""
    words = language(edition.language)
    head = edition_head(edition, "about.html", words["about"], newsletter)
    text = to_html(
        with_addresses(Findings("about"), parse(edition.about or edition.description)),
        prefix="about",
        link=partial(relative_on_site, origin=newsletter.origin, root=head.rooted()),
        below=1,
        wide=words["wide_part"],
        back=words["back_to_text"],
    )
    folder = f"{newsletter.origin}/{edition.id}"
    feeds = [("Atom", f"{folder}/feed.xml"), ("JSON Feed", f"{folder}/feed.json")]
    return in_layout("about.html", head, newsletter, text=text, feeds=feeds)


def _notice_page(name: str, edition: Edition, newsletter: Newsletter) -> Page:
    words, file = language(edition.language), NOTICES[name]
    others = alternates(newsletter, file, newsletter.editions)
    heading, text = words[f"{name}_heading"], words[f"{name}_text"]
    page = message_page(edition, f"{edition.id}/{file}", heading, text, newsletter, alternates=others)
    return Page(page.path, padded(page.html, PADDED_TO_BYTES[HTML]))


def _language_choice_page(newsletter: Newsletter) -> Page:
    editions = list(newsletter.editions.values())
    html = fill(
        "languages.html",
        newsletter=newsletter,
        editions=editions,
        words={edition.id: language(edition.language).words for edition in editions},
        names={a.edition.id: a.name for a in alternates(newsletter, "index.html", newsletter.editions)},
        image=card_image(editions[0], newsletter),
        style=style_sheet(newsletter.accent),
        icon=favicon(newsletter.accent, newsletter.name),
    )
    return Page("index.html", html)


def _not_found_page(newsletter: Newsletter) -> Page:
    """In every edition's language, for the language of the missing page is unknown."""
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

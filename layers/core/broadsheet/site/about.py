"""The page about an edition: who writes, how a trend is marked, where the feeds are."""

from functools import partial

from broadsheet.content.autolinks import with_addresses
from broadsheet.content.findings import Findings
from broadsheet.content.markdown import parse
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.html import to_html
from broadsheet.rendering.links import within
from broadsheet.site.layout import Page, PageHead, alternates, in_layout
from broadsheet.site.social import Social, card_image


def about_page(edition: Edition, newsletter: Newsletter) -> Page:
    """What `newsletter.toml` says under `about`, else the description."""
    words = language(edition.language)
    head = PageHead(
        edition,
        f"{edition.id}/about.html",
        words["about"],
        edition.description,
        alternates(newsletter, "about.html", newsletter.editions),
        social=Social("website", card_image(edition, newsletter)),
    )
    text = to_html(
        with_addresses(Findings("about"), parse(edition.about or edition.description)),
        prefix="about",
        link=partial(within, origin=newsletter.origin, root=head.rooted()),
        below=1,
        wide=words["wide_part"],
        back=words["back_to_text"],
    )
    place = f"{newsletter.origin}/{edition.id}"
    feeds = [("Atom", f"{place}/feed.xml"), ("JSON Feed", f"{place}/feed.json")]
    return in_layout("about.html", head, newsletter, text=text, feeds=feeds)

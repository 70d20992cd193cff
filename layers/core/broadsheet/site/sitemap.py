"""Sitemaps, one for each year so that an issue changes only one, and robots.txt.

Source: sitemaps.org protocol 0.9; `xhtml:link` alternates as Google Search documents them.
"""

from html import escape

from broadsheet.archive.register import Record
from broadsheet.characters import refuse_control
from broadsheet.newsletter import Newsletter
from broadsheet.site.layout import Page
from broadsheet.site.social import stamp

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_LINKS = 'xmlns:xhtml="http://www.w3.org/1999/xhtml"'


def sitemap_index(years: list[int], newsletter: Newsletter) -> Page:
    """The index of the sitemaps."""
    names = ["pages", *(str(year) for year in years)]
    entries = "".join(
        f"<sitemap><loc>{escape(newsletter.origin)}/sitemaps/{name}.xml</loc></sitemap>\n" for name in names
    )
    return Page("sitemap.xml", f"{_HEAD}<sitemapindex {_NAMES}>\n{entries}</sitemapindex>\n")


def sitemap_pages(newsletter: Newsletter) -> Page:
    """The pages that always exist: homes, about, privacy, topics, archives."""
    names = ["archive/index.html", "about.html", "privacy.html"]
    if newsletter.topics:
        names += ["topics/index.html", *(f"topics/{topic.id}/index.html" for topic in newsletter.topics)]
    whole = list(newsletter.editions)
    urls = [_url("index.html", "", {}, newsletter)]
    urls += _urls("index.html", dict.fromkeys(whole, ""), newsletter, default="index.html")
    for name in names:
        urls += _urls(name, dict.fromkeys(whole, ""), newsletter)
    return Page("sitemaps/pages.xml", _urlset(urls))


def sitemap_year(year: int, records: list[Record], newsletter: Newsletter) -> Page:
    """The issues of a year and their commentaries, in all public editions."""
    urls = []
    for record in records:
        public = {e: record.public[e] for e in newsletter.editions if e in record.public}
        changed = {edition: stamp(published.changed_at) for edition, published in public.items()}
        urls += _urls(f"{record.issue}/index.html", changed, newsletter)
        for name in dict.fromkeys(name for published in public.values() for name in published.names):
            has = {e: changed[e] for e, published in public.items() if name in published.names}
            urls += _urls(f"{record.issue}/{name}.html", has, newsletter)
    return Page(f"sitemaps/{year}.xml", _urlset(urls))


def robots(newsletter: Newsletter) -> Page:
    """Allows everything but the API; names the sitemap."""
    text = f"User-agent: *\nDisallow: /api/\n\nSitemap: {newsletter.origin}/sitemap.xml\n"
    return Page("robots.txt", text)


def _urls(name: str, has: dict[str, str], newsletter: Newsletter, default: str = "") -> list[str]:
    """The same page in each edition of `has` (edition to its last change), with all of them as alternates."""
    paths = {newsletter.editions[edition].language: f"{edition}/{name}" for edition in has}
    links = paths | {"x-default": default or next(iter(paths.values()), "")}
    return [_url(f"{edition}/{name}", changed, links, newsletter) for edition, changed in has.items()]


def _url(path: str, changed: str, links: dict[str, str], newsletter: Newsletter) -> str:
    origin = escape(newsletter.origin)
    lastmod = f"<lastmod>{changed}</lastmod>" if changed else ""
    alternates = "".join(
        f'\n<xhtml:link rel="alternate" hreflang="{escape(code)}" href="{origin}/{escape(other)}"/>'
        for code, other in links.items()
    )
    return f"<url><loc>{origin}/{escape(path)}</loc>{lastmod}{alternates}</url>\n"


def _urlset(urls: list[str]) -> str:
    return refuse_control(f"{_HEAD}<urlset {_NAMES} {_LINKS}>\n{''.join(urls)}</urlset>\n")

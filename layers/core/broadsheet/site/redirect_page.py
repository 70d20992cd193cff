"""The page at an old address: leads on to the new one, on sites that are files."""

from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.templating import fill
from broadsheet.site.assets import style_sheet
from broadsheet.site.layout import Page


def redirect_page(path: str, target: str, newsletter: Newsletter) -> Page:
    """The page at `path` that leads to the page at `target`, in its language; both are files' paths."""
    edition = _edition(target, newsletter)
    root = "../" * path.count("/")
    html = fill(
        "redirect.html",
        edition=edition,
        newsletter=newsletter,
        root=root,
        target=target,
        link=root + target,
        words=language(edition.language).words,
        style=style_sheet(newsletter.accent),
    )
    return Page(path, html)


def _edition(target: str, newsletter: Newsletter) -> Edition:
    """The edition of a page, else the first."""
    editions = newsletter.editions
    return editions.get(target.partition("/")[0]) or next(iter(editions.values()))

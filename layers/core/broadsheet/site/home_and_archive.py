"""An edition's home page and its archive."""

from typing import Any

from markupsafe import Markup

from broadsheet.archive.register import PublishedEdition, Record
from broadsheet.content.issue import Issue
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.images import OPENING, images_of
from broadsheet.site.layout import Page, edition_head, in_layout
from broadsheet.site.social import linked_data, periodical


def home(edition: Edition, newest: list[Record], newsletter: Newsletter, latest: Issue | None = None) -> Page:
    """An edition's home page: its description, the latest issue, the sign-up form, the issues before it.

    `latest` is the text of the latest issue, whose first picture is shown; None if it can't be read any more.
    """
    fields = periodical(edition, newsletter) | {"description": edition.description}
    head = edition_head(
        edition, "index.html", edition.name, newsletter, linked=linked_data(fields), x_default="index.html"
    )
    lines = _lines(newest, edition)
    cover = _cover(lines[0]["published"], latest, edition, newsletter) if lines and latest else None
    return in_layout("home.html", head, newsletter, lines=lines, cover=cover)


def archive(
    edition: Edition, year: int | None, records: list[Record], years: list[int], newsletter: Newsletter
) -> Page:
    """The issues of a year.

    The index (`year` None) has the newest year's issues and links to all `years`; a year's page links only to
    the index, so that a new year changes none of the others.
    """
    words = language(edition.language)
    name = f"archive/{year or 'index'}.html"
    title = words["archive"] if year is None else f"{words['archive']} {year}"
    has = None if year is None else [edition.id]
    head = edition_head(edition, name, title, newsletter, has=has, otherwise="archive/index.html")
    return in_layout(
        "archive.html", head, newsletter, lines=_lines(records, edition), years=years, current=year
    )


def _cover(
    published: PublishedEdition, issue: Issue, edition: Edition, newsletter: Newsletter
) -> Markup | None:
    """The first picture of an issue that the site has, with its caption."""
    shown = (picture for picture in issue.illustrations() if picture.source in published.pictures)
    if (first := next(shown, None)) is None:
        return None
    images = images_of(published.pictures, "../", edition, newsletter)
    html = images.figure(first.source, first.alt, first.caption, first=True, sizes=OPENING)
    return Markup(html)  # noqa: S704  # escaped by `Images`


def _lines(records: list[Record], edition: Edition) -> list[dict[str, Any]]:
    """The values of each issue that this edition has, for lists."""
    week = language(edition.language).week
    found = ((record.issue, record.public.get(edition.id)) for record in records)
    return [
        {"issue": issue, "published": published, "week": week(published.first_day, published.last_day)}
        for issue, published in found
        if published
    ]

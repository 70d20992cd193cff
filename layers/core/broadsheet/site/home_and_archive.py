"""The pages of issues: an edition's home, its archive, and those of each issue."""

from typing import Any

from broadsheet.archive.register import Record
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.issue_pages import issue_pages, withdrawn_pages
from broadsheet.site.layout import Page, PageHead, alternates, in_layout
from broadsheet.site.social import Social, card_image, linked_data, periodical

__all__ = ["archive", "home", "issue_pages", "withdrawn_pages"]


def home(edition: Edition, newest: list[Record], newsletter: Newsletter) -> Page:
    """An edition's front page: what it is, the latest week in full, those before it, the way to all."""
    fields = periodical(edition, newsletter) | {"description": edition.description}
    head = PageHead(
        edition,
        f"{edition.id}/index.html",
        edition.name,
        edition.description,
        alternates(newsletter, "index.html", newsletter.editions),
        social=Social("website", card_image(edition, newsletter), linked=linked_data(fields)),
        x_default="index.html",
    )
    return in_layout("home.html", head, newsletter, lines=_lines(newest, edition))


def archive(
    edition: Edition, year: int | None, records: list[Record], years: list[int], newsletter: Newsletter
) -> Page:
    """The issues of a year.

    The head page (`year` None) shows the newest year's and leads to all `years`; a year's page leads to the
    head page alone, so that a new year changes none of the others.
    """
    words = language(edition.language)
    name = f"archive/{year or 'index'}.html"
    has = newsletter.editions if year is None else [edition.id]
    head = PageHead(
        edition,
        f"{edition.id}/{name}",
        words["archive"] if year is None else f"{words['archive']} {year}",
        edition.description,
        alternates(newsletter, name, has, otherwise="archive/index.html"),
        social=Social("website", card_image(edition, newsletter)),
    )
    return in_layout(
        "archive.html", head, newsletter, lines=_lines(records, edition), years=years, current=year
    )


def _lines(records: list[Record], edition: Edition) -> list[dict[str, Any]]:
    """What lists show of the issues that this edition has."""
    week = language(edition.language).week
    found = ((record.issue, record.public.get(edition.id)) for record in records)
    return [
        {"issue": issue, "entry": entry, "week": week(entry.first_day, entry.last_day)}
        for issue, entry in found
        if entry
    ]

"""The pages of issues: each is a function of the newsletter, of one issue or of what the register lists."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import escape

from broadsheet.issues.issue import Commentary, Issue, Picture
from broadsheet.issues.register import Record
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.frame import Head, Page, alternates, framed
from broadsheet.site.html import Pictures, to_html

COMMENTARY_HEADING_RAISE = 2


@dataclass(frozen=True)
class Shown:
    """A picture as the site holds it."""

    path: str
    width: int = 0
    height: int = 0


def home(edition: Edition, newest: list[Record], newsletter: Newsletter) -> Page:
    """An edition's front page: what it is, the latest week in full, those before it, the way to all."""
    head = Head(
        edition,
        f"{edition.id}/index.html",
        edition.name,
        edition.description,
        alternates(newsletter, "index.html", newsletter.editions),
    )
    return framed("home.html", head, newsletter, lines=[_line(record, edition) for record in newest])


def archive(
    edition: Edition, year: int | None, records: list[Record], years: list[int], newsletter: Newsletter
) -> Page:
    """The issues of a year; the head page (`year` None) shows the newest year and leads to the others."""
    words = language(edition.language)
    name = f"archive/{year or 'index'}.html"
    title = words["archive"] if year is None else f"{words['archive']} {year}"
    head = Head(
        edition,
        f"{edition.id}/{name}",
        title,
        edition.description,
        alternates(newsletter, name if year is None else "archive/index.html", newsletter.editions),
    )
    lines = [_line(record, edition) for record in records]
    return framed("archive.html", head, newsletter, lines=lines, years=years, current=year)


def issue_pages(
    issue: Issue,
    published: Mapping[str, Collection[str]],
    pictures: Mapping[str, Shown],
    newsletter: Newsletter,
) -> list[Page]:
    """The page of an issue and one for each commentary.

    `published` maps the editions that have this issue to the names of their commentaries; `pictures` maps
    sources to what the site holds.
    """

    def show(source: str, alt: str, caption: str) -> str:
        return _figure(pictures[source], alt, caption) if source in pictures else str(escape(caption or alt))

    return [
        _issue_page(issue, published, show, newsletter),
        *(
            _commentary_page(issue, piece, published, show, _beside(piece, pictures), newsletter)
            for piece in issue.commentaries
        ),
    ]


def _issue_page(issue: Issue, has: Collection[str], show: Pictures, newsletter: Newsletter) -> Page:
    edition = newsletter.editions[issue.edition]
    name = f"{issue.id}/index.html"
    head = Head(
        edition, f"{edition.id}/{name}", issue.title, issue.summary, alternates(newsletter, name, has)
    )
    raised = 1 if issue.commentaries else 0
    intro = to_html(issue.intro, prefix="intro", pictures=show, raise_headings=raised) if issue.intro else ""
    return framed(
        "issue.html",
        head,
        newsletter,
        issue=issue,
        week=_week(issue, edition),
        intro=intro,
        pieces=issue.commentaries,
    )


def _commentary_page(
    issue: Issue,
    piece: Commentary,
    published: Mapping[str, Collection[str]],
    show: Pictures,
    beside: dict[str, Any] | None,
    newsletter: Newsletter,
) -> Page:
    edition = newsletter.editions[issue.edition]
    name = f"{issue.id}/{piece.name}.html"
    has = [other for other, names in published.items() if piece.name in names]
    switch = tuple(
        replace(other, path=f"{other.edition.id}/{issue.id}/index.html")
        if other.edition.id in published and not other.exact
        else other
        for other in alternates(newsletter, name, has)
    )
    head = Head(edition, f"{edition.id}/{name}", piece.headline, piece.summary, switch)
    text = to_html(piece.blocks, prefix=piece.name, pictures=show, raise_headings=COMMENTARY_HEADING_RAISE)
    return framed(
        "commentary.html",
        head,
        newsletter,
        piece=piece,
        week=_week(issue, edition),
        text=text,
        issue_title=issue.title,
        picture=beside,
    )


def _week(issue: Issue, edition: Edition) -> str:
    return language(edition.language).week(issue.first_day, issue.last_day)


def _beside(piece: Commentary, pictures: Mapping[str, Shown]) -> dict[str, Any] | None:
    picture: Picture | None = piece.picture
    if picture is None or picture.source not in pictures:
        return None
    shown = pictures[picture.source]
    return {
        "path": shown.path,
        "alt": picture.alt,
        "caption": picture.caption,
        "width": shown.width,
        "height": shown.height,
    }


def _figure(shown: Shown, alt: str, caption: str) -> str:
    size = f' width="{shown.width}" height="{shown.height}"' if shown.width else ""
    image = f'<img src="../../{escape(shown.path)}" alt="{escape(alt)}"{size}>'
    return f"{image} <em>{escape(caption)}</em>" if caption else image


def _line(record: Record, edition: Edition) -> dict[str, Any]:
    entry = record.editions[edition.id]
    week = language(edition.language).week(entry.first_day, entry.last_day)
    return {"issue": record.issue, "entry": entry, "week": week}

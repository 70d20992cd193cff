"""The pages: each is a function of the newsletter, of one issue or of what the register lists.

Navigation and assets are relative, so that a copy works anywhere; canonical addresses and the form's
action lead to the official origin.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from broadsheet.issues.issue import Commentary, Issue, Picture
from broadsheet.issues.register import Record
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.html import to_html
from broadsheet.site.templating import fill, style

COMMENTARY_HEADING_RAISE = 2


@dataclass(frozen=True)
class Page:
    """A finished page at a path of the site."""

    path: str
    html: str


@dataclass(frozen=True)
class Shown:
    """A picture as the site holds it."""

    path: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Alternate:
    """Where the language switch leads; `exact` if that is the same thing in the other language."""

    edition: Edition
    path: str
    exact: bool

    @property
    def name(self) -> str:
        """What the switch shows."""
        return self.edition.language.upper()


@dataclass(frozen=True)
class Head:
    """What every page's frame needs."""

    edition: Edition
    path: str
    title: str
    description: str = ""
    alternates: tuple[Alternate, ...] = ()
    public: bool = True
    sign_up: bool = True
    root: str = ""

    def rooted(self) -> str:
        """The way from this page to the site's root."""
        return self.root or "../" * self.path.count("/")


def static_pages(newsletter: Newsletter) -> list[Page]:
    """The pages that no issue changes: choice of language, notices after a form, 404."""
    pages = [
        Page(
            "index.html",
            fill(
                "languages.html",
                newsletter=newsletter,
                editions=list(newsletter.editions.values()),
                style=style(newsletter),
            ),
        )
    ]
    for edition in newsletter.editions.values():
        words = language(edition.language)
        for name in ("check", "subscribed", "goodbye"):
            path = f"{edition.id}/{NOTICES[name]}"
            head = Head(
                edition,
                path,
                words[f"{name}_heading"],
                public=False,
                sign_up=False,
                alternates=_alternates(newsletter, NOTICES[name], newsletter.editions),
            )
            pages.append(message(head, words[f"{name}_text"], newsletter))
    first = next(iter(newsletter.editions.values()))
    words = language(first.language)
    head = Head(
        first,
        "404.html",
        words["not_found_heading"],
        public=False,
        root="/",
        alternates=_alternates(newsletter, "index.html", newsletter.editions),
    )
    return [*pages, message(head, words["not_found_text"], newsletter)]


_NO_ERRORS = {"email": "", "audience": ""}
NOTICES = {"check": "check-your-mail.html", "subscribed": "subscribed.html", "goodbye": "goodbye.html"}


def message(head: Head, text: str, newsletter: Newsletter, button: Mapping[str, str] | None = None) -> Page:
    """A page of a few words, perhaps with a button that posts."""
    return _page("message.html", head, newsletter, text=text, button=button)


def sign_up_again(
    edition: Edition, typed: str, chosen: Iterable[str], errors: Mapping[str, str], newsletter: Newsletter
) -> Page:
    """The form as it was sent, with what is wrong beside each field."""
    head = Head(edition, "api/subscribe", language(edition.language)["error_heading"], public=False)
    return _page(
        "sign_up.html", head, newsletter, typed=typed, chosen=list(chosen), errors={**_NO_ERRORS, **errors}
    )


def home(edition: Edition, latest: Record | None, newsletter: Newsletter) -> Page:
    """An edition's front page: what it is, the latest week, the way to all others."""
    head = Head(
        edition,
        f"{edition.id}/index.html",
        edition.name,
        edition.description,
        _alternates(newsletter, "index.html", newsletter.editions),
    )
    return _page("home.html", head, newsletter, latest=_line(latest, edition) if latest else None)


def archive(
    edition: Edition, year: int | None, records: list[Record], years: range, newsletter: Newsletter
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
        _alternates(newsletter, name if year is None else "archive/index.html", newsletter.editions),
    )
    lines = [_line(record, edition) for record in records]
    return _page("archive.html", head, newsletter, lines=lines, years=list(reversed(years)), current=year)


def issue_pages(
    issue: Issue, published: Iterable[str], pictures: Mapping[str, Shown], newsletter: Newsletter
) -> list[Page]:
    """The page of an issue and one for each commentary.

    `published` names the editions that have this issue; `pictures` maps sources to what the site holds.
    """
    edition = newsletter.editions[issue.edition]
    words = language(edition.language)
    week = words.week(issue.first_day, issue.last_day)
    has = frozenset(published)
    folder = f"{edition.id}/{issue.id}"

    def show(source: str, alt: str, caption: str) -> str:
        return _figure(pictures[source], alt, caption) if source in pictures else str(escape(caption or alt))

    head = Head(
        edition,
        f"{folder}/index.html",
        issue.title,
        issue.summary,
        _alternates(newsletter, f"{issue.id}/index.html", has),
    )
    raised = 0 if not issue.commentaries else COMMENTARY_HEADING_RAISE
    intro = (
        to_html(issue.intro, prefix="intro", pictures=show, raise_headings=min(raised, 1))
        if issue.intro
        else ""
    )
    pages = [
        _page("issue.html", head, newsletter, issue=issue, week=week, intro=intro, pieces=issue.commentaries)
    ]
    for piece in issue.commentaries:
        name = f"{issue.id}/{piece.name}.html"
        head = Head(
            edition, f"{edition.id}/{name}", piece.headline, piece.summary, _alternates(newsletter, name, has)
        )
        text = to_html(
            piece.blocks, prefix=piece.name, pictures=show, raise_headings=COMMENTARY_HEADING_RAISE
        )
        pages.append(
            _page(
                "commentary.html",
                head,
                newsletter,
                piece=piece,
                week=week,
                text=text,
                issue_title=issue.title,
                picture=_beside(piece, pictures),
            )
        )
    return pages


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


def _page(template: str, head: Head, newsletter: Newsletter, **values: Any) -> Page:  # noqa: ANN401 - for templates
    edition = head.edition
    frame = {
        "edition": edition,
        "path": head.path,
        "title": head.title,
        "description": head.description,
        "alternates": head.alternates,
        "public": head.public,
        "sign_up": head.sign_up,
        "root": head.rooted(),
    }
    html = fill(
        template,
        **{"errors": _NO_ERRORS, "chosen": _usual_choice(edition, newsletter), "typed": "", **values},
        page=frame,
        newsletter=newsletter,
        words=language(edition.language).words,
        topics={topic.id: topic.names[edition.id] for topic in newsletter.topics},
        trends={None: None} | {trend.id: trend for trend in newsletter.trends},
        style=style(newsletter),
    )
    return Page(head.path, html)


def _usual_choice(edition: Edition, newsletter: Newsletter) -> list[str]:
    """The audience that a reader of this edition most likely wants: checked in the form."""
    return [a.id for a in newsletter.audiences if edition.id in a.editions][:1]


def _line(record: Record, edition: Edition) -> dict[str, Any]:
    entry = record.editions[edition.id]
    week = language(edition.language).week(entry.first_day, entry.last_day)
    return {"issue": record.issue, "entry": entry, "week": week}


def _alternates(newsletter: Newsletter, name: str, has: Iterable[str]) -> tuple[Alternate, ...]:
    """The same page in each edition that has it, else that edition's front page."""
    there = frozenset(has)
    return tuple(
        Alternate(
            edition, f"{edition.id}/{name if edition.id in there else 'index.html'}", edition.id in there
        )
        for edition in newsletter.editions.values()
    )

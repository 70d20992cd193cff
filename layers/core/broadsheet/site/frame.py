"""The frame around every page: its head, the language switch, the sign-up form at its foot.

Navigation and assets are relative, so that a copy works anywhere; canonical addresses and the form's
action lead to the official origin.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.templating import fill, style

NO_ERRORS = {"email": "", "audience": ""}


@dataclass(frozen=True)
class Page:
    """A finished page at a path of the site."""

    path: str
    html: str


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


def framed(template: str, head: Head, newsletter: Newsletter, **values: Any) -> Page:  # noqa: ANN401  # for templates
    """The page that a template makes of these values, within the frame."""
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
        **{"errors": NO_ERRORS, "chosen": _usual_choice(edition, newsletter), "typed": "", **values},
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


def alternates(newsletter: Newsletter, name: str, has: Iterable[str]) -> tuple[Alternate, ...]:
    """The same page in each edition that has it, else that edition's front page."""
    there = frozenset(has)
    return tuple(
        Alternate(
            edition, f"{edition.id}/{name if edition.id in there else 'index.html'}", edition.id in there
        )
        for edition in newsletter.editions.values()
    )

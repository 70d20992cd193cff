"""The layout of every page: its head, the language switch, the sign-up form at its foot.

Navigation and assets are relative, so that a copy works anywhere; canonical addresses, feeds and the form's
action lead to the official origin.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from broadsheet.language import FALLBACK, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.templating import fill
from broadsheet.site.assets import favicon, style_sheet
from broadsheet.site.social import Social

_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "ur", "yi"}
NO_ERRORS = {"email": "", "audience": ""}


@dataclass(frozen=True)
class Page:
    """A finished page at a path of the site; for feeds and the like, `html` is simply the object's text."""

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
        """What the switch shows: the language's own name for itself."""
        code = self.edition.language
        name = language(code)["language_name"]
        borrowed = code != FALLBACK and name == language(FALLBACK)["language_name"]
        return code.upper() if borrowed else name


@dataclass(frozen=True)
class PageHead:
    """What the layout needs of a page. A page that is not `public` stays out of search engines."""

    edition: Edition
    path: str
    title: str
    description: str = ""
    alternates: tuple[Alternate, ...] = ()
    public: bool = True
    sign_up: bool = True
    root: str = ""
    social: Social | None = None
    draft: bool = False
    x_default: str = ""

    def rooted(self) -> str:
        """The way from this page to the site's root."""
        return self.root or "../" * self.path.count("/")

    def direction(self) -> str:
        """How the edition's script runs, where that is not from left to right."""
        return "rtl" if self.edition.language.split("-")[0] in _RIGHT_TO_LEFT else ""

    @staticmethod
    def locale(edition: Edition) -> str:
        """An edition's language as OpenGraph wants it."""
        return language(edition.language).opengraph

    def others(self) -> tuple[Alternate, ...]:
        """The same page in the editions that have it, this one included, for search engines."""
        return tuple(other for other in self.alternates if other.exact) if self.public else ()

    def default(self) -> str:
        """Where a reader of any other language is sent: the path named so, else the first edition's."""
        return self.x_default or next((other.path for other in self.others()), "")


def in_layout(template: str, head: PageHead, newsletter: Newsletter, **values: Any) -> Page:  # noqa: ANN401  # for templates
    """The page that a template renders of these values, in the layout."""
    edition = head.edition
    given: dict[str, Any] = {"errors": NO_ERRORS, "chosen": _usual_choice(edition, newsletter), "typed": ""}
    html = fill(
        template,
        **(given | values),
        page=head,
        edition=edition,
        root=head.rooted(),
        newsletter=newsletter,
        words=language(edition.language).words,
        topics={topic.id: topic.names[edition.id] for topic in newsletter.topics},
        trends={trend.id: trend for trend in newsletter.trends},
        style=style_sheet(newsletter),
        icon=favicon(newsletter),
    )
    return Page(head.path, html)


def alternates(
    newsletter: Newsletter, name: str, has: Iterable[str], otherwise: str = "index.html"
) -> tuple[Alternate, ...]:
    """The same page in each edition that has it, else that edition's page `otherwise`."""
    there = frozenset(has)
    return tuple(
        Alternate(edition, f"{edition.id}/{name if edition.id in there else otherwise}", edition.id in there)
        for edition in newsletter.editions.values()
    )


def _usual_choice(edition: Edition, newsletter: Newsletter) -> list[str]:
    """The audience that a reader of this edition most likely wants: checked in the form."""
    return [a.id for a in newsletter.audiences if edition.id in a.editions][:1]

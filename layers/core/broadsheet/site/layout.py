"""The layout of every page: its head, the language switch, the sign-up form in its footer.

Links to pages and assets are relative, so that a copy works anywhere; canonical addresses, feeds and the
form's action have the newsletter's origin.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from markupsafe import Markup

from broadsheet.language import FALLBACK, language
from broadsheet.newsletter import Audience, Edition, Newsletter
from broadsheet.rendering.templating import fill
from broadsheet.site.assets import favicon, style_sheet
from broadsheet.site.social import Social, card_image

_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "ur", "yi"}
_MARKED = {"index.html", "topics/index.html", "archive/index.html", "about.html", "privacy.html"}
NO_ERRORS = {"email": "", "audience": ""}


@dataclass(frozen=True)
class Page:
    """A rendered page and its path on the site; for feeds and other objects `html` is their text."""

    path: str
    html: str


@dataclass(frozen=True)
class Alternate:
    """A target of the language switch; `exact` if it is the same page in the other language."""

    edition: Edition
    path: str
    exact: bool

    @property
    def name(self) -> str:
        """The language's own name for itself, as the switch shows it."""
        code = self.edition.language
        name = language(code)["language_name"]
        borrowed = code != FALLBACK and name == language(FALLBACK)["language_name"]
        return code.upper() if borrowed else name


@dataclass(frozen=True)
class PageHead:
    """The values of a page that the layout needs. Search engines must not list it unless it is `public`."""

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
        """The relative path from this page to the site's root."""
        return self.root or "../" * self.path.count("/")

    def direction(self) -> str:
        """The direction of the edition's script if it is not left to right."""
        return "rtl" if self.edition.language.split("-")[0] in _RIGHT_TO_LEFT else ""

    @staticmethod
    def locale(edition: Edition) -> str:
        """An edition's locale in OpenGraph."""
        return language(edition.language).opengraph

    @cached_property
    def others(self) -> tuple[Alternate, ...]:
        """The same page in the editions that have it, this one included, for search engines."""
        return tuple(other for other in self.alternates if other.exact) if self.public else ()

    def default(self) -> str:
        """The path for readers of other languages: `x_default`, else the page of the first edition."""
        return self.x_default or next((other.path for other in self.others), "")


def in_layout(template: str, head: PageHead, newsletter: Newsletter, **values: Any) -> Page:  # noqa: ANN401  # for templates
    """The page that a template renders with these values, in the layout.

    In the sign-up form the audience that suits this edition is checked. Only parts of pages whose form is
    empty are kept for others: no page shows what was typed on another.
    """
    edition = head.edition
    usual = newsletter.usual_audience(edition.id)
    usual_choice = [usual.id] if usual else []
    given: dict[str, Any] = {"errors": NO_ERRORS, "chosen": usual_choice, "typed": "", "meant": ""}
    html = fill(
        template,
        **(given | values),
        once=_as_it_is if given.keys() & values.keys() else partial(_once, head, newsletter),
        page=head,
        edition=edition,
        root=head.rooted(),
        newsletter=newsletter,
        words=language(edition.language).words,
        choices=[(a, _what_comes(a, edition, newsletter)) for a in newsletter.audiences],
        topics={topic.id: topic.names[edition.id] for topic in newsletter.topics},
        trends={trend.id: trend for trend in newsletter.trends},
        style=style_sheet(newsletter.accent),
        icon=favicon(newsletter.accent, newsletter.name),
    )
    return Page(head.path, html)


def _as_it_is(_: str, caller: Callable[[], str]) -> str:
    return caller()


def _once(head: PageHead, newsletter: Newsletter, name: str, caller: Callable[[], str]) -> str:
    """A part that depends on nothing but edition, root, and the page in the menu or footer: rendered once."""
    page = head.path.partition("/")[2]
    key = (name, head.edition.id, head.rooted(), page if page in _MARKED else "")
    if key not in newsletter.kept_parts:
        newsletter.kept_parts[key] = caller()
    return newsletter.kept_parts[key]


def _what_comes(audience: Audience, edition: Edition, newsletter: Newsletter) -> list[str]:
    """The languages of an audience's editions, in order: `Belarusian`, `Russian`."""
    words = language(edition.language).words
    codes = dict.fromkeys(newsletter.editions[name].language for name in audience.editions)
    return [_language_in(words, code) for code in codes]


def _language_in(words: dict[str, str], code: str) -> str:
    """A language as these words name it, else as it names itself."""
    return words[f"{code}_named"] if f"{code}_named" in words else language(code)["language_name"]


def alternates(
    newsletter: Newsletter, name: str, has: Iterable[str], otherwise: str = "index.html"
) -> tuple[Alternate, ...]:
    """The same page in each edition that has it, else that edition's page `otherwise`."""
    there = frozenset(has)
    return tuple(
        Alternate(edition, f"{edition.id}/{name if edition.id in there else otherwise}", edition.id in there)
        for edition in newsletter.editions.values()
    )


def edition_head(
    edition: Edition,
    name: str,
    title: str,
    newsletter: Newsletter,
    *,
    description: str = "",
    has: Iterable[str] | None = None,
    otherwise: str = "index.html",
    linked: Markup | None = None,
    x_default: str = "",
) -> PageHead:
    """The head of the page `name` of an edition; `has` are the editions that have it, by default all."""
    return PageHead(
        edition,
        f"{edition.id}/{name}",
        title,
        description or edition.description,
        alternates(newsletter, name, newsletter.editions if has is None else has, otherwise),
        social=Social("website", card_image(edition, newsletter), linked=linked),
        x_default=x_default,
    )

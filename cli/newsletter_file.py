"""The `newsletter.toml` of a folder of texts; a plain newsletter for an import without one."""

import re
from pathlib import Path

import click

from broadsheet.content.checks.newsletter_findings import checked_newsletter
from broadsheet.language import language
from broadsheet.newsletter import Audience, Edition, Newsletter

_CHECKOUT = Path(__file__).resolve().parents[1]
NAME = "newsletter.toml"
_ENDING = re.compile(r"(?:^|\.)([a-z]{2,3})\.(?:md|markdown)$")
_LANGUAGE = re.compile(rb"^lang(?:uage)?\s*[:=]\s*[\"']?([a-z]{2,3})\b", re.MULTILINE | re.IGNORECASE)
_HEAD_BYTES = 4_096
_HOME = "https://newsletter.invalid"
_TAKE_IT_BACK = "It describes the newsletter; `git restore newsletter.toml` brings back the last version."


class NewsletterUnusableError(click.ClickException):
    """A `newsletter.toml` is missing or has mistakes; the message has all of them, each on a line."""

    exit_code = 2


def newsletter_for(folder: Path, given: Path | None) -> Newsletter | None:
    """The given newsletter, else that of the folder or of the nearest one above it.

    Raises:
        NewsletterUnusableError: the file can't be used.
    """
    places = [given] if given else [place / NAME for place in (folder, *folder.resolve().parents)]
    file = next((place for place in places if place.is_file()), None)
    return usable_newsletter(file, str(file)) if file else None


def own_newsletter() -> Newsletter:
    """The newsletter of this checkout.

    Raises:
        NewsletterUnusableError: the file can't be used.
    """
    return usable_newsletter(_CHECKOUT / NAME, NAME)


def usable_newsletter(file: Path, name: str) -> Newsletter:
    """The newsletter that a file describes; messages call the file `name`.

    Raises:
        NewsletterUnusableError: it can't be read, has mistakes, or a link in `about` is not safe.
    """
    try:
        newsletter, found = checked_newsletter(file.read_bytes(), name)
    except FileNotFoundError:
        raise NewsletterUnusableError(f"There is no {name}. {_TAKE_IT_BACK}") from None
    except OSError as error:
        raise NewsletterUnusableError(f"{name} can't be read: {error.strerror}.") from error
    errors = [str(finding) for finding in found if finding.is_error]
    if errors or newsletter is None:
        raise NewsletterUnusableError("\n".join([f"{name} can't be used as it is.", *errors]))
    return newsletter


def plain_newsletter(name: str, files: list[Path], edition: str | None) -> Newsletter:
    """A newsletter without topics, in the languages of the files: `name.be.md`, `be.md`, `lang: be`."""
    named = {code for file in files if (code := _language_of(file))}
    codes = sorted({*named, *([edition] if edition else [])}) or ["en"]
    editions = {code: Edition(code, code, name, name, language(code)["subscribe_heading"]) for code in codes}
    return Newsletter(
        name=name,
        description=name,
        cadence="free",
        time_zone="UTC",
        origin=_HOME,
        sender="letter@newsletter.invalid",
        reply_to="letter@newsletter.invalid",
        postal_address=name,
        editors=(),
        accent="#1f4e5f",
        editions=editions,
        audiences=tuple(Audience(code, code.upper(), (code,)) for code in codes),
        topics=(),
        trends=(),
    )


def only_named(newsletter: Newsletter, files: list[Path]) -> bool:
    """Whether some files gave a plain newsletter its editions, so that the other files must name theirs."""
    return newsletter.origin == _HOME and any(_language_of(file) for file in files)


def _language_of(file: Path) -> str:
    ending = _ENDING.search(file.name)
    if ending:
        return ending[1]
    with file.open("rb") as opened:
        field = _LANGUAGE.search(opened.read(_HEAD_BYTES))
    return field[1].decode().lower() if field else ""

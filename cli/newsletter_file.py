"""The `newsletter.toml` of a folder of texts; a plain newsletter for an import without one."""

import re
from pathlib import Path

from broadsheet.content.checks.about import about_findings
from broadsheet.language import language
from broadsheet.newsletter import Audience, Edition, Newsletter, NewsletterFileError, read_newsletter
from infrastructure.build import ROOT

NAME = "newsletter.toml"
_ENDING = re.compile(r"(?:^|\.)([a-z]{2,3})\.(?:md|markdown)$")
_LANGUAGE = re.compile(rb"^lang(?:uage)?\s*[:=]\s*[\"']?([a-z]{2,3})\b", re.MULTILINE | re.IGNORECASE)
_HEAD_BYTES = 4_096
_HOME = "https://newsletter.invalid"


def newsletter_for(folder: Path, given: Path | None) -> Newsletter | None:
    """The given newsletter, else that of the folder or of the nearest one above it.

    Raises:
        NewsletterFileError: the file can't be used.
    """
    places = [given] if given else [place / NAME for place in (folder, *folder.resolve().parents)]
    file = next((place for place in places if place.is_file()), None)
    return checked_newsletter(file.read_text(encoding="utf-8")) if file else None


def own_newsletter() -> Newsletter:
    """The newsletter of this checkout."""
    return checked_newsletter((ROOT / NAME).read_text(encoding="utf-8"))


def checked_newsletter(text: str) -> Newsletter:
    """The newsletter that the text of a `newsletter.toml` describes; its Markdown is checked as well.

    Raises:
        NewsletterFileError: the file can't be used, or a link in `about` is not safe.
    """
    newsletter = read_newsletter(text)
    errors = [str(finding) for finding in about_findings(text, newsletter) if finding.is_error]
    if errors:
        raise NewsletterFileError("\n".join(errors))
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

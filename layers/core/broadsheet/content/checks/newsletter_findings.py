"""Checks a `newsletter.toml`, with the links in its Markdown (`about`) by the rules of an editor's text."""

from collections.abc import Iterable
from functools import partial

from broadsheet.content.autolinks import with_addresses
from broadsheet.content.checks.links import checked_link
from broadsheet.content.findings import Finding, Findings
from broadsheet.content.markdown import MOST_PARTS, TooManyPartsError, parse
from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_file import NewsletterFileError, read_newsletter

FILE = "newsletter.toml"


def checked_newsletter(content: bytes, name: str = FILE) -> tuple[Newsletter | None, tuple[Finding, ...]]:
    """The newsletter that the file describes, None if it has mistakes in its keys, and all findings.

    It can be used if none of them is an error. `name` is how the findings name the file.
    """
    found = Findings(name)
    newsletter, about = None, list[str]()
    try:
        newsletter = read_newsletter(content)
        about = [edition.about for edition in newsletter.editions.values()]
    except NewsletterFileError as error:
        about += error.about
        for mistake in error.mistakes:
            found.error(mistake.line, mistake.rule, **mistake.values)
    check_links(found, about, content.decode(errors="replace"))
    return newsletter, found.all()


def check_links(found: Findings, about: Iterable[str], text: str) -> None:
    """Check the links of these texts; `text` is the file in which they are."""
    for each in about:
        try:
            blocks = parse(each, _lines_above(each, text))
        except TooManyPartsError:
            found.error(1, "too-many-parts", limit=MOST_PARTS)
            continue
        with_addresses(found, [block.mapped(partial(checked_link, found)) for block in blocks])


def _lines_above(about: str, text: str) -> int:
    """The number of lines above `about`; 0 if it is written with escapes."""
    at = text.find(about.split("\n", maxsplit=1)[0]) if about else -1
    return text.count("\n", 0, at) if at > 0 else 0

"""Checks the links in the Markdown of `newsletter.toml` (`about`) by the rules of an editor's text."""

from functools import partial

from broadsheet.content.autolinks import with_addresses
from broadsheet.content.checks.links import checked_link
from broadsheet.content.findings import Finding, Findings
from broadsheet.content.markdown import MOST_PARTS, TooManyPartsError, parse
from broadsheet.newsletter import Newsletter

FILE = "newsletter.toml"


def about_findings(text: str, newsletter: Newsletter) -> tuple[Finding, ...]:
    """What is wrong with the links of `about`; `text` is the file that the newsletter was read from."""
    found = Findings(FILE)
    for edition in newsletter.editions.values():
        try:
            blocks = parse(edition.about, _lines_above(edition.about, text))
        except TooManyPartsError:
            found.error(1, "too-many-parts", limit=MOST_PARTS)
            continue
        with_addresses(found, [block.mapped(partial(checked_link, found)) for block in blocks])
    return found.all()


def _lines_above(about: str, text: str) -> int:
    """The number of lines above `about`; 0 if it is written with escapes."""
    at = text.find(about.split("\n", maxsplit=1)[0]) if about else -1
    return text.count("\n", 0, at) if at > 0 else 0

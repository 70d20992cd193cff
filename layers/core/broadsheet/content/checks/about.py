"""The Markdown in `newsletter.toml`: `about`, held to the same rules for links as an editor's text."""

from broadsheet.content.autolinks import with_addresses
from broadsheet.content.checks.links import check_tag, checked_link
from broadsheet.content.findings import Finding, Findings
from broadsheet.content.markdown import MOST_PARTS, TooManyPartsError, parse
from broadsheet.content.node import Node
from broadsheet.newsletter import Newsletter

FILE = "newsletter.toml"


def about_findings(text: str, newsletter: Newsletter) -> tuple[Finding, ...]:
    """What is wrong with links of `about`; `text` is the file that the newsletter was read from."""
    found = Findings(FILE)

    def checked(node: Node) -> Node:
        if node.kind == "html":
            check_tag(found, node)
        return checked_link(found, node) if node.kind == "link" else node

    for edition in newsletter.editions.values():
        try:
            blocks = parse(edition.about, _lines_above(edition.about, text))
        except TooManyPartsError:
            found.error(1, "too-many-parts", limit=MOST_PARTS)
            continue
        with_addresses(found, [block.mapped(checked) for block in blocks])
    return found.all()


def _lines_above(about: str, text: str) -> int:
    """How many lines stand above the first of `about`; 0 where it is written with escapes."""
    at = text.find(about.split("\n", maxsplit=1)[0]) if about else -1
    return text.count("\n", 0, at) if at > 0 else 0

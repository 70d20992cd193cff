"""Reads an editor's file into an issue, or into findings with line, cause and correction."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from broadsheet.characters import without_turning
from broadsheet.content.autolinks import with_addresses
from broadsheet.content.checks.leftover_markup import check_leftover_markup
from broadsheet.content.checks.letters import check_letters
from broadsheet.content.checks.links import check_tag, checked_link
from broadsheet.content.checks.pictures import PictureNames
from broadsheet.content.checks.structure import check_structure, report_misreading
from broadsheet.content.checks.unclosed_blocks import report_fence, report_hidden
from broadsheet.content.checks.words import check_literal, check_words
from broadsheet.content.commentaries import TextReader
from broadsheet.content.decode import decoded
from broadsheet.content.findings import Finding, Findings, UnpublishableError
from broadsheet.content.front_matter import FrontMatter, split_front_matter
from broadsheet.content.head import HeadReader
from broadsheet.content.head_values import YEARS
from broadsheet.content.issue import Issue
from broadsheet.content.labels import check_stated, labelled
from broadsheet.content.markdown import DEEPEST, MOST_PARTS, Node, TooManyPartsError, parsed
from broadsheet.newsletter import Newsletter

_FOLDER = re.compile(r"(\d{4}-\d{2}-\d{2})(-[a-z0-9-]{1,30})?", re.ASCII)


@dataclass(frozen=True)
class CheckedIssue:
    """An issue that can be published, and its warnings."""

    issue: Issue
    warnings: tuple[Finding, ...]


def issue_day(issue_id: str) -> date | None:
    """The day that a folder `YYYY-MM-DD[-slug]` stands for, or None if it is not such a name."""
    found = _FOLDER.fullmatch(issue_id)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def read_issue(
    issue_id: str,
    edition: str,
    content: bytes,
    pictures: frozenset[str],
    newsletter: Newsletter,
    *,
    lenient: bool = False,
    accepted: bool = False,
    file: str = "",
    now: datetime | None = None,
) -> CheckedIssue:
    """The issue in the file `issues/<issue_id>/<edition>.md`; `pictures` are the paths beside it.

    With `lenient`, for imports from elsewhere, whatever is neither unsafe nor ambiguous is a warning.
    `accepted` is a text that was published before. `file` is the name that findings carry, where it is
    another; `now` tells of an import what is still to come.

    Raises:
        UnpublishableError: with every finding that keeps it from being published, and the warnings. Without
            an error among them, an import is not to be published: another program calls it a draft.
    """
    found = Findings(file or f"issues/{issue_id}/{edition}.md", lenient=lenient, accepted=accepted)
    day = _place(found, issue_id, edition, newsletter)
    front = split_front_matter(found, decoded(found, content))
    blocks = _blocks(found, front, pictures)
    head = HeadReader(found, front, newsletter, now)
    head.check_keys()
    heading = _heading(blocks) if lenient and not front.values.get("title") else ""
    title = head.title(heading, issue_id)
    intro, commentaries = TextReader(newsletter, edition, found).body(blocks[1:] if heading else blocks)
    first_day, last_day = head.period(day)
    summary = head.summary(intro or tuple(b for c in commentaries for b in c.blocks), title)
    issue = Issue(
        issue_id,
        edition,
        title,
        summary,
        first_day,
        last_day,
        head.authors(),
        head.send_at(),
        intro,
        commentaries,
        head.mail(),
    )
    issue = _checked(found, issue, front, newsletter)
    if found.stop:
        raise UnpublishableError(found.all())
    return CheckedIssue(issue, found.all())


def _checked(found: Findings, issue: Issue, front: FrontMatter, newsletter: Newsletter) -> Issue:
    """The checked issue, with addresses in its text turned into links."""
    check_words(found, issue, front.lines)
    check_letters(found, issue, newsletter.editions[issue.edition].language)
    pieces = [replace(piece, blocks=with_addresses(found, piece.blocks)) for piece in issue.commentaries]
    return replace(issue, intro=with_addresses(found, issue.intro), commentaries=tuple(pieces))


def _place(found: Findings, issue_id: str, edition: str, newsletter: Newsletter) -> date:
    """The folder's day.

    Raises:
        UnpublishableError: the name of the folder or the file is unusable.
    """
    day = issue_day(issue_id)
    if day is None:
        found.error(1, "folder-not-a-day", folder=issue_id)
    elif day.year not in YEARS:
        found.error(1, "year-unlikely", year=day.year)
    elif newsletter.wants_monday(day):
        found.strict(1, "folder-not-monday", day=day)
    if edition not in newsletter.editions:
        found.error(1, "edition-unknown", edition=edition, known=", ".join(newsletter.editions))
    if day is None or day.year not in YEARS or edition not in newsletter.editions:
        raise UnpublishableError(found.all())
    return day


def _blocks(found: Findings, front: FrontMatter, pictures: frozenset[str]) -> tuple[Node, ...]:
    """The text's blocks, pictures named as they lie on the desk."""
    try:
        text = parsed(front.body, front.body_line)
    except TooManyPartsError as error:
        found.error(front.body_line + 1, "too-many-parts", limit=MOST_PARTS)
        raise UnpublishableError(found.all()) from error
    for hidden in text.hidden:
        report_hidden(found, hidden)
    if text.too_deep_at:
        found.error(text.too_deep_at, "nested-too-deeply", limit=DEEPEST)
    for fence in text.fences:
        report_fence(found, fence)
    for misreading in text.misreadings:
        report_misreading(found, misreading)
    names = PictureNames(found, pictures)

    def checked(node: Node) -> Node:
        if node.kind == "image":
            return names.checked(node)
        if node.kind == "html":
            check_tag(found, node)
        return checked_link(found, node) if node.kind == "link" else node

    check_stated(found, text.blocks, text.stated)
    labels_known = labelled(found, text.blocks, text.links)
    blocks = tuple(block.mapped(checked, "image", "html", "link") for block in labels_known)
    check_literal(found, blocks)
    check_leftover_markup(found, blocks)
    check_structure(found, blocks)
    if not any(block.plain().strip() or _shows_picture(block) for block in blocks):
        found.error(max(1, front.body_line), "text-missing")
    return blocks


def _heading(blocks: tuple[Node, ...]) -> str:
    """The words of a `# heading` that the text begins with."""
    first = blocks[0] if blocks else None
    is_title = first is not None and first.kind == "heading" and first.attributes["level"] == 1
    return " ".join(without_turning(first.plain()).split()) if first and is_title else ""


def _shows_picture(block: Node) -> bool:
    return any(node.kind == "image" for node in block.walk())

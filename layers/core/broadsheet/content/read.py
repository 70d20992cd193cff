"""Reads an editor's file into an issue, or into findings with line, cause and correction."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from broadsheet.characters import without_turning
from broadsheet.content.autolinks import with_addresses
from broadsheet.content.checks.leftover_markup import check_leftover_markup
from broadsheet.content.checks.letters import check_letters
from broadsheet.content.checks.links import checked_link
from broadsheet.content.checks.misread_markup import check_misread_blocks, report_misreadings
from broadsheet.content.checks.pictures import PictureNames
from broadsheet.content.checks.words import check_unparsed, check_words
from broadsheet.content.commentaries import TextReader
from broadsheet.content.decode import decoded
from broadsheet.content.findings import Finding, Findings, UnpublishableError
from broadsheet.content.front_matter import FrontMatter, split_front_matter
from broadsheet.content.front_matter_reader import FrontMatterReader
from broadsheet.content.front_matter_values import YEARS, mail_wanted, send_at
from broadsheet.content.issue import Issue
from broadsheet.content.labels import Labels, check_definitions
from broadsheet.content.markdown import MOST_PARTS, TooManyPartsError, parsed
from broadsheet.content.node import Node, all_mapped, nodes_of
from broadsheet.content.right_place import issue_meant
from broadsheet.content.text_names import issue_day
from broadsheet.newsletter import Newsletter


@dataclass(frozen=True)
class CheckedIssue:
    """An issue that can be published, and its warnings."""

    issue: Issue
    warnings: tuple[Finding, ...]


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

    `lenient`, for imports from elsewhere, makes warnings of errors that are neither unsafe nor ambiguous.
    `accepted` marks a text that was published before. `file` is the name in the findings, if the file has
    another one. At `now`, an import with a later date is not published yet.

    Raises:
        UnpublishableError: with all errors and warnings. Without an error among them, the file is an import
            that another program calls a draft.
    """
    found = Findings(file or f"issues/{issue_id}/{edition}.md", lenient=lenient, accepted=accepted)
    day = _folder_day(found, issue_id, edition, newsletter)
    front = split_front_matter(found, decoded(found, content))
    blocks = _blocks(found, front, pictures)
    head = FrontMatterReader(found, front, newsletter, now)
    head.check_keys()
    heading = _heading(blocks) if lenient and not front.values.get("title") else ""
    title = head.title(heading, issue_id)
    intro, commentaries = TextReader(newsletter, edition, found).body(blocks[1:] if heading else blocks)
    first_day, last_day = head.period(day)
    summary = head.summary(intro or tuple(b for c in commentaries for b in c.blocks), title)
    authors, at = head.authors(), send_at(found, front, newsletter)
    mail = mail_wanted(found, front)
    issue = Issue(
        issue_id, edition, title, summary, first_day, last_day, authors, at, intro, commentaries, mail
    )
    check_words(found, issue, front.lines)
    check_letters(found, issue, newsletter.editions[edition].language)
    pieces = tuple(replace(each, blocks=with_addresses(found, each.blocks)) for each in issue.commentaries)
    issue = replace(issue, intro=with_addresses(found, issue.intro), commentaries=pieces)
    if found.stop:
        raise UnpublishableError(found.all())
    return CheckedIssue(issue, found.all())


def _folder_day(found: Findings, issue_id: str, edition: str, newsletter: Newsletter) -> date:
    """The day of the folder.

    Raises:
        UnpublishableError: the name of the folder or the file is unusable.
    """
    day = issue_day(issue_id)
    if day is None:
        better = issue_meant(issue_id, newsletter)
        found.error(1, "folder-near-a-day" if better else "folder-not-a-day", folder=issue_id, better=better)
    elif day.year not in YEARS:
        found.error(1, "year-unlikely", year=day.year)
    elif newsletter.wants_monday(day):
        monday = day - timedelta(days=day.weekday())
        found.strict(1, "folder-not-monday", day=day, monday=issue_id.replace(str(day), str(monday)))
    if edition not in newsletter.editions:
        found.error(1, "edition-unknown", edition=edition, known=", ".join(newsletter.editions))
    if day is None or day.year not in YEARS or edition not in newsletter.editions:
        raise UnpublishableError(found.all())
    return day


def _blocks(found: Findings, front: FrontMatter, pictures: frozenset[str]) -> tuple[Node, ...]:
    """The text's blocks, with the paths of pictures on the desk.

    Raises:
        UnpublishableError: too many parts.
    """
    try:
        text = parsed(front.body, front.body_line)
    except TooManyPartsError as error:
        found.error(front.body_line + 1, "too-many-parts", limit=MOST_PARTS)
        raise UnpublishableError(found.all()) from error
    report_misreadings(found, text.misreadings)
    names = PictureNames(found, pictures)

    def checked(node: Node) -> Node:
        return names.checked(node) if node.kind == "image" else checked_link(found, node)

    check_definitions(found, text.blocks, text.definitions)
    resolved = Labels(found, text.blocks, text.definitions).resolved()
    blocks = all_mapped(resolved, checked, "image", "html", "link")
    check_unparsed(found, blocks)
    check_leftover_markup(found, blocks)
    check_misread_blocks(found, blocks)
    if not any(node.kind == "image" or node.plain().strip() for node in nodes_of(blocks)):
        found.error(max(1, front.body_line), "text-missing")
    return blocks


def _heading(blocks: tuple[Node, ...]) -> str:
    """The words of a `# heading` that the text begins with; "" without one."""
    if blocks and blocks[0].kind == "heading" and blocks[0].attributes["level"] == 1:
        return " ".join(without_turning(blocks[0].plain()).split())
    return ""

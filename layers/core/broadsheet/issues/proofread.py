"""One file of the desk, read and checked: ready to be published, or with what keeps it from that."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from broadsheet.issues.checks import (
    Week,
    link_findings,
    past_findings,
    period_findings,
    send_at_findings,
    shortened_findings,
    text_digest,
    translation_findings,
    week_findings,
)
from broadsheet.issues.findings import Finding, UnpublishableError
from broadsheet.issues.issue import Issue
from broadsheet.issues.pictures import picture_rules
from broadsheet.issues.ports import IssueFiles
from broadsheet.issues.read import read_issue
from broadsheet.mailings.body import Body
from broadsheet.mailings.compose import mail_body
from broadsheet.newsletter import Newsletter


@dataclass(frozen=True)
class Proof:
    """How one file fared: `issue`, its revision, text and mail if it can be published; what was found.

    `read` is the issue even where something else than its own text keeps it from being published.
    """

    issue_id: str
    edition: str
    findings: tuple[Finding, ...] = ()
    issue: Issue | None = None
    revision: str = ""
    text: bytes = b""
    body: Body | None = None
    read: Issue | None = None


@dataclass(frozen=True)
class Surroundings:
    """What one file alone can't tell: the edition's other weeks, which paths of the site exist, the time.

    A week's `text_digest` may be its revision here. Without a time, none is found to have passed.
    """

    weeks: Callable[[str], Iterable[Week]] = lambda _: ()
    exists: Callable[[str], bool] = lambda _: True
    pictures_checked: dict[str, list[tuple[str, dict[str, str], bool]]] = field(default_factory=dict)
    now: datetime | None = None


def proofread(
    folder: str,
    issue_id: str,
    edition: str,
    files: IssueFiles,
    newsletter: Newsletter,
    around: Surroundings,
    *,
    lenient: bool = False,
    thorough: bool = True,
) -> Proof:
    """Read the edition's file in `folder` ("issues/<id>") and check all of it.

    Unless `thorough`, what could only be warned of is not looked for, and the mail not made.
    """
    file, text = f"{folder}/{edition}.md", files.texts[edition]
    read = partial(read_issue, issue_id, edition, text, newsletter=newsletter, lenient=lenient, file=file)
    try:
        reading = read(pictures=frozenset(files.pictures))
        unusable = {s for s in reading.issue.pictures() if lenient and _is_bad(s, files.pictures[s], around)}
        if unusable:  # a lenient reader takes them for missing
            reading = read(pictures=frozenset(files.pictures) - unusable)
    except UnpublishableError as error:
        return Proof(issue_id, edition, error.findings)
    issue, revision = reading.issue, revision_of(text, reading.issue, files)
    findings = [
        *reading.warnings,
        *_picture_findings(file, issue, files, around),
        *send_at_findings(file, edition, files.texts, newsletter, lenient=lenient),
        *period_findings(file, issue, text, newsletter, lenient=lenient),
    ]
    body = mail_body(issue, newsletter) if thorough else None
    if body:
        findings += _warnings(folder, issue, body, files, newsletter, around)
        findings += among_others(file, issue, revision, newsletter, around, lenient=lenient)
    found = tuple(sorted(findings, key=lambda finding: finding.line))
    if any(finding.is_error for finding in found):
        return Proof(issue_id, edition, found, revision=revision, read=issue)
    return Proof(issue_id, edition, found, issue, revision, text, body, issue)


def _warnings(
    folder: str,
    issue: Issue,
    body: Body,
    files: IssueFiles,
    newsletter: Newsletter,
    around: Surroundings,
) -> list[Finding]:
    """What the text alone can't tell."""
    file = f"{folder}/{issue.edition}.md"
    strays = (
        Finding(f"{folder}/{name}", 1, "stray-file", {"name": name}, is_error=False) for name in files.strays
    )
    return [
        *shortened_findings(file, body),
        *past_findings(file, files.texts[issue.edition], issue.send_at, newsletter, around.now),
        *translation_findings(file, issue.edition, files.texts, newsletter),
        *strays,
    ]


def among_others(
    file: str, issue: Issue, revision: str, newsletter: Newsletter, around: Surroundings, *, lenient: bool
) -> list[Finding]:
    """What the other issues tell: weeks told twice, links to pages that are not there.

    It refuses nothing that was not refused without them, so that whoever has to read all of a desk before
    they know its `Surroundings` may ask afterwards.
    """
    own = text_digest(issue)
    weeks = [
        replace(week, text_digest=own if week.text_digest in (own, revision) else "")
        for week in around.weeks(issue.edition)
    ]
    return [
        *link_findings(file, issue, newsletter, around.exists),
        *week_findings(file, issue, weeks, newsletter, lenient=lenient),
    ]


def revision_of(text: bytes, issue: Issue, files: IssueFiles) -> str:
    """The revision: a hash of the text and of the pictures that it shows."""
    digest = hashlib.sha256(text)
    for source in sorted(issue.pictures()):
        digest.update(f"\0{source}\0".encode())
        digest.update(hashlib.sha256(files.pictures[source]).digest())
    return digest.hexdigest()[:20]


def _picture_findings(file: str, issue: Issue, files: IssueFiles, around: Surroundings) -> Iterable[Finding]:
    lines = issue.picture_lines()
    for source in issue.pictures():
        for rule, values, is_error in _rules(source, files.pictures[source], around):
            yield Finding(file, lines[source], rule, {"source": source, **values}, is_error)


def _is_bad(source: str, content: bytes, around: Surroundings) -> bool:
    return any(is_error for _, _, is_error in _rules(source, content, around))


def _rules(source: str, content: bytes, around: Surroundings) -> list[tuple[str, dict[str, str], bool]]:
    """Looked at once, however many editions show the picture."""
    key = f"{source}\0{hashlib.sha256(content).hexdigest()}"
    if key not in around.pictures_checked:
        around.pictures_checked[key] = picture_rules(content, source)
    return around.pictures_checked[key]

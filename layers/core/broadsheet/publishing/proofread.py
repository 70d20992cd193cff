"""One file of the desk, read and checked: it can be published, or its findings say why not."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import ceil

from broadsheet.characters import printable
from broadsheet.content.checks import (
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
from broadsheet.content.findings import Finding, UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.read import issue_day, read_issue
from broadsheet.content.text_names import is_like_a_text
from broadsheet.mailings.body import LARGEST_HTML_BYTES, Body
from broadsheet.mailings.compose import mail_body
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.picture_inspection import Inspection, InspectPicture, UncachedInspector
from broadsheet.publishing.ports import IssueFiles

MOST_PICTURE_BYTES = 200_000_000  # of a folder, together
STRAYS_NAMED = 5
FOLDER = "_folder"  # in place of an edition, where something is wrong with the whole folder


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
class CheckContext:
    """What a check needs beyond the file: the edition's other weeks, which paths of the site exist, the time.

    A week's `text_digest` may be its revision here. Without `now`, no time is found to have passed; without
    `imported_at`, no imported text is still to come. `inspect` inspects pictures.
    """

    weeks: Callable[[str], Iterable[Week]] = lambda _: ()
    exists: Callable[[str], bool] = lambda _: True
    inspect: InspectPicture = field(default_factory=UncachedInspector)
    now: datetime | None = None
    imported_at: datetime | None = None


def proofread(
    folder: str,
    issue_id: str,
    edition: str,
    files: IssueFiles,
    newsletter: Newsletter,
    context: CheckContext,
    *,
    lenient: bool = False,
    thorough: bool = True,
) -> Proof:
    """Read the edition's file in `folder` ("issues/<id>") and check all of it.

    Unless `thorough`, the mail is not composed, and what could only be warned of is not looked for.
    """
    file, text = f"{folder}/{edition}.md", files.texts[edition]
    read = partial(read_issue, issue_id, edition, text, newsletter=newsletter, lenient=lenient)
    read = partial(read, file=file, now=context.imported_at)
    inspect = partial(context.inspect, files=files)
    try:
        checked = read(pictures=frozenset(files.pictures))
        unusable = {s for s in checked.issue.pictures() if lenient and inspect(s).is_unusable}
        if unusable:  # a lenient reader takes them for missing
            checked = read(pictures=frozenset(files.pictures) - unusable)
    except UnpublishableError as error:
        return Proof(issue_id, edition, error.findings)
    issue = checked.issue
    if issue.pictures() and files.picture_bytes > MOST_PICTURE_BYTES:
        too_large = _too_large_together(file, files.picture_bytes)
        return Proof(issue_id, edition, (*checked.warnings, too_large), read=issue)
    inspections = {source: inspect(source) for source in sorted(issue.pictures())}
    revision = revision_of(text, inspections)
    findings = [
        *checked.warnings,
        *_picture_findings(file, issue, inspections),
        *send_at_findings(file, edition, files.texts, newsletter, lenient=lenient),
        *period_findings(file, issue, text, newsletter, lenient=lenient),
    ]
    body = mail_body(issue, newsletter) if thorough else None
    if body:
        findings += [
            *shortened_findings(file, body.summarised, LARGEST_HTML_BYTES, is_cut=body.is_cut),
            *past_findings(file, text, issue.send_at, newsletter, context.now),
            *translation_findings(file, edition, files.texts, newsletter),
            *_stray_findings(folder, files.strays),
            *context_findings(file, issue, revision, newsletter, context, lenient=lenient),
        ]
    found = tuple(sorted(findings, key=lambda finding: finding.line))
    if any(finding.is_error for finding in found):
        return Proof(issue_id, edition, found, revision=revision, read=issue)
    return Proof(issue_id, edition, found, issue, revision, text, body, issue)


def proofread_all(
    folder: str, issue_id: str, files: IssueFiles, newsletter: Newsletter, context: CheckContext
) -> list[Proof]:
    """A proof of each edition's file in the folder.

    Texts that belong to no edition are not read; they share one proof, of the edition `FOLDER`. So do all
    files of a folder that is not named by a day.
    """
    ours = [edition for edition in sorted(files.texts) if edition in newsletter.editions]
    if issue_day(issue_id) is None:
        is_meant = files.texts or any(map(is_like_a_text, files.strays))
        return [_of_folder(folder, issue_id, newsletter)] if is_meant else []
    proofs = [proofread(folder, issue_id, edition, files, newsletter, context) for edition in ours]
    if others := sorted(set(files.texts) - set(ours)):
        proofs.append(_of_folder(folder, issue_id, newsletter, others))
    if not files.texts and (strays := [name for name in files.strays if is_like_a_text(name)]):
        proofs.append(Proof(issue_id, FOLDER, tuple(_not_named(folder, strays, newsletter))))
    return proofs


def _not_named(folder: str, strays: Sequence[str], newsletter: Newsletter) -> Iterable[Finding]:
    """Errors for files that may have been meant as texts, in a folder that has none."""
    known = ", ".join(f"{edition}.md" for edition in newsletter.editions)
    for name in strays[:STRAYS_NAMED]:
        yield Finding(f"{folder}/{name}", 1, "text-not-named", {"name": name[:80], "known": known})


def _of_folder(
    folder: str, issue_id: str, newsletter: Newsletter, others: Sequence[str] | None = None
) -> Proof:
    """What is wrong with the folder itself, or with the first few of its texts that belong to no edition."""
    if others is None:
        found = [Finding(f"{folder}/", 1, "folder-not-a-day", {"folder": printable(issue_id[:80])})]
    else:
        known = ", ".join(newsletter.editions)
        found = [
            Finding(
                f"{folder}/{name}.md", 1, "edition-unknown", {"edition": printable(name[:80]), "known": known}
            )
            for name in others[:STRAYS_NAMED]
        ]
        if len(others) > STRAYS_NAMED:
            found += _stray_findings(folder, tuple(f"{name}.md" for name in others))
    return Proof(issue_id, FOLDER, tuple(found))


def context_findings(
    file: str, issue: Issue, revision: str, newsletter: Newsletter, context: CheckContext, *, lenient: bool
) -> list[Finding]:
    """Findings that depend on other issues: weeks covered twice, links to pages that do not exist.

    It refuses nothing that is accepted without them, so a caller that has to read the whole desk before it
    knows the `CheckContext` may ask afterwards.
    """
    own = text_digest(issue)
    weeks = [
        replace(week, text_digest=own if week.text_digest in (own, revision) else "")
        for week in context.weeks(issue.edition)
    ]
    return [
        *link_findings(file, issue, newsletter, context.exists),
        *week_findings(file, issue, weeks, newsletter, lenient=lenient),
    ]


def revision_of(text: bytes, inspections: Mapping[str, Inspection]) -> str:
    """The revision: a hash of the text and of the pictures that it shows."""
    digest = hashlib.sha256(text)
    for source in sorted(inspections):
        digest.update(f"\0{source}\0".encode())
        digest.update(bytes.fromhex(inspections[source].digest))
    return digest.hexdigest()[:20]


def _picture_findings(file: str, issue: Issue, inspections: Mapping[str, Inspection]) -> Iterable[Finding]:
    lines = issue.picture_lines()
    for source in issue.pictures():
        for rule, values, is_error in inspections[source].rules:
            yield Finding(file, lines[source], rule, {"source": source, **values}, is_error)


def _too_large_together(file: str, picture_bytes: int) -> Finding:
    """An error of a folder whose pictures are too large to read any of them."""
    values = {
        "megabytes": str(ceil(picture_bytes / 1_000_000)),
        "limit": str(MOST_PICTURE_BYTES // 1_000_000),
    }
    return Finding(file, 1, "pictures-too-large-together", values)


def _stray_findings(folder: str, strays: tuple[str, ...]) -> list[Finding]:
    """One for each file; of many, one that names a few."""
    if len(strays) <= STRAYS_NAMED:
        return [
            Finding(f"{folder}/{name}", 1, "stray-file", {"name": printable(name)}, is_error=False)
            for name in strays
        ]
    named = printable(", ".join(strays[:STRAYS_NAMED]))
    values = {"count": str(len(strays)), "names": named}
    return [Finding(f"{folder}/", 1, "stray-files", values, is_error=False)]

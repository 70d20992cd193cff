"""Builds the pages of one issue, in this process or in a worker's; what comes back is small."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record
from broadsheet.content.findings import Finding
from broadsheet.content.issue import Issue
from broadsheet.content.node import Node, nodes_of
from broadsheet.content.pictures import PreparedPicture, prepare
from broadsheet.content.text_names import issue_day
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.proofread import CheckContext, Proof, Proofreader
from broadsheet.publishing.record_update import updated_record
from broadsheet.site.issue_page_writer import pages_of
from cli.folder_ports import DeskFolder, RevisionsFolder, SiteFolder
from cli.text_files import under_own_name


@dataclass(frozen=True)
class ReadText:
    """A text for the checks that need all texts: its file, its outline, its revision."""

    file: Path
    outline: Issue
    revision: str
    is_public: bool


@dataclass(frozen=True)
class BuiltIssue:
    """An issue whose pages are written. `read` is empty unless the build is thorough."""

    record: Record
    findings: list[Finding] = field(default_factory=list)
    read: list[ReadText] = field(default_factory=list)


@dataclass(frozen=True)
class IssueBuilder:
    """Reads, checks and renders single issues of a desk into a site."""

    newsletter: Newsletter
    desk: DeskFolder
    revisions: RevisionsFolder
    site: SiteFolder
    history: dict[str, Record]
    lenient: bool
    thorough: bool

    def built(self, issue_id: str, kept: KeptIssues) -> BuiltIssue:
        """Build the issue's pages; a second call writes the same files. `kept` remembers the texts."""
        files = self.desk.files(issue_id)
        proofs = self._proofs(issue_id, files)
        before = self.history.get(issue_id, Record(issue_id))
        record = self._updated(before, proofs, files, kept)
        for page in pages_of(record, kept, self.newsletter):
            self.site.put(page.path, page.html.encode())
        texts = [(self.desk.texts[issue_id][proof.edition], proof) for proof in proofs]
        return BuiltIssue(
            record,
            [under_own_name(f, f"issues/{issue_id}", file) for file, proof in texts for f in proof.findings],
            [
                ReadText(file, outline(proof.parsed_issue), proof.revision, proof.issue is not None)
                for file, proof in texts
                if self.thorough and proof.parsed_issue
            ],
        )

    def _proofs(self, issue_id: str, files: IssueFiles) -> list[Proof]:
        context = CheckContext(imported_at=datetime.now(UTC) if self.lenient else None)
        proofreader = Proofreader(
            f"issues/{issue_id}", issue_id, files, self.newsletter, context, self.lenient, self.thorough
        )
        return [proofreader.proof(edition) for edition in sorted(files.texts)]

    def _updated(self, before: Record, proofs: list[Proof], files: IssueFiles, kept: KeptIssues) -> Record:
        """The record with the desk's editions; an edition without any text is left out."""
        good = [proof for proof in proofs if proof.issue]
        issues = [(proof.issue, proof.revision) for proof in good if proof.issue]
        made: dict[str, PreparedPicture] = {}
        for source in sorted({source for issue, _ in issues for source in issue.pictures()}):
            made[source] = prepare(before.issue, source, files.pictures[source])
            for path, content in made[source].files.items():
                self.site.put(path, content)
        published_at = _published_at(before.issue, good)
        record = updated_record(
            before, good, files.texts, lambda source: made[source].shown, (), published_at
        )
        for issue, revision in issues:
            kept.remember(issue, revision)
        readable = {proof.edition for proof in good}
        editions = {
            edition: replace(published, listed=published.withdrawn_at is None)
            for edition, published in record.editions.items()
            if published.withdrawn_at
            or edition in readable
            or self.revisions.has(record.issue, edition, published.revision)
        }
        return replace(record, editions=editions)


def outline(issue: Issue) -> Issue:
    """The issue's words and links without its tree; `context_findings` finds the same in it."""
    words = [piece.headline for piece in issue.commentaries] + [block.plain() for block in issue.blocks()]
    links = (
        Node(node.kind, node.line, node.text, attributes=node.attributes)
        for node in nodes_of(issue.blocks(), "link", "html")
    )
    pieces = tuple(replace(piece, headline="", picture=None, blocks=()) for piece in issue.commentaries)
    return replace(issue, intro=(Node("text", 0, " ".join(words)), *links), commentaries=pieces)


def _published_at(issue_id: str, proofs: Iterable[Proof]) -> datetime:
    """The publication time of an issue without a history: the day after its last day."""
    last = max((proof.issue.last_day for proof in proofs if proof.issue), default=issue_day(issue_id))
    day = last or date.min
    return datetime.combine(day, time(), UTC) + timedelta(days=1)

"""Builds the pages of one issue, in this process or in a worker's; what comes back is small."""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from broadsheet.archive.history import record_map
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record
from broadsheet.content.pictures import PreparedPicture, prepare
from broadsheet.content.text_names import issue_day
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.proofread import CheckContext, Proof, Proofreader
from broadsheet.publishing.record_update import updated_record
from broadsheet.site.issue_page_writer import pages_of
from broadsheet.site.ports import Site
from cli.build_store import PictureDigests, Recorder, key_of
from cli.built_issue import BuiltIssue, ReadText, outline
from cli.built_site import State
from cli.folder_ports import DeskFolder, RevisionsFolder, SiteFolder
from cli.text_files import under_own_name


@contextmanager
def _garbage_collected_afterwards() -> Iterator[None]:
    """Search for cyclic garbage once at the end, when most of what was made is gone without a search."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(1)


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
    there: Mapping[str, str]  # the digests of files that need not be written
    pictures: PictureDigests | None = None  # None: no keys are needed

    def key(self, issue_id: str) -> tuple[str, dict[str, tuple[str, State]]]:
        """The key of the issue in a store, and the digests and states of its pictures."""
        pictures = self._pictures(issue_id)
        return self._key(issue_id, self.desk.contents(issue_id), pictures), pictures

    def built(self, issue_id: str, kept: KeptIssues) -> BuiltIssue:
        """Build the issue's pages; a second call writes the same files. `kept` remembers the texts."""
        files, pictures = self.desk.files(issue_id), self._pictures(issue_id)
        key = self._key(issue_id, files.texts, pictures) if self.pictures else ""
        recorder = Recorder(self.site, self.there)
        built = self._build(issue_id, files, kept, recorder)
        return replace(built, key=key, files=recorder.written, pictures=pictures)

    def _pictures(self, issue_id: str) -> dict[str, tuple[str, State]]:
        """The digests and states of the issue's pictures, by their files."""
        if self.pictures is None:
            return {}
        found = self.desk.picture_files(issue_id).values()
        return {str(file): self.pictures.of(file) for file in found}

    def _key(self, issue_id: str, texts: Mapping[str, bytes], pictures: dict[str, tuple[str, State]]) -> str:
        """A digest of all that is read for the issue."""
        before = self.history.get(issue_id)
        kept = [(e, p.revision) for e, p in before.editions.items()] if before else []
        return key_of(
            *(issue_id, record_map(before) if before else None),
            [(e, str(self.desk.texts[issue_id][e]), _digest(text)) for e, text in texts.items()],
            [(file, digest) for file, (digest, _) in pictures.items()],
            [self.revisions.has(issue_id, *k) and _digest(self.revisions.text(issue_id, *k)) for k in kept],
            self.desk.strays(issue_id) if self.thorough else (),
        )

    @_garbage_collected_afterwards()
    def _build(self, issue_id: str, files: IssueFiles, kept: KeptIssues, site: Site) -> BuiltIssue:
        proofs = self._proofs(issue_id, files)
        before = self.history.get(issue_id, Record(issue_id))
        record = self._updated(before, proofs, files, kept, site)
        for page in pages_of(record, kept, self.newsletter):
            site.put(page.path, page.html.encode())
        texts = [(self.desk.texts[issue_id][proof.edition], proof) for proof in proofs]
        return BuiltIssue.of(
            record,
            [under_own_name(f, f"issues/{issue_id}", file) for file, proof in texts for f in proof.findings],
            [
                ReadText(file, outline(proof.parsed_issue), proof.revision, proof.issue is not None)
                for file, proof in texts
                if self.thorough and proof.parsed_issue
            ],
            thorough=self.thorough,
        )

    def _proofs(self, issue_id: str, files: IssueFiles) -> list[Proof]:
        context = CheckContext(imported_at=datetime.now(UTC) if self.lenient else None)
        proofreader = Proofreader(
            f"issues/{issue_id}", issue_id, files, self.newsletter, context, self.lenient, self.thorough
        )
        return [proofreader.proof(edition) for edition in sorted(files.texts)]

    def _updated(
        self, before: Record, proofs: list[Proof], files: IssueFiles, kept: KeptIssues, site: Site
    ) -> Record:
        """The record with the desk's editions; an edition without any text is left out."""
        good = [proof for proof in proofs if proof.issue]
        issues = [(proof.issue, proof.revision) for proof in good if proof.issue]
        made: dict[str, PreparedPicture] = {}
        for source in sorted({source for issue, _ in issues for source in issue.pictures()}):
            made[source] = prepare(before.issue, source, files.pictures[source])
            for path, content in made[source].files.items():
                site.put(path, content)
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


def _published_at(issue_id: str, proofs: Iterable[Proof]) -> datetime:
    """The publication time of an issue without a history: the day after its last day."""
    last = max((proof.issue.last_day for proof in proofs if proof.issue), default=issue_day(issue_id))
    day = last or date.min
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

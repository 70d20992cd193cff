"""Accepted texts as issues again: what pages, lists and feeds are made from."""

from broadsheet.archive.ports import KeptRevisions
from broadsheet.archive.register import Record
from broadsheet.content.findings import UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from broadsheet.newsletter import Newsletter

REMEMBERED = 32  # ten issues of three editions stand in feeds


class KeptIssues:
    """Reads revisions; a revision never changes, so the latest few stay in memory."""

    def __init__(self, revisions: KeptRevisions, newsletter: Newsletter, *, lenient: bool = False) -> None:
        self._revisions, self._newsletter, self._lenient = revisions, newsletter, lenient
        self._issues: dict[tuple[str, str, str], Issue | None] = {}

    def issue(self, record: Record, edition: str) -> Issue | None:
        """The edition's public text; None if newsletter.toml no longer knows its topics or trends."""
        key = (record.issue, edition, record.editions[edition].revision)
        if key not in self._issues:
            if len(self._issues) >= REMEMBERED:
                del self._issues[next(iter(self._issues))]
            self._issues[key] = self._read(record, edition)
        return self._issues[key]

    def remember(self, issue: Issue, revision: str) -> None:
        """Take an issue that has just been read."""
        self._issues[issue.id, issue.edition, revision] = issue

    def _read(self, record: Record, edition: str) -> Issue | None:
        entry = record.editions[edition]
        text = self._revisions.text(record.issue, edition, entry.revision)
        try:
            return read_issue(
                record.issue,
                edition,
                text,
                frozenset(entry.pictures),
                self._newsletter,
                lenient=self._lenient,
                accepted=True,
            ).issue
        except UnpublishableError:
            return None

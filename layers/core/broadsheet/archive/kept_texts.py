"""Reads accepted texts as issues, from which pages, lists and feeds are rendered."""

from broadsheet.archive.ports import KeptRevisions
from broadsheet.archive.register import Record
from broadsheet.content.findings import UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from broadsheet.newsletter import Newsletter

CACHED = 48  # feeds contain ten issues of three editions; more of them come while the oldest are still cached


class KeptIssues:
    """Reads revisions; a revision never changes, so the last ones used are cached."""

    def __init__(self, revisions: KeptRevisions, newsletter: Newsletter, *, lenient: bool = False) -> None:
        self._revisions, self._newsletter, self._lenient = revisions, newsletter, lenient
        self._issues: dict[tuple[str, str, str], Issue | None] = {}

    def issue(self, record: Record, edition: str) -> Issue | None:
        """The edition's public text; None if newsletter.toml no longer knows its topics or trends."""
        key = (record.issue, edition, record.editions[edition].revision)
        issue = self._issues.pop(key) if key in self._issues else self._read(record, edition)
        self._cache(key, issue)
        return issue

    def remember(self, issue: Issue, revision: str) -> None:
        """Cache an issue that has just been read."""
        self._cache((issue.id, issue.edition, revision), issue)

    def _cache(self, key: tuple[str, str, str], issue: Issue | None) -> None:
        if len(self._issues) >= CACHED:
            del self._issues[next(iter(self._issues))]
        self._issues[key] = issue

    def _read(self, record: Record, edition: str) -> Issue | None:
        published = record.editions[edition]
        text = self._revisions.text(record.issue, edition, published.revision)
        try:
            return read_issue(
                record.issue,
                edition,
                text,
                frozenset(published.pictures),
                self._newsletter,
                lenient=self._lenient,
                accepted=True,
            ).issue
        except UnpublishableError:
            return None

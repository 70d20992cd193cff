"""Ports of the archive."""

from typing import Protocol


class KeptRevisions(Protocol):
    """Accepted texts by revision, which never change."""

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        """The accepted text."""

"""What reading the archive needs from outside."""

from typing import Protocol


class KeptRevisions(Protocol):
    """Accepted texts by revision; what was written once is never changed."""

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        """The text that was accepted."""

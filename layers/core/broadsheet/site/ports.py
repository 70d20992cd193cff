"""Ports of the site."""

from collections.abc import Collection
from typing import Protocol


class Site(Protocol):
    """The bucket of public pages."""

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Write a page; `forever` for an object that is named by its content."""

    def remove(self, path: str) -> None:
        """Delete an object; a second call is no error."""

    def etag(self, path: str) -> str | None:
        """The ETag of an object (the MD5 of its content, in quotation marks); None if there is none."""

    def etags(self, paths: Collection[str]) -> dict[str, str | None]:
        """The ETags of several objects, by path; each is no older than the call."""

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write a page if the object still has that ETag; False if another worker wrote first."""

    def names(self, prefix: str) -> list[str]:
        """The paths with that prefix."""

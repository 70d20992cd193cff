"""What writing pages needs from outside."""

from typing import Protocol


class Site(Protocol):
    """The bucket of public pages."""

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Write a page, or `forever` an object that is named by its content."""

    def remove(self, path: str) -> None:
        """Take an object away; one that is not there is no error."""

    def etag(self, path: str) -> str | None:
        """What is there now, to be compared with (the MD5 of the content, quoted); None if nothing is."""

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write a page if what is there is still `etag`; false if somebody else wrote first."""

    def names(self, prefix: str) -> list[str]:
        """The paths that begin so."""

"""Writes pages so that the newest state of the register wins, whichever worker writes last.

A page replaces only the object that existed before the register was read: the older page of a late worker is
refused if a worker that read later has written. One case is left: if the register changed and changed back,
the other workers wrote nothing, and the ETag still matches. So each writer reads the register once more at
the end. No page needs a lock.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from broadsheet.site.layout import Page
from broadsheet.site.ports import Site

TRIES = 20


class ContendedPageError(RuntimeError):
    """Other workers kept changing a page; the stored page is a complete one of theirs. Try again later."""


@dataclass(frozen=True)
class WriteCounts:
    """How many objects were written, since they were missing or differed, and how many were right."""

    written: int = 0
    right: int = 0

    def __add__(self, other: "WriteCounts") -> "WriteCounts":
        return WriteCounts(self.written + other.written, self.right + other.right)


def write_pages(
    site: Site,
    paths: Collection[str],
    make: Callable[[Collection[str]], Iterable[Page]],
    *,
    anew: bool = False,
) -> WriteCounts:
    """Write the pages that `make` gives for these paths; it must read the register on each call.

    They are written in its order; `anew` includes those that are stored with the same bytes. Paths without a
    page are not touched, and neither are other pages: the worker that changed the register writes them.

    Raises:
        ContendedPageError: other workers kept writing the same pages.
    """
    left, written = set(paths), dict[str, bytes]()
    made, ever_written = set[str](), set[str]()
    for _ in range(TRIES):
        etags = site.etags(left)
        pages = {page.path: page.html.encode() for page in make({*left, *written})}
        moved = {path for path, content in written.items() if pages.get(path, content) != content}
        new = {
            path: page
            for path, page in pages.items()
            if path in etags and (anew or etags[path] != _etag(page))
        }
        written = {path: content for path, content in new.items() if site.replace(path, content, etags[path])}
        left = moved | new.keys() - written.keys()
        made |= pages.keys() & set(paths)
        ever_written |= written.keys()
        if not left and not written:
            return WriteCounts(len(ever_written), len(made - ever_written))
    raise ContendedPageError(min({*left, *written}))


def write_page(site: Site, page: Page, *, anew: bool = False) -> WriteCounts:
    """Write a page that no issue changes, unless it is stored with the same bytes and not `anew`."""
    content = page.html.encode()
    if not anew and site.etag(page.path) == _etag(content):
        return WriteCounts(right=1)
    site.put(page.path, content)
    return WriteCounts(written=1)


def _etag(content: bytes) -> str:
    """The ETag that S3 gives the content."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'

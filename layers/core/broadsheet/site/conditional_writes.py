"""Writes pages so that the newest state of the register wins, whichever worker writes last.

A page replaces only the object that was there before the register was read: a late worker's older page is
refused, since a worker that read later has written meanwhile. One case is left: the register changed there
and back, so nothing had to be written and the late page finds the ETag that it expects. So each writer reads
the register once more at the end. No page needs a lock.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable

from broadsheet.site.layout import Page
from broadsheet.site.ports import Site

TRIES = 20


class ContendedPageError(RuntimeError):
    """A page kept changing under us; what is there is complete up to another's view. Try again later."""


def write_pages(
    site: Site, paths: Collection[str], make: Callable[[Collection[str]], Iterable[Page]]
) -> None:
    """Write the pages that `make` gives for these paths; it has to read the register on each call.

    They are written in its order, except those that are there byte for byte. Paths without a page are left
    alone, and so are pages that were not asked for: the register changed, and that worker writes them.

    Raises:
        ContendedPageError: others kept writing the same pages.
    """
    left, written = set(paths), dict[str, bytes]()
    for _ in range(TRIES):
        etags = {path: site.etag(path) for path in left}
        pages = {page.path: page.html.encode() for page in make({*left, *written})}
        moved = {path for path, content in written.items() if pages.get(path, content) != content}
        new = {path: page for path, page in pages.items() if path in etags and etags[path] != _etag(page)}
        written = {path: content for path, content in new.items() if site.replace(path, content, etags[path])}
        left = moved | new.keys() - written.keys()
        if not left and not written:
            return
    raise ContendedPageError(min({*left, *written}))


def _etag(content: bytes) -> str:
    """S3's own."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'

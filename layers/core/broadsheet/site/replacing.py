"""Writing pages so that the newest truth wins, whoever writes last.

A page is written only over what was there before its truth was read: a late worker's older page is refused,
because somebody who read later has written meanwhile. One case is left: the truth moved there and back, so
that nobody had anything to write and the late page finds what it expects. So a writer looks at the truth
once more. No page needs a lock.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable

from broadsheet.site.frame import Page
from broadsheet.site.ports import Site

TRIES = 20


class ContendedPageError(RuntimeError):
    """A page kept changing under us; what is there is complete up to another's view. Try again later."""


def replace_pages(
    site: Site, paths: Collection[str], make: Callable[[Collection[str]], Iterable[Page]]
) -> None:
    """Write the pages that `make` gives for these paths; it has to read its truth when it is called.

    They are written in its order; those that are there already, byte for byte, are not. Paths that `make`
    gives no page for are left alone, and so are pages that were not asked for: the truth moved, and its
    mover writes them.

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

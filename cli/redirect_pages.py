"""Redirects in a site that is files: at each old address a page that leads to the new one.

A file has no query and, for what is no page, the wrong type: `/?p=12` and `/report.pdf` stay without.
"""

import errno
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rich.console import Console

from broadsheet.newsletter import Newsletter
from broadsheet.site.redirect_page import redirect_page
from cli.console import counted
from cli.newsletter_file import NAME as NEWSLETTER
from infrastructure.build import ROOT
from infrastructure.redirects import NAME, read_redirects

MOST_LISTED = 20
LONGEST_NAME_BYTES = 255  # of most file systems
_NO_ROOM = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


@dataclass
class RedirectPages:
    """What was written, and the old addresses that have no page, by the reason."""

    written: int = 0
    queries: list[str] = field(default_factory=list)
    no_pages: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def redirects_for(desk: Path, newsletter: Path | None, editions: Collection[str]) -> dict[str, str]:
    """The redirects beside the texts, else those beside the newsletter in use; none if there is no file.

    Raises:
        RedirectsFileError: the file can't be used.
    """
    folders = [newsletter.parent] if newsletter else [desk.resolve(), *desk.resolve().parents, ROOT]
    used = next((folder for folder in folders if (folder / NEWSLETTER).is_file()), folders[0])
    for file in (desk / NAME, used / NAME):
        if file.is_file():
            return read_redirects(file, editions)
    return {}


def write_redirect_pages(redirects: Mapping[str, str], site: Path, newsletter: Newsletter) -> RedirectPages:
    """Write the pages into a built site; what is there stays as it is."""
    done = RedirectPages()
    for old, new in sorted(redirects.items()):
        target = new.removeprefix("/") + ("index.html" if new.endswith("/") else "")
        file = _file(old)
        if "?" in old:
            done.queries.append(old)
        elif not (site / target).is_file():
            done.lost.append(f"{old} ({new})")
        elif file is None or not _is_written(site / file, redirect_page(file, target, newsletter).html):
            done.no_pages.append(old)
        else:
            done.written += 1
    return done


def print_redirect_pages(done: RedirectPages, console: Console) -> None:
    """Say how many pages there are, and which old addresses have none."""
    console.print(f"Wrote {counted(done.written, 'page')} at old addresses, which lead to the new ones.")
    if done.queries:
        number = counted(len(done.queries), "old address has", "old addresses have")
        first = done.queries[0]
        console.print(
            f"{number} a query, like {first}: only the CDN of a deployment answers these.", markup=False
        )
    _print_list("no page can be at this old address", done.no_pages, console)
    _print_list("an old address whose new page is not in the site", done.lost, console)


def _print_list(what: str, addresses: list[str], console: Console) -> None:
    for address in addresses[:MOST_LISTED]:
        console.print(f"{address}: {what}.", markup=False)
    if len(addresses) > MOST_LISTED:
        console.print(f"… and {len(addresses) - MOST_LISTED:,} more.")


def _file(old: str) -> str | None:
    """The path of the page's file; None if it has an ending that is no page's, or can't be a path."""
    path = PurePosixPath(old.removeprefix("/"))
    if any(name in (".", "..") or len(name.encode()) > LONGEST_NAME_BYTES for name in old.split("/")):
        return None
    if path.suffix in (".html", ".htm"):
        return str(path)
    is_other = path.suffix[1:].isalnum() and path.suffix[1:2].isalpha() and len(path.suffix) <= len(".xxxxx")
    return None if is_other else f"{path}/index.html"


def _is_written(file: Path, html: str) -> bool:
    """Write a file that is not there yet; False if something else is in its place."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(html)
    except OSError as error:
        if error.errno in _NO_ROOM:
            return False
        raise
    return True

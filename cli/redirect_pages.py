"""Redirects in a site that is files: at each old address a page that leads to the new one.

A file has no query and, for what is no page, the wrong type: `/?p=12` and `/report.pdf` stay without.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from broadsheet.newsletter import Newsletter
from broadsheet.site.ports import Site
from broadsheet.site.redirect_page import redirect_page
from cli.counting import counted
from infrastructure.redirects import read_redirects

MOST_LISTED = 20
LONGEST_NAME_BYTES = 255  # of most file systems


@dataclass
class RedirectPages:
    """The pages at old addresses with the files that they lead to, and why other addresses have none."""

    redirects: Mapping[str, str]
    targets: dict[str, str] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    no_pages: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path, editions: Collection[str]) -> "RedirectPages":
        """The redirects of a file. Raises RedirectsFileError."""
        return cls(read_redirects(file, editions))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.redirects)

    def plan(self, site: Collection[str]) -> None:
        """Find a place for each page among the files of a site, which stay as they are."""
        files = set(site)
        taken = {*site, *(folder for path in site for folder in _folders(path))}
        for old, new in sorted(self.redirects.items()):
            target = new.removeprefix("/") + ("index.html" if new.endswith("/") else "")
            file = _file(old)
            if "?" in old:
                self.queries.append(old)
            elif target not in site:
                self.lost.append(f"{old} ({new})")
            elif file is None or file in taken or not _folders(file).isdisjoint(files):
                self.no_pages.append(old)
            else:
                self.targets[file] = target
                files.add(file)
                taken |= {file, *_folders(file)}

    def write(self, site: Site, newsletter: Newsletter) -> None:
        """Write the pages that were planned."""
        for file, target in self.targets.items():
            site.put(file, redirect_page(file, target, newsletter).html.encode())

    def describe(self, say: Callable[[str], None]) -> None:
        """Say how many pages there are, and which old addresses have none."""
        say(f"Wrote {counted(len(self.targets), 'page')} at old addresses, which lead to the new ones.")
        if self.queries:
            number = counted(len(self.queries), "old address has", "old addresses have")
            first = self.queries[0]
            say(f"{number} a query, like {first}: only the CDN of a deployment answers these.")
        _list("no page can be at this old address", self.no_pages, say)
        _list("an old address whose new page is not in the site", self.lost, say)


def _list(what: str, addresses: list[str], say: Callable[[str], None]) -> None:
    for address in addresses[:MOST_LISTED]:
        say(f"{address}: {what}.")
    if len(addresses) > MOST_LISTED:
        say(f"… and {len(addresses) - MOST_LISTED:,} more.")


def _folders(path: str) -> set[str]:
    return {str(folder) for folder in PurePosixPath(path).parents} - {"."}


def _file(old: str) -> str | None:
    """The path of the page's file; None if it has an ending that is no page's, or can't be a path."""
    path = PurePosixPath(old.removeprefix("/"))
    if any(name in (".", "..") or len(name.encode()) > LONGEST_NAME_BYTES for name in old.split("/")):
        return None
    if path.suffix in (".html", ".htm"):
        return str(path)
    is_other = path.suffix[1:].isalnum() and path.suffix[1:2].isalpha() and len(path.suffix) <= len(".xxxxx")
    return None if is_other else f"{path}/index.html"

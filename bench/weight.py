"""What a reader's first page weighs on the way: the page and its style sheet, as the CDN compresses them."""

import gzip
import re
from pathlib import Path

from bench.archive import the_newsletter
from bench.measuring import Section, kept
from bench.sample import build_sample, issue_pages

MOST_BYTES = 14_000  # what a server may send before it hears from the reader: ten packets
GZIP_LEVEL = 6
_SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
_SCRIPT = re.compile(r'<script(?! type="application/ld\+json")', re.IGNORECASE)
MEANING = """\
The heaviest issue page of each edition of the sample, and the heaviest commentary page, with the style
sheet; each file by gzip, without pictures.

Budget: 14 kB for page and style together, so that both arrive with the first packets; no script."""
COLUMNS = ("page", "page, gzip", "style, gzip", "together", "scripts", "budget")


def weight(folder: Path) -> Section:
    """Weigh the sample's pages; `folder` is an empty one to build in."""
    site = build_sample(folder)
    editions = list(the_newsletter().editions)
    heaviest = [max(issue_pages(site, [edition]), key=together) for edition in editions]
    commentaries = [page for page in site.glob("*/20*/*.html") if page.name != "index.html"]
    rows = [row(page, site) for page in (*heaviest, max(commentaries, key=together))]
    return Section("The weight of a page", MEANING, COLUMNS, rows)


def row(page: Path, site: Path) -> tuple[str, ...]:
    """One page in figures."""
    own, sheets, scripts = zipped(page), sum(zipped(sheet) for sheet in style_sheets(page)), scripts_in(page)
    verdict = kept(own + sheets <= MOST_BYTES and not scripts)
    figures = (own, sheets, own + sheets)
    return (f"`{page.relative_to(site).as_posix()}`", *(f"{n:,}" for n in figures), str(scripts), verdict)


def together(page: Path) -> int:
    """Bytes of the page and of its style sheets, each compressed."""
    return zipped(page) + sum(zipped(sheet) for sheet in style_sheets(page))


def style_sheets(page: Path) -> list[Path]:
    """The style sheets that a page loads."""
    return [page.parent / href for href in _SHEET.findall(page.read_text(encoding="utf-8"))]


def scripts_in(page: Path) -> int:
    """How many scripts a page has that a browser would run."""
    return len(_SCRIPT.findall(page.read_text(encoding="utf-8")))


def zipped(file: Path) -> int:
    """Bytes of a file once compressed."""
    return len(gzip.compress(file.read_bytes(), GZIP_LEVEL, mtime=0))

"""The sample's pages as readers get them: what they weigh, and what Lighthouse says of them.

Lighthouse needs node and Chromium; it is itself installed by npm beside .venv-bench, once.
"""

import gzip
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Thread

from flask import Flask, Response, send_from_directory

from bench.archive import the_newsletter
from bench.building import BROADSHEET
from bench.measuring import ROOT, cpu_seconds, run, version_of
from bench.report import Figures, Row, kept
from local.server import serve

MOST_BYTES = 14_000  # what a server may send before it hears from the reader: ten packets
SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
SCRIPT = re.compile(r'<script(?! type="application/ld\+json")', re.IGNORECASE)
LIGHTHOUSE_IN = ROOT / ".venv-bench" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def build_sample(folder: Path, origin: str = "") -> Path:
    """Build content/ below `folder`, as if it stood at `origin`; gives the folder of the site."""
    toml = (ROOT / "newsletter.toml").read_text(encoding="utf-8")
    newsletter, out = folder / "newsletter.toml", folder / "site"
    toml = re.sub(r'(?<=^origin = ").*(?="$)', origin or r"\g<0>", toml, flags=re.MULTILINE)
    newsletter.write_text(toml, encoding="utf-8")
    cpu_seconds((BROADSHEET, "build", ROOT / "content", out, "--newsletter", newsletter))
    return out.resolve()


def weight(folder: Path) -> list[Figures]:
    """Weigh the sample's pages, built in an empty folder."""
    site = build_sample(folder)
    pages = [sorted(site.glob(f"{edition}/20*/index.html")) for edition in the_newsletter().editions]
    pages.append([page for page in site.glob("*/20*/*.html") if page.name != "index.html"])
    rows = [weight_row(max(each, key=lambda page: sum(weights(page))), site) for each in pages]
    return [Figures("The weight of a page", rows)]


def weight_row(page: Path, site: Path) -> Row:
    """One page in figures."""
    own, sheets = weights(page)
    scripts = len(SCRIPT.findall(page.read_text(encoding="utf-8")))
    verdict = kept(own + sheets <= MOST_BYTES and not scripts)
    figures = (f"{number:,}" for number in (own, sheets, own + sheets, scripts))
    return (f"`{page.relative_to(site).as_posix()}`", *figures, verdict)


def weights(page: Path) -> tuple[int, int]:
    """Bytes of the page and of its style sheets, each compressed."""
    sheets = (page.parent / href for href in SHEET.findall(page.read_text(encoding="utf-8")))
    return zipped(page), sum(map(zipped, sheets))


def zipped(file: Path) -> int:
    """Bytes of a file once compressed, as the CDN does."""
    return len(gzip.compress(file.read_bytes(), 6, mtime=0))


def lighthouse(folder: Path, rounds: int = 3) -> list[Figures]:
    """Score the sample's pages, built in an empty folder."""
    if not all(map(shutil.which, ("node", "npm", "chromium"))):
        rows = [("node, npm or Chromium is not installed", *[""] * 6)]
        return [Figures("Lighthouse", rows)]
    program = LIGHTHOUSE_IN / "node_modules" / ".bin" / "lighthouse"
    if not program.is_file():
        LIGHTHOUSE_IN.mkdir(parents=True, exist_ok=True)
        run(
            ("npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", LIGHTHOUSE_IN, "lighthouse")
        )
    with served(folder / "site") as address:
        site, edition = build_sample(folder, address), next(iter(the_newsletter().editions))
        newest = max(site.glob(f"{edition}/20*/index.html"))
        pages = (site / edition / "index.html", newest, min(site.glob(f"{edition}/topics/*/index.html")))
        names = [page.relative_to(site).as_posix() for page in pages]
        rows = [
            score_row(name, [scored(program, f"{address}/{name}") for _ in range(rounds)]) for name in names
        ]
    version = (
        f"Lighthouse {version_of(program, '--version')}, Chromium {version_of('chromium', '--version')}."
    )
    return [Figures("Lighthouse", rows, version)]


def scored(program: Path, address: str) -> tuple[dict[str, int], list[str]]:
    """The scores of a page by category, and the titles of what falls short."""
    flags = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
    wanted = ("--output=json", "--quiet", flags, f"--only-categories={','.join(CATEGORIES)}")
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
    found = json.loads(run((program, address, *wanted), environment)[0])
    categories = {name: found["categories"][name] for name in CATEGORIES}
    weighed = {ref["id"] for each in categories.values() for ref in each["auditRefs"] if ref["weight"]}
    audits = [found["audits"][name] for name in sorted(weighed)]
    scores = {name: round(100 * (each["score"] or 0)) for name, each in categories.items()}
    return scores, [audit["title"] for audit in audits if audit["score"] is not None and audit["score"] < 1]


def score_row(page: str, runs: list[tuple[dict[str, int], list[str]]]) -> Row:
    """One page in figures."""
    scores = [median(found[name] for found, _ in runs) for name in CATEGORIES]
    short = sorted({title for _, titles in runs for title in titles})
    return f"`{page}`", *(f"{score:g}" for score in scores), "; ".join(short), kept(min(scores) == 100)  # noqa: PLR2004  # the best


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """An address of the folder's files, text compressed as by the CDN."""
    app = Flask("bench", static_folder=None)

    @app.get("/<path:name>")
    def file(name: str) -> Response:
        response = send_from_directory(folder, name, max_age=31_536_000)
        if (response.mimetype or "").startswith(("text/", "application/")):
            response.direct_passthrough = False
            response.set_data(gzip.compress(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
        return response

    server = serve(app, 0)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()

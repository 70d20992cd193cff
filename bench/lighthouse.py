"""Lighthouse's scores of the sample's pages, served on this machine as the CDN would, compressed.

Needs node and Chromium; Lighthouse itself is installed by npm beside .venv-bench, once.
"""

import gzip
import json
import mimetypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from bench.archive import the_newsletter
from bench.measuring import ROOT, CommandError, Section, kept, version_of
from bench.sample import build_sample, issue_pages

KEPT_IN = ROOT / ".venv-bench" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CHROMIUM_FLAGS = "--headless=new --no-sandbox --disable-gpu"
BEST = 100
MEANING = """\
Lighthouse's four scores of a home page, an issue and a topic of the sample, on its simulated slow phone;
the median of three runs. What falls short is named.

Budget: 100 in all four."""
COLUMNS = ("page", "performance", "accessibility", "best practices", "SEO", "falls short", "budget")


def lighthouse(folder: Path, rounds: int = 3) -> Section:
    """Score the sample's pages; `folder` is an empty one to build in."""
    if not shutil.which("node") or not shutil.which("npm") or not shutil.which("chromium"):
        return _section("", [("node, npm or Chromium is not installed", *[""] * (len(COLUMNS) - 1))])
    program = installed()
    edition = next(iter(the_newsletter().editions))
    with served() as (address, root):
        site = build_sample(folder, address)
        root.append(site.resolve())
        newest = issue_pages(site, [edition])[0].relative_to(site).as_posix()
        topic = min((site / edition / "topics").glob("*/index.html")).relative_to(site).as_posix()
        pages = (f"{edition}/index.html", newest, topic)
        rows = [row(page, [scored(program, f"{address}/{page}") for _ in range(rounds)]) for page in pages]
    version = (
        f" Lighthouse {version_of(program, '--version')}, Chromium {version_of('chromium', '--version')}."
    )
    return _section(version, rows)


def _section(version: str, rows: list[tuple[str, ...]]) -> Section:
    return Section("Lighthouse", MEANING + version, COLUMNS, rows)


def installed() -> Path:
    """Lighthouse's program, installed where it is not there yet."""
    program = KEPT_IN / "node_modules" / ".bin" / "lighthouse"
    if not program.is_file():
        KEPT_IN.mkdir(parents=True, exist_ok=True)
        _run(
            ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(KEPT_IN), "lighthouse"]
        )
    return program


def scored(program: Path, address: str) -> tuple[dict[str, int], list[str]]:
    """The scores of a page by category, and the titles of what falls short."""
    wanted = f"--only-categories={','.join(CATEGORIES)}"
    flags = f"--chrome-flags={CHROMIUM_FLAGS}"
    out = _run([str(program), address, "--output=json", "--quiet", flags, wanted])
    found = json.loads(out)
    scores = {name: round(100 * (found["categories"][name]["score"] or 0)) for name in CATEGORIES}
    weighed = {
        ref["id"] for name in CATEGORIES for ref in found["categories"][name]["auditRefs"] if ref["weight"]
    }
    audits = [found["audits"][name] for name in sorted(weighed)]
    return scores, [audit["title"] for audit in audits if audit["score"] is not None and audit["score"] < 1]


def row(page: str, runs: list[tuple[dict[str, int], list[str]]]) -> tuple[str, ...]:
    """One page in figures."""
    scores = [sorted(run[0][name] for run in runs)[len(runs) // 2] for name in CATEGORIES]
    short = sorted({title for _, titles in runs for title in titles})
    return f"`{page}`", *(str(score) for score in scores), "; ".join(short), kept(min(scores) == BEST)


def _run(command: list[str]) -> str:
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def served() -> Iterator[tuple[str, list[Path]]]:
    """An address on this machine, and where to put the folder that it serves."""
    root: list[Path] = []

    class Handler(BaseHTTPRequestHandler):
        """Files below the folder, text compressed."""

        def do_GET(self) -> None:
            """Answer with the file."""
            file = (root[0] / self.path.split("?")[0].lstrip("/")).resolve()
            if not file.is_relative_to(root[0]) or not file.is_file():
                self.send_error(404)
                return
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            is_text = kind.startswith("text/") or kind.endswith(("xml", "json"))
            content = gzip.compress(file.read_bytes()) if is_text else file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8" if is_text else kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "public, max-age=31536000, immutable")
            if is_text:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: the table is what is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", root
    finally:
        server.shutdown()
        server.server_close()

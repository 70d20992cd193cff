"""The full build of an archive, beside Pelican and Hugo with the same Markdown; the weight of its pages."""

import gzip
import re
import shutil
from functools import partial
from pathlib import Path

from bench.archive import texts, the_newsletter
from bench.measuring import ROOT, CommandError, Figures, Row, kept, medians, run

BROADSHEET = ROOT / ".venv" / "bin" / "broadsheet"
PELICAN = ROOT / ".venv-bench" / "bin" / "pelican"
WEEKS, LEAST_RATIO = 200, 3
MOST_BYTES = 14_000  # what a server may send before the reader's first acknowledgement: ten packets
SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
SCRIPT = re.compile(r'<script(?! type="application/ld\+json")', re.IGNORECASE)


def building(folder: Path, rounds: int) -> Figures:
    """Measure the builds in an empty folder; a generator that is not installed has no figures."""
    desk, articles, out = folder / "desk", folder / "articles", folder / "out"
    issues = list(texts(WEEKS))
    for text in issues:
        for path in (
            desk / f"issues/{text.day}/{text.edition}.md",
            articles / f"{text.edition}/{text.day}.md",
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.markdown, encoding="utf-8")
    shutil.copy(ROOT / "newsletter.toml", desk)
    settings, hugo = ROOT / "bench" / "pelican_settings.py", ROOT / "bench" / "hugo"
    commands: dict[str, tuple[str | Path, ...]] = {
        "Broadsheet": (BROADSHEET, "build", desk, out),
        f"Pelican {version_of(PELICAN, '--version')}": (PELICAN, articles, "-q", "-s", settings, "-o", out),
        f"Hugo {version_of('hugo', 'version')}": (
            "hugo",
            "--quiet",
            "--noBuildLock",
            "-s",
            hugo,
            "-c",
            articles,
            "-d",
            out,
        ),
    }
    pages = {}

    def build(name: str) -> float:
        shutil.rmtree(out, ignore_errors=True)
        _, seconds = run(commands[name])
        pages[name] = sum(1 for _ in out.rglob("*.html"))
        return seconds

    installed = [name for name in commands if not name.endswith(" ")]
    seconds = medians({name: partial(build, name) for name in installed}, rounds)
    speeds = {name: pages[name] / seconds[name] for name in installed}
    ours, reference = speeds["Broadsheet"], next((speeds[n] for n in installed if "Pelican" in n), 0)
    rows = [
        (
            *(name, f"{seconds[name]:.2f}", f"{pages[name]}", f"{speeds[name]:.0f}"),
            *(f"{speeds[name] / (reference or ours):.1f}", f"{len(issues) / seconds[name]:.0f}"),
        )
        if name in seconds
        else (f"{name}is not installed", "", "", "", "", "")
        for name in commands
    ]
    return Figures(
        "A full build", rows, f"With {len(issues)} texts it is {kept(ours >= LEAST_RATIO * reference)}."
    )


def version_of(*command: str | Path) -> str:
    """A program's version; "" where it is not installed."""
    try:
        output, _ = run(command)
    except (OSError, CommandError):
        return ""
    found = re.search(r"\d+(?:\.\d+)+", output)
    return found[0] if found else ""


def weight(folder: Path) -> Figures:
    """Weigh the sample's heaviest issue page of each edition, and its heaviest commentary page."""
    run((BROADSHEET, "build", ROOT / "content", folder / "site"))
    site = (folder / "site").resolve()
    pages = [list(site.glob(f"{edition}/20*/index.html")) for edition in the_newsletter().editions]
    pages.append([page for page in site.glob("*/20*/*.html") if page.name != "index.html"])
    return Figures("The weight of a page", [weight_row(max(each, key=zipped), site) for each in pages])


def weight_row(page: Path, site: Path) -> Row:
    """One page in figures."""
    html = page.read_text(encoding="utf-8")
    own, scripts = zipped(page), len(SCRIPT.findall(html))
    sheets = sum(zipped(page.parent / href) for href in SHEET.findall(html))
    figures = (f"{number:,}" for number in (own, sheets, own + sheets, scripts))
    verdict = kept(own + sheets <= MOST_BYTES and not scripts)
    return (f"`{page.relative_to(site).as_posix()}`", *figures, verdict)


def zipped(file: Path) -> int:
    """Bytes of a file once compressed, as the CDN does."""
    return len(gzip.compress(file.read_bytes(), 6, mtime=0))

"""The full build of an archive: Broadsheet beside Pelican and Hugo, each from the same Markdown."""

import shutil
from functools import partial
from pathlib import Path

from bench.archive import texts, write
from bench.measuring import ROOT, cpu_seconds, medians, version_of
from bench.report import Figures, kept

HERE = ROOT / "bench"
BROADSHEET = ROOT / ".venv" / "bin" / "broadsheet"
PELICAN = ROOT / ".venv-bench" / "bin" / "pelican"
LEAST_RATIO = 3


def building(folder: Path, weeks: int, rounds: int) -> list[Figures]:
    """Measure the builds in an empty folder; a generator that is not installed has no figures."""
    issues = list(texts(weeks))
    sources = {name: folder / name for name in ("broadsheet", "pelican", "hugo")}
    write(sources["broadsheet"], ((f"issues/{t.day}/{t.edition}.md", t.markdown) for t in issues))
    write(sources["pelican"], ((f"{t.edition}/{t.day}.md", t.pelican()) for t in issues))
    write(sources["hugo"], ((f"content/{t.edition}/{t.day}.md", t.hugo()) for t in issues))
    shutil.copy(ROOT / "newsletter.toml", sources["broadsheet"])
    shutil.copytree(HERE / "hugo", sources["hugo"], dirs_exist_ok=True)
    outs = {name: folder / "out" / name for name in sources}
    settings = ("--settings", HERE / "pelican_settings.py", "--quiet", "--output")
    commands = {
        "broadsheet": (BROADSHEET, "build", sources["broadsheet"], outs["broadsheet"]),
        "pelican": (PELICAN, sources["pelican"], *settings, outs["pelican"]),
        "hugo": ("hugo", "--quiet", "--source", sources["hugo"], "--destination", outs["hugo"]),
    }
    versions = {"pelican": version_of(PELICAN, "--version"), "hugo": version_of("hugo", "version")}

    def build(name: str) -> float:
        shutil.rmtree(outs[name], ignore_errors=True)
        return cpu_seconds(commands[name])

    seconds = medians({n: partial(build, n) for n in commands if versions.get(n, "ours")}, rounds)
    pages = {name: sum(1 for _ in outs[name].rglob("*.html")) for name in seconds}
    speeds = {name: pages[name] / seconds[name] for name in seconds}
    reference = speeds.get("pelican", float("nan"))
    rows = [
        (
            f"{name.title()} {versions.get(name, '')}".strip(),
            *(f"{seconds[name]:.2f}", f"{pages[name]}", f"{speeds[name]:.0f}"),
            *(f"{speeds[name] / reference:.1f}", f"{len(issues) / seconds[name]:.0f}"),
        )
        if name in seconds
        else (name.title(), "not installed", "", "", "", "")
        for name in commands
    ]
    verdict = f"With {len(issues)} texts it is {kept(speeds['broadsheet'] >= LEAST_RATIO * reference)}."
    return [Figures("A full build", rows, verdict * (reference == reference))]  # noqa: PLR0124  # not NaN

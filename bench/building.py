"""The full build of an archive: Broadsheet beside Pelican and Hugo, each from the same Markdown."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.archive import Text, texts, write_desk, write_hugo, write_pelican
from bench.measuring import ROOT, Section, cpu_seconds, kept, medians, version_of

HERE = ROOT / "bench"
BROADSHEET = ROOT / ".venv" / "bin" / "broadsheet"
PELICAN = ROOT / ".venv-bench" / "bin" / "pelican"
LEAST_RATIO = 3
MEANING = """\
An archive of weekly issues in three editions, some 30 kB of Markdown a text, built from nothing. Pelican
has its plainest theme, Hugo a template of a few lines, both without feeds and taxonomies. Broadsheet does
all that it does for a newsroom: it checks each text as before publishing, makes a page of the issue and one
of each commentary in it, archives, topics, feeds and sitemaps. So it makes more pages of a text; *texts per
CPU second* says what an issue file costs in the end.

Budget: pages per CPU second at least three times Pelican's."""
COLUMNS = (
    "generator",
    "CPU seconds",
    "pages",
    "pages per CPU second",
    "of Pelican's",
    "texts per CPU second",
)


@dataclass(frozen=True)
class Generator:
    """A program that makes a site; `build` gives its CPU seconds, `out` is where the pages are then."""

    name: str
    out: Path
    build: Callable[[], float]


def building(folder: Path, weeks: int, rounds: int) -> Section:
    """Measure the builds in `folder`, which is made."""
    issues = list(texts(weeks))
    there = {generator.name: generator for generator in generators(folder, issues)}
    seconds = medians({name: generator.build for name, generator in there.items()}, rounds)
    pages = {name: sum(1 for _ in generator.out.rglob("*.html")) for name, generator in there.items()}
    speed = {name: pages[name] / seconds[name] for name in there}
    reference = speed.get(_pelican())
    rows: list[tuple[str, ...]] = [
        (
            name,
            f"{seconds[name]:.2f}",
            str(pages[name]),
            f"{speed[name]:.0f}",
            f"{speed[name] / reference:.1f}" if reference else "",
            f"{len(issues) / seconds[name]:.0f}",
        )
        for name in there
    ]
    missing = [name for name in ("Pelican", "Hugo") if not any(n.startswith(name) for n in there)]
    rows += [(name, "not installed", *[""] * 4) for name in missing]
    verdict = (
        f"\n\nWith {len(issues)} texts it is {kept(speed['Broadsheet'] >= LEAST_RATIO * reference)}."
        if reference
        else ""
    )
    return Section("A full build", MEANING + verdict, COLUMNS, rows)


def generators(folder: Path, issues: list[Text]) -> list[Generator]:
    """Those that are installed, each with the archive laid out for it."""
    desk, out = folder / "desk", folder / "out"
    write_desk(desk, issues)
    found = [_generator("Broadsheet", out / "broadsheet", (BROADSHEET, "build", desk, out / "broadsheet"))]
    if _pelican():
        source = folder / "pelican"
        write_pelican(source, issues)
        settings = ("--settings", HERE / "pelican_settings.py", "--output", out / "pelican", "--quiet")
        found.append(_generator(_pelican(), out / "pelican", (PELICAN, source, *settings)))
    if hugo := _hugo():
        source = folder / "hugo"
        shutil.copytree(HERE / "hugo", source)
        write_hugo(source / "content", issues)
        command = ("hugo", "--quiet", "--source", source, "--destination", out / "hugo")
        found.append(_generator(hugo, out / "hugo", command))
    return found


def _generator(name: str, out: Path, command: tuple[str | Path, ...]) -> Generator:
    return Generator(name, out, partial(_built, command, out))


def _built(command: tuple[str | Path, ...], out: Path) -> float:
    """CPU seconds of a build into an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    return cpu_seconds(command)


def _pelican() -> str:
    version = version_of(PELICAN, "--version")
    return f"Pelican {version}" if version else ""


def _hugo() -> str:
    version = version_of("hugo", "version")
    return f"Hugo {version}" if version else ""

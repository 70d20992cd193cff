"""`python -m bench.floors`: what a build and a mailing cost without the code of ours.

Parts of a build are measured one by one: the interpreter with all imports, the parser's events, Jinja's
rendering with all that templates call, and writing the files. Mailing is compared with its own requests: they
are recorded, and sent again by boto3's clients, which get the answers that were given then.
"""

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import jinja2
import pyromark

from bench.archive import BROADSHEET, LEAST_RATIO, LINKS, PELICAN, WEEKS, texts
from bench.measuring import Json, medians, run
from bench.profile_build import lay_out
from bench.replaying import mailing_and_floor
from broadsheet.content.markdown import _OPTIONS
from cli.folder_ports import SiteFolder
from cli.site_build import build

WHOLE, PELICANS = "Broadsheet, one process", "Pelican"


@click.command()
@click.option("--only", type=click.Choice(("build", "mailing")), help="Measure this alone.")
@click.option("--rounds", default=5, show_default=True, help="How often each is measured.")
def main(*, only: str | None, rounds: int) -> None:
    """Print what a text of a full build, and a mailing to 1,000 members, cost without our code."""
    if only != "mailing":
        with TemporaryDirectory() as folder:
            print_parts(build_parts(Path(folder), rounds))
    if only != "build":
        ours, bare = mailing_and_floor(rounds)
        click.echo(
            f"Mailing 1,000 members: {ours:.3f} s of CPU; the same requests by boto3 alone: {bare:.3f} s"
        )


def print_parts(seconds: dict[str, float]) -> None:
    """A line for each part of a build, and for all of them together: milliseconds for each text."""
    parts = sum(spent for name, spent in seconds.items() if name not in (WHOLE, PELICANS))
    found = {**seconds, "these parts together": parts}
    if PELICANS in found:
        found[f"Pelican, divided by {LEAST_RATIO}"] = found[PELICANS] / LEAST_RATIO
    for name, spent in found.items():
        click.echo(f"{1000 * spent / (3 * WEEKS):6.2f} ms of CPU for each text: {name}")


def build_parts(folder: Path, rounds: int) -> dict[str, float]:
    """CPU seconds of a build in that empty folder, of its parts, and of Pelican if it is there."""
    desk, out, again = folder / "desk", folder / "out", folder / "again"
    articles, found = folder / "articles", [text.markdown for text in texts(WEEKS, links=LINKS)]
    lay_out(desk, WEEKS, LINKS)
    for text in texts(WEEKS, links=LINKS):
        file = articles / text.edition / f"{text.day}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.markdown, encoding="utf-8")
    rendering = partial(seconds_in_jinja, lambda: built(desk, folder / "in-process"))
    measures: dict[str, Callable[[], float]] = {
        WHOLE: lambda: run([BROADSHEET, "build", desk, out, "--jobs", "1", "--no-cache"])[1],
        "the interpreter and all imports": lambda: run(
            [sys.executable, "-c", "import cli.site_build, cli.main, jinja2"]
        )[1],
        "the parser's events": lambda: seconds_of(lambda: [events(text) for text in found]),
        "Jinja's rendering, with what it calls": rendering,
        "writing the files": lambda: seconds_in_files(out, again),
    }
    if shutil.which(PELICAN[0]):
        measures[PELICANS] = lambda: run([*PELICAN, "-o", folder / "pelican", articles])[1]
    return medians(measures, rounds)


def built(desk: Path, out: Path) -> None:
    """Build in this process."""
    with suppress(SystemExit), redirect_stdout(StringIO()):
        build.main([str(desk), str(out), "--jobs", "1", "--no-cache"])


def events(text: str) -> list[Json]:
    """All events of a text, as the parser gives them."""
    return list(pyromark.events_with_range(text, options=_OPTIONS))


def seconds_of(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def seconds_in_jinja(work: Callable[[], object]) -> float:
    """CPU seconds that the work spends in templates."""
    render, spent = jinja2.Template.render, list[float]()

    def timed(template: jinja2.Template, *values: Json, **named: Json) -> str:
        started = time.process_time()
        text = render(template, *values, **named)
        spent.append(time.process_time() - started)
        return text

    jinja2.Template.render = timed
    work()
    jinja2.Template.render = render
    return sum(spent)


def seconds_in_files(site: Path, to: Path) -> float:
    """CPU seconds to write a site's files elsewhere, in new folders, as a build does."""
    shutil.rmtree(to, ignore_errors=True)
    contents = {
        path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()
    }
    copy = SiteFolder(to)
    return seconds_of(lambda: [copy.put(path, content) for path, content in contents.items()])


if __name__ == "__main__":
    main()

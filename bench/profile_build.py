"""`python -m bench.profile_build`: the CPU of a full build of a link-heavy archive, in one process.

Prints the CPU seconds of a build without its imports; with `--profile`, what most of them were spent in.
"""

import cProfile
import pstats
import shutil
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench.archive import texts
from bench.measuring import ROOT
from cli.site_build import build

WEEKS, LINKS = 67, 180  # some 200 texts; a weekly that names the source of each sentence
LISTED = 10


@click.command()
@click.option("--weeks", default=WEEKS, show_default=True, help="How many issues, in three editions each.")
@click.option("--links", default=LINKS, show_default=True, help="How many links each text has.")
@click.option("--profile", is_flag=True, help="Show the functions that took most of the time.")
def main(*, weeks: int, links: int, profile: bool) -> None:
    """Build an archive once and print the CPU seconds."""
    with TemporaryDirectory() as folder:
        desk = Path(folder, "desk")
        lay_out(desk, weeks, links)
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        started = time.process_time()
        with suppress(SystemExit):
            build.main([str(desk), str(Path(folder, "out")), "--jobs", "1"])
        used = time.process_time() - started
        profiler.disable()
    if profile:
        pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(LISTED)
    click.echo(f"{used:.2f} s of CPU for {weeks} issues with {links} links")


def lay_out(desk: Path, weeks: int, links: int) -> None:
    """Write so many issues, in every edition, and the newsletter's file to a folder."""
    for text in texts(weeks, links=links):
        file = desk / "issues" / str(text.day) / f"{text.edition}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.markdown, encoding="utf-8")
    shutil.copy(ROOT / "newsletter.toml", desk)


if __name__ == "__main__":
    main()

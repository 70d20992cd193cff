"""`make bench`: measure everything and renew the figures of docs/benchmarks.md."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench.building import building
from bench.delivery import delivery, idle
from bench.importing import importing
from bench.measuring import ROOT
from bench.pages import lighthouse, weight
from bench.publishing import publishing
from bench.report import Figures, machine, renewed
from bench.sign_up import sign_up
from bench.starting import starting

PAGE = ROOT / "docs" / "benchmarks.md"
MEASUREMENTS: dict[str, Callable[[Path, int, int], list[Figures]]] = {  # by an empty folder, weeks, rounds
    "building": building,
    "publishing": lambda _folder, _weeks, rounds: publishing(rounds),
    "delivery": lambda _folder, _weeks, rounds: delivery(rounds),
    "idle": lambda *_: idle(),
    "door": lambda _folder, _weeks, rounds: sign_up(rounds),
    "importing": lambda folder, _weeks, rounds: importing(folder, rounds),
    "weight": lambda folder, *_: weight(folder),
    "starting": lambda _folder, _weeks, rounds: starting(rounds),
    "lighthouse": lambda folder, *_: lighthouse(folder),
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(tuple(MEASUREMENTS)), help="Measure these alone.")
@click.option("--weeks", default=200, show_default=True, help="How long the archive is: three texts a week.")
@click.option("--rounds", default=5, show_default=True, help="How often each is measured.")
def main(only: tuple[str, ...], weeks: int, rounds: int) -> None:
    """Measure what Broadsheet costs, beside others, and renew the figures of docs/benchmarks.md."""
    figures: list[Figures] = []
    for name in only or MEASUREMENTS:
        click.echo(f"Measuring {name} …")
        with TemporaryDirectory() as folder:
            figures += MEASUREMENTS[name](Path(folder), weeks, rounds)
    page = renewed(PAGE.read_text(encoding="utf-8"), figures, datetime.now(UTC).date(), machine())
    PAGE.write_text(page, encoding="utf-8")
    click.echo(f"Written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

"""`make bench`: measure everything in one run and write docs/benchmarks.md."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench.building import building
from bench.delivery import delivery, idle
from bench.document import document, renewed
from bench.door import door
from bench.importing import importing
from bench.lighthouse import lighthouse
from bench.measuring import ROOT, Section, machine
from bench.publishing import publishing
from bench.starting import starting
from bench.weight import weight

PAGE = ROOT / "docs" / "benchmarks.md"
PARTS = (
    "building",
    "publishing",
    "delivery",
    "idle",
    "door",
    "importing",
    "weight",
    "starting",
    "lighthouse",
)


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice(PARTS), help="Measure this alone, and renew its tables."
)
@click.option("--weeks", default=200, show_default=True, help="How long the archive is: three texts a week.")
@click.option("--rounds", default=5, show_default=True, help="How often each is measured.")
def main(only: tuple[str, ...], weeks: int, rounds: int) -> None:
    """Measure what Broadsheet costs, beside others, and write docs/benchmarks.md."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        measures: dict[str, Callable[[], list[Section]]] = {
            "building": lambda: [building(_made(folder / "building"), weeks, rounds)],
            "publishing": lambda: [publishing(2 * rounds + 1)],
            "delivery": lambda: delivery(_made(folder / "delivery"), rounds),
            "idle": lambda: [idle()],
            "door": lambda: [door(_made(folder / "door"), rounds)],
            "importing": lambda: [importing(_made(folder / "importing"), min(3, rounds))],
            "weight": lambda: [weight(_made(folder / "weight"))],
            "starting": lambda: [starting(2 * rounds + 1)],
            "lighthouse": lambda: [lighthouse(_made(folder / "lighthouse"))],
        }
        sections: list[Section] = []
        for name in only or PARTS:
            click.echo(f"Measuring {name} …")
            sections += measures[name]()
    day = datetime.now(UTC).date()
    if only:
        page = renewed(PAGE.read_text(encoding="utf-8"), sections, day, machine())
    else:
        page = document(sections, day, machine(), rounds)
    PAGE.write_text(page, encoding="utf-8")
    click.echo(f"Written: {PAGE.relative_to(ROOT)}")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()

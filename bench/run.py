"""`make bench`: measure everything and renew the figures of docs/benchmarks.md."""

import os
import platform
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench.archive import building
from bench.delivery import delivery
from bench.measuring import ROOT, Figures
from bench.prices import idle
from bench.publishing import publishing
from bench.starting import starting
from bench.subscribing import importing, sign_up

PAGE = ROOT / "docs" / "benchmarks.md"
MEASUREMENTS: dict[str, Callable[[Path, int], list[Figures]]] = {  # by an empty folder, and rounds
    "building": lambda folder, rounds: [building(folder, rounds)],
    "publishing": lambda _, rounds: [publishing(rounds)],
    "delivery": lambda _, rounds: delivery(rounds),
    "idle": lambda *_: [idle()],
    "sign-up": lambda _, rounds: [sign_up(rounds)],
    "importing": lambda folder, rounds: [importing(folder, rounds)],
    "starting": lambda _, rounds: [starting(rounds)],
}


def renewed(page: str, measured: Iterable[Figures], day: date, machine: str) -> str:
    """The page with these figures; its text and heads of tables stay.

    Raises LookupError if it has no such section with a line `Measured on` and a table.
    """
    for figures in measured:
        head = rf"(^## {re.escape(figures.title)}\n(?:(?!^## ).)*?)^Measured on .*?\n\n(\|[^\n]+\n\|[^\n]+\n)"
        section = re.search(rf"{head}(\|[^\n]*\n)*", page, re.MULTILINE | re.DOTALL)
        if not section:
            raise LookupError(figures.title)
        line = f"Measured on {day.isoformat()}: {machine}. {figures.verdict}".rstrip()
        rows = "".join(f"| {' | '.join(row)} |\n" for row in figures.rows)
        page = f"{page[: section.start()]}{section[1]}{line}\n\n{section[2]}{rows}{page[section.end() :]}"
    return page


def this_machine() -> str:
    """What the figures are measured on."""
    file = Path("/proc/cpuinfo")
    found = re.findall(r"model name\s*: (.+)", file.read_text(encoding="utf-8")) if file.is_file() else []
    processor, version = [*found, platform.machine()][0], platform.python_version()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}, Python {version}"


@click.command()
@click.option("--only", multiple=True, type=click.Choice(tuple(MEASUREMENTS)), help="Measure these alone.")
@click.option("--rounds", default=5, show_default=True, help="How often each is measured.")
def main(only: tuple[str, ...], rounds: int) -> None:
    """Measure what Broadsheet costs, beside others, and renew the figures of docs/benchmarks.md."""
    figures: list[Figures] = []
    for name in only or MEASUREMENTS:
        click.echo(f"Measuring {name} …")
        with TemporaryDirectory() as folder:
            figures += MEASUREMENTS[name](Path(folder), rounds)
    page = renewed(PAGE.read_text(encoding="utf-8"), figures, datetime.now(UTC).date(), this_machine())
    PAGE.write_text(page, encoding="utf-8")
    click.echo(f"Written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

"""The figures of docs/benchmarks.md are written by this; its text and the heads of its tables by hand."""

import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

Row = tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """What was measured for the section of that title: its table's rows, and whether budgets are kept."""

    title: str
    rows: Sequence[Row]
    verdict: str = ""


def renewed(page: str, measured: Iterable[Figures], day: date, machine: str) -> str:
    """The page with these figures, below the text of their sections and the heads of their tables.

    Raises:
        LookupError: it has no such section with a line `Measured on` and a table.
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


def matrix(columns: Iterable[Mapping[str, float]], form: str) -> list[Row]:
    """A row for each name in any of the columns, in alphabetical order; what a column lacks is 0."""
    columns = list(columns)
    names = sorted({name for column in columns for name in column})
    return [(name, *(format(column.get(name, 0), form) for column in columns)) for name in names]


def kept(holds: bool) -> str:  # noqa: FBT001  # the verdict is the whole argument
    """Whether a budget is kept, in a word."""
    return "kept" if holds else "**missed**"


def machine() -> str:
    """What the numbers were measured on."""
    file = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", file.read_text(encoding="utf-8")) if file.is_file() else None
    processor = found[1] if found else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"

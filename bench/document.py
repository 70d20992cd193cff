"""docs/benchmarks.md: the tables of one run, the day and the machine above them."""

import re
from dataclasses import replace
from datetime import date

from bench.measuring import Section

INTRODUCTION = """\
# Benchmarks

What Broadsheet costs, measured by `make bench` on {day}, on one machine in one run: {machine}.

Numbers of other machines differ; the ratios should not differ much. Times are CPU seconds (user and system)
of the processes, medians of {rounds} rounds or more that take turns. Nothing here is a test: no build fails
because a machine was busy. `make bench` writes this page anew; each table says what its numbers mean, and
when it was measured if that was another time.
"""


def document(sections: list[Section], day: date, machine: str, rounds: int) -> str:
    """The page as Markdown."""
    head = INTRODUCTION.format(day=day.isoformat(), machine=machine, rounds=rounds)
    return "\n".join([head, *(_written(section) for section in sections)])


def renewed(page: str, sections: list[Section], day: date, machine: str) -> str:
    """The page with these sections in the place of those of the same titles, or at its end."""
    head, *others = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    parts = {part.partition("\n")[0]: part.rstrip("\n") + "\n" for part in others}
    for section in sections:
        again = f"{section.meaning}\n\nMeasured on {day.isoformat()}: {machine}."
        written = _written(replace(section, meaning=again))
        parts[written.partition("\n")[0]] = written
    return "\n".join([head.rstrip("\n") + "\n", *parts.values()])


def _written(section: Section) -> str:
    lines = [section.columns, tuple("---" for _ in section.columns), *section.rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {section.title}\n\n{section.meaning}\n\n{table}\n"

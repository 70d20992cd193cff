"""What was proved is written into docs/proof.md, when all of it passed."""

import platform
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

PROOF = Path(__file__).parents[2] / "docs" / "proof.md"
HEAD = """# What was proved, and when

Written by `make proof`; the fast part of it runs with every `make test`.

## Over fakes, in one process

A day is a whole mailing, from the first order to done, with what goes wrong in it; the judge is SES's own
count of what it accepted for each reader (`tests/fakes/day.py`), never the ledger.

| what | cases | mailings | seconds |
|---|---|---|---|
"""
FLOODS = """
## A flood of sign-ups

100,000 sign-ups of 10,000 addresses in an hour, 20 readers among them from networks of their own; the real
use cases on a fake clock, a budget of 200 mails an hour (`tests/unit/test_flood.py`).

| what | how | seconds |
|---|---|---|
"""
LOCALLY = """
## On the local system, with real processes

The template runs on MiniStack, its functions are processes, and those are killed by SIGKILL
(`tests/proof/killing.py`). The judges (`tests/proof/judge.py`) import nothing of ours: the SES emulator
counts whom it accepted, everybody exactly once; DynamoDB's raw items are added up anew. The pace is measured
alone, the others side by side.

| what | how | seconds |
|---|---|---|
"""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Write a row for each test function, over the old one; with workers, where they are gathered."""
    if hasattr(terminalreporter.config, "workerinput"):
        return
    passed = [
        report
        for report in terminalreporter.stats.get("passed", [])
        if "/proof/" in report.nodeid and report.when == "call"
    ]
    if exitstatus or not passed or terminalreporter.config.option.keyword:
        return
    sections: dict[str, list[str]] = {HEAD: [], FLOODS: [], LOCALLY: []}
    for report in passed:
        properties = dict(report.user_properties)
        if "flood" in properties:
            sections[FLOODS].append(_row(report, "flood"))
        elif "figures" in properties:
            sections[LOCALLY].append(_row(report, "figures"))
    told = {_what(row) for rows in sections.values() for row in rows}
    sections[HEAD] = _over_fakes([report for report in passed if _name(report) not in told])
    old = re.split(r"^## ", PROOF.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    for (text, rows), before in zip(sections.items(), old, strict=True):
        told = {"what", *map(_what, rows)}
        kept = [
            f"{line}\n" for line in before.splitlines() if line.startswith("| ") and _what(line) not in told
        ]
        sections[text] = sorted([*kept, *rows], key=_what)
    tail = f"\nOn {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}.\n"
    page = "".join(text + "".join(rows) for text, rows in sections.items())
    PROOF.write_text(page + tail, encoding="utf-8")


def _over_fakes(passed: list[pytest.TestReport]) -> list[str]:
    rows: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for report in passed:
        row = rows[_name(report)]
        row[0] += 1
        row[1] += int(str(dict(report.user_properties).get("days", 1)))
        row[2] += report.duration
    return [
        f"| {name} | {cases:,} | {days:,} | {seconds:.0f} |\n"
        for name, (cases, days, seconds) in rows.items()
    ]


def _what(row: str) -> str:
    """What a row is about; rows of the same are renewed together."""
    return row.split("|")[1].strip()


def _row(report: pytest.TestReport, name: str) -> str:
    return f"| {_name(report)} | {dict(report.user_properties)[name]} | {report.duration:.0f} |\n"


def _name(report: pytest.TestReport) -> str:
    return report.nodeid.split("::")[-1].split("[")[0].removeprefix("test_").replace("_", " ")

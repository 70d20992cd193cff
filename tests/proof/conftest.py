"""Writes docs/proof.md after `make proof`, if all of it passed."""

import platform
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

PROOF = Path(__file__).parents[2] / "docs" / "proof.md"
HEAD = """# What was proved, and when

Written by `make proof`. Every `make test` runs a fast part of it.

## With fakes, in one process

Each case runs a whole mailing, from the first message to done, with failures at the places that the row
names. The result is judged by SES's own count of what it accepted for each reader (`tests/fakes/day.py`),
never by the ledger.

| what | cases | mailings | seconds |
|---|---|---|---|
"""
FLOODS = """
## A flood of sign-ups

100,000 sign-ups of 10,000 addresses in an hour, among them 20 readers on networks of their own, with a budget
of 200 emails an hour. The use cases are the real ones, on a fake clock (`tests/unit/test_flood.py`).

| what | how | seconds |
|---|---|---|
"""
LOCALLY = """
## On the local system, with real processes

The template runs on MiniStack, its functions are processes, and these are killed by SIGKILL
(`tests/proof/killing.py`). The checks (`tests/proof/judge.py`) import none of our code. They count whom the
SES emulator accepted, each recipient exactly once, and add up DynamoDB's raw items. The rate is measured
alone, the other tests run side by side. The fullest second is by the times at which calls reached SES, which
a busy machine delays: it may exceed the grant (decision 8), and the emulator must throttle no call.

| what | how | seconds |
|---|---|---|
"""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Write a row for each test function in place of its old one; with xdist, in the main process."""
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
    named = {_what(row) for rows in sections.values() for row in rows}
    sections[HEAD] = _over_fakes([report for report in passed if _name(report) not in named])
    old = re.split(r"^## ", PROOF.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    for (text, rows), before in zip(sections.items(), old, strict=True):
        renewed = {"what", *map(_what, rows)}
        kept = [
            f"{line}\n"
            for line in before.splitlines()
            if line.startswith("| ") and _what(line) not in renewed
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
    """The name of a row; rows of one name are renewed together."""
    return row.split("|")[1].strip()


def _row(report: pytest.TestReport, name: str) -> str:
    return f"| {_name(report)} | {dict(report.user_properties)[name]} | {report.duration:.0f} |\n"


def _name(report: pytest.TestReport) -> str:
    return report.nodeid.split("::")[-1].split("[")[0].removeprefix("test_").replace("_", " ")

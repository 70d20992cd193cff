"""What was proved is written into docs/proof.md, when all of it passed."""

import platform
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

PROOF = Path(__file__).parents[2] / "docs" / "proof.md"
HEAD = """# What was proved, and when

Written by `make proof`; the fast part of it runs with every `make test`. A day is a whole mailing, from the
first order to done, with what goes wrong in it; the judge is SES's own count of what it accepted for each
reader (`tests/fakes/day.py`), never the ledger. All of it is over fakes, in one process.

| what | cases | mailings | seconds |
|---|---|---|---|
"""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Write a row for each test function."""
    rows: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for report in terminalreporter.stats.get("passed", []):
        if "/proof/" not in report.nodeid or report.when != "call":
            continue
        name = report.nodeid.split("::")[-1].split("[")[0].removeprefix("test_").replace("_", " ")
        row = rows[name]
        row[0] += 1
        row[1] += int(dict(report.user_properties).get("days", 1))
        row[2] += report.duration
    if exitstatus or not rows or terminalreporter.config.option.keyword:
        return
    lines = [
        f"| {name} | {cases:,} | {days:,} | {seconds:.0f} |" for name, (cases, days, seconds) in rows.items()
    ]
    tail = f"\nOn {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}.\n"
    PROOF.write_text(HEAD + "\n".join(sorted(lines)) + "\n" + tail, encoding="utf-8")

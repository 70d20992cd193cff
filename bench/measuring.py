"""CPU seconds of commands, machines in words, and the tables that measurements end in.

Time on the wall says little on a shared machine; user and system time of a process and of those that it has
waited for says what the work costs.
"""

import os
import platform
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent


class CommandError(RuntimeError):
    """A command to measure failed; the message is its own. There is no number."""


@dataclass(frozen=True)
class Section:
    """One table of docs/benchmarks.md: what it means, its columns, its rows."""

    title: str
    meaning: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def cpu_seconds(
    command: Sequence[str | Path], folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> float:
    """User and system time of a command that ends well.

    Raises:
        CommandError: it ended otherwise.
    """
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        said = child.stdout.read() if child.stdout else ""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise CommandError(f"{command[0]} ended with {child.returncode}:\n{said[-2000:]}")
    return used.ru_utime + used.ru_stime


def medians(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each measure. They take turns, so that a slow minute of the machine hits all alike."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return {name: median(values) for name, values in found.items()}


def kept(holds: bool) -> str:  # noqa: FBT001  # a word for a truth
    """Whether a budget is kept, in a word."""
    return "kept" if holds else "**missed**"


def machine() -> str:
    """What the numbers were measured on."""
    cores = os.cpu_count() or 1
    return f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", file.read_text(encoding="utf-8")) if file.is_file() else None
    return found[1] if found else platform.machine()


def version_of(*command: str | Path) -> str:
    """What a program says of its version, on one line; "" where it is not installed."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    found = re.search(r"\d+(?:\.\d+)+", done.stdout)
    return found[0] if found and not done.returncode else ""

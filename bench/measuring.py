"""Runs commands, and functions of ours in fresh interpreters; measures their CPU seconds; holds figures.

CPU seconds are the user and system time of a process and of the children that it has waited for: elapsed time
says little on a shared machine.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
Json = Any  # what JSON carries
Row = tuple[str, ...]
CALL = """
import json, pkgutil, sys
sys.modules["pytest"] = None  # time_machine would load it, and memory is measured
result = pkgutil.resolve_name(sys.argv[1])(*json.loads(sys.argv[2]))
print("\\n" + json.dumps(result))
"""


class CommandError(RuntimeError):
    """A measured command failed; the message has the end of its output."""


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> tuple[str, float]:
    """The output of a command, and its CPU seconds.

    Raises:
        CommandError: it failed.
    """
    parts = [str(part) for part in command]
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(parts, cwd=ROOT, env=environment, **out) as child:  # type: ignore[call-overload]  # a dictionary of options
        output: str = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise CommandError(f"{parts[0]} ended with {child.returncode}:\n{output[-2000:]}")
    return output, used.ru_utime + used.ru_stime


def call(environment: Mapping[str, str], function: Callable[..., Any], *arguments: Json) -> Json:
    """What a function of ours returns in a fresh interpreter, as JSON carries it; raises as `run`."""
    name = f"{function.__module__}:{function.__qualname__}"
    output, _ = run([sys.executable, "-c", CALL, name, json.dumps(arguments)], environment)
    return json.loads(output.splitlines()[-1])


def taken(address: str, what: str = "counts") -> Json:
    """An endpoint's counts, or its messages, since they were last asked for."""
    with urlopen(f"{address}/bench/{what}") as answer:  # noqa: S310  # our own server
        return json.load(answer)


def peak_mb() -> float:
    """The most memory that this process has held; `ru_maxrss` would include its parent's before `exec`."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def medians(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each measure. They take turns, so that a slow minute of the machine affects all alike."""
    found = [{name: measure() for name, measure in measures.items()} for _ in range(rounds)]
    return {name: median(values[name] for values in found) for name in measures}


@dataclass(frozen=True)
class Figures:
    """The rows of the table in the section of that title, and whether budgets are kept."""

    title: str
    rows: Sequence[Row]
    verdict: str = ""


def rows_of(columns: Iterable[Mapping[str, float]], form: str) -> list[Row]:
    """A row for each name in any of the columns, in their order; what a column lacks is 0."""
    columns = list(columns)
    names = {name: None for column in columns for name in column}
    return [(name, *(format(column.get(name, 0), form) for column in columns)) for name in names]


def kept(holds: bool) -> str:  # noqa: FBT001  # the verdict is the whole argument
    """Whether a budget is kept, in a word."""
    return "kept" if holds else "**missed**"

"""Measures the CPU seconds of commands: user and system time, with that of their children."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from subprocess import PIPE, STDOUT
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


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> tuple[str, float]:
    """The output of a command, and its CPU seconds. Raises RuntimeError, with the output, if it fails."""
    before, out = getrusage(RUSAGE_CHILDREN), {"stdout": PIPE, "stderr": STDOUT, "text": True}
    done = subprocess.run([*map(str, command)], cwd=ROOT, env=environment, check=False, **out)
    after = getrusage(RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def call(environment: Mapping[str, str], function: Callable[..., Any], *arguments: Json) -> Json:
    """What a function returns in a fresh interpreter, as JSON; raises as `run` does."""
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
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


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


def rows_of(columns: Sequence[Mapping[str, float]], form: str) -> list[Row]:
    """A row for each name in any of the columns, in their order; what a column lacks is 0."""
    names = {name: None for column in columns for name in column}
    return [(name, *(format(column.get(name, 0), form) for column in columns)) for name in names]


def kept(holds: bool) -> str:  # noqa: FBT001  # the verdict is the whole argument
    """Whether a budget is kept, in a word."""
    return "kept" if holds else "**missed**"
